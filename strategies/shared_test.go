package strategies

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestShared has mappings that would clash by one variable, or give it two defaults,
// if names went by service and container port alone.
func TestShared(t *testing.T) {
	const library = `services:
  store: {image: x, ports: ["17000:17912"]}
  store-tls: {image: x, ports: ["17443:17912"]}
`
	tests := []struct {
		name  string
		texts map[string]string
		group []string
		want  []string
	}{
		{
			"a service extends another under a sibling's name",
			map[string]string{"a.yaml": `services:
  store: {extends: {file: b.yaml, service: store-tls}}
  plain: {extends: {file: b.yaml, service: store}}
`, "b.yaml": library},
			[]string{"a.yaml", "b.yaml"},
			[]string{`"${STORE_HOST_PORT:-17000}"`, `"${STORE_TLS_HOST_PORT:-17443}"`, `"${STORE_HOST_PORT:-17000}"`, `"${STORE_TLS_HOST_PORT:-17443}"`},
		},
		{
			"two names swapped",
			map[string]string{"a.yaml": `services:
  store: {extends: {file: b.yaml, service: store-tls}}
  store-tls: {extends: {file: b.yaml, service: store}}
`, "b.yaml": library},
			[]string{"a.yaml", "b.yaml"},
			[]string{`"${STORE_HOST_PORT:-17000}"`, `"${STORE_TLS_HOST_PORT:-17443}"`, `"${STORE_HOST_PORT:-17000}"`, `"${STORE_TLS_HOST_PORT:-17443}"`},
		},
		{
			"two folders",
			map[string]string{
				"a/compose.yaml": "services: {store: {extends: {file: ../b/compose.yaml, service: store-tls}}}",
				"b/compose.yaml": library,
			},
			[]string{"a/compose.yaml", "b/compose.yaml"},
			[]string{`"${STORE_HOST_PORT:-17000}"`, `"${STORE_TLS_HOST_PORT:-17443}"`, `"${STORE_HOST_PORT:-17000}"`, `"${STORE_TLS_HOST_PORT:-17443}"`},
		},
		{
			"an heir that repeats what it extends, beside a sibling of its name",
			map[string]string{
				"a/compose.yaml": `services: {store: {extends: {file: ../b/compose.yaml, service: store-tls}, ports: ["17443:17912"]}, plain: {extends: {file: ../b/compose.yaml, service: store}}}`,
				"b/compose.yaml": library,
			},
			[]string{"a/compose.yaml", "b/compose.yaml"},
			[]string{`"${STORE_TLS_HOST_PORT:-17443}"`, `"${STORE_TLS_17912_HOST_PORT:-17000}"`, `"${STORE_TLS_HOST_PORT:-17443}"`, `"${STORE_TLS_17912_HOST_PORT:-17000}"`, `"${STORE_TLS_HOST_PORT:-17443}"`},
		},
		{
			"a service of one name in a library, with another port",
			map[string]string{
				"a/compose.yaml": `services: {web: {image: x, ports: ["9090:80"]}, api: {extends: {file: ../b/compose.yaml, service: api}}}`,
				"b/compose.yaml": `services: {web: {image: x, ports: ["8080:80"]}, api: {image: x, ports: ["7070:70"]}}`,
			},
			[]string{"a/compose.yaml", "b/compose.yaml"},
			[]string{`"${WEB_HOST_PORT:-9090}"`, `"${WEB_80_HOST_PORT:-8080}"`, `"${API_HOST_PORT:-7070}"`, `"${WEB_80_HOST_PORT:-8080}"`, `"${API_HOST_PORT:-7070}"`},
		},
		{
			"an entry that two services have",
			map[string]string{"a.yaml": `services: {web: {image: x, profiles: [p], ports: &p ["8080:80", "0:81"]}, two: {image: x, profiles: [q], ports: *p}}`},
			[]string{"a.yaml"},
			[]string{keptShares, keptPicked},
		},
		{
			"an entry that two services have, of which one runs",
			map[string]string{"a.yaml": `services: {web: {image: x, ports: &p ["8080:80"]}, two: {image: x, scale: 0, ports: *p}}`},
			[]string{"a.yaml"},
			[]string{`"${WEB_HOST_PORT:-8080}"`},
		},
		{
			"an entry that two services have, with a variable already",
			map[string]string{"a.yaml": `services: {web: {image: x, ports: &p ["${V:-8080}:80"]}, two: {image: x, ports: *p}}`},
			[]string{"a.yaml"},
			[]string{keptVariable},
		},
		{
			"another default elsewhere",
			map[string]string{
				"a.yaml": `services: {web: {image: x, ports: ["${V:-8080}:80"]}}`,
				"b.yaml": `services: {web: {image: x, environment: ["URL=http://localhost:${V:-9999}"], ports: ["8080:80"]}}`,
			},
			[]string{"a.yaml", "b.yaml"},
			[]string{keptVariable, `"${WEB_80_HOST_PORT:-8080}"`},
		},
		{
			"what an override takes away may have another default",
			map[string]string{"a.yaml": service("web", "8080:80"), "b.yaml": `services: {web: {ports: !override ["9090:80"]}}`},
			[]string{"a.yaml b.yaml"},
			[]string{`"${WEB_HOST_PORT:-8080}"`, `"${WEB_HOST_PORT:-9090}"`},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, decisions(load(t, tt.texts, tt.group...), Hybrid, nil)); diff != "" {
				t.Errorf("hybrid (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSharedWayBack: where no variable is right, the number comes back as a number.
func TestSharedWayBack(t *testing.T) {
	text := `services: {web: {image: x, ports: &p ["0:80"]}, two: {image: x, ports: *p}}`
	projects := load(t, map[string]string{"a.yaml": text}, "a.yaml")
	if diff := cmp.Diff([]string{`"8080"`}, decisions(projects, Hybrid, map[string]string{"web:80": "8080"})); diff != "" {
		t.Errorf("hybrid (-want +got):\n%s", diff)
	}
}

// TestSpelledApart: two entries of one port that Compose tells apart by their spelling
// alone stay as they are, whatever the strategy, and what differs otherwise does not.
func TestSpelledApart(t *testing.T) {
	const move = `"0"`
	tests := map[string]struct {
		entries []string
		want    []string
	}{
		"number and text":         {[]string{"{target: 80, published: 8080}", "8080:80"}, []string{keptMerges, keptMerges}},
		"another mode":            {[]string{"{target: 80, published: 8080, mode: host}", "8080:80"}, []string{keptMerges, keptMerges}},
		"an address that is all":  {[]string{"{target: 80, published: 8080, host_ip: 0.0.0.0}", "8080:80"}, []string{keptMerges, keptMerges}},
		"text in the long form":   {[]string{"{target: 80, published: 8080}", "{target: 80, published: '8080', mode: host}"}, []string{keptMerges, keptMerges}},
		"a variable with it":      {[]string{"{target: 80, published: 8080}", "${V:-8080}:80"}, []string{keptMerges, keptMerges}},
		"two texts are one":       {[]string{"{target: 80, published: '8080', mode: host}", "8080:80"}, []string{move, move}},
		"two numbers are one":     {[]string{"{target: 80, published: 8080, mode: host}", "{target: 80, published: 8080}"}, []string{move, move}},
		"another protocol":        {[]string{"{target: 80, published: 8080, protocol: udp}", "8080:80"}, []string{move, move}},
		"another address":         {[]string{"{target: 80, published: 8080, host_ip: 127.0.0.1}", "8080:80"}, []string{move, move}},
		"another host port stays": {[]string{"{target: 80, published: 8080}", "9090:80"}, []string{move, keptMerges}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			projects := load(t, map[string]string{"compose.yaml": service("web", tt.entries...)}, "compose.yaml")
			if diff := cmp.Diff(tt.want, decisions(projects, Dynamic, nil)); diff != "" {
				t.Errorf("dynamic (-want +got):\n%s", diff)
			}
			if hybrid := decisions(projects, Hybrid, nil); (hybrid[0] == keptMerges) != (tt.want[0] == keptMerges) {
				t.Errorf("hybrid: %s", hybrid)
			}
		})
	}
}

// TestRepeatsWhatStays: an entry that repeats one which can't change stays too. With a
// variable of its own it would be a second port of the service.
func TestRepeatsWhatStays(t *testing.T) {
	const move, escaped, tagged = `"0"`, "the text is escaped, folded or over several lines", "the value has an explicit tag"
	tests := map[string]struct {
		entries []string
		dynamic []string
		stays   bool // the last entry, under hybrid
	}{
		"escaped":            {[]string{`"80\u00380:80"`, "8080:80"}, []string{escaped, keptMerges}, true},
		"a tag":              {[]string{"!!binary ODA4MDo4MA==", "8080:80"}, []string{tagged, keptMerges}, true},
		"a range":            {[]string{`"80\u00380-8081:80-81"`, "8080-8081:80-81"}, []string{escaped, keptMerges}, true},
		"another host port":  {[]string{`"80\u00380:80"`, "8081:80"}, []string{escaped, move}, false},
		"another protocol":   {[]string{`"80\u00380:80"`, "8080:80/udp"}, []string{escaped, move}, false},
		"a variable with it": {[]string{`"80\u00380:80"`, "${V:-8080}:80"}, []string{escaped, keptMerges}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			projects := load(t, map[string]string{"compose.yaml": service("web", tt.entries...)}, "compose.yaml")
			if diff := cmp.Diff(tt.dynamic, decisions(projects, Dynamic, nil)); diff != "" {
				t.Errorf("dynamic (-want +got):\n%s", diff)
			}
			if hybrid := decisions(projects, Hybrid, nil); (hybrid[1] == keptMerges) != tt.stays {
				t.Errorf("hybrid: %s", hybrid)
			}
		})
	}
}

// TestAliasStays: where the alias of a host port stays, so does the port that has the
// anchor. Otherwise the alias would be a copy of what that becomes.
func TestAliasStays(t *testing.T) {
	text := `services:
  web: {image: x, ports: [{target: 81, published: &p 8081}, "9000:90"]}
  api: {image: x, ports: [{target: 82, published: *p, mode: host}, "8081:82"]}`
	projects := load(t, map[string]string{"compose.yaml": text}, "compose.yaml")
	for strategy, moved := range map[Strategy]string{Hybrid: `"${WEB_90_HOST_PORT:-9000}"`, Dynamic: `"0"`} {
		got := decisions(projects, strategy, nil)
		if diff := cmp.Diff([]string{keptMerges, moved, keptMerges, keptMerges}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", strategy, diff)
		}
	}
}

// TestAliasOfAnother: an alias that stays for a reason of its own keeps its anchor as it is, whatever the reason.
func TestAliasOfAnother(t *testing.T) {
	for name, other := range map[string]string{
		"no host ports":      `{image: x, network_mode: host, ports: [{target: 82, published: *p}]}`,
		"no container port":  `{image: x, ports: [{target: "${T:?set it}", published: *p, host_ip: 127.0.0.2}]}`,
		"an address of text": `{image: x, ports: [{target: "${P:-8081}", published: *p, host_ip: 127.0.0.2}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			text := "services:\n  a: {image: x, ports: [{target: 81, published: &p 8081, host_ip: 127.0.0.1}]}\n  b: " + other + "\n  c: {image: x, ports: ['9000:90']}\n"
			for _, strategy := range []Strategy{Hybrid, Dynamic} {
				projects := load(t, map[string]string{"compose.yaml": text}, "compose.yaml")
				got := decisions(projects, strategy, nil)
				moves := func(text string) bool { return strings.HasPrefix(text, `"`) }
				if !moves(got[1]) && moves(got[0]) || !moves(got[2]) {
					t.Errorf("%s: %q", strategy, got)
				}
			}
		})
	}
}

// TestDefaultsOfPairs: of dollar signs two and two are one, and what is left opens a variable.
func TestDefaultsOfPairs(t *testing.T) {
	for text, want := range map[string]int{"${A:-1}": 1, "$${A:-1}": 0, "$$${A:-1}": 1, "$$$${A:-1}": 0, "x$${A:-1}": 0} {
		projects := load(t, map[string]string{"compose.yaml": "services: {a: {image: x, environment: {U: '" + text + "'}}}\n"}, "compose.yaml")
		n := 0
		for range Defaults(projects[0]) {
			n++
		}
		if n != want {
			t.Errorf("%s: %d", text, n)
		}
	}
}
