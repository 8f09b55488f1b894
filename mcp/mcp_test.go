package mcp

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

var update = flag.Bool("update", false, "write the recorded session anew")

// calls are the commands that a server was made to run.
type calls struct {
	sync.Mutex

	all []string
}

// call answers as a command does, and has a bug where it is told to.
func (c *calls) call(dir string, args ...string) (code int, out, said string) {
	c.Lock()
	defer c.Unlock()
	c.all = append(c.all, filepath.Base(dir)+": "+strings.Join(args, " "))
	switch args[0] {
	case "lint":
		panic("a bug")
	case "show":
		return 3, "", "no compose file here or above\nhint: go to a folder that has one\n"
	case "assign":
		return 0, "", ""
	}
	return 0, `{"version":1,"all":[]}` + "\n", "a note\n"
}

func (c *calls) made() []string {
	c.Lock()
	defer c.Unlock()
	return slices.Clone(c.all)
}

// root is a folder with one in it, and a link that leads out of it.
func root(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "root")
	if err := os.MkdirAll(filepath.Join(dir, "app"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Dir(dir), filepath.Join(dir, "out")); err != nil {
		t.Skip(err)
	}
	return dir
}

// TestClient: a client of the same SDK lists the tools and calls each of them.
func TestClient(t *testing.T) {
	for _, allowed := range []bool{false, true} {
		c := &calls{}
		dir := root(t)
		toServer, fromClient := io.Pipe()
		toClient, fromServer := io.Pipe()
		ended := make(chan error, 1)
		go func() {
			ended <- Serve(t.Context(), toServer, fromServer, Options{Root: dir, Call: c.call, AllowWrite: allowed})
		}()
		client, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), &sdk.IOTransport{Reader: toClient, Writer: fromClient}, nil)
		if err != nil {
			t.Fatal(err)
		}
		listed, err := client.ListTools(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, tool := range listed.Tools {
			if names = append(names, tool.Name); tool.Annotations.ReadOnlyHint == slices.Contains([]string{"up", "assign"}, tool.Name) {
				t.Errorf("%s: %v", tool.Name, tool.Annotations)
			}
		}
		slices.Sort(names)
		want := []string{"detect", "explain_conflict", "lint", "list", "ports"}
		if allowed {
			want = []string{"assign", "detect", "explain_conflict", "lint", "list", "ports", "up"}
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		for _, call := range []struct {
			tool      string
			arguments map[string]any
			command   string // "" for none
			wrong     bool
			text      string
		}{
			{"list", nil, "root: list --format json", false, `{"version":1,"all":[]}`},
			{"detect", map[string]any{"folder": "app"}, "app: detect --dry-run --format json", false, "a note"},
			{"detect", map[string]any{"folder": filepath.Join(dir, "app")}, "app: detect --dry-run --format json", false, "a note"},
			{"ports", nil, "root: show --format json", true, "hint: go to a folder that has one"},
			{"explain_conflict", map[string]any{"port": 8080}, "root: list --port 8080 --format json", false, "a note"},
			{"lint", map[string]any{"path": "app"}, "root: lint --format json -- " + filepath.Join(dir, "app"), true, "a bug in portmoor"},
			{"list", nil, "root: list --format json", false, "a note"}, // the server is still there
			{"detect", map[string]any{"folder": "../.."}, "", true, "is outside of the folder"},
			{"detect", map[string]any{"folder": "/etc"}, "", true, "is outside of the folder"},
			{"detect", map[string]any{"folder": "out"}, "", true, "leads out of the folder"},
			{"detect", map[string]any{"folder": "none"}, "", true, "is not there"},
			{"detect", map[string]any{"folder": "a\x00b"}, "", true, "is outside of the folder"},
			{"detect", map[string]any{"folder": 1}, "", true, "type"},
			{"detect", map[string]any{"folder": "app", "override": "x"}, "", true, "additional properties"},
			{"explain_conflict", map[string]any{"port": 0}, "", true, "minimum"},
			{"explain_conflict", map[string]any{"port": "80"}, "", true, "type"},
			{"explain_conflict", nil, "", true, "port"},
			{"up", map[string]any{"folder": "app", "services": []string{"web", "db"}}, "app: up --format json web db", false, "a note"},
			{"up", map[string]any{"services": []string{"--build"}}, "", true, "pattern"},
			{"up", map[string]any{"services": []string{"a b"}}, "", true, "pattern"},
			{"assign", map[string]any{"service": "web:80", "port": 8081}, "root: assign -- web:80 8081", false, "done"},
			{"assign", map[string]any{"service": "--force", "port": 8081}, "", true, "pattern"},
			{"assign", map[string]any{"service": "web", "port": 99999}, "", true, "maximum"},
		} {
			before := len(c.made())
			result, err := client.CallTool(t.Context(), &sdk.CallToolParams{Name: call.tool, Arguments: call.arguments})
			text, wrong := "", err != nil
			if err != nil {
				text = err.Error()
			} else {
				wrong = result.IsError
				for _, part := range result.Content {
					text += part.(*sdk.TextContent).Text
				}
			}
			if writes := call.tool == "up" || call.tool == "assign"; writes && !allowed {
				call.command, call.wrong, call.text = "", true, "unknown tool"
			}
			made := strings.Join(c.made()[before:], ", ")
			if made != call.command || wrong != call.wrong || !strings.Contains(text, call.text) {
				t.Errorf("%s %v: ran %q, wanted %q; %v %s", call.tool, call.arguments, made, call.command, wrong, text)
			}
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		_ = fromClient.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// spoken is what a server says to lines, one after the other: it is waited for the
// answer to each that has one.
func spoken(t *testing.T, c *calls, lines []string) []string {
	t.Helper()
	toServer, in := io.Pipe()
	out, fromServer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(t.Context(), toServer, fromServer, Options{Root: root(t), Version: "1", Call: c.call})
		_ = fromServer.Close()
	}()
	answers := make(chan string, 100)
	go func() {
		defer close(answers)
		for lines := bufio.NewReader(out); ; {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			answers <- strings.TrimSuffix(line, "\n")
		}
	}()
	var said []string
	for _, line := range lines {
		silent := strings.Contains(line, `"method":"notifications/`) || strings.TrimSpace(line) == ""
		if _, err := io.WriteString(in, line+"\n"); err != nil {
			t.Fatal(err)
		}
		if silent {
			continue
		}
		select {
		case answer, open := <-answers:
			if !open {
				t.Fatalf("the server ended at %.100q: %v", line, <-ended)
			}
			said = append(said, answer)
		case <-time.After(20 * time.Second):
			t.Fatalf("no answer to %.100q", line)
		}
	}
	_ = in.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	return said
}

const hello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"raw","version":"1"}}}`

// TestRecorded: a session of raw JSON-RPC, bytes in and bytes out.
func TestRecorded(t *testing.T) {
	src, err := os.ReadFile(filepath.Join("testdata", "session.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var in, want []string
	for line := range strings.Lines(string(src)) {
		line = strings.TrimSuffix(line, "\n")
		if text, sent := strings.CutPrefix(line, "> "); sent {
			in = append(in, text)
		} else if text, answered := strings.CutPrefix(line, "< "); answered {
			want = append(want, text)
		}
	}
	if len(in) < 8 {
		t.Fatalf("%d messages", len(in))
	}
	got := spoken(t, &calls{}, in)
	if *update {
		var b strings.Builder
		next := 0
		for _, line := range in {
			fmt.Fprintln(&b, "> "+line)
			if !strings.Contains(line, `"method":"notifications/`) {
				fmt.Fprintln(&b, "< "+got[next])
				next++
			}
		}
		if err := os.WriteFile(filepath.Join("testdata", "session.jsonl"), []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestHostile: whatever a line is, it is answered with an error, nothing is run, and the
// server goes on.
func TestHostile(t *testing.T) {
	nested := strings.Repeat("[", 100_000)
	for name, line := range map[string]string{
		"no JSON":             "garbage",
		"half":                `{"jsonrpc":"2.0","id":2,"method":"tools/call"`,
		"a number":            "7",
		"null":                "null",
		"a batch":             `[{"jsonrpc":"2.0","id":2,"method":"tools/list"}]`,
		"an empty batch":      "[]",
		"nested":              nested,
		"nested, with an end": `{"jsonrpc":"2.0","id":2,"method":"x","params":` + nested + strings.Repeat("]", 100_000) + "}",
		"invalid UTF-8":       "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\xff\"}",
		"a huge line":         `{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{"x":"` + strings.Repeat("a", 5<<20) + `"}}`,
		"two on a line":       `{"jsonrpc":"2.0","id":2,"method":"ping"}{"jsonrpc":"2.0","id":3,"method":"ping"}`,
		"another version":     `{"jsonrpc":"1.0","id":2,"method":"tools/list"}`,
		"no version":          `{"id":2,"method":"tools/list"}`,
		"keys in capitals":    `{"JSONRPC":"2.0","ID":2,"METHOD":"tools/list"}`,
		"an object as id":     `{"jsonrpc":"2.0","id":{},"method":"tools/list"}`,
		"no method":           `{"jsonrpc":"2.0","id":2}`,
		"a number as method":  `{"jsonrpc":"2.0","id":2,"method":7}`,
		"unknown method":      `{"jsonrpc":"2.0","id":2,"method":"tools/destroy"}`,
		"unknown tool":        `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"rm","arguments":{}}}`,
		"a tool that writes":  `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"up","arguments":{}}}`,
		"params of a list":    `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":[1]}`,
		"arguments of a text": `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"ports","arguments":"x"}}`,
		"a wrong type":        `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"ports","arguments":{"folder":["app"]}}}`,
		"an unknown argument": `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"list","arguments":{"prune":true}}}`,
		"a path out":          `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"ports","arguments":{"folder":"../.."}}}`,
		"a path through":      `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"ports","arguments":{"folder":"app/../../x"}}}`,
		"a float":             `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"explain_conflict","arguments":{"port":80.5}}}`,
		"a huge number":       `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"explain_conflict","arguments":{"port":1e300}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := &calls{}
			got := spoken(t, c, []string{hello, `{"jsonrpc":"2.0","method":"notifications/initialized"}`, line, `{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"list","arguments":{}}}`})
			if len(got) != 3 || !strings.Contains(got[1], `"error":`) && !strings.Contains(got[1], `"isError":true`) || !strings.Contains(got[2], `"id":9`) || strings.Contains(got[2], "rror") {
				t.Errorf("%.2000q", got)
			}
			if diff := cmp.Diff([]string{"root: list --format json"}, c.made()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestBeforeHello: nothing is run for who has not said who he is.
func TestBeforeHello(t *testing.T) {
	c := &calls{}
	got := spoken(t, c, []string{`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list","arguments":{}}}`})
	if len(got) != 1 || !strings.Contains(got[0], `"error":`) || len(c.made()) > 0 {
		t.Errorf("%q %q", got, c.made())
	}
}

// TestBounds: an answer that is too long is an error, and odd bytes get to nobody.
func TestBounds(t *testing.T) {
	r := answer(0, `{"a":"`+strings.Repeat("x", maxAnswer)+`"}`, "")
	if text, err := json.Marshal(r); err != nil || !r.IsError || len(text) > 1000 || !bytes.Contains(text, []byte("longer than 128 KiB")) {
		t.Errorf("%v %.1000s", err, text)
	}
	r = answer(3, "", strings.Repeat("x", maxAnswer)+"\xff")
	if text, err := json.Marshal(r); err != nil || len(text) > maxAnswer/2 {
		t.Errorf("%d bytes: %v", len(text), err)
	}
	if r := answer(1, `{"version":1}`, ""); r.IsError || r.StructuredContent == nil {
		t.Error("findings are an error")
	}
}

// TestEnds: it ends with its input in the middle of a message, and when it is told to.
func TestEnds(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	in, _ := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, in, io.Discard, Options{Root: "/"}) }()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	var out bytes.Buffer
	asked := hello + "\n" + `{"jsonrpc":"2.0","method":"notifications/initialized"}` + "\n" + `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"list","arguments":{}}}`
	slow := func(string, ...string) (int, string, string) {
		time.Sleep(100 * time.Millisecond)
		return 0, "{}", ""
	}
	if err := Serve(t.Context(), strings.NewReader(asked), &out, Options{Root: "/", Call: slow}); err != nil || strings.Count(out.String(), "\n") != 2 || strings.Contains(out.String(), "rror") {
		t.Errorf("what was asked before the end: %v %s", err, out.String())
	}
	if err := Serve(t.Context(), strings.NewReader(hello[:50]), io.Discard, Options{Root: "/"}); err != nil {
		t.Error(err)
	}
}
