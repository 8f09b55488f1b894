package compose_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/canonical"
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
		model, err := canonical.Load(canonical.Input{Dir: p.Dir, Files: p.Group.Files, Environ: environ(p)})
		if err != nil {
			if model, err = canonical.Load(canonical.Input{Dir: p.Dir, Files: p.Group.Files, Environ: stubbed(p)}); err != nil {
				refused++
				t.Log(p.Group.Files, err)
				continue
			}
			p = restub(p)
		}
		compared++
		want := map[string][]string{}
		sameServices(t, p, model)
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

// sameServices holds what the walker says of services besides their ports against
// compose-go.
func sameServices(t *testing.T, p *compose.Project, model *types.Project) {
	t.Helper()
	services := model.AllServices()
	for _, s := range p.Services {
		m, known := services[s.Name]
		if !known {
			continue
		}
		slices.Sort(m.Profiles)
		m.ContainerName = strings.ReplaceAll(m.ContainerName, "project_", "_") // COMPOSE_PROJECT_NAME, which compose-go sets
		got := fmt.Sprintf("%q %q %d %q", s.NetworkMode.Value, strings.ReplaceAll(s.ContainerName.Value, "project_", "_"), s.Scale, slices.Compact(slices.Clone(s.Profiles)))
		if want := fmt.Sprintf("%q %q %d %q", m.NetworkMode, m.ContainerName, m.GetScale(), slices.Compact(m.Profiles)); got != want {
			t.Errorf("%s: service %s\n got %s\nwant %s", strings.Join(p.Group.Files, " + "), s.Name, got, want)
		}
	}
}

// TestServicesAgreeWithComposeGo: what later files and heirs make of a service, where
// real files rarely have it. Each line would be a rule that judges a service by what
// it is no longer.
func TestServicesAgreeWithComposeGo(t *testing.T) {
	for name, files := range map[string][]string{
		"another network mode":  {`services: {a: {image: x, network_mode: host}}`, `services: {a: {network_mode: bridge}}`},
		"reset":                 {`services: {a: {image: x, network_mode: host, container_name: one, profiles: [p], scale: 3}}`, `services: {a: {network_mode: !reset null, container_name: !reset null, profiles: !reset [], scale: !reset null}}`},
		"reset in one file":     {`services: {a: {image: x, network_mode: !reset host, container_name: !reset one, profiles: !reset [p], scale: !reset 3, deploy: {replicas: !reset 3}}}`},
		"reset of deploy":       {`services: {a: {image: x, deploy: {replicas: 3}}}`, `services: {a: {deploy: !reset null}}`},
		"reset of replicas":     {`services: {a: {image: x, deploy: {replicas: 3}}}`, `services: {a: {deploy: {replicas: !reset null}}}`},
		"another deploy":        {`services: {a: {image: x, scale: 3}}`, `services: {a: {deploy: !override {labels: {k: v}}}}`},
		"no scale":              {`services: {a: {image: x, deploy: {replicas: 3}}}`, `services: {a: {scale: !reset null}}`},
		"replicas, then scale":  {`services: {a: {image: x, deploy: {replicas: 3}}}`, `services: {a: {deploy: !reset null, scale: 2}}`},
		"one again":             {`services: {a: {image: x, scale: 3}, b: {extends: a, scale: 1}}`, `services: {a: {scale: 1}}`},
		"other profiles":        {`services: {a: {image: x, profiles: [p]}, b: {extends: a, profiles: !override [q]}, c: {extends: a, profiles: [q]}}`, `services: {a: {profiles: !override [r]}}`},
		"another service":       {`services: {a: {image: x, network_mode: host, scale: 3}}`, `services: {a: !override {image: x}}`},
		"an heir":               {`services: {a: {image: x, network_mode: host}, b: {extends: a}, c: {extends: a, network_mode: !reset null}}`},
		"a tag in an include":   {`services: {a: {image: x, network_mode: host}}`, `include: [inner.yaml]`},
		"null":                  {`services: {a: {image: x, network_mode: host, container_name: one}}`, `services: {a: {network_mode: null, container_name: null}}`},
		"a variable for nobody": {`services: {a: {image: x, network_mode: "${MODE:-host}"}}`, `services: {a: {network_mode: "${OTHER:-}"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			g := compose.Group{Dir: dir}
			for i, text := range files {
				g.Files = append(g.Files, filepath.Join(dir, fmt.Sprintf("%d.yaml", i)))
				if err := os.WriteFile(g.Files[i], []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(filepath.Join(dir, "inner.yaml"), []byte(`services: {a: {network_mode: !reset null}}`), 0o644); err != nil {
				t.Fatal(err)
			}
			model, err := canonical.Load(canonical.Input{Dir: dir, Files: g.Files})
			if err != nil {
				t.Fatal(err)
			}
			p := compose.NewLoader(compose.LoadOptions{}).Load([]compose.Group{g})[0]
			if len(p.Services) == 0 {
				t.Error("no services")
			}
			sameServices(t, p, model)
		})
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
