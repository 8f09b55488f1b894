package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// agentAsks are the messages of an agent that calls tools, each a name, perhaps with
// arguments behind it.
func agentAsks(tools ...string) string {
	messages := []string{
		`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`,
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`,
	}
	for i, tool := range tools {
		messages = append(messages, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%s}}`, i+1, tool))
	}
	return strings.Join(messages, "\n") + "\n"
}

// TestMCP: the tools answer about a folder below the working folder with the JSON of the
// commands, and write nothing unless they may.
func TestMCP(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err == nil {
		err = os.Mkdir(filepath.Join(dir, "app"), 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "app", "compose.yaml"), []byte("name: shop\nservices: {web: {image: example/web, ports: [\"${WEB_HOST_PORT:-28150}:80\"]}, db: {image: example/db, ports: [\"28150:5432\"]}}\n"), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	t.Setenv("PORTMOOR_LEDGER", filepath.Join(dir, "state", "ledger.json"))
	record(t, filepath.Join(dir, "app"), running{service: "db", number: 1, ports: []string{"0.0.0.0:28150:5432/tcp"}})
	ask := func(flags []string, tools ...string) map[int]string {
		var out, said bytes.Buffer
		code := Run(Process{Args: append([]string{"portmoor", "mcp"}, flags...), In: strings.NewReader(agentAsks(tools...)), Out: &out, Err: &said, Environ: os.Environ()})
		if code != 0 || said.Len() > 0 {
			t.Errorf("%d %s", code, said.String())
		}
		answers := map[int]string{}
		for line := range strings.Lines(out.String()) {
			var m struct{ ID int }
			if err := json.Unmarshal([]byte(line), &m); err != nil {
				t.Errorf("%v: %s", err, line)
			}
			answers[m.ID] = line
		}
		return answers
	}
	before := filesBelow(t, dir)
	folder := `,"arguments":{"folder":"app"}`
	tools := []string{`"ports"` + folder, `"list"`, `"detect"` + folder, `"lint","arguments":{"path":"app/compose.yaml"}`, `"explain_conflict","arguments":{"port":28150}`, `"assign","arguments":{"folder":"app","service":"web","port":28151}`}
	answers := ask(nil, tools...)
	for i, want := range []string{
		`"host_port":"28150","variable":"WEB_HOST_PORT"`, `"running":1,"containers":1`, `"wanted":"28150","variable":"WEB_HOST_PORT","source":"moved","moved":true`,
		`"rule":"host-port-conflict"`, `"service":"db","container_port":"5432"`, `unknown tool`,
	} {
		if !strings.Contains(answers[i+1], want) {
			t.Errorf("%s: no %s in %s", tools[i], want, answers[i+1])
		}
	}
	if diff := cmp.Diff(before, filesBelow(t, dir)); diff != "" {
		t.Errorf("something was written (-before +after):\n%s", diff)
	}
	answers = ask([]string{"--allow-write"}, tools[5])
	if src, err := os.ReadFile(filepath.Join(dir, "app", "data", "ports.json")); err != nil || string(src) != "{\n  \"web\": 28151\n}\n" || strings.Contains(answers[1], `"isError"`) {
		t.Errorf("%v %s %s", err, src, answers[1])
	}
}

func filesBelow(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			found[path] = ""
			return err
		}
		src, err := os.ReadFile(path)
		found[path] = string(src)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestMCPEnds: it ends when it is told to, though nothing comes in.
func TestMCPEnds(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "portmoor")
	if err := os.Symlink(self, bin); err != nil { // which the test binary is when it is called so
		t.Skip(err)
	}
	server := exec.CommandContext(t.Context(), bin, "mcp")
	in, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := server.StdoutPipe()
	if err == nil {
		err = server.Start()
	}
	if err == nil {
		_, err = fmt.Fprint(in, agentAsks())
	}
	if err == nil {
		_, err = out.Read(make([]byte, 100)) // it is at work
	}
	if err == nil {
		err = server.Process.Signal(syscall.SIGTERM)
	}
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		_ = server.Process.Kill()
		t.Error("it goes on")
	}
}
