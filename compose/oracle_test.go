package compose_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/corpustest"
	"github.com/portmoor/portmoor/compose/discover"
)

// TestWalkerAgreesWithComposeGo holds our own walker against compose-go over
// real projects: the ports that both find, service by service, must be equal.
// It would catch a merge, extends, include or tag that the walker gets wrong.
func TestWalkerAgreesWithComposeGo(t *testing.T) {
	l := compose.NewLoader(compose.LoadOptions{})
	found, err := discover.Find(l, []string{corpustest.Dir(t)}, discover.Options{})
	if err != nil {
		t.Fatal(err)
	}
	compared, refused, ports := 0, 0, 0
	for _, p := range l.Load(append(found.Groups, single(found.Unrecognized)...)) {
		if p.Loadable() != nil {
			continue
		}
		model, err := compose.LoadModel(compose.ModelInput{Dir: p.Dir, Files: p.Group.Files, Environ: environ(p)})
		if err != nil {
			if model, err = compose.LoadModel(compose.ModelInput{Dir: p.Dir, Files: p.Group.Files, Environ: stubbed(p)}); err != nil {
				refused++
				t.Log(p.Group.Files, err)
				continue
			}
			p = restub(p)
		}
		compared++
		want := map[string][]string{}
		for _, s := range model.AllServices() {
			for _, port := range s.Ports {
				want[s.Name] = append(want[s.Name], fmt.Sprintf("%s:%s:%d/%s", port.HostIP, port.Published, port.Target, port.Protocol))
			}
		}
		got := map[string][]string{}
		for _, m := range p.Mappings {
			if m.Dropped == compose.Published {
				got[m.Service] = append(got[m.Service], compose.Spread(m)...)
				ports++
			}
		}
		for _, s := range p.Services {
			slices.Sort(want[s.Name])
			slices.Sort(got[s.Name])
			w, g := slices.Compact(want[s.Name]), slices.Compact(got[s.Name])
			if !slices.Equal(w, g) {
				t.Errorf("%s: service %s\n got %v\nwant %v", strings.Join(p.Group.Files, " + "), s.Name, g, w)
			}
		}
		if len(model.AllServices()) > len(p.Services) {
			t.Errorf("%s: %d services, compose-go has %d", p.Group.Files[0], len(p.Services), len(model.AllServices()))
		}
	}
	t.Logf("%d projects with %d ports compared, %d refused by compose-go", compared, ports, refused)
	if compared < 500 || ports < 1500 {
		t.Errorf("only %d projects with %d ports compared", compared, ports)
	}
}

// environ is every variable that the project's env files set.
func environ(p *compose.Project) map[string]string {
	vars := map[string]string{}
	for _, f := range p.Env.Files() {
		maps.Copy(vars, f.Vars)
	}
	return vars
}

// stubbed is the project's environment with 1 for every variable without a value.
func stubbed(p *compose.Project) map[string]string {
	all := p.Environments()[1]
	for name, v := range environ(p) {
		if v != "" {
			all[name] = v
		}
	}
	return all
}

// restub loads a project again with a value for every variable, as compose-go
// needed it.
func restub(p *compose.Project) *compose.Project {
	return compose.NewLoader(compose.LoadOptions{Environ: stubbed(p)}).Load([]compose.Group{p.Group})[0]
}

func single(paths []string) (groups []compose.Group) {
	for _, p := range paths {
		groups = append(groups, compose.Group{Dir: filepath.Dir(p), Files: []string{p}})
	}
	return groups
}
