package checkouts

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/stack"
)

func container(project, service, folder, state string, bindings ...docker.Binding) docker.Container {
	return docker.Container{ID: project + service + state, Name: project + "-" + service, Project: project, Service: service, WorkingDir: folder, State: state, Bindings: bindings}
}

func tcp(address string, host, container int) docker.Binding {
	return docker.Binding{HostIP: address, HostPort: host, ContainerPort: container, Protocol: "tcp"}
}

func shown(t *testing.T, all []Checkout, others []Other, look Look) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, all, others, look); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestList: what the ledger and the engine say of one folder and project is one
// checkout; a port that is bound is not listed as assigned too.
func TestList(t *testing.T) {
	dir := t.TempDir()
	here, linked, gone := filepath.Join(dir, "here"), filepath.Join(dir, "linked"), filepath.Join(dir, "gone")
	if err := os.MkdirAll(filepath.Join(here, ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(here, ".git", "HEAD"), []byte("ref: refs/heads/feature/x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(here, linked); err != nil {
		t.Skip(err)
	}
	socket := []ports.Socket{{Protocol: "tcp"}}
	remembered := []allocate.Remembered{
		{Checkout: here, Project: "shop", Ports: map[string]ports.Range{
			"web": ports.One(8080), "db:5432": ports.One(15432), "dns:53/udp": ports.One(5300), "many:7000-7002": ports.From(7000, 3),
		}, Sockets: map[string][]ports.Socket{"web": socket, "db:5432": {{Address: "127.0.0.1", Protocol: "tcp"}}, "dns:53/udp": {{Protocol: "tcp"}, {Protocol: "udp"}}, "many:7000-7002": socket}},
		{Checkout: gone, Project: "old", Gone: true, Ports: map[string]ports.Range{"web": ports.One(9000)}, Sockets: map[string][]ports.Socket{"web": socket}},
	}
	engine := stack.Engine{Answered: true, Containers: []docker.Container{
		container("shop", "web", linked, "running", tcp("0.0.0.0", 8080, 80), tcp("::", 8080, 80), tcp("::1", 8090, 80)),
		container("shop", "many", here, "running", tcp("", 7000, 7000), tcp("", 7001, 7001), tcp("", 7002, 7002)),
		container("shop", "db", here, "exited", tcp("127.0.0.1", 15432, 5432)),
		{ID: "run", Name: "run", Project: "shop", Service: "web", WorkingDir: here, State: "running", OneOff: true},
		container("shop", "web", filepath.Join(dir, "gone"), "running", tcp("127.0.0.1", 8081, 443)),
		container("", "", "", "running", tcp("", 1, 1)),
	}}
	want := strings.ReplaceAll(`PROJECT  BRANCH     STATE   FOLDER
old      -          down    ~/gone (gone)
  web   9000       assigned
shop     -          up 1/1  ~/gone (gone)
  web   8081       https://127.0.0.1:8081
shop     feature/x  up 2/3  ~/here
  db    15432      assigned
  dns   5300       assigned
  dns   5300/udp   assigned
  many  7000-7002  http://localhost:7000
  web   8080       http://localhost:8080
  web   8090       http://[::1]:8090
`, "\t", "")
	all := List(remembered, engine)
	if diff := cmp.Diff(want, shown(t, all, nil, Look{Home: dir})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, c := range List(remembered, stack.Engine{}) {
		if c.State() != "unknown" {
			t.Errorf("nobody answered: %s is %s", c.Project, c.State())
		}
	}
}

// TestNobodyElse: a table without a line has no head either.
func TestNobodyElse(t *testing.T) {
	if out := shown(t, nil, []Other{}, Look{}); strings.Contains(out, "HELD BY") {
		t.Error(out)
	}
}

// TestWidth: on a terminal no line is wider, whatever the names are; elsewhere nothing is
// cut.
func TestWidth(t *testing.T) {
	long := strings.Repeat("feature-", 20)
	c := Checkout{Project: long, Branch: "b" + long, Folder: "/srv/" + long + "/end", Asked: true, Ports: []Port{{Service: long, Host: ports.From(20000, 10), Protocol: "tcp", Bound: true, URL: "http://[2001:db8:0:0:0:0:0:1]:20000"}}}
	others := []Other{{Port: 1, Protocol: "tcp", Addresses: []string{""}, Owner: allocate.Owner{Kind: allocate.Process, Name: long}}}
	for line := range strings.Lines(shown(t, []Checkout{c}, others, Look{Width: 80})) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d characters: %s", n, line)
		}
	}
	piped := shown(t, []Checkout{c}, others, Look{})
	for _, whole := range []string{c.Project, c.Branch, c.Folder, c.Ports[0].URL} {
		if !strings.Contains(piped, whole) {
			t.Errorf("%s is cut", whole)
		}
	}
	if strange := shown(t, []Checkout{{Project: "a\x1b[31m", Branch: "\u202e"}}, nil, Look{}); strings.ContainsAny(strange, "\x1b\u202e") {
		t.Errorf("%q", strange)
	}
}

// TestOthers: what a container has is not listed again for the program that has it for
// the container.
func TestOthers(t *testing.T) {
	engine := stack.Engine{Answered: true, Containers: []docker.Container{
		container("shop", "web", "/srv/shop", "running", tcp("0.0.0.0", 8080, 80)),
		{ID: "pg", Name: "pg", State: "running", Bindings: []docker.Binding{tcp("127.0.0.1", 5432, 5432)}},
		{ID: "idle", Name: "idle", State: "exited", Bindings: []docker.Binding{tcp("", 5432, 5432)}},
	}}
	program := func(port int, address, name string) allocate.Held {
		return allocate.Held{Socket: ports.Socket{Address: address, Protocol: "tcp"}, Port: port, Owner: allocate.Owner{Kind: allocate.Process, Name: name, Detail: "pid 7"}}
	}
	others := Others(engine, []allocate.Held{program(8080, "", "docker-proxy"), program(5432, "127.0.0.1", "docker-proxy"), program(22, "0.0.0.0", "sshd"), program(22, "", "sshd"), program(22, "10.0.0.1", "sshd")})
	want := `PROJECT  BRANCH  STATE  FOLDER

PORT      ADDRESS     HELD BY
22/tcp    *,10.0.0.1  process sshd (pid 7)
5432/tcp  *           container idle (exited)
5432/tcp  127.0.0.1   container pg
`
	if diff := cmp.Diff(want, shown(t, nil, others, Look{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	text, err := json.Marshal(ReportOf(nil, others))
	if err != nil || !strings.Contains(string(text), `{"port":5432,"protocol":"tcp","addresses":["127.0.0.1"],"holder":"container pg","state":"running"}`) {
		t.Errorf("%s %v", text, err)
	}
	if text, err := json.Marshal(ReportOf(nil, nil)); err != nil || string(text) != `{"version":1,"checkouts":[]}` {
		t.Errorf("%s %v", text, err)
	}
}
