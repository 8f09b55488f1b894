package strategies

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/source"
)

// decisions shows what becomes of every mapping of a family, in load order:
// the new host text in quotes, or why it stays. A mapping whose bytes belong
// to another is left out, as nobody decides for it.
func decisions(projects []*compose.Project, s Strategy, defaults map[string]string) []string {
	remembered := func(p *compose.Project) map[compose.Place]string {
		return Recall(p, func(*source.File) map[string]string { return defaults })
	}
	names := Name(projects, remembered)
	var all []string
	for _, p := range projects {
		facts := Gather(names, remembered(p))
		for _, m := range p.Mappings {
			if m.Inherited {
				continue
			}
			d := Decide(&m, s, facts(&m))
			if d.Kind == Keep {
				all = append(all, d.Reason)
				continue
			}
			all = append(all, fmt.Sprintf("%q", d.Text))
		}
	}
	return all
}

// TestTable is the table of what a mapping becomes, row by row.
func TestTable(t *testing.T) {
	tests := []struct{ entry, hybrid, dynamic string }{
		{`8080:80`, `"${WEB_HOST_PORT:-8080}"`, `"0"`},
		{`"8080:80"`, `"${WEB_HOST_PORT:-8080}"`, `"0"`},
		{`127.0.0.1:8080:80/udp`, `"${WEB_HOST_PORT:-8080}"`, `"0"`},
		{`"[::1]:8080:80"`, `"${WEB_HOST_PORT:-8080}"`, `"0"`},
		{`3000-3005:3000-3005`, `"${WEB_HOST_PORT_RANGE:-3000-3005}"`, `""`},
		{`127.0.0.1:3000-3005:3000-3005`, `"${WEB_HOST_PORT_RANGE:-3000-3005}"`, `""`},
		{`8000-8010:80`, `"${WEB_HOST_PORT_RANGE:-8000-8010}"`, `"0"`},
		{`{target: 80, published: 8080}`, `"${WEB_HOST_PORT:-8080}"`, `"0"`},
		{`{target: 80, published: "8080"}`, `"${WEB_HOST_PORT:-8080}"`, `"0"`},
		{`{target: 80, published: "8000-8010"}`, `"${WEB_HOST_PORT_RANGE:-8000-8010}"`, `"0"`},
		{`80`, keptPicked, keptDynamic},
		{`3000-3005`, keptPicked, keptDynamic},
		{`":80"`, keptPicked, keptDynamic},
		{`0:80`, keptPicked, keptDynamic},
		{`127.0.0.1::80`, keptPicked, keptDynamic},
		{`{target: 80}`, keptPicked, keptDynamic},
		{`{target: 80, published: 0}`, keptPicked, keptDynamic},
		{`{target: 80, published: ""}`, keptPicked, keptDynamic},
		{`${V:-8080}:80`, keptVariable, `"0"`},
		{`${V-8080}:80`, keptVariable, `"0"`},
		{`${V}:80`, KeptNoDefault, `"0"`},
		{`$V:80`, KeptNoDefault, `"0"`},
		{`${V:-}:80`, KeptNoDefault, `"0"`},
		{`"${V:?set V}:80"`, KeptNoDefault, `"0"`},
		{`${V:+8080}:80`, KeptNoDefault, `"0"`},
		{`${V:-80}80:80`, keptParts, keptParts},
		{`"${V:-127.0.0.1:8080}:80"`, "the variable holds an address or a whole mapping", "the variable holds an address or a whole mapping"},
		{`${V:-8080}:${V:-8080}`, keptBothSides, keptBothSides},
		{`${V:-8080}:1${V}`, keptBothSides, keptBothSides},
		{`${V:-8080}:${C:-80}`, keptVariable, `"0"`},
		{`8080:${C:-80}`, `"${WEB_HOST_PORT:-8080}"`, `"0"`},
		{`8080:${C}`, `"${WEB_HOST_PORT:-8080}"`, keptTarget},
		{`"80\u00380:80"`, "the text is escaped, folded or over several lines", "the text is escaped, folded or over several lines"},
		{`{target: 80, published: !!int 8080}`, "the value has an explicit tag", "the value has an explicit tag"},
		{`!!binary ODA4MDo4MA==`, "the value has an explicit tag", "the value has an explicit tag"},
		{`{target: 80, published: 017}`, "the number is not written in plain decimal digits", "the number is not written in plain decimal digits"},
		{`70000:80`, `host port "70000": ports go from 0 to 65535`, `host port "70000": ports go from 0 to 65535`},
	}
	for _, tt := range tests {
		t.Run(tt.entry, func(t *testing.T) {
			projects := load(t, map[string]string{"compose.yaml": service("web", tt.entry)}, "compose.yaml")
			for strategy, want := range map[Strategy]string{Hybrid: tt.hybrid, Auto: tt.hybrid, Dynamic: tt.dynamic} {
				if diff := cmp.Diff([]string{want}, decisions(projects, strategy, nil)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", strategy, diff)
				}
			}
		})
	}
}

// TestAuto looks at what makes auto leave the choice to Docker.
func TestAuto(t *testing.T) {
	hybrid, dynamic := `"${WEB_HOST_PORT:-8080}"`, `"0"`
	tests := []struct{ name, keys, want string }{
		{"nothing", "", hybrid},
		{"scale", "scale: 2", dynamic},
		{"scale one", "scale: 1", hybrid},
		{"scale none", "scale: 0", hybrid},
		{"replicas", "deploy: {replicas: 3}", dynamic},
		{"replicas variable", "deploy: {replicas: \"${N:-3}\"}", dynamic},
		{"replicas unknown", "deploy: {replicas: \"${N}\"}", hybrid},
		{"port file", "environment: {SERVICE_PORT_FILE: /run/port}", dynamic},
		{"port file in a list", "environment: [SERVICE_PORT_FILE=/run/port]", dynamic},
		{"other variable", "environment: [SERVICE_PORT=/run/port]", hybrid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := service("web", "8080:80") + "    " + tt.keys + "\n"
			projects := load(t, map[string]string{"compose.yaml": text}, "compose.yaml")
			if diff := cmp.Diff([]string{tt.want}, decisions(projects, Auto, nil)); diff != "" {
				t.Errorf("auto (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{hybrid}, decisions(projects, Hybrid, nil)); diff != "" {
				t.Errorf("hybrid (-want +got):\n%s", diff)
			}
		})
	}
}

// TestScaledHeir has a service that runs more than once and shares the
// entry of one that does not.
func TestScaledHeir(t *testing.T) {
	tests := map[string]string{
		"anchor":   "services:\n  a: {image: x, ports: &p ['8080:80']}\n  b: {image: x, scale: 2, ports: *p}\n",
		"template": "x-t: &t {ports: ['8080:80']}\nservices:\n  a: {<<: *t, image: x}\n  b: {<<: *t, image: x, scale: 2}\n",
		"extends":  "services:\n  a: {image: x, ports: ['8080:80']}\n  b: {extends: a, scale: 2}\n",
		"long merge key": "services:\n  a: {image: x, ports: [&m {target: 80, published: 8080}]}\n" +
			"  b: {image: x, scale: 2, ports: [{<<: *m, protocol: udp}]}\n",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			projects := load(t, map[string]string{"compose.yaml": text}, "compose.yaml")
			if diff := cmp.Diff([]string{`"0"`}, decisions(projects, Auto, nil)); diff != "" {
				t.Errorf("auto (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAutoSaysWhy(t *testing.T) {
	scaled, portFile := "    scale: 2\n", "    environment: [SERVICE_PORT_FILE=/run/port]\n"
	for keys, want := range map[string]string{
		scaled:            "the service runs more than once",
		portFile:          "the service learns its port after start",
		scaled + portFile: "the service runs more than once",
	} {
		projects := load(t, map[string]string{"compose.yaml": service("web", "8080:80") + keys}, "compose.yaml")
		m := projects[0].Mappings[0]
		if d := Decide(&m, Auto, Gather(Name(projects, nil), nil)(&m)); d.Reason != want {
			t.Errorf("%s: reason %q, want %q", keys, d.Reason, want)
		}
	}
}

// TestMerges has mappings of one service that would become one once Docker
// picks their host ports.
func TestMerges(t *testing.T) {
	const move, bare, stay = `"0"`, `""`, keptMerges
	tests := []struct {
		name    string
		entries []string
		want    []string
	}{
		{"two host ports", []string{"8080:80", "9090:80"}, []string{move, stay}},
		{"three host ports", []string{"8080:80", "9090:80", "7070:80"}, []string{move, stay, stay}},
		{"two container ports", []string{"8080:80", "9090:90"}, []string{move, move}},
		{"two protocols", []string{"8080:80", "8080:80/udp"}, []string{move, move}},
		{"two addresses", []string{"127.0.0.1:8080:80", "127.0.0.2:8080:80"}, []string{move, move}},
		{"an address and all", []string{"127.0.0.1:8080:80", "8080:80"}, []string{move, move}},
		{"all addresses in two ways", []string{"8080:80", "0.0.0.0:9090:80"}, []string{move, stay}},
		{"picked already", []string{"8080:80", "0:80"}, []string{stay, keptDynamic}},
		{"picked before", []string{"0:80", "8080:80"}, []string{keptDynamic, stay}},
		{"container port alone", []string{"8080:80", "80"}, []string{move, keptDynamic}},
		{"short and long", []string{"8080:80", "{target: 80, published: 9090}"}, []string{move, stay}},
		{"locked first", []string{`"80\u00380:80"`, "9090:80"}, []string{"the text is escaped, folded or over several lines", move}},
		{"variables", []string{"${A:-8080}:80", "${B:-9090}:80"}, []string{move, stay}},
		{"target with a default", []string{"8080:80", "9090:${C:-80}"}, []string{move, stay}},
		{"equal ranges", []string{"3000-3005:3000-3005", "4000-4005:3000-3005"}, []string{bare, stay}},
		{"ranges that overlap", []string{"3000-3005:3000-3005", "4000-4002:3005-3007"}, []string{bare, stay}},
		{"ranges side by side", []string{"3000-3005:3000-3005", "4000-4002:3006-3008"}, []string{bare, bare}},
		{"a range and a container port", []string{"3004", "3000-3005:3000-3005"}, []string{keptDynamic, stay}},
		{"a port and a range that has it", []string{"9004-9006:1-3", "9005:2"}, []string{stay, keptRepeats}},
		{"a range and one that has it", []string{"8081:81", "8081-8082:81-82"}, []string{keptRepeats, stay}},
		{"a range and a host port", []string{"9090:3004", "3000-3005:3000-3005"}, []string{move, bare}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			projects := load(t, map[string]string{"compose.yaml": service("web", tt.entries...)}, "compose.yaml")
			if diff := cmp.Diff(tt.want, decisions(projects, Dynamic, nil)); diff != "" {
				t.Errorf("dynamic (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRepeats has mappings that Compose takes for one already: all of them
// move, or none.
func TestRepeats(t *testing.T) {
	const move, stay = `"0"`, keptMerges
	escaped := "the text is escaped, folded or over several lines"
	tests := []struct {
		name  string
		texts map[string]string
		group []string
		want  []string
	}{
		{
			"base and override",
			map[string]string{"a.yaml": service("web", "8080:80"), "b.yaml": service("web", "8080:80")},
			[]string{"a.yaml b.yaml"},
			[]string{move, move},
		},
		{
			"base and overlay",
			map[string]string{"a.yaml": service("web", "8080:80"), "b.yaml": service("web", "8080:80")},
			[]string{"a.yaml", "a.yaml b.yaml"},
			[]string{move, move, move},
		},
		{
			"short and long",
			map[string]string{"a.yaml": service("web", "8080:80", "{target: 80, published: 8080}")},
			[]string{"a.yaml"},
			[]string{keptMerges, keptMerges},
		},
		{
			"literal and variable",
			map[string]string{"a.yaml": service("web", "8080:80"), "b.yaml": service("web", "${V:-8080}:80")},
			[]string{"a.yaml b.yaml"},
			[]string{move, move},
		},
		{
			"one is locked",
			map[string]string{"a.yaml": service("web", "8080:80"), "b.yaml": service("web", `"80\u00380:80"`)},
			[]string{"a.yaml b.yaml"},
			[]string{stay, escaped},
		},
		{
			"one has a variable on both sides",
			map[string]string{"a.yaml": service("web", "8080:8080"), "b.yaml": service("web", "${V:-8080}:${V:-8080}")},
			[]string{"a.yaml b.yaml"},
			[]string{stay, keptBothSides},
		},
		{
			"only while variables are unset",
			map[string]string{"a.yaml": service("web", "${A}:80", "${B}:80")},
			[]string{"a.yaml"},
			[]string{stay, stay},
		},
		{
			"not under the env file",
			map[string]string{"a.yaml": service("web", "${A:-8080}:80", "${B:-8080}:80"), ".env": "A=1\nB=2\n"},
			[]string{"a.yaml"},
			[]string{stay, stay},
		},
		{
			"an overlay that picks",
			map[string]string{"a.yaml": service("web", "8080:80"), "b.yaml": service("web", "0:80")},
			[]string{"a.yaml", "a.yaml b.yaml"},
			[]string{stay, stay, keptDynamic},
		},
		{
			"an overlay that adds",
			map[string]string{"a.yaml": service("web", "8080:80"), "b.yaml": service("web", "9090:80")},
			[]string{"a.yaml", "a.yaml b.yaml"},
			[]string{move, move, stay},
		},
		{
			"replaced by an override",
			map[string]string{"a.yaml": service("web", "8080:80"), "b.yaml": "services: {web: {ports: !override ['9090:80']}}"},
			[]string{"a.yaml b.yaml"},
			[]string{move, move},
		},
		{
			"child repeats what it extends",
			map[string]string{"a.yaml": service("web", "8080:80") + "  two:\n    extends: web\n    ports: ['8080:80']\n"},
			[]string{"a.yaml"},
			[]string{move, move},
		},
		{
			"one that stays makes others stay, over four services",
			map[string]string{"a.yaml": "x-e: [&a '8080:80', &g '8080:80', &f '9090:80', &e '8080:80', &b '9090:80']\nservices:\n" +
				"  s: {image: x, ports: [*a, *g]}\n  t: {image: x, ports: [*a, *e]}\n  u: {image: x, ports: [*a, *b]}\n  v: {image: x, ports: [*f, *e]}\n"},
			[]string{"a.yaml"},
			[]string{stay, stay, move, stay, stay},
		},
		{
			"child adds to what it extends",
			map[string]string{"a.yaml": service("web", "8080:80") + "  two:\n    extends: web\n    ports: ['9090:80']\n"},
			[]string{"a.yaml"},
			[]string{move, stay},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, decisions(load(t, tt.texts, tt.group...), Dynamic, nil)); diff != "" {
				t.Errorf("dynamic (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParse(t *testing.T) {
	for _, s := range []Strategy{Hybrid, Dynamic, Auto} {
		if got, err := Parse(string(s)); got != s || err != nil {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
	for _, name := range []string{"", "Hybrid", "fixed"} {
		want := fmt.Sprintf("strategy %q is not auto, hybrid or dynamic", name)
		if got, err := Parse(name); got != "" || err == nil || err.Error() != want {
			t.Errorf("%q: %q, %v; want %q", name, got, err, want)
		}
	}
}

// TestFamilies joins the projects of a folder, and those that share a file.
func TestFamilies(t *testing.T) {
	texts := map[string]string{
		"a/compose.yaml": service("web", "1:80"), "a/compose.dev.yaml": service("web", "2:80"),
		"b/compose.yaml": service("web", "3:80"),
		"c/compose.yaml": "services: {web: {extends: {file: ../b/compose.yaml, service: web}}}",
	}
	projects := load(t, texts, "c/compose.yaml", "a/compose.yaml", "b/compose.yaml", "a/compose.dev.yaml")
	var got [][]string
	for _, family := range Families(projects) {
		var files []string
		for _, p := range family {
			files = append(files, filepath.Base(p.Dir)+"/"+filepath.Base(p.Group.Files[0]))
		}
		got = append(got, files)
	}
	want := [][]string{{"a/compose.yaml", "a/compose.dev.yaml"}, {"c/compose.yaml", "b/compose.yaml"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("families (-want +got):\n%s", diff)
	}
}
