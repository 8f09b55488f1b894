package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portmoor/portmoor/docker/dockertest"
)

// deeds are the command lines of each row of the table in docs/security.md, and the ones
// that prepare their folder.
var deeds = map[string]struct{ before, lines []string }{
	"lint":                           {nil, []string{"lint", "lint --format sarif --baseline known.json"}},
	"lint --fix":                     {nil, []string{"lint --fix"}},
	"lint --write-baseline FILE":     {nil, []string{"lint --write-baseline FILE"}},
	"migrate":                        {nil, []string{"migrate", "migrate --check --strict", "migrate --strategy dynamic"}},
	"migrate --write":                {nil, []string{"migrate --write --strategy auto", "migrate --write --strategy dynamic"}},
	"reconcile":                      {nil, []string{"reconcile", "reconcile --suggest-sources", "reconcile --verify"}},
	"reconcile --plan FILE":          {nil, []string{"reconcile --plan FILE"}},
	"reconcile --apply FILE":         {[]string{"reconcile --plan FILE"}, []string{"reconcile --apply FILE"}},
	"reconcile --apply FILE --write": {[]string{"reconcile --plan FILE"}, []string{"reconcile --apply FILE --write"}},
	"reconcile --verify --health":    {nil, []string{"reconcile --verify --health"}},
	"rules":                          {nil, []string{"rules", "rules docs-drift"}},
	"completion":                     {nil, []string{"completion zsh", "completion bash --word= -- up"}},
	"detect":                         {nil, []string{"detect", "detect --prune"}},
	"detect --override FILE":         {nil, []string{"detect --override FILE"}},
	"detect --dotenv":                {nil, []string{"detect --dotenv"}},
	"detect --isolate":               {nil, []string{"detect --isolate"}},
	"compose":                        {[]string{"detect"}, []string{"compose ps"}},
	"validate":                       {[]string{"detect"}, []string{"validate"}},
	"up":                             {nil, []string{"up"}},
	"port":                           {nil, []string{"port", "port web 80"}},
	"sync":                           {nil, []string{"sync"}},
	"show":                           {[]string{"detect"}, []string{"show"}},
	"assign":                         {[]string{"detect"}, []string{"assign web 28992"}},
	"get":                            {[]string{"detect"}, []string{"get web", "get picked"}},
	"env":                            {[]string{"detect"}, []string{"env"}},
	"env --live":                     {nil, []string{"env --live"}},
	"run":                            {nil, []string{"run -- COMMAND"}},
	"run --down":                     {nil, []string{"run --down -- COMMAND"}},
	"env --args":                     {[]string{"detect", "rm .ports.env"}, []string{"env --args"}},
	"env --write":                    {[]string{"detect", "rm .ports.env"}, []string{"env --write"}},
	"reset":                          {[]string{"detect"}, []string{"reset"}},
	"reset --all":                    {[]string{"detect"}, []string{"reset --all"}},
	"serve":                          {[]string{"detect"}, []string{"serve --listen 127.0.0.1:8100"}},
	"services":                       {nil, []string{"services"}},
	"list":                           {[]string{"detect"}, []string{"list"}},
	"portmoor":                       {nil, []string{""}},
	"doctor":                         {nil, []string{"doctor", "doctor --format json"}},
	"mcp":                            {nil, []string{"mcp"}},
	"mcp --allow-write":              {nil, []string{"mcp --allow-write"}},
	"detect --dry-run":               {nil, []string{"detect --dry-run"}},
	"list --all":                     {nil, []string{"list --all"}},
	"list --prune":                   {[]string{"leave"}, []string{"list --prune"}},
	"init":                           {[]string{"rm .portmoor.yaml"}, []string{"init", "init --make --pre-commit --baseline", "init --agents --worktree"}},
	"docs":                           {nil, []string{"docs"}},
	"docs --write":                   {nil, []string{"docs --write"}},
}

// traced is one case: a repository, a home, and an engine.
type traced struct {
	dir, bin string
	environ  []string
	endpoint string
}

func (c traced) root() string { return filepath.Join(c.dir, "repo") }

// run runs a command line, under strace where a log is named.
func (c traced) run(t *testing.T, log, line string) {
	t.Helper()
	if name, remove := strings.CutPrefix(line, "rm "); remove {
		if err := os.Remove(filepath.Join(c.root(), name)); err != nil {
			t.Fatal(err)
		}
		return
	}
	if line == "leave" { // a folder that is gone
		ledger := filepath.Join(c.dir, "home", ".local", "state", "portmoor", "ledger.json")
		if err := os.MkdirAll(filepath.Dir(ledger), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(ledger, []byte(ledgerOf(c.root(), c.root()+"/gone")), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	args := append([]string{c.bin}, strings.Fields(strings.ReplaceAll(line, "FILE", filepath.Join(c.dir, "named", "file.yaml")))...)
	if log != "" {
		args = append([]string{"strace", "-f", "-y", "-s", "4096", "-o", log, "-e", "trace=openat,open,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,link,linkat,symlink,symlinkat,chmod,fchmodat,truncate,execve,connect,sendto,socket"}, args...)
	}
	ctx := t.Context()
	if strings.HasPrefix(line, "serve") { // it runs until it is told to end
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, 5*time.Second)
		defer stop()
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // strace of ourselves
	cmd.Cancel = func() error {                           // strace itself takes no signal from us
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", cmd.Process.Pid))
		for child := range strings.FieldsSeq(string(children)) {
			if pid, bad := strconv.Atoi(child); bad == nil {
				err = errors.Join(err, syscall.Kill(pid, syscall.SIGTERM))
			}
		}
		return err
	}
	cmd.Dir, cmd.Env = c.root(), c.environ
	if strings.HasPrefix(line, "mcp") {
		cmd.Stdin = strings.NewReader(agentAsks(`"list"`, `"ports"`, `"detect"`, `"lint"`, `"explain_conflict","arguments":{"port":28991}`, `"up"`, `"assign","arguments":{"service":"web","port":28993}`))
	}
	if strings.HasPrefix(line, "services") {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"count": 0, "services": []}`))
		}))
		_ = s.Listener.Close()
		var err error
		if s.Listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:8100"); err != nil {
			t.Fatal(err)
		}
		s.Start()
		defer s.Close()
	}
	if out, err := cmd.CombinedOutput(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() > 1 {
		t.Errorf("portmoor %s: %v\n%s", line, err, out)
	}
}

// did are the words of the table for what a log of strace has, in the order of its
// columns, and what has no word.
type did struct {
	reads, writes, runs, sends map[string]string // with an example
	strange                    []string
}

var (
	callLine = regexp.MustCompile(`^\d+ +(\w+)\((.*?)\)? += (-?\d+|\?)`)
	resumed  = regexp.MustCompile(`^\d+ +<\.\.\. \w+ resumed>(.*)$`)
	quoted   = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)
	at       = regexp.MustCompile(`(AT_FDCWD|\d+)<([^>]*)>, "((?:[^"\\]|\\.)*)"`)
	staged   = regexp.MustCompile(`^\.(.+)\.portmoor-\d+$`)
	inet     = regexp.MustCompile(`sin6?_port=htons\((\d+)\)`)
)

// read takes a log in.
func (d *did) read(t *testing.T, c traced, log string) {
	t.Helper()
	f, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	ours, begun := map[string]bool{}, map[string]string{}
	others := map[string]bool{} // processes that have become other programs
	for lines.Scan() {
		line := lines.Text()
		pid, _, _ := strings.Cut(line, " ")
		if began, rest := strings.CutSuffix(line, " <unfinished ...>"); rest { // another process comes between
			begun[pid] = began
			continue
		}
		if m := resumed.FindStringSubmatch(line); m != nil {
			line = begun[pid] + m[1]
		}
		m := callLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		ours[pid] = true
		call, args, failed := m[1], m[2], strings.HasPrefix(m[3], "-")
		if others[pid] {
			continue
		}
		d.call(c, line, call, args, failed, func() { others[pid] = true })
	}
	if len(ours) == 0 {
		t.Fatalf("%s: strace has seen nothing", log)
	}
}

func (d *did) call(c traced, line, call, args string, failed bool, other func()) {
	var paths []string
	for _, m := range at.FindAllStringSubmatch(args, -1) {
		path := m[3]
		if !filepath.IsAbs(path) {
			path = filepath.Join(m[2], path)
		}
		paths = append(paths, filepath.Clean(path))
	}
	if paths == nil {
		if m := quoted.FindStringSubmatch(args); m != nil {
			paths = []string{m[1]}
		}
	}
	note := func(to map[string]string, word string) {
		if word == "" {
			d.strange = append(d.strange, line)
		} else if word != "-" {
			to[word] = line
		}
	}
	switch call {
	case "open", "openat", "creat":
		if strings.Contains(args, "O_WRONLY") || strings.Contains(args, "O_RDWR") || strings.Contains(args, "O_CREAT") || call == "creat" {
			note(d.writes, c.written(paths[0]))
		} else {
			note(d.reads, c.readFrom(paths[0]))
		}
	case "execve":
		switch name := filepath.Base(paths[0]); {
		case failed || paths[0] == c.bin:
		default:
			note(d.runs, name)
			other()
		}
	case "socket":
		if strings.HasPrefix(args, "AF_INET") || strings.HasPrefix(args, "AF_NETLINK") {
			note(d.reads, "sockets")
		}
	case "connect", "sendto":
		if m := inet.FindStringSubmatch(args); m != nil && strings.HasSuffix(c.endpoint, ":"+m[1]) {
			note(d.sends, "engine")
		} else if m != nil && m[1] == "8100" {
			note(d.sends, "registry")
		} else if m != nil && m[1] == "53" {
			note(d.sends, "name servers")
		} else if m != nil && m[1] == "9" || strings.Contains(args, "nscd") || strings.Contains(args, "AF_NETLINK") {
			// nothing is sent: how an address would be reached, and the cache of names
		} else if m != nil && strings.Contains(args, "127.0.0.1") || strings.Contains(args, "::1") {
			note(d.sends, "services")
		} else if call == "connect" {
			note(d.sends, "")
		}
	case "mkdir", "mkdirat":
		if !failed || !strings.Contains(line, "EEXIST") {
			note(d.writes, c.written(paths[0]))
		}
	default: // make, rename, remove, link, change
		for _, path := range paths {
			note(d.writes, c.written(path))
		}
	}
}

// written is the word for a path that is written, "" for none.
func (c traced) written(path string) string {
	if m := staged.FindStringSubmatch(filepath.Base(path)); m != nil { // a file on its way to its place
		path = filepath.Join(filepath.Dir(path), m[1])
	}
	name, inRepo := strings.CutPrefix(path, c.root()+"/")
	switch {
	case path == "/dev/null":
		return "-"
	case strings.HasPrefix(path, filepath.Join(c.dir, "home", ".local")):
		return "ledger"
	case strings.HasPrefix(path, filepath.Join(c.dir, "named")):
		return "FILE"
	case !inRepo:
		return ""
	}
	words := map[string]string{
		"compose.yaml": "compose files", "README.md": "documents", "notes.md": "other files", ".portmoor.yaml": "configuration", "data": "ports file", "data/ports.json": "ports file",
		"data/ports.json.bak": "ports file", ".ports.env": "ports for Compose", ".env": "block in .env", ".gitignore": "init's files", ".pre-commit-config.yaml": "init's files", "Makefile": "init's files", "portmoor.mk": "init's files",
		".portmoor-baseline.json": "init's files", "AGENTS.md": "init's files", ".git/hooks": "init's files", ".git/hooks/post-checkout": "init's files",
	}
	return words[name]
}

// readFrom is the word for a path that is read, "" for none.
func (c traced) readFrom(path string) string {
	home := filepath.Join(c.dir, "home")
	switch {
	case tracedWithin(c.root(), path):
		return "repository"
	case tracedWithin(filepath.Join(home, ".local"), path):
		return "ledger"
	case tracedWithin(filepath.Join(home, ".docker"), path):
		return "Docker's settings"
	case tracedWithin(filepath.Join(home, ".config", "git"), path), path == filepath.Join(home, ".gitconfig"), path == "/etc/gitconfig":
		return "Git's settings"
	case tracedWithin(filepath.Join(c.dir, "named"), path):
		return "FILE"
	case tracedWithin(path, c.root()), path == home:
		return "-" // a folder on the way
	case path == c.bin:
		return "-" // the program itself
	case tracedWithin(filepath.Join(c.dir, "bin"), path):
		return "-" // a program that is run, which its shell reads
	case strings.HasPrefix(path, "/proc/net"), regexp.MustCompile(`^/proc(/\d+(/.*)?)?$`).MatchString(path), strings.HasPrefix(path, "/proc/self/net"):
		return "sockets"
	}
	for _, system := range []string{"/sys", "/lib", "/usr", "/etc", "/proc/self", "/proc/sys", "/dev/null", "/proc/stat", "/proc/cgroups"} {
		if tracedWithin(system, path) {
			return "-"
		}
	}
	return ""
}

func tracedWithin(dir, path string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}

// TestSecurity runs every command under strace, and compares what it does with the table
// in docs/security.md.
func TestSecurity(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		if os.Getenv("PORTMOOR_CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	table := securityTable(t, "By command", "command")
	for row := range table {
		if _, known := deeds[row]; !known {
			t.Errorf("docs/security.md: no test runs %q", row)
		}
	}
	_, bin := open(t)
	for _, row := range slices.Sorted(maps.Keys(deeds)) {
		t.Run(row, func(t *testing.T) {
			d := did{map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}, nil}
			for i, line := range deeds[row].lines {
				c := newTraced(t, bin)
				for _, before := range deeds[row].before {
					c.run(t, "", before)
				}
				log := filepath.Join(c.dir, fmt.Sprint("log", i))
				c.run(t, log, line)
				d.read(t, c, log)
			}
			for _, line := range d.strange {
				t.Errorf("no word of the page for %s", line)
			}
			want, listed := table[row]
			if !listed {
				want = make([][]string, 4)
			}
			for i, column := range []string{"reads", "writes", "runs", "sends"} {
				did := []map[string]string{d.reads, d.writes, d.runs, d.sends}[i]
				if got := slices.Sorted(maps.Keys(did)); !slices.Equal(got, want[i]) {
					t.Errorf("%s: %q, and docs/security.md says %q\n%q", column, got, want[i], did)
				}
			}
		})
	}
}

// newTraced makes a repository, a home and an engine.
func newTraced(t *testing.T, bin string) traced {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	engine := dockertest.Start(t, "127.0.0.1")
	c := traced{dir, bin, nil, engine.Endpoint}
	list := listOf(t, c.root(), running{service: "web", number: 1, ports: []string{"0.0.0.0:28990:80/tcp"}}, running{service: "picked", number: 1, ports: []string{"0.0.0.0:32790:80/tcp"}})
	engine.Set(list, map[string]string{"shop-web-1": `{"Id":"shop-web-1","Config":{"Env":["SERVICE_PORT_FILE=/run/port"]}}`})
	c.environ = []string{"DOCKER_HOST=" + engine.Endpoint, "HOME=" + filepath.Join(dir, "home"), "TMPDIR=" + filepath.Join(dir, "tmp"), "PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH")}
	for path, text := range map[string]string{
		"repo/.git/HEAD":         "ref: refs/heads/main\n",
		"repo/.git/info/exclude": ".env\n",
		"repo/.portmoor.yaml":    "docs: [README.md]\n",
		"repo/compose.yaml": "name: shop\nservices:\n  web: {image: example/web, ports: [\"${WEB_HOST_PORT:-28990}:80\"]}\n" +
			"  other: {image: example/web, ports: [\"28991:80\"]}\n  again: {image: example/web, ports: [\"28991:81\"]}\n  picked: {image: example/web, ports: [80]}\n",
		"repo/known.json": `{"version": 1, "findings": []}`,
		"repo/README.md":  "<!-- portmoor:ports -->\n| Service | Port |\n|---|---|\n| web | 1 |\n<!-- /portmoor:ports -->\n",
		"repo/notes.md":   "other listens on http://localhost:28991/\n",
		"home/.gitconfig": "", "tmp/keep": "", "named/keep": "",
	} {
		put(t, filepath.Join(dir, path), text)
	}
	for _, name := range []string{"docker", "systemctl", "tailscale", "COMMAND"} {
		path := filepath.Join(dir, "bin", name)
		put(t, path, "#!/bin/sh\nexit 0\n")
		if err := os.Chmod(path, 0o755); err != nil { //nolint:gosec // it is a program
			t.Fatal(err)
		}
	}
	return c
}
