package workspace_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/workspace"
)

// TestMayCreate is the law of what Portmoor may make its own file of: never what a path
// is already, to Portmoor or to docker compose, whether or not there is a file.
func TestMayCreate(t *testing.T) {
	const (
		ports, env, override, baseline, plan = workspace.PortsRole, workspace.PortsEnvRole, workspace.OverrideRole, workspace.BaselineRole, workspace.PlanRole
		yes                                  = ""
	)
	every := []workspace.Role{ports, env, override, baseline, plan}
	root := folder(t, map[string]string{
		"compose.yaml":           "include: [more/parts.yaml]\nservices: {web: {image: x, ports: [\"8080:80\"], env_file: [web.env, {path: later.env, required: false}]}}",
		"more/parts.yaml":        `services: {db: {image: x}}`,
		"listed.yaml":            `services: {db: {image: x}}`,
		"own.env":                workspace.PortsEnvHeader,
		"ci.env":                 "",
		".env":                   "",
		"web.env":                "",
		".portmoor.yaml":         "env_files: [ci.env, own.env, none.env]\nprojects: [{name: other, files: [listed.yaml]}]\n",
		"sub/keep":               "",
		"neighbour/compose.yaml": web,
	})
	environ := map[string]string{"PORTMOOR_LEDGER": filepath.Join(root, "state", "ledger.json")}
	for _, c := range []struct {
		path string
		is   workspace.Role // in the error
		may  []workspace.Role
	}{
		{"new.file", yes, every},
		{"sub/new.json", yes, every},
		{".env", "an env file", nil},
		{".ENV", "an env file", nil},
		{"sub/.env", "an env file", nil},
		{"sub/../.env", "an env file", nil},
		{"ci.env", "an env file", nil},
		{"web.env", "an env file", nil},
		{"own.env", "an env file", []workspace.Role{env}},   // it is ours
		{"none.env", "an env file", []workspace.Role{env}},  // it will be
		{"later.env", "an env file", []workspace.Role{env}}, // so that a service has its ports
		{"compose.yaml", "a compose file", nil},
		{"docker-compose.yml", "a compose file", nil}, // which docker compose would start from, were it there
		{"sub/compose.yml", "a compose file", nil},
		{"compose.override.yaml", "a compose file", []workspace.Role{override}},
		{"compose.ports.yaml", "a compose file", []workspace.Role{override}},
		{"more/parts.yaml", "a compose file", []workspace.Role{override}}, // what it holds is looked at
		{"listed.yaml", "a compose file", []workspace.Role{override}},
		{".portmoor.yaml", "the configuration", nil},
		{"sub/.portmoor.yaml", "the configuration", nil},
		{"data/ports.json", "the ports file", []workspace.Role{ports}},
		{"data/ports.json.bak", "the ports file", []workspace.Role{ports}},
		{"data/ports.other.json", "the ports file", []workspace.Role{ports}},
		{".ports.env", "the file of the ports for docker compose", []workspace.Role{env}},
		{"state/ledger.json", "the ledger", nil},
		{"state/ledger.json.lock", "the ledger", nil},
	} {
		w, _, err := workspace.Open(workspace.Request{Dir: root, Git: environ})
		if err != nil {
			t.Fatal(err)
		}
		for _, as := range every {
			want := string(c.is) + ", and can't be " + string(as)
			for _, may := range c.may {
				if as == may {
					want = yes
				}
			}
			got := yes
			for _, path := range []string{c.path, filepath.Join(root, c.path)} {
				if err := w.MayCreate(path, as); err == nil && want != yes {
					t.Errorf("%s may be %s", path, as)
				} else if err != nil {
					var p say.Problem
					if !errors.As(err, &p) || p.Place != path || p.Hint == "" {
						t.Errorf("%s: %#v", path, err)
					}
					got = p.Message
				}
			}
			if want != yes {
				want = "is " + want
			}
			if got != want {
				t.Errorf("%s as %s: %q, want %q", c.path, as, got, want)
			}
		}
	}
}

// TestMayCreateCopy is about the copy that reset leaves beside a ports file.
func TestMayCreateCopy(t *testing.T) {
	root := folder(t, map[string]string{"compose.yaml": web, ".portmoor.yaml": "ports_env_file: mine.bak\n"})
	w, _, err := workspace.Open(workspace.Request{Dir: root})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.MayCreate("mine", workspace.PortsRole); err == nil {
		t.Error("the copy may take the place of the env file")
	}
	if err := w.MayCreate("mine.bak", workspace.PortsEnvRole); err != nil {
		t.Error(err)
	}
}
