package rewrite

import (
	"path"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
)

// TestFamilies plans a folder of several projects, each of one file, and shows
// per changed entry the project that decides and the new host text. The order of
// the projects must not matter, but where several own the bytes.
func TestFamilies(t *testing.T) {
	const web = `services: {web: {image: x, ports: ["8080:80"]}}`
	tests := []struct {
		name       string
		files      map[string]string
		neighbours []string
		strategies map[string]strategies.Strategy
		remembered map[string]map[string]string
		want       []string
	}{
		{
			name:  "auto where nothing is given",
			files: map[string]string{"a.yaml": `services: {web: {image: x, ports: ["8080:80"], scale: 2}, db: {image: x, ports: ["1:1"]}}`},
			want:  []string{"a.yaml: web 0", "a.yaml: db ${DB_HOST_PORT:-1}"},
		},
		{
			name:       "a remembered name counts as if it stood in the file",
			files:      map[string]string{"a.yaml": `services: {web: {image: x, ports: ["0:80", "9000:90"]}}`},
			remembered: map[string]map[string]string{"a.yaml": {"web:80": "${WEB_90_HOST_PORT:-8080}"}},
			want:       []string{"a.yaml: web ${WEB_90_HOST_PORT:-8080}", "a.yaml: web ${WEB_90_HOST_PORT_2:-9000}"},
		},
		{
			name:       "also in another file of the family",
			files:      map[string]string{"a.yaml": web, "b.yaml": `services: {db: {image: x, ports: ["0:1"]}}`},
			remembered: map[string]map[string]string{"b.yaml": {"db:1": "${WEB_HOST_PORT:-1}"}},
			want:       []string{"a.yaml: web ${WEB_80_HOST_PORT:-8080}", "b.yaml: db ${WEB_HOST_PORT:-1}"},
		},
		{
			name:       "neighbours count for names, and are not planned",
			files:      map[string]string{"a.yaml": web, "b.yaml": `services: {db: {image: "x:${WEB_HOST_PORT}", ports: ["1:1"]}}`},
			neighbours: []string{"b.yaml"},
			want:       []string{"a.yaml: web ${WEB_80_HOST_PORT:-8080}"},
		},
		{
			name:       "each project by its own strategy",
			files:      map[string]string{"a.yaml": web, "b.yaml": web},
			strategies: map[string]strategies.Strategy{"b.yaml": strategies.Dynamic},
			want:       []string{"a.yaml: web ${WEB_HOST_PORT:-8080}", "b.yaml: web 0"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			projects := folder(tt.files)
			for range 2 {
				planned := slices.DeleteFunc(slices.Clone(projects), func(p *compose.Project) bool { return slices.Contains(tt.neighbours, base(p)) })
				o := FamilyOptions{Strategies: map[*compose.Project]strategies.Strategy{}}
				for _, p := range projects {
					o.Strategies[p] = tt.strategies[base(p)]
				}
				if tt.remembered != nil {
					o.Remembered = func(p *compose.Project) map[compose.Place]string {
						return strategies.Recall(p, func(f *source.File) map[string]string { return tt.remembered[path.Base(f.Path)] })
					}
				}
				var got []string
				for _, c := range NewFamilies(projects, o).Plan(planned...).Changes {
					got = append(got, base(c.Project)+": "+c.Mapping.Service+" "+c.Decision.Text)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				slices.Reverse(projects)
			}
		})
	}
}

// TestFamiliesFirstOwner has two projects that own the same bytes: the one that
// is named first decides.
func TestFamiliesFirstOwner(t *testing.T) {
	projects := folder(map[string]string{
		"a.yaml": `include: [b.yaml]`,
		"b.yaml": `services: {web: {image: x, ports: ["8080:80"]}}`,
	})
	for range 2 {
		f := NewFamilies(projects, FamilyOptions{Strategies: map[*compose.Project]strategies.Strategy{projects[0]: strategies.Dynamic}})
		plan := f.Plan(projects...)
		if len(plan.Changes) != 1 || plan.Changes[0].Project != projects[0] || plan.Changes[0].Decision.Text != "0" {
			t.Errorf("%s does not decide: %v", base(projects[0]), plan.Changes)
		}
		slices.Reverse(projects)
	}
}

// folder loads the files of one folder, each as a project of its own, by name.
func folder(files map[string]string) []*compose.Project {
	l := compose.NewLoader(compose.LoadOptions{})
	var groups []compose.Group
	for name, src := range files {
		l.Add("/app/"+name, []byte(src))
		groups = append(groups, compose.Group{Dir: "/app", Files: []string{"/app/" + name}})
	}
	slices.SortFunc(groups, func(a, b compose.Group) int { return slices.Compare(a.Files, b.Files) })
	return l.Load(groups)
}

func base(p *compose.Project) string { return path.Base(p.Group.Files[0]) }

// TestFamiliesOwner has an entry of a template that stands before the one which owns
// the bytes of their host port: who owns them decides.
func TestFamiliesOwner(t *testing.T) {
	const src = `x-published: &p {published: 8080}
x-web: &web {ports: [{target: 80, <<: *p}]}
services:
  a: {image: x, ports: [{target: 81, <<: *p}]}
  b: {image: x, scale: 0, <<: *web}
`
	projects := folder(map[string]string{"a.yaml": src})
	if first := projects[0].Mappings[0]; !first.Inherited || first.Service != "b" {
		t.Fatalf("the first mapping is that of %s, and inherited: %v", first.Service, first.Inherited)
	}
	plan := NewFamilies(projects, FamilyOptions{}).Plan(projects...)
	if len(plan.Changes) != 1 || plan.Changes[0].Mapping.Service != "a" || plan.Changes[0].Decision.Var != "A_HOST_PORT" {
		t.Errorf("service a does not decide: %v", plan.Changes)
	}
}
