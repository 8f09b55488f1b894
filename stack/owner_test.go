package stack

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/workspace"
)

// open opens a project of one file.
func open(t *testing.T, text string) *Stack {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "compose.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	w, p, err := workspace.OpenOne(workspace.Request{Dir: dir, Environ: map[string]string{"PORTMOOR_LEDGER": filepath.Join(dir, "ledger.json")}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(w, p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestOwner is the law of who has a port, as far as containers say. A container of the
// project's own that counts as somebody else's moves a running project; one of somebody
// else's that counts as own gives its port twice.
func TestOwner(t *testing.T) {
	s := open(t, "name: shop\nservices: {web: {image: x, ports: [\"28201:80\"]}}\n")
	const port = 28201
	for _, c := range []struct {
		what       string
		change     func(*docker.Container)
		held       bool // for who wants it
		unpickable bool // for who would pick it
	}{
		{"its own container, running", func(*docker.Container) {}, false, true},
		{"its own, stopped: it is replaced at the next start", func(c *docker.Container) { c.State = "exited" }, false, false},
		{"of a service that is gone", func(c *docker.Container) { c.Service = "old" }, true, true},
		{"of docker compose run, which the next start does not replace", func(c *docker.Container) { c.OneOff = true }, true, true},
		{"of another project", func(c *docker.Container) { c.Project, c.WorkingDir = "other", "/elsewhere" }, true, true},
		{"of another project, stopped: it has the port at its next start", func(c *docker.Container) { c.Project, c.State = "other", "exited" }, true, true},
		{"of no project", func(c *docker.Container) { c.Project, c.Service, c.WorkingDir = "", "", "" }, true, true},
		{"on another port", func(c *docker.Container) { c.Bindings[0].HostPort = 28202 }, false, false},
		{"of another protocol", func(c *docker.Container) { c.Bindings[0].Protocol = "udp" }, false, false},
	} {
		from := docker.Container{
			Name: "c", Project: "shop", Service: "web", Number: 1, WorkingDir: s.Project.Dir, State: "running",
			Bindings: []docker.Binding{{HostIP: "0.0.0.0", HostPort: port, ContainerPort: 80, Protocol: "tcp"}},
		}
		c.change(&from)
		m := s.machine(Engine{Answered: true, Remote: true, Containers: []docker.Container{from}})
		socket := ports.Socket{Protocol: "tcp"}
		if _, held := m.Holder(socket, port, false); held != c.held {
			t.Errorf("%s: held is %v", c.what, held)
		}
		if _, held := m.Holder(socket, port, true); held != c.unpickable {
			t.Errorf("%s: not to be picked is %v", c.what, held)
		}
	}
}

// TestElsewhere: containers of the project's name from another folder are those of
// another checkout, which nothing here may take for its own; the folders of another
// machine say nothing.
func TestElsewhere(t *testing.T) {
	s := open(t, "name: shop\nservices: {web: {image: x, ports: [\"28201:80\"]}}\n")
	there := []docker.Container{{Project: "shop", Service: "web", WorkingDir: "/elsewhere"}}
	err := s.refuseElsewhere(there, false)
	if err == nil || !strings.Contains(err.Error(), `project "shop" runs from another folder, /elsewhere`) || say.Of(err).Hint == "" {
		t.Error(err)
	}
	if err := s.refuseElsewhere(there, true); err != nil {
		t.Error(err)
	}
	there[0].WorkingDir = s.Project.Dir
	if err := s.refuseElsewhere(there, false); err != nil {
		t.Error(err)
	}
}
