package names

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/live"
)

func port(service string, container, host int, url string) live.Port {
	return live.Port{Service: service, ContainerPort: container, Protocol: "tcp", HostPort: host, URL: url}
}

var some = []live.Port{
	port("api_v2", 443, 10443, "https://127.0.0.1:10443"),
	port("api-v2", 80, 10444, "http://localhost:10444"),
	port("db", 5432, 15432, "postgresql://localhost:15432"),
	port("dns", 53, 5300, ""), // udp
	port("web", 80, 32768, "http://localhost:32768"), port("web", 80, 32769, "http://[::1]:32769"), port("web", 8080, 32770, "http://localhost:32770"),
	port("down", 80, 0, ""),
	port("Ünder_Score`; }", 80, 9, "http://localhost:9"),
}

// rendered is a fragment, which must not have the odd characters of a name.
func rendered(t *testing.T, format string, ports []live.Port) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, format, Of("My Shop", ports)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestHosts: a line for each name, with an address that a hosts file takes.
func TestHosts(t *testing.T) {
	want := `127.0.0.1 api-v2.my-shop.localhost
127.0.0.1 api-v2-2.my-shop.localhost
127.0.0.1 db.my-shop.localhost
127.0.0.1 web.my-shop.localhost
127.0.0.1 web-8080.my-shop.localhost
127.0.0.1 nder-score.my-shop.localhost
`
	if diff := cmp.Diff(want, rendered(t, Hosts, some)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	name := regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.localhost$`)
	for _, service := range []string{"---", "\x00", strings.Repeat("a_", 200), "日本", "a.b"} {
		if got := Of(service, []live.Port{port(service, 80, 1, "http://localhost:1")})[0].Host; !name.MatchString(got) {
			t.Errorf("%q: %s", service, got)
		}
	}
}

// site is a block of a Caddyfile.
type site struct {
	address, upstreams string
	insecure           bool
}

// caddyfile parses what a Caddyfile is of: tokens, and blocks in braces.
func caddyfile(t *testing.T, text string) (sites []site) {
	t.Helper()
	depth := 0
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		opens := words[len(words)-1] == "{"
		switch {
		case words[0] == "}" && len(words) == 1:
			depth--
			continue
		case depth == 0 && opens && len(words) == 2:
			sites = append(sites, site{address: words[0]})
		case depth == 1 && words[0] == "reverse_proxy":
			sites[len(sites)-1].upstreams = strings.TrimSuffix(strings.Join(words[1:], " "), " {")
		case depth == 2 && slices.Equal(words, []string{"transport", "http", "{"}):
		case depth == 3 && slices.Equal(words, []string{"tls_insecure_skip_verify"}):
			sites[len(sites)-1].insecure = true
		default:
			t.Errorf("level %d has no directive %q", depth, line)
		}
		if opens {
			depth++
		}
	}
	if depth != 0 {
		t.Errorf("%d braces are open:\n%s", depth, text)
	}
	return sites
}

// TestCaddy: a site for each name that leads to HTTP, all replicas behind it.
func TestCaddy(t *testing.T) {
	want := []site{
		{"http://api-v2.my-shop.localhost", "https://127.0.0.1:10443", true},
		{"http://api-v2-2.my-shop.localhost", "http://localhost:10444", false},
		{"http://web.my-shop.localhost", "http://localhost:32768 http://[::1]:32769", false},
		{"http://web-8080.my-shop.localhost", "http://localhost:32770", false},
		{"http://nder-score.my-shop.localhost", "http://localhost:9", false},
	}
	if diff := cmp.Diff(want, caddyfile(t, rendered(t, Caddy, some)), cmp.AllowUnexported(site{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := rendered(t, Caddy, nil); got != "" {
		t.Errorf("%q", got)
	}
}

// dynamic is Traefik's dynamic configuration, of the keys that it documents.
type dynamic struct {
	HTTP struct {
		Routers  map[string]struct{ Rule, Service string }
		Services map[string]struct {
			LoadBalancer struct {
				ServersTransport string `yaml:"serversTransport"`
				Servers          []struct{ URL string }
			} `yaml:"loadBalancer"`
		}
		ServersTransports map[string]struct {
			InsecureSkipVerify bool `yaml:"insecureSkipVerify"`
		} `yaml:"serversTransports"`
	}
}

// TestTraefik: each router has a service that is there, and no key is unknown.
func TestTraefik(t *testing.T) {
	var read dynamic
	d := yaml.NewDecoder(strings.NewReader(rendered(t, Traefik, some)))
	d.KnownFields(true)
	if err := d.Decode(&read); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for name, r := range read.HTTP.Routers {
		service, there := read.HTTP.Services[r.Service]
		if !there {
			t.Errorf("router %s has no service %s", name, r.Service)
		}
		if transport := service.LoadBalancer.ServersTransport; transport != "" && !read.HTTP.ServersTransports[transport].InsecureSkipVerify {
			t.Errorf("no transport %s", transport)
		}
		for _, s := range service.LoadBalancer.Servers {
			got[r.Rule] = append(got[r.Rule], s.URL)
		}
	}
	want := map[string][]string{
		"Host(`api-v2.my-shop.localhost`)": {"https://127.0.0.1:10443"}, "Host(`api-v2-2.my-shop.localhost`)": {"http://localhost:10444"},
		"Host(`web.my-shop.localhost`)": {"http://localhost:32768", "http://[::1]:32769"}, "Host(`web-8080.my-shop.localhost`)": {"http://localhost:32770"},
		"Host(`nder-score.my-shop.localhost`)": {"http://localhost:9"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := rendered(t, Traefik, nil); got != "http: {}\n" {
		t.Errorf("%q", got)
	}
}
