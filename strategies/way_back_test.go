package strategies

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose"
)

// TestWayBack has mappings that Docker picks the host port of, and what the
// configuration remembers.
func TestWayBack(t *testing.T) {
	tests := []struct {
		name     string
		entries  []string
		defaults map[string]string
		want     []string
	}{
		{"number", []string{"0:80"}, map[string]string{"web:80": "8080"}, []string{`"${WEB_HOST_PORT:-8080}"`}},
		{"container port alone", []string{"80"}, map[string]string{"web:80": "8080"}, []string{`"${WEB_HOST_PORT:-8080}"`}},
		{"range", []string{"0:80"}, map[string]string{"web:80": "8000-8010"}, []string{`"${WEB_HOST_PORT_RANGE:-8000-8010}"`}},
		{"range of container ports", []string{"3000-3005"}, map[string]string{"web:3000-3005": "4000-4005"}, []string{`"${WEB_HOST_PORT_RANGE:-4000-4005}"`}},
		{"expression", []string{"0:80"}, map[string]string{"web:80": "${OLD:-8080}"}, []string{`"${OLD:-8080}"`}},
		{"expression without default", []string{"0:80"}, map[string]string{"web:80": "${OLD}"}, []string{`"${OLD}"`}},
		{"several parts", []string{"0:80"}, map[string]string{"web:80": "${A:-80}${B:-80}"}, []string{`"${A:-80}${B:-80}"`}},
		{"protocol", []string{"0:53/udp"}, map[string]string{"web:53/udp": "53", "web:53": "1"}, []string{`"${WEB_HOST_PORT:-53}"`}},
		{"address", []string{"127.0.0.1:0:80"}, map[string]string{"web:80@127.0.0.1": "8080", "web:80": "1"}, []string{`"${WEB_HOST_PORT:-8080}"`}},
		{"brackets", []string{"'[::1]:0:80'"}, map[string]string{"web:80@[::1]": "8080"}, []string{`"${WEB_HOST_PORT:-8080}"`}},
		{
			"two addresses that had two ports",
			[]string{"127.0.0.1:0:80", "0:80"},
			map[string]string{"web:80@127.0.0.1": "${WEB_HOST_PORT:-9090}", "web:80": "${WEB_80_2_HOST_PORT:-8080}"},
			[]string{`"${WEB_HOST_PORT:-9090}"`, `"${WEB_80_2_HOST_PORT:-8080}"`},
		},
		{
			"numbers, whatever the others' variables",
			[]string{"'[::1]:0:80'", "0:80", "'[::1]:0:81'"},
			map[string]string{"web:80@[::1]": "8082", "web:80": "${X:-8080}", "web:81@[::1]": "8083"},
			[]string{`"${WEB_HOST_PORT:-8082}"`, `"${X:-8080}"`, `"${WEB_81_HOST_PORT:-8083}"`},
		},
		{
			"two ports on two addresses need two variables",
			[]string{"0:80", "127.0.0.1:0:80"},
			map[string]string{"web:80": "8080", "web:80@127.0.0.1": "8083"},
			[]string{`"${WEB_HOST_PORT:-8080}"`, `"${WEB_80_2_HOST_PORT:-8083}"`},
		},
		{
			"two protocols with two ports",
			[]string{"0:54/udp", "0:54"},
			map[string]string{"web:54/udp": "54", "web:54": "55"},
			[]string{`"${WEB_UDP_HOST_PORT:-54}"`, `"${WEB_HOST_PORT:-55}"`},
		},
		{"a leading zero", []string{"0:80"}, map[string]string{"web:80": "08021"}, []string{`"${WEB_HOST_PORT:-08021}"`}},
		{"a variable that is 0", []string{"0:80"}, map[string]string{"web:80": "${V:-0}"}, []string{`"${V:-0}"`}},
		{
			"the second of two",
			[]string{"0:80", "8080:80"},
			map[string]string{"web:80#2": "9090"},
			[]string{keptPicked, `"${WEB_80_2_HOST_PORT:-8080}"`},
		},
		{
			"name taken since",
			[]string{"0:80", "${OLD:-9000}:90"},
			map[string]string{"web:80": "${OLD:-8080}"},
			[]string{`"${WEB_HOST_PORT:-8080}"`, keptVariable},
		},
		{
			"name taken since, no default",
			[]string{"0:80", "${OLD:-9000}:90"},
			map[string]string{"web:80": "${OLD:?set it}"},
			[]string{`variable "OLD" now belongs to another mapping`, keptVariable},
		},
		{
			"two that shared a name",
			[]string{"0:80", "0:90"},
			map[string]string{"web:80": "${OLD:-8080}", "web:90": "${OLD:-8080}"},
			[]string{`"${OLD:-8080}"`, `"${OLD:-8080}"`},
		},
		{
			"a new mapping does not get the remembered name",
			[]string{"7070:70", "0:80"},
			map[string]string{"web:80": "${WEB_HOST_PORT:-8080}"},
			[]string{`"${WEB_70_HOST_PORT:-7070}"`, `"${WEB_HOST_PORT:-8080}"`},
		},
		{"not a port", []string{"0:80"}, map[string]string{"web:80": "80abc"}, []string{keptUnfit}},
		{"not a port either", []string{"0:80"}, map[string]string{"web:80": "80800"}, []string{keptUnfit}},
		{"too few ports", []string{"3000-3005"}, map[string]string{"web:3000-3005": "4000"}, []string{keptUnfit}},
		{"too few ports by default", []string{"3000-3005"}, map[string]string{"web:3000-3005": "${V:-4000-4001}"}, []string{keptUnfit}},
		{"for something else", []string{"0:80"}, map[string]string{"web:81": "8080"}, []string{keptPicked}},
		{"not for a literal", []string{"8080:80"}, map[string]string{"web:80": "9090"}, []string{`"${WEB_HOST_PORT:-8080}"`}},
		{"no place to write", []string{"{target: 80}"}, map[string]string{"web:80": "9090"}, []string{"there is no published key to write to"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			projects := load(t, map[string]string{"compose.yaml": service("web", tt.entries...)}, "compose.yaml")
			if diff := cmp.Diff(tt.want, decisions(projects, Hybrid, tt.defaults)); diff != "" {
				t.Errorf("hybrid (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDecisionOfWayBack compares all that is decided when a text is restored.
func TestDecisionOfWayBack(t *testing.T) {
	reason := "the configuration has a default"
	for text, want := range map[string]Decision{
		"8080":           {Kind: Parameterize, Var: "WEB_HOST_PORT", Port: "8080", Text: "${WEB_HOST_PORT:-8080}", Reason: reason},
		"${V:-8080}":     {Kind: Parameterize, Var: "V", Port: "8080", Text: "${V:-8080}", Reason: reason},
		"${V-8080}":      {Kind: Parameterize, Var: "V", Port: "8080", Text: "${V-8080}", Reason: reason},
		"$V":             {Kind: Parameterize, Var: "V", Port: "", Text: "$V", Reason: reason},
		"${V:?missing}":  {Kind: Parameterize, Var: "V", Port: "", Text: "${V:?missing}", Reason: reason},
		"${V:+8080}":     {Kind: Parameterize, Var: "V", Port: "", Text: "${V:+8080}", Reason: reason},
		"80${V:-80}":     {Kind: Parameterize, Var: "", Port: "", Text: "80${V:-80}", Reason: reason},
		"${V:-${W:-80}}": {Kind: Parameterize, Var: "V", Port: "${W:-80}", Text: "${V:-${W:-80}}", Reason: reason},
	} {
		projects := load(t, map[string]string{"compose.yaml": service("web", "0:80")}, "compose.yaml")
		m := projects[0].Mappings[0]
		got := Decide(&m, Hybrid, Gather(Name(projects, nil), map[compose.Place]string{m.Place(): text})(&m))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestDefaultKeys(t *testing.T) {
	for entry, want := range map[string]string{
		"8080:80":                    "web:80",
		"8080:80/udp":                "web:80/udp",
		"127.0.0.1:8080:80":          "web:80@127.0.0.1",
		`"[::1]:8080:80/sctp"`:       "web:80/sctp@[::1]",
		`"${IP:-127.0.0.1}:8080:80"`: "web:80@${IP:-127.0.0.1}",
		"3000-3005:3000-3005":        "web:3000-3005",
		"8080:${C:-80}":              "web:80",
		"8080:${C}":                  "web:${C}",
		"{target: 80, published: 1, host_ip: ::1}": "web:80@::1",
	} {
		projects := load(t, map[string]string{"compose.yaml": service("web", entry)}, "compose.yaml")
		if got := DefaultKeys(projects[0])[projects[0].Mappings[0].Place()]; got != want {
			t.Errorf("%s: key %q, want %q", entry, got, want)
		}
	}
	projects := load(t, map[string]string{"compose.yaml": service("web", "8080:80", "9090:80", "127.0.0.1:7070:80/udp")}, "compose.yaml")
	var got []string
	for _, m := range projects[0].Mappings {
		got = append(got, DefaultKeys(projects[0])[m.Place()])
	}
	if diff := cmp.Diff([]string{"web:80", "web:80#2", "web:80/udp@127.0.0.1"}, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}
