package references

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portmoor/portmoor/reconcile/contest"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

// two are services that want one port, of which piper moves.
var two = []Subject{{Name: "hailo-face", Was: 5002, Is: 5002}, {Name: "hailo-piper", Was: 5002, Is: 5003}}

// found looks through one file, as the folder of nobody.
func found(t testing.TB, name, src string) []Reference {
	t.Helper()
	root := folder(t, name, src)
	return Find(Query{Root: root, Subjects: two, Options: tree.Options{Base: root}}).References
}

// Each line is a form of a port of piper's, and has to change. It would show a
// form that is not known any more.
func TestForms(t *testing.T) {
	for line := range strings.SplitSeq(strings.TrimSpace(`
curl http://localhost:5002/health
ws://127.0.0.1:5002
http://<host>:5002/v1
http://${HOST}:5002
"http://{host}:5002/x"
nc localhost:5002
bind = "0.0.0.0:5002"
server [::1]:5002;
port: 5002
"port": 5002,
port=5002
PORT=5002
export PORT="5002"
PIPER_PORT ?= 5002
port: int = 5002
const DEFAULT_PORT = 5002;
serverPort := 5002
uvicorn.run(app, port=5002)
app.listen(process.env.PORT || 5002)
port ?? 5002
--port 5002
--port=5002
["--port", "5002"]
-p 5002
docker run -p 5002:80 x
PORT="${PORT:-5002}"
PORT="${1:-5002}"
cfg.get("server", {}).get("port", 5002)
os.environ.get("PORT", "5002")
getenv('PORT') ?: 5002
flag.Int("port", 5002, "where to listen")
parser.add_argument("--port", type=int, default=5002)
@click.option("--port", default=5002, help="x")
expect(server.port).toBe(5002)
assert cfg["server"]["port"] == 5002
self.assertEqual(cfg["port"], 5002)
sudo ufw allow 5002/tcp
lsof -i :5002
lsof -ti:5002
ss -ltn | grep 5002
fuser -k 5002/tcp
nc -z localhost 5002
iptables -A INPUT --dport 5002 -j ACCEPT
EXPOSE 5002
Environment=PORT=5002
ListenStream=5002
listen 5002;
It listens on 5002.
The port is **5002**.
ports 5001 and 5002 are taken
(5002 port)
socket.connect(("localhost", 5002))
HTTPServer(("", 5002), Handler)
ssh -L 5002:localhost:80 x
wait for 5002
http://localhost:5002.
`), "\n") {
		refs := found(t, "notes.sh", "# hailo-piper\n"+line+"\n")
		if len(refs) != 1 || refs[0].Verdict != Change || refs[0].Service != "hailo-piper" {
			t.Errorf("%s: %+v", line, refs)
			continue
		}
		r := refs[0]
		if !strings.Contains(line, r.Text) || r.Text[r.At:r.At+4] != "5002" || r.Line != 2 {
			t.Errorf("%s: %q at %d", line, r.Text, r.At)
		}
	}
}

// Each line has the number as something else, and stays, with that reason.
func TestLookalikes(t *testing.T) {
	for line, reason := range map[string]string{
		"timeout: 5002":             "a quantity",
		"timeout_ms = 5002":         "a quantity",
		"sleep(5002)":               "a quantity",
		"port timeout 5002ms":       "milliseconds",
		"port takes 5002 ms":        "milliseconds",
		"port reads 5002 bytes":     "a quantity",
		"max_tokens=5002":           "a quantity",
		"chunk_size: 5002":          "a quantity",
		"--max-chars 5002 on port":  unshaped,
		"listens to 5002 users":     "a quantity",
		"port v5002":                "part of a longer number or word",
		"port 1.5002":               "part of a longer number or word",
		"port 5002.5":               "part of a longer number or word",
		"port 2024-5002":            "part of a longer number or word",
		"see #5002":                 "part of a longer number or word",
		"port 5002-5010":            "a range of ports",
		"docker run -p 8080:5002 x": inContainer,
		`"${X_PORT:-80}:5002"`:      inContainer,
		"containerPort: 5002":       inContainer,
		"docker compose exec hailo-piper curl http://localhost:5002/": inContainer,
		"$(COMPOSE) exec hailo-piper mc localhost:5002":               inContainer,
		"docker compose port hailo-piper 5002":                        inContainer,
		"target: 5002":                                                inContainer,
		"the port was 5002":                                           "history",
		"formerly on port 5002":                                       "history",
		"moved from 5002 to port 5009":                                "history",
		"port: 5002 → 5009":                                           "history",
		"instead of port 5002":                                        "history",
		"another port, e.g. 5002":                                     "advice",
		"a free port such as 5002":                                    "advice",
		"piper[5002]: port is up":                                     "an index",
		"max_ports = 5002":                                            "a quantity",
		"ssh -p 5002 git@example.com":                                 "a port of another program",
		"scp -P 5002 x y:":                                            "a port of another program",
		"port 5002 to 5010":                                           "a range of ports",
		"Runs on 5002 cores":                                          unshaped,
		"Opens 5002 sockets":                                          unshaped,
		"Connects to 5002 peers":                                      unshaped,
		"answers 5002 calls":                                          unshaped,
		"bound = 5002":                                                unshaped,
		"seq.run(5002)":                                               unshaped,
		"the answer is 5002":                                          unshaped,
		"import 5002":                                                 unshaped,
		"report 5002":                                                 unshaped,
		"support: 5002":                                               unshaped,
		"5002":                                                        unshaped,
		"passport_no_of_guest = 5002":                                 unshaped,
		"viewport: 5002x480":                                          "a quantity",
		"http://localhost:50023/":                                     "",
		"http://localhost:15002/":                                     "",
		"color: #500250":                                              "",
		"port 05002":                                                  "",
		"2026-01-01T05:002 port: 005002":                              "",
	} {
		refs := found(t, "notes.sh", "x hailo-piper\n\n"+line+"\n")
		switch {
		case reason == "" && len(refs) == 0:
		case len(refs) != 1 || refs[0].Verdict == Change || !strings.HasPrefix(refs[0].Reason, reason):
			t.Errorf("%s: %+v", line, refs)
		}
	}
}

// What once ended in a panic.
func TestOdd(t *testing.T) {
	for name, src := range map[string]string{
		"a.md":  "|Port|\n" + strings.Repeat("|", 2100) + "5002|\n",
		"b.txt": "5002", "c.yaml": "services:\n", "d.yaml": "services: {a: }\n  5002", "e.md": "│5002\n│",
	} {
		found(t, name, src)
	}
}

// What is not looked at: binaries, what is too large, what Git or the
// configuration ignores, plans, and what the query says.
func TestPassedOver(t *testing.T) {
	line := "hailo-piper: http://localhost:5002\n"
	root := folder(
		t, "a.bin", line+"\x00", "big.log", strings.Repeat(line, MaxSize/len(line)+1), "ignored/a.md", line, "out/a.md", line,
		".gitignore", "out/\n", ".git/config", line, "node_modules/x/a.md", line, "plan.md", "# A plan\n"+line, "skipped.md", line, "a.md", line,
	)
	if err := os.Symlink("a.md", filepath.Join(root, "link.md")); err != nil {
		t.Log(err)
	}
	got := Find(Query{
		Root: root, Subjects: two, Opening: "# A plan", Skip: map[string]bool{filepath.Join(root, "skipped.md"): true},
		Options: tree.Options{Base: root, Ignore: []string{"ignored/"}},
	})
	if len(got.References) != 1 || got.References[0].Path != filepath.Join(root, "a.md") {
		t.Errorf("%+v", got.References)
	}
	if len(got.TooLarge) != 1 || filepath.Base(got.TooLarge[0]) != "big.log" {
		t.Error(got.TooLarge)
	}
	if src, err := os.ReadFile(filepath.Join(root, "a.md")); err != nil || got.Digests[filepath.Join(root, "a.md")] != Digest(src) {
		t.Error(got.Digests, err)
	}
}

// A stack that the rules were not made on: nothing changes that should not, and
// what is missed is left to people. The second list is for those who change the
// rules.
func TestMarketline(t *testing.T) {
	root, err := filepath.Abs("testdata/marketline")
	if err != nil {
		t.Fatal(err)
	}
	ports, err := contest.Read(root, []contest.Source{{Path: "services/*/settings.json", Key: "http.port"}}, func(string) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	next := map[string]int{"geo": 8121, "search": 8122, "notifier": 7601}
	q := Query{Root: root, Defined: map[string][]source.Span{}, Keyed: map[string]bool{}, Options: tree.Options{Base: root}}
	for _, p := range ports {
		q.Defined[p.Places[0].File.Path] = []source.Span{p.Places[0].Span}
		q.Keyed[p.Places[0].File.Path] = true
		if p.Port == 8120 || p.Port == 7600 {
			is := next[p.Name]
			if is == 0 {
				is = p.Port
			}
			q.Subjects = append(q.Subjects, Subject{Name: p.Name, Dir: p.Dir, Was: p.Port, Is: is})
		}
	}
	changes := map[string]string{}
	for _, r := range Find(q).References {
		if rel, _ := filepath.Rel(root, r.Path); r.Verdict == Change {
			changes[fmt.Sprintf("%s:%d:%d", filepath.ToSlash(rel), r.Line, r.Column)] = r.Service
		}
	}
	src, err := os.ReadFile("testdata/marketline.tsv")
	if err != nil {
		t.Fatal(err)
	}
	right, wanted := 0, 0
	for line := range strings.Lines(string(src)) {
		cells := strings.Split(strings.TrimSpace(line), "\t")
		place := strings.Join(cells[:3], ":")
		if cells[4] == "change" {
			wanted++
		}
		switch got, changed := changes[place]; {
		case changed && cells[4] == "change" && got == cells[5]:
			right++
		case changed:
			t.Errorf("%s changes for %s, but: %s (%s)", place, got, cells[4], cells[6])
		case cells[4] == "change":
			t.Logf("%s is missed: %s", place, cells[6])
		}
	}
	fmt.Printf("marketline: recall %d/%d, precision %d/%d\n", right, wanted, right, len(changes))
	if right < 152 {
		t.Errorf("only %d of %d", right, wanted)
	}
}

// Whatever a file holds: a reference is where it says, and the number is there.
func FuzzFind(f *testing.F) {
	for _, seed := range []string{"port: 5002", "| a | 5002 |\n|--|", "```\n# x\n5002", "│5002", "\xff5002\r\n\tport 5002:", "services:\n  a:\n    ports: ['5002:1']"} {
		f.Add("a.md", seed)
		f.Add("compose.yaml", seed)
	}
	f.Fuzz(func(t *testing.T, name, src string) {
		if name != "a.md" && name != "compose.yaml" {
			name = "a.sh"
		}
		d := newDocument(filepath.Join("/x", name), []byte(src))
		finder := newFinder(Query{Root: "/x", Subjects: two})
		for _, r := range finder.judge(d, finder.hits([]byte(src))) {
			if n := src[r.Span.Start:r.Span.End]; n != "5002" || !strings.HasPrefix(r.Text[r.At:], n) || strings.ContainsAny(r.Text, "\r\n`") {
				t.Fatalf("%q: %+v", src, r)
			}
			start := r.Span.Start - r.At
			if start < 0 || !strings.HasPrefix(src[start:], r.Text) {
				t.Fatalf("%q is not at %d of %q", r.Text, start, src)
			}
		}
	})
}

// BenchmarkFind is a tree of 20,000 files and 200 MB. It may take ten times what
// reading the same files one after the other takes (on two processors it is four,
// and 1.5 s), and 200 MB of memory.
func BenchmarkFind(b *testing.B) {
	root := b.TempDir()
	text := strings.Repeat("a line of text with numbers such as 5001, 12 and 443 at http://localhost:8080/x\n", 125)
	for i := range 20000 {
		dir := filepath.Join(root, "d"+strconv.Itoa(i/200))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, strconv.Itoa(i)+".txt"), []byte(text+"hailo-piper: port 5002\n"), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	var search, read time.Duration
	b.Run("search", func(b *testing.B) {
		for b.Loop() {
			if n := len(Find(Query{Root: root, Subjects: two, Options: tree.Options{Base: root}}).References); n != 20000 {
				b.Fatal(n)
			}
		}
		search = b.Elapsed() / time.Duration(b.N)
	})
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			tree.Files(root, tree.Options{Base: root}, func(path string, _ os.DirEntry) {
				if _, err := os.ReadFile(path); err != nil {
					b.Fatal(err)
				}
			})
		}
		read = b.Elapsed() / time.Duration(b.N)
	})
	if search > 10*read {
		b.Errorf("searching takes %s, reading %s", search, read)
	}
	if memory.Sys > 200<<20 {
		b.Errorf("%d MB of memory", memory.Sys>>20)
	}
}

// A file that is full of the number, on one line or on many, takes no longer than
// its size allows, and what is left out is counted.
func TestDense(t *testing.T) {
	for _, separator := range []string{" hailo-piper port ", "\n", "|", ", "} {
		src := strings.Repeat("5002"+separator, 60_000)
		counted := 0
		for _, r := range found(t, "a.md", src) {
			counted += 1 + r.More
		}
		if counted != 60_000 {
			t.Errorf("%q: %d", separator, counted)
		}
	}
}
