package references

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

// Whose a number is. The file is in the folder of nobody, unless it says so.
func TestOwner(t *testing.T) {
	for _, test := range []struct{ name, file, src, want string }{
		{"on the line", "a.sh", "PIPER=1 # hailo-piper: http://localhost:5002", "hailo-piper"},
		{"another spelling", "a.sh", "HAILO_PIPER_PORT=5002", "hailo-piper"},
		{"in camel case", "a.go", "hailoPiperPort := 5002", "hailo-piper"},
		{"an alias in the key", "a.sh", "PIPER_URL=http://localhost:5002", "hailo-piper"},
		{"not a part of a word", "a.sh", "SANDPIPER_X=http://localhost:5002", ""},
		{"each its own", "a.md", "hailo-face has port 5002, hailo-piper port 5002", "hailo-face hailo-piper"},
		{"numbers first", "a.md", "port 5002 is hailo-piper, port 5002 is hailo-face", "hailo-piper hailo-face"},
		{"two names, one number", "a.md", "hailo-face and hailo-piper want port 5002", ""},
		{"a heading", "a.md", "# hailo-piper\n\n## Start\n\nport 5002\n\n# hailo-face\n\nport 5002", "hailo-piper hailo-face"},
		{"an underlined heading", "a.rst", "hailo-piper\n===========\n\nport 5002\n", "hailo-piper"},
		{"no heading in code", "a.md", "# hailo-face\n\n```\n# hailo-piper\nport 5002\n```\n\nport 5002", "hailo-piper hailo-face"},
		{"a class", "a.py", "class PiperClient:\n    def x(self):\n        port = 5002\n", "hailo-piper"},
		{"a key", "a.yaml", "hailo-piper:\n  x:\n    port: 5002\nhailo-face:\n  port: 5002\n", "hailo-piper hailo-face"},
		{"a section", "a.ini", "[hailo-piper]\nport = 5002\n[hailo-face]\nport = 5002\n", "hailo-piper hailo-face"},
		{"a name beside it", "a.json", "[\n  {\n    \"port\": 5002,\n    \"name\": \"hailo-piper\"\n  }\n]", "hailo-piper"},
		{"a comment above", "a.sh", "# hailo-piper\nlsof -i :5002\nfuser 5002/tcp\n\nlsof -i :5002\n", "hailo-piper hailo-piper "},
		{"a name used up", "a.env", "HAILO_PIPER_PORT=5009\nAPI_PORT=5002\n", ""},
		{"a row", "a.md", "| Service | Port |\n|---|---|\n| hailo-piper | 5002 |\n| hailo-face | 5002 |\n", "hailo-piper hailo-face"},
		{"a column", "a.md", "| | hailo-piper | hailo-face |\n|---|---|---|\n| Port | 5002 | 5002 |\n", "hailo-piper hailo-face"},
		{"a box", "a.txt", "+-------+-------+\n│ piper │ face  │\n│ :5002 │ :5002 │\n+-------+-------+\n", "hailo-piper hailo-face"},
		{"the name of the file", "hailo-piper.md", "port 5002", "hailo-piper"},
		{"nothing", "a.md", "port 5002", ""},
		{"another sentence", "a.md", "Look at port 5002. Then ask for hailo-piper.", "hailo-piper"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, r := range found(t, test.file, test.src) {
				got = append(got, r.Service)
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// In the folder of a service that moves, what names another is that one's, or
// left open.
func TestOwnerInFolder(t *testing.T) {
	for src, want := range map[string]Verdict{
		"port 5002":                           Change,
		"hailo-face has port 5002":            Left,
		"FACE_PORT=5002":                      Left,
		"# hailo-face is near\ncurl :5002/x":  Open,
		"# hailo-piper\ncurl :5002/x":         Change,
		"print(5002)":                         Change,
		"s.connect((\"8.8.8.8\", 5002))":      Open,
		"http://192.168.1.50:5002/":           Open,
		"http://db.corp.internal:5002":        Open,
		"http://127.0.0.1:5002/x":             Change,
		"redis_port = 5002":                   Open,
		"runs on 5002 unless told otherwise":  Change,
		"listens on 5002 for speech":          Change,
		"the answer is 5002":                  Left,
		"http://piper.example.com:5002":       Open,
		"hailo-face and hailo-piper on 5002":  Open,
		"http://localhost:5002/v1/identify":   Left, // an API of face
		"http://localhost:5002/v1/speak":      Change,
		"http://localhost:5002/v1/speak/slow": Change,
	} {
		root := folder(
			t, "piper/notes.sh", src+"\n", "face/README.md", "# x\n\n| GET | /v1/identify |\n",
			"piper/API_SPEC.md", "POST /v1/speak\n",
		)
		subjects := []Subject{
			{Name: "hailo-face", Dir: filepath.Join(root, "face"), Was: 5002, Is: 5002},
			{Name: "hailo-piper", Dir: filepath.Join(root, "piper"), Was: 5002, Is: 5003},
		}
		refs := Find(Query{Root: root, Subjects: subjects, Options: tree.Options{Base: root}}).References
		if len(refs) != 1 || refs[0].Verdict != want {
			t.Errorf("%s: %+v", src, refs)
		}
	}
}

// Names on a network of Docker's lead into containers, where the port stays; other
// keys of a file that defines a port are left to people.
func TestOwnerInside(t *testing.T) {
	root := folder(
		t, "a/nginx.conf", "server web:8080;\nproxy_pass http://web:8080;\n", "a/prom.yml", "x: ['my-web:8080']\n",
		"a/x.env", "OTHER=http://some-container:8080/x\nA=localhost:8080\n", "b/config.yaml", "server:\n  port: 8080\nurl: http://localhost:8080/x\n# see http://localhost:8080/y\n",
	)
	subjects := []Subject{
		{Name: "a/web", Dir: filepath.Join(root, "a"), Was: 8080, Is: 8081, Inside: []int{8080}},
		{Name: "b", Dir: filepath.Join(root, "b"), Was: 8080, Is: 8082},
	}
	config := filepath.Join(root, "b", "config.yaml")
	found := Find(Query{
		Root: root, Subjects: subjects, Options: tree.Options{Base: root},
		Keyed: map[string]bool{config: true}, Defined: map[string][]source.Span{config: {{Start: 16, End: 20}}},
	})
	var got []string
	for _, r := range found.References {
		rel, _ := filepath.Rel(root, r.Path)
		got = append(got, fmt.Sprintf("%s:%d %d", filepath.ToSlash(rel), r.Line, r.Verdict))
	}
	want := fmt.Sprintf("a/nginx.conf:1 %d a/nginx.conf:2 %[1]d a/prom.yml:1 %[1]d a/x.env:1 %[1]d a/x.env:2 %d b/config.yaml:3 %[2]d b/config.yaml:4 %d", Left, Open, Change)
	if strings.Join(got, " ") != want {
		t.Errorf("%v\nwant %s", got, want)
	}
}
