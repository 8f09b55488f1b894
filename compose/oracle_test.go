package compose

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/compose/corpustest"
)

// TestWalkerAgreesWithComposeGo holds our own walker against compose-go over
// real projects: the ports that both find, service by service, must be equal.
// It would catch a merge, extends, include or tag that the walker gets wrong.
func TestWalkerAgreesWithComposeGo(t *testing.T) {
	l := NewLoader(LoadOptions{})
	found, err := l.Discover([]string{corpustest.Dir(t)}, DiscoverOptions{})
	if err != nil {
		t.Fatal(err)
	}
	compared, refused, ports := 0, 0, 0
	for _, p := range l.Load(append(found.Groups, single(found.Unnamed)...)) {
		if p.Loadable() != nil {
			continue
		}
		model, err := LoadModel(ModelInput{Dir: p.Dir, Files: p.Group.Files, Environ: p.Env.all()})
		if err != nil {
			if model, err = LoadModel(ModelInput{Dir: p.Dir, Files: p.Group.Files, Environ: stubbed(p)}); err != nil {
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
			if m.Dropped == Published {
				got[m.Service] = append(got[m.Service], spread(m)...)
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

// stubbed is the project's environment with 1 for every variable without a value.
func stubbed(p *Project) map[string]string {
	environ := p.Environments()[1]
	for name, v := range p.Env.all() {
		if v != "" {
			environ[name] = v
		}
	}
	return environ
}

// restub loads a project again with a value for every variable, as compose-go
// needed it.
func restub(p *Project) *Project {
	l := NewLoader(LoadOptions{Environ: stubbed(p)})
	return l.load(p.Group)
}

func single(paths []string) (groups []Group) {
	for _, p := range paths {
		groups = append(groups, Group{Dir: filepath.Dir(p), Files: []string{p}})
	}
	return groups
}

// spread lists a mapping's ports the way compose-go's model does.
func spread(m Mapping) (out []string) {
	host := m.HostPort.Ports
	for i := range m.Container.Width() {
		published := ""
		switch {
		case m.Container.Width() == 1:
			published = host.String()
		case !host.Zero():
			published = fmt.Sprint(host.First + i)
		}
		if published == "" && m.zero {
			published = "0"
		}
		out = append(out, fmt.Sprintf("%s:%s:%d/%s", m.HostIP, published, m.Container.First+i, m.Protocol))
	}
	return out
}
