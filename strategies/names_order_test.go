package strategies

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/source"
)

// named maps a mapping, whatever its place in its file, to its variable.
func named(t *testing.T, projects []*compose.Project) map[string]string {
	t.Helper()
	names := Name(projects, nil)
	all := map[string]string{}
	unit := map[string]compose.Key{}
	for _, p := range projects {
		for _, m := range p.Mappings {
			v := names.Of(&m)
			if m.Inherited {
				continue
			}
			if !validName.MatchString(v) {
				t.Errorf("%v: %q is not a variable name", m.Key, v)
			}
			if old, ok := unit[v]; ok && names.units[old] != names.units[m.Key] {
				t.Errorf("%v and %v are both %s", old, m.Key, v)
			}
			unit[v] = m.Key
			all[fmt.Sprint(filepath.Base(m.File.Path), m.Key, m.Address)] = v
		}
	}
	return all
}

// big is a family of several files with as many ways to clash as names have.
func big() (texts map[string]string, services []string) {
	services = []string{
		"web: {image: x, ports: ['8080:80', '9090:90', '8081:80', '3000-3005:3000-3005']}",
		"Web: {image: x, ports: ['8082:80']}",
		"web-80: {image: x, ports: ['1:1', {target: 2, published: 2, name: ui}]}",
		"a-b: {image: x, ports: ['11:80']}",
		"a_b: {image: x, ports: ['12:80', '13:80']}",
		"a.b: {image: x, ports: ['14:80']}",
		"dns: {image: x, ports: ['53:53/udp', '53:53', '54:54/udp', '5454:54']}",
		"held: {image: x, ports: ['21:21', '${HELD_HOST_PORT:-22}:22', '${OTHER:-23}:23']}",
		"child: {extends: web, ports: ['8080:80', '31:31']}",
		"3d: {image: x, ports: ['127.0.0.1:41:41', '[::1]:41:41']}",
	}
	texts = map[string]string{
		"compose.dev.yaml":      "services:\n  web: {image: x, ports: ['7070:70', '8080:80']}\n  held: {image: x, ports: ['23:23', '25:25']}\n",
		"compose.override.yaml": "services:\n  web: {ports: ['127.0.0.1:8080:80', '6060:60']}\n",
		"compose.test.yaml":     "services:\n  web: {ports: ['5050:50']}\n  a-b: {ports: ['1:1']}\n",
		"compose.prod.yaml":     "services:\n  db: {image: 'db:${A_B_80_HOST_PORT}', ports: ['5432:5432']}\n",
	}
	return texts, services
}

// TestNamesDoNotDependOnOrder shuffles the services of the base file and the
// projects of the family.
func TestNamesDoNotDependOnOrder(t *testing.T) {
	texts, services := big()
	groups := []string{"compose.yaml compose.override.yaml", "compose.yaml compose.test.yaml", "compose.dev.yaml", "compose.prod.yaml"}
	var want map[string]string
	for turn := range services {
		order := slices.Concat(services[turn:], services[:turn])
		if turn%2 == 1 {
			slices.Reverse(order)
		}
		texts["compose.yaml"] = "services:\n  " + strings.Join(order, "\n  ") + "\n"
		projects := load(t, texts, groups...)
		for range projects {
			projects = append(projects[1:], projects[0])
			got := named(t, projects)
			if want == nil {
				want = got
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("services turned by %d (-want +got):\n%s", turn, diff)
			}
		}
	}
	if len(want) < 25 {
		t.Errorf("only %d mappings", len(want))
	}
}

// TestNamesAreStable writes the names that were chosen into the texts: they
// must be chosen again.
func TestNamesAreStable(t *testing.T) {
	texts, services := big()
	texts["compose.yaml"] = "services:\n  " + strings.Join(services, "\n  ") + "\n"
	groups := []string{"compose.yaml compose.override.yaml", "compose.yaml compose.test.yaml", "compose.dev.yaml", "compose.prod.yaml"}
	projects := load(t, texts, groups...)
	names := Name(projects, nil)
	type edit struct {
		span source.Span
		text string
	}
	edits := map[string]map[int]edit{}
	for _, p := range projects {
		for _, m := range p.Mappings {
			if m.Inherited || m.HostPort.Var != "" {
				continue
			}
			file := filepath.Base(m.File.Path)
			if edits[file] == nil {
				edits[file] = map[int]edit{}
			}
			// Quoted throughout: an expression in a flow list needs quotes.
			text := strings.Trim(string(m.File.Src[m.Scalar.Start:m.Host.Start])+"${"+names.Of(&m)+":-"+m.HostPort.Text+"}"+string(m.File.Src[m.Host.End:m.Scalar.End]), "'")
			edits[file][m.Scalar.Start] = edit{m.Scalar, "'" + text + "'"}
		}
	}
	applied := maps.Clone(texts)
	for file, list := range edits {
		for _, at := range slices.Backward(slices.Sorted(maps.Keys(list))) {
			e := list[at]
			applied[file] = applied[file][:e.span.Start] + e.text + applied[file][e.span.End:]
		}
	}
	after := load(t, applied, groups...)
	if diff := cmp.Diff(named(t, projects), named(t, after)); diff != "" {
		t.Errorf("names (-before +after):\n%s", diff)
	}
	for _, p := range after {
		for _, m := range p.Mappings {
			if !m.Inherited && m.HostPort.Var != Name(after, nil).Of(&m) {
				t.Errorf("%v holds %s, and is named %s", m.Key, m.HostPort.Var, Name(after, nil).Of(&m))
			}
		}
	}
}
