package live

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/ports"
)

const files = `
services:
  web:
    ports:
      - "8080:80"
      - "127.0.0.1:8443:443"
      - "53:53/udp"
  two:
    ports: ["127.0.0.1:9000:9000", "10.0.0.5:9001:9000"]
  dyn: {ports: ["0:80"]}
  range: {ports: ["3000-3002:3000-3002"]}
  host:
    network_mode: host
    ports: ["4000:4001"]
  pair: {ports: ["9200:92", "9201:92"]}
  none: {scale: 0, ports: ["9300:93"]}
  mixed: {ports: ["9100:90", "90"]}
  early: {ports: ["${W:-8061}:80", "80"]}
  late: {ports: ["80", "${W:-8061}:80", "${V:-8071-8072}:81-82", "81"]}
  some: {ports: ["81", "8000-8010:81"]}
  secure: {ports: [{target: 7000, published: 7000, app_protocol: https}, {target: 7001, published: 7001, app_protocol: kubernetes.io/h2c}]}
`

// project loads the files, with an image for every service.
func project(t testing.TB) *compose.Project {
	t.Helper()
	path := filepath.Join(t.TempDir(), "compose.yaml")
	l := compose.NewLoader(compose.LoadOptions{})
	l.Add(path, []byte(files))
	p := l.Load([]compose.Group{{Dir: filepath.Dir(path), Files: []string{path}}})[0]
	if len(p.Mappings) != 23 {
		t.Fatalf("%d mappings", len(p.Mappings))
	}
	return p
}

// wanted is what the files say.
func wanted(m *compose.Mapping) ports.Range { return m.HostPort.Ports }

// later is what a changed environment says: other ports for all that have one.
func later(m *compose.Mapping) ports.Range {
	r := m.HostPort.Ports
	if m.HostPort.Var != "" {
		r.First, r.Last = r.First+4, r.Last+4
	}
	return r
}

func lines(ports []Port) (lines []string) {
	for _, p := range ports {
		asks := "asked"
		if p.Mapping == nil {
			asks = "unasked"
		}
		lines = append(lines, strings.TrimRight(fmt.Sprintf("%s %s %d/%s %s:%d %s %s %s", p.Service, p.Container.Name, p.ContainerPort, p.Protocol, p.HostIP, p.HostPort, p.State, asks, p.URL), " "))
	}
	return lines
}

func up(service string, number int, bindings ...docker.Binding) docker.Container {
	return docker.Container{ID: fmt.Sprint(service, number), Name: fmt.Sprint(service, "-", number), Service: service, Number: number, State: "running", Bindings: bindings}
}

func both(host, port int) []docker.Binding {
	return []docker.Binding{{HostIP: "0.0.0.0", HostPort: host, ContainerPort: port, Protocol: "tcp"}, {HostIP: "::", HostPort: host, ContainerPort: port, Protocol: "tcp"}}
}

// TestJoin: what a container has is held against the mapping that asks for it,
// and every mapping without a container is there too. Each case would be a wrong
// line for somebody who looks for his service.
func TestJoin(t *testing.T) {
	stopped := up("web", 1, both(8080, 80)...)
	stopped.State = "exited"
	left := up("none", 1, both(9300, 93)...)
	left.State = "exited"
	over := up("web", 9)
	over.State, over.OneOff = "exited", true
	oneOff := up("web", 1, both(18080, 80)...)
	oneOff.Name, oneOff.ID, oneOff.OneOff = "web-run", "run", true
	onHost := up("host", 1)
	onHost.HostNetwork = true
	for _, c := range []struct {
		name       string
		service    string // whose lines are looked at
		containers []docker.Container
		options    Options
		want       []string
	}{
		{"nothing runs", "web", nil, Options{}, []string{"web  53/udp :0 down asked", "web  80/tcp :0 down asked", "web  443/tcp 127.0.0.1:0 down asked"}},
		{
			"somebody else has one", "web", nil,
			Options{Held: func(_ docker.Container, _ *compose.Mapping, port int) bool { return port == 8080 }},
			[]string{"web  53/udp :0 down asked", "web  80/tcp :0 foreign asked", "web  443/tcp 127.0.0.1:0 down asked"},
		},
		{"stopped, so that it has nothing", "web", []docker.Container{stopped, over}, Options{}, []string{"web web-1 53/udp :0 down asked", "web web-1 80/tcp :0 down asked", "web web-1 443/tcp 127.0.0.1:0 down asked"}},
		{
			"as it should be", "web",
			[]docker.Container{up("web", 1, append(both(8080, 80), docker.Binding{HostIP: "127.0.0.1", HostPort: 8443, ContainerPort: 443, Protocol: "tcp"}, docker.Binding{HostIP: "0.0.0.0", HostPort: 53, ContainerPort: 53, Protocol: "udp"})...)},
			Options{},
			[]string{"web web-1 53/udp 0.0.0.0:53 ok asked", "web web-1 80/tcp 0.0.0.0:8080 ok asked http://localhost:8080", "web web-1 80/tcp :::8080 ok asked http://localhost:8080", "web web-1 443/tcp 127.0.0.1:8443 ok asked https://127.0.0.1:8443"},
		},
		{
			"drifted: another port, another address, one that nobody asks for", "web",
			[]docker.Container{up("web", 1, append(both(8443, 443), docker.Binding{HostIP: "0.0.0.0", HostPort: 8081, ContainerPort: 80, Protocol: "tcp"}, docker.Binding{HostIP: "0.0.0.0", HostPort: 99, ContainerPort: 99, Protocol: "tcp"})...)},
			Options{},
			[]string{"web web-1 53/udp :0 down asked", "web web-1 80/tcp 0.0.0.0:8081 drifted asked http://localhost:8081", "web web-1 99/tcp 0.0.0.0:99 drifted unasked http://localhost:99", "web web-1 443/tcp 0.0.0.0:8443 drifted asked https://localhost:8443", "web web-1 443/tcp :::8443 drifted asked https://localhost:8443"},
		},
		{
			"two mappings of one container port", "two",
			[]docker.Container{up("two", 1, docker.Binding{HostIP: "10.0.0.5", HostPort: 9001, ContainerPort: 9000, Protocol: "tcp"}, docker.Binding{HostIP: "127.0.0.1", HostPort: 9000, ContainerPort: 9000, Protocol: "tcp"})},
			Options{},
			[]string{"two two-1 9000/tcp 10.0.0.5:9001 ok asked http://10.0.0.5:9001", "two two-1 9000/tcp 127.0.0.1:9000 ok asked http://127.0.0.1:9000"},
		},
		{
			"IPv6 with a number of its own, three replicas, one down", "dyn",
			[]docker.Container{
				up("dyn", 1, docker.Binding{HostIP: "0.0.0.0", HostPort: 32768, ContainerPort: 80, Protocol: "tcp"}, docker.Binding{HostIP: "::", HostPort: 32769, ContainerPort: 80, Protocol: "tcp"}),
				up("dyn", 2), up("dyn", 10, docker.Binding{HostIP: "::", HostPort: 32770, ContainerPort: 80, Protocol: "tcp"}),
			},
			Options{},
			[]string{"dyn dyn-1 80/tcp 0.0.0.0:32768 ok asked http://127.0.0.1:32768", "dyn dyn-1 80/tcp :::32769 ok asked http://[::1]:32769", "dyn dyn-2 80/tcp :0 down asked", "dyn dyn-10 80/tcp :::32770 ok asked http://[::1]:32770"},
		},
		{
			"a fixed port and one that Docker picks", "mixed",
			[]docker.Container{up("mixed", 1, docker.Binding{HostIP: "0.0.0.0", HostPort: 32771, ContainerPort: 90, Protocol: "tcp"}, docker.Binding{HostIP: "0.0.0.0", HostPort: 9100, ContainerPort: 90, Protocol: "tcp"})},
			Options{},
			[]string{"mixed mixed-1 90/tcp 0.0.0.0:9100 ok asked http://localhost:9100", "mixed mixed-1 90/tcp 0.0.0.0:32771 ok asked http://localhost:32771"},
		},
		{
			"a default that is no longer wanted, before a port that Docker picks", "early",
			[]docker.Container{up("early", 1, append(both(8061, 80), both(32771, 80)...)...)},
			Options{Wanted: later},
			[]string{"early early-1 80/tcp 0.0.0.0:8061 drifted asked http://localhost:8061", "early early-1 80/tcp 0.0.0.0:32771 ok asked http://localhost:32771", "early early-1 80/tcp :::8061 drifted asked http://localhost:8061", "early early-1 80/tcp :::32771 ok asked http://localhost:32771"},
		},
		{
			"and behind one, also in a range", "late",
			[]docker.Container{up("late", 1, append(both(8061, 80)[:1], both(32771, 80)[0], both(8071, 81)[0], both(32770, 81)[0], both(8072, 82)[0])...)},
			Options{Wanted: later},
			[]string{"late late-1 80/tcp 0.0.0.0:8061 drifted asked http://localhost:8061", "late late-1 80/tcp 0.0.0.0:32771 ok asked http://localhost:32771", "late late-1 81/tcp 0.0.0.0:8071 drifted asked http://localhost:8071", "late late-1 81/tcp 0.0.0.0:32770 ok asked http://localhost:32770", "late late-1 82/tcp 0.0.0.0:8072 drifted asked http://localhost:8072"},
		},
		{
			"an assignment that a pin hides", "early",
			[]docker.Container{up("early", 1, append(both(10000, 80)[:1], both(32771, 80)[0])...)},
			Options{Wanted: later, Assigned: func(m *compose.Mapping) (r ports.Range) {
				if m.HostPort.Var == "W" {
					r = ports.Range{First: 10000, Last: 10000}
				}
				return r
			}},
			[]string{"early early-1 80/tcp 0.0.0.0:10000 drifted asked http://localhost:10000", "early early-1 80/tcp 0.0.0.0:32771 ok asked http://localhost:32771"},
		},
		{
			"what is wanted before what was", "early",
			[]docker.Container{up("early", 1, append(both(8061, 80)[:1], both(8065, 80)[0])...)},
			Options{Wanted: later},
			[]string{"early early-1 80/tcp 0.0.0.0:8061 ok asked http://localhost:8061", "early early-1 80/tcp 0.0.0.0:8065 ok asked http://localhost:8065"},
		},
		{
			"of two host ports one has drifted", "pair",
			[]docker.Container{up("pair", 1, append(both(9200, 92), both(9207, 92)...)...)},
			Options{},
			[]string{"pair pair-1 92/tcp 0.0.0.0:9200 ok asked http://localhost:9200", "pair pair-1 92/tcp 0.0.0.0:9207 drifted asked http://localhost:9207", "pair pair-1 92/tcp :::9200 ok asked http://localhost:9200", "pair pair-1 92/tcp :::9207 drifted asked http://localhost:9207"},
		},
		{
			"more host ports than mappings", "dyn",
			[]docker.Container{up("dyn", 1, append(both(9207, 80), both(9208, 80)...)...)},
			Options{},
			[]string{"dyn dyn-1 80/tcp 0.0.0.0:9207 ok asked http://localhost:9207", "dyn dyn-1 80/tcp 0.0.0.0:9208 drifted unasked http://localhost:9208", "dyn dyn-1 80/tcp :::9207 ok asked http://localhost:9207", "dyn dyn-1 80/tcp :::9208 drifted unasked http://localhost:9208"},
		},
		{"scaled to none", "none", nil, Options{}, nil},
		{"scaled to none, and one is left", "none", []docker.Container{left}, Options{}, nil},
		{"scaled to none, and one runs", "none", []docker.Container{up("none", 1, both(9300, 93)...)}, Options{}, []string{"none none-1 93/tcp 0.0.0.0:9300 ok asked http://localhost:9300", "none none-1 93/tcp :::9300 ok asked http://localhost:9300"}},
		{
			"a range", "range",
			[]docker.Container{up("range", 1, docker.Binding{HostIP: "0.0.0.0", HostPort: 3000, ContainerPort: 3000, Protocol: "tcp"}, docker.Binding{HostIP: "0.0.0.0", HostPort: 3005, ContainerPort: 3001, Protocol: "tcp"})},
			Options{},
			[]string{"range range-1 3000/tcp 0.0.0.0:3000 ok asked http://localhost:3000", "range range-1 3001/tcp 0.0.0.0:3005 drifted asked http://localhost:3005", "range range-1 3002/tcp :0 down asked"},
		},
		{"on the host's network", "host", []docker.Container{onHost}, Options{}, []string{"host host-1 4001/tcp 0.0.0.0:4001 ok asked http://localhost:4001"}},
		{"on the host's network, down, and the port is held", "host", nil, Options{Held: func(_ docker.Container, _ *compose.Mapping, port int) bool { return port == 4001 }}, []string{"host  4001/tcp 0.0.0.0:0 foreign asked"}},
		{
			"of docker compose run", "web",
			[]docker.Container{oneOff},
			Options{},
			[]string{"web  53/udp :0 down asked", "web  80/tcp :0 down asked", "web  443/tcp 127.0.0.1:0 down asked", "web web-run 80/tcp 0.0.0.0:18080 drifted asked http://localhost:18080", "web web-run 80/tcp :::18080 drifted asked http://localhost:18080"},
		},
		{
			"on another machine", "web",
			[]docker.Container{up("web", 1, docker.Binding{HostIP: "0.0.0.0", HostPort: 8080, ContainerPort: 80, Protocol: "tcp"}, docker.Binding{HostIP: "127.0.0.1", HostPort: 8443, ContainerPort: 443, Protocol: "tcp"}, docker.Binding{HostIP: "0.0.0.0", HostPort: 53, ContainerPort: 53, Protocol: "udp"})},
			Options{Host: "box"},
			[]string{"web web-1 53/udp 0.0.0.0:53 ok asked", "web web-1 80/tcp 0.0.0.0:8080 ok asked http://box:8080", "web web-1 443/tcp 127.0.0.1:8443 ok asked"},
		},
		{
			"what the files say of the protocol", "secure",
			[]docker.Container{up("secure", 1, docker.Binding{HostIP: "0.0.0.0", HostPort: 7000, ContainerPort: 7000, Protocol: "tcp"}, docker.Binding{HostIP: "0.0.0.0", HostPort: 7001, ContainerPort: 7001, Protocol: "tcp"})},
			Options{},
			[]string{"secure secure-1 7000/tcp 0.0.0.0:7000 ok asked https://localhost:7000", "secure secure-1 7001/tcp 0.0.0.0:7001 ok asked http://localhost:7001"},
		},
		{"an orphan", "gone", []docker.Container{up("gone", 1, docker.Binding{HostIP: "0.0.0.0", HostPort: 1, ContainerPort: 1, Protocol: "tcp"})}, Options{}, []string{"gone gone-1 1/tcp 0.0.0.0:1 drifted unasked http://localhost:1"}},
	} {
		if c.options.Wanted == nil {
			c.options.Wanted = wanted
		}
		var got []Port
		for _, p := range Join(project(t), c.containers, c.options) {
			if p.Service == c.service {
				got = append(got, p)
			}
		}
		if diff := cmp.Diff(c.want, lines(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestJoinRange: one of a range that Docker picks from is for the mapping with the
// range, not for the one before it that takes any.
func TestJoinRange(t *testing.T) {
	from := map[int]string{}
	for _, p := range Join(project(t), []docker.Container{up("some", 1, both(8003, 81)[0], both(32771, 81)[0])}, Options{}) {
		if p.Service == "some" {
			from[p.HostPort] = p.Mapping.HostPort.Text
		}
	}
	if diff := cmp.Diff(map[int]string{8003: "8000-8010", 32771: ""}, from); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestShown: one number for what is bound in both families, but for mappings of
// their own.
func TestShown(t *testing.T) {
	six := docker.Binding{HostIP: "::", HostPort: 5, ContainerPort: 80, Protocol: "tcp"}
	got := Shown(Join(project(t), []docker.Container{
		up("dyn", 1, append(both(4, 80)[:1], six)...), up("dyn", 2, six),
	}, Options{}))
	want := []string{"dyn dyn-1 80/tcp 0.0.0.0:4 ok asked http://127.0.0.1:4", "dyn dyn-2 80/tcp :::5 ok asked http://[::1]:5"}
	if diff := cmp.Diff(want, lines(got)[:2]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
