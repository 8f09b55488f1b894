package strategies

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose"
)

// chosen lists the variables of a family's mappings in load order; those whose
// bytes belong to another mapping are left out.
func chosen(projects []*compose.Project) []string {
	names := Name(projects, nil)
	var all []string
	for _, p := range projects {
		for _, m := range p.Mappings {
			if !m.Inherited {
				all = append(all, names.Of(&m))
			}
		}
	}
	return all
}

// TestNamesOfOneFile holds the names of one service's entries.
func TestNamesOfOneFile(t *testing.T) {
	tests := []struct {
		name    string
		entries []string
		want    []string
	}{
		{"first entry is plain", []string{"9090:90", "8080:80"}, []string{"WEB_HOST_PORT", "WEB_80_HOST_PORT"}},
		{"plain stays", []string{"9090:90", "${WEB_HOST_PORT:-8080}:80"}, []string{"WEB_90_HOST_PORT", "WEB_HOST_PORT"}},
		{"any variable stays", []string{"${OLD:-8080}:80", "9090:90"}, []string{"OLD", "WEB_90_HOST_PORT"}},
		{"range", []string{"3000-3005:3000-3005", "8000-8010:80"}, []string{"WEB_HOST_PORT_RANGE", "WEB_80_HOST_PORT_RANGE"}},
		{"range beside a port", []string{"8080:80", "3000-3005:3000-3005"}, []string{"WEB_HOST_PORT", "WEB_3000_3005_HOST_PORT_RANGE"}},
		{"long form's name", []string{"8080:80", "{target: 90, published: 9090, name: admin-ui}"}, []string{"WEB_HOST_PORT", "WEB_ADMIN_UI_HOST_PORT"}},
		{"plain before the name", []string{"{target: 90, published: 9090, name: admin}"}, []string{"WEB_HOST_PORT"}},
		{"name without a letter", []string{"8080:80", "{target: 90, published: 9090, name: '…'}"}, []string{"WEB_HOST_PORT", "WEB_90_HOST_PORT"}},
		{"one name twice", []string{"8080:80", "{target: 90, published: 1, name: ui}", "{target: 91, published: 2, name: ui}"}, []string{"WEB_HOST_PORT", "WEB_UI_HOST_PORT", "WEB_91_HOST_PORT"}},

		{"addresses are one unit", []string{"127.0.0.1:8080:80", "'[::1]:8080:80'", "10.0.0.1:8080:80"}, []string{"WEB_HOST_PORT", "WEB_HOST_PORT", "WEB_HOST_PORT"}},
		{"second host port", []string{"8080:80", "9090:80"}, []string{"WEB_HOST_PORT", "WEB_80_2_HOST_PORT"}},
		{"third host port", []string{"8080:80", "9090:80", "7070:80"}, []string{"WEB_HOST_PORT", "WEB_80_2_HOST_PORT", "WEB_80_3_HOST_PORT"}},
		{"second host port has the plain name", []string{"8080:80", "${WEB_HOST_PORT:-9090}:80"}, []string{"WEB_80_HOST_PORT", "WEB_HOST_PORT"}},
		{"second host port of a name", []string{"1:1", "{target: 80, published: 2, name: ui}", "{target: 80, published: 3, name: ui}"}, []string{"WEB_HOST_PORT", "WEB_UI_HOST_PORT", "WEB_UI_2_HOST_PORT"}},
		{"one of several addresses has a variable", []string{"127.0.0.1:8080:80", "'[::1]:${OLD:-8080}:80'"}, []string{"OLD", "OLD"}},

		{"twins", []string{"53:53/tcp", "53:53/udp"}, []string{"WEB_HOST_PORT", "WEB_HOST_PORT"}},
		{"twins, udp first", []string{"53:53/udp", "53:53"}, []string{"WEB_HOST_PORT", "WEB_HOST_PORT"}},
		{"http/3", []string{"80:80", "443:443", "443:443/udp"}, []string{"WEB_HOST_PORT", "WEB_443_HOST_PORT", "WEB_443_HOST_PORT"}},
		{"twins of three", []string{"53:53", "53:53/udp", "53:53/sctp"}, []string{"WEB_HOST_PORT", "WEB_HOST_PORT", "WEB_HOST_PORT"}},
		{"twins, one has a variable", []string{"53:53", "${DNS:-53}:53/udp"}, []string{"DNS", "DNS"}},
		{"twins that differ", []string{"53:53", "5353:53/udp"}, []string{"WEB_HOST_PORT", "WEB_UDP_HOST_PORT"}},
		{"twins that differ, udp first", []string{"5353:53/udp", "53:53"}, []string{"WEB_UDP_HOST_PORT", "WEB_HOST_PORT"}},
		{"twins that differ, not plain", []string{"80:80", "53:53", "5353:53/udp"}, []string{"WEB_HOST_PORT", "WEB_53_HOST_PORT", "WEB_53_UDP_HOST_PORT"}},
		{"twins of three that differ", []string{"53:53", "5353:53/udp", "5454:53/sctp"}, []string{"WEB_HOST_PORT", "WEB_UDP_HOST_PORT", "WEB_SCTP_HOST_PORT"}},
		{"udp and sctp differ", []string{"5353:53/udp", "5454:53/sctp"}, []string{"WEB_UDP_HOST_PORT", "WEB_SCTP_HOST_PORT"}},
		{"udp alone", []string{"5353:53/udp"}, []string{"WEB_HOST_PORT"}},
		{"udp of another port", []string{"53:53", "5353:54/udp"}, []string{"WEB_HOST_PORT", "WEB_54_HOST_PORT"}},
		{"udp has the plain name", []string{"53:53", "${WEB_HOST_PORT:-5353}:53/udp"}, []string{"WEB_53_HOST_PORT", "WEB_HOST_PORT"}},
		{"ranges that differ", []string{"3000-3001:3000-3001", "4000-4001:3000-3001/udp"}, []string{"WEB_HOST_PORT_RANGE", "WEB_UDP_HOST_PORT_RANGE"}},

		{"a variable of two mappings", []string{"${V:-8080}:80", "${V:-8080}:90", "127.0.0.1:8080:80"}, []string{"WEB_HOST_PORT", "WEB_90_HOST_PORT", "WEB_HOST_PORT"}},
		{"a target without a value", []string{"8080:80", "9090:${ADMIN}"}, []string{"WEB_HOST_PORT", "WEB_ADMIN_HOST_PORT"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			projects := load(t, map[string]string{"compose.yaml": service("web", tt.entries...)}, "compose.yaml")
			if diff := cmp.Diff(tt.want, chosen(projects)); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNamesOfServices holds the names of services with one port each.
func TestNamesOfServices(t *testing.T) {
	tests := []struct {
		services []string
		want     []string
	}{
		{[]string{"agent-zero"}, []string{"AGENT_ZERO_HOST_PORT"}},
		{[]string{"a--_.b"}, []string{"A_B_HOST_PORT"}},
		{[]string{"-a-"}, []string{"_A__HOST_PORT"}},
		{[]string{"3d"}, []string{"_3D_HOST_PORT"}},
		{[]string{"büro"}, []string{"B_RO_HOST_PORT"}},
		{[]string{"数据库"}, []string{"__HOST_PORT"}},
		{[]string{"ſtraßeı"}, []string{"_TRA_E__HOST_PORT"}},
		{[]string{"a_b", "a-b", "a.b"}, []string{"A_B_80_HOST_PORT_2", "A_B_HOST_PORT", "A_B_80_HOST_PORT"}},
		{[]string{"Web", "web"}, []string{"WEB_HOST_PORT", "WEB_80_HOST_PORT"}},
		{[]string{"web", "Web"}, []string{"WEB_80_HOST_PORT", "WEB_HOST_PORT"}},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.services, " "), func(t *testing.T) {
			text := "services:\n"
			for _, s := range tt.services {
				text += "  \"" + s + "\": {image: x, ports: ['8080:80']}\n"
			}
			if diff := cmp.Diff(tt.want, chosen(load(t, map[string]string{"compose.yaml": text}, "compose.yaml"))); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNamesOfFamily holds the names that files share, and what takes a name.
func TestNamesOfFamily(t *testing.T) {
	web := service("web", "8080:80")
	tests := []struct {
		name   string
		texts  map[string]string
		groups []string
		want   []string // of every group's mappings in turn
	}{
		{
			"override",
			map[string]string{"a.yaml": web, "b.yaml": service("web", "127.0.0.1:8080:80")},
			[]string{"a.yaml b.yaml"},
			[]string{"WEB_HOST_PORT", "WEB_HOST_PORT"},
		},
		{
			"override has the variable",
			map[string]string{"a.yaml": web, "b.yaml": service("web", "${OLD:-8080}:80")},
			[]string{"a.yaml b.yaml"},
			[]string{"OLD", "OLD"},
		},
		{
			"alternative",
			map[string]string{"compose.yaml": web, "compose.dev.yaml": service("web", "9090:90", "8081:80")},
			[]string{"compose.dev.yaml", "compose.yaml"},
			[]string{"WEB_90_HOST_PORT", "WEB_HOST_PORT", "WEB_HOST_PORT"},
		},
		{
			"alternative has the plain name",
			map[string]string{"compose.yaml": web, "compose.dev.yaml": service("web", "${WEB_HOST_PORT:-9090}:90")},
			[]string{"compose.yaml", "compose.dev.yaml"},
			[]string{"WEB_80_HOST_PORT", "WEB_HOST_PORT"},
		},
		{
			"alternative has a variable",
			map[string]string{"compose.yaml": web, "compose.dev.yaml": service("web", "${OLD:-8081}:80")},
			[]string{"compose.yaml", "compose.dev.yaml"},
			[]string{"OLD", "OLD"},
		},
		{
			"overlay",
			map[string]string{"compose.yaml": web, "compose.dev.yaml": "services: {web: {ports: ['9090:90', '7070:80']}}"},
			[]string{"compose.yaml", "compose.yaml compose.dev.yaml"},
			[]string{"WEB_HOST_PORT", "WEB_HOST_PORT", "WEB_90_HOST_PORT", "WEB_80_2_HOST_PORT"},
		},
		{
			"overlay before its base",
			map[string]string{"z.yaml": web, "a.yaml": "services: {web: {ports: ['9090:90']}}"},
			[]string{"z.yaml", "z.yaml a.yaml"},
			[]string{"WEB_HOST_PORT", "WEB_HOST_PORT", "WEB_90_HOST_PORT"},
		},
		{
			"include",
			map[string]string{"compose.yaml": "include: [sub/compose.yaml]\nservices: {web: {ports: ['9090:90']}}", "sub/compose.yaml": web},
			[]string{"compose.yaml", "sub/compose.yaml"},
			[]string{"WEB_HOST_PORT", "WEB_80_HOST_PORT", "WEB_80_HOST_PORT"},
		},
		{
			"include from a later folder",
			map[string]string{"z/compose.yaml": "include: [../a/compose.yaml]\nservices: {web: {ports: ['9090:90']}}", "a/compose.yaml": web},
			[]string{"a/compose.yaml", "z/compose.yaml"},
			[]string{"WEB_80_HOST_PORT", "WEB_HOST_PORT", "WEB_80_HOST_PORT"},
		},
		{
			"extends in one file",
			map[string]string{"a.yaml": web + "  two:\n    extends: web\n    ports: ['9090:90']\n"},
			[]string{"a.yaml"},
			[]string{"WEB_HOST_PORT", "TWO_HOST_PORT"},
		},
		{
			"extends in one file, child first",
			map[string]string{"a.yaml": "services:\n  two: {extends: web, ports: ['9090:90']}\n  web: {image: x, ports: ['8080:80']}\n"},
			[]string{"a.yaml"},
			[]string{"TWO_HOST_PORT", "WEB_HOST_PORT"},
		},
		{
			"child adds a host port",
			map[string]string{"a.yaml": web + "  two:\n    extends: web\n    ports: ['9090:80']\n"},
			[]string{"a.yaml"},
			[]string{"WEB_HOST_PORT", "TWO_HOST_PORT"},
		},
		{
			"child repeats what it extends",
			map[string]string{"a.yaml": web + "  two:\n    extends: web\n    ports: ['9090:90', '8080:80']\n"},
			[]string{"a.yaml"},
			[]string{"WEB_HOST_PORT", "TWO_HOST_PORT", "WEB_HOST_PORT"},
		},
		{
			"child repeats what it extends, child first",
			map[string]string{"a.yaml": "services:\n  two: {extends: web, ports: ['8080:80']}\n  web: {image: x, ports: ['8080:80']}\n"},
			[]string{"a.yaml"},
			[]string{"WEB_HOST_PORT", "WEB_HOST_PORT"},
		},
		{
			"grandchild repeats what it extends",
			map[string]string{"a.yaml": web + "  two: {extends: web}\n  three:\n    extends: two\n    ports: ['8080:80']\n"},
			[]string{"a.yaml"},
			[]string{"WEB_HOST_PORT", "WEB_HOST_PORT"},
		},
		{
			"extends across files",
			map[string]string{"compose.yaml": "services: {web: {extends: {file: common.yaml, service: base}, ports: ['9090:90']}}", "common.yaml": service("base", "8080:80")},
			[]string{"compose.yaml"},
			[]string{"WEB_HOST_PORT", "BASE_HOST_PORT"},
		},
		{
			"repeats across files",
			map[string]string{"compose.yaml": "services: {web: {extends: {file: common.yaml, service: base}, ports: ['8080:80']}}", "common.yaml": service("base", "8080:80")},
			[]string{"compose.yaml"},
			[]string{"BASE_HOST_PORT", "BASE_HOST_PORT"},
		},
		{
			"an heir's override repeats a template",
			map[string]string{"a.yaml": "x-t: &t {image: x, ports: ['8080:80']}\nservices: {a: *t, b: *t}\n", "b.yaml": "services: {b: {ports: ['8080:80']}}"},
			[]string{"a.yaml b.yaml"},
			[]string{"A_HOST_PORT", "A_HOST_PORT"},
		},
		{
			"two documents",
			map[string]string{"a.yaml": web + "---\n" + service("web", "9090:90")},
			[]string{"a.yaml"},
			[]string{"WEB_HOST_PORT", "WEB_90_HOST_PORT"},
		},

		{
			"taken in environment",
			map[string]string{"a.yaml": web + "    environment:\n      - P=$WEB_HOST_PORT\n"},
			[]string{"a.yaml"},
			[]string{"WEB_80_HOST_PORT"},
		},
		{
			"taken twice over",
			map[string]string{"a.yaml": web + "    environment:\n      - P=${WEB_HOST_PORT}${WEB_80_HOST_PORT}${WEB_80_HOST_PORT_2}\n"},
			[]string{"a.yaml"},
			[]string{"WEB_80_HOST_PORT_3"},
		},
		{
			"taken in another file of the family",
			map[string]string{"a.yaml": web, "b.yaml": "services: {db: {image: 'db:${WEB_HOST_PORT:-1}'}}"},
			[]string{"a.yaml", "b.yaml"},
			[]string{"WEB_80_HOST_PORT"},
		},
		{
			"taken by .env",
			map[string]string{"a.yaml": web, ".env": "WEB_HOST_PORT=1\n"},
			[]string{"a.yaml"},
			[]string{"WEB_80_HOST_PORT"},
		},
		{
			"taken by an include's .env",
			map[string]string{"compose.yaml": "include: [sub/compose.yaml]\n" + web, "sub/compose.yaml": service("db", "1:1"), "sub/.env": "WEB_HOST_PORT=1\n"},
			[]string{"compose.yaml"},
			[]string{"WEB_80_HOST_PORT", "DB_HOST_PORT"},
		},
		{
			"an escape takes nothing",
			map[string]string{"a.yaml": web + "    command: echo $$WEB_HOST_PORT\n"},
			[]string{"a.yaml"},
			[]string{"WEB_HOST_PORT"},
		},
		{
			"a variable that .env sets is not given to another mapping",
			map[string]string{"compose.yaml": service("web", "${OLD:-8080}:80"), "compose.dev.yaml": web, ".env": "OLD=9000\n"},
			[]string{"compose.yaml", "compose.dev.yaml"},
			[]string{"WEB_HOST_PORT", "WEB_HOST_PORT"},
		},
		{
			"a variable of several mappings is not given to another",
			map[string]string{"compose.yaml": service("web", "${OLD:-8080}:80") + "  two: {image: x, ports: ['${OLD:-8080}:81']}\n", "compose.dev.yaml": web},
			[]string{"compose.yaml", "compose.dev.yaml"},
			[]string{"WEB_HOST_PORT", "TWO_HOST_PORT", "WEB_HOST_PORT"},
		},
		{
			"a variable that is locked is not given to another mapping",
			map[string]string{"compose.yaml": service("web", `"${OLD:-127.0.0.1:8080}:80"`), "compose.dev.yaml": web},
			[]string{"compose.yaml", "compose.dev.yaml"},
			[]string{"WEB_HOST_PORT", "WEB_HOST_PORT"},
		},
		{
			"the plain name is for the service's own first entry",
			map[string]string{"a.yaml": service("web", "1:1", "2:80") + "  web-80: {image: x, ports: ['3:3']}\n"},
			[]string{"a.yaml"},
			[]string{"WEB_HOST_PORT", "WEB_80_HOST_PORT_2", "WEB_80_HOST_PORT"},
		},
		{
			"equal twins here, others elsewhere",
			map[string]string{"compose.yaml": service("dns", "53:53", "53:53/udp"), "compose.dev.yaml": service("dns", "53:53", "5353:53/udp")},
			[]string{"compose.yaml", "compose.dev.yaml"},
			[]string{"DNS_HOST_PORT", "DNS_UDP_HOST_PORT", "DNS_HOST_PORT", "DNS_UDP_HOST_PORT"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			projects := load(t, tt.texts, tt.groups...)
			if diff := cmp.Diff(tt.want, chosen(projects)); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
		})
	}
}

var validName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
