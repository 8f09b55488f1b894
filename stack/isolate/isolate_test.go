package isolate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/canonical"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
)

// TestOverride is what an override changes of a project, and what is said about the rest.
func TestOverride(t *testing.T) {
	for _, c := range []struct {
		what  string
		files map[string]string // compose.yaml, and what it needs
		keeps bool              // its names
		want  string            // behind the header
		notes []string
	}{
		{what: "nothing is fixed", files: map[string]string{"compose.yaml": "services: {web: {image: nginx, volumes: [data:/d]}}\nvolumes: {data: {}}"}},
		{what: "who is first keeps its names", keeps: true, files: map[string]string{"compose.yaml": "services: {web: {image: nginx, container_name: web1}}"}},
		{
			what:  "a container, and those that name it",
			files: map[string]string{"compose.yaml": "services:\n  web: {image: nginx, container_name: old}\n  side: {image: nginx, network_mode: \"container:old\", ipc: \"container:old\", volumes_from: [\"container:old:ro\", \"container:stranger\"]}\n  user: {image: nginx, external_links: [old, \"old:alias\", other]}\n"},
			want: `services:
  "side":
    ipc: "container:new-old"
    network_mode: "container:new-old"
    volumes_from: !override ["container:new-old:ro", "container:stranger"]
  "user":
    external_links: !override ["new-old:old", "new-old:alias", "other"]
  "web":
    container_name: "new-old"
    networks:
      default:
        aliases: ["old"]
`,
		},
		{what: "a name that is the project's already", files: map[string]string{"compose.yaml": "services: {web: {image: nginx, container_name: \"${COMPOSE_PROJECT_NAME}-web\"}}\nvolumes: {d: {name: \"${COMPOSE_PROJECT_NAME}-d\"}}"}},
		{
			what:  "a name that is like the project's by chance",
			files: map[string]string{"compose.yaml": "services: {web: {image: nginx, container_name: new-web}}"},
			want:  "services:\n  \"web\":\n    container_name: \"new-new-web\"\n    networks:\n      default:\n        aliases: [\"new-web\"]\n",
		},
		{
			what:  "a scaled service",
			files: map[string]string{"compose.yaml": "services: {web: {image: nginx, container_name: web, scale: 2}}"},
			want:  "services:\n  \"web\":\n    container_name: !reset null\n",
		},
		{
			what:  "a dollar in a name",
			files: map[string]string{"compose.yaml": "volumes: {d: {name: \"a$${x}\"}}\nconfigs: {c: {name: c1, content: x}}\nsecrets: {s: {name: s1, file: ./x}}\nservices: {web: {image: nginx, volumes: [d:/d], configs: [c], secrets: [s]}}"},
			want:  "configs:\n  \"c\":\n    name: \"new_c\"\nsecrets:\n  \"s\":\n    name: \"new_s\"\nvolumes:\n  \"d\":\n    name: \"new_d\"\n",
		},
		{
			what: "images that are built, where they are used",
			files: map[string]string{"compose.yaml": `services:
  base: {build: ., image: "reg.example.com:5000/team/base:1"}
  web: {build: {context: ., args: {BASE: "reg.example.com:5000/team/base:1"}, tags: [web:a, "web:b"]}, image: "shop/web"}
  job: {image: shop/web, command: job}
  db: {image: postgres}
`},
			want: `services:
  "base":
    image: "new/reg.example.com-5000/team/base:1"
  "job":
    image: "new/shop/web"
  "web":
    build:
      args:
        "BASE": "new/reg.example.com-5000/team/base:1"
      tags: !override ["new/web:a", "new/web:b"]
    image: "new/shop/web"
`,
		},
		{
			what:  "an image that a Dockerfile is built on",
			files: map[string]string{"compose.yaml": "services:\n  base: {build: base, image: base}\n  web: {build: web, image: web}\n", "web/Dockerfile": "ARG X\nfrom --platform=linux base:latest AS x\n"},
			want:  "services:\n  \"web\":\n    image: \"new/web\"\n",
			notes: []string{"image base is the same in every checkout: the Dockerfile of service web is built on it"},
		},
		{
			what: "networks and addresses",
			files: map[string]string{"compose.yaml": `services:
  web: {image: nginx, networks: {front: {ipv4_address: 172.30.5.7, aliases: [x]}, out: {ipv6_address: "2001:db8::7"}}}
networks:
  front: {name: front1, driver_opts: {com.docker.network.bridge.name: br-front, a: b}, ipam: {config: [{subnet: 172.30.5.0/24}]}}
  out: {external: true}
`},
			want: `networks:
  "front":
    driver_opts:
      "com.docker.network.bridge.name": !reset null
    ipam:
      config: !reset []
    name: "new_front"
services:
  "web":
    networks:
      front:
        ipv4_address: !reset null
      out:
        ipv6_address: !reset null
`,
			notes: []string{
				"network front has a subnet that Docker chooses, instead of 172.30.5.0/24, which other checkouts have",
				"network out is external: services of one name in several checkouts are found there by turns",
				"service web has an address that Docker chooses on network front, instead of 172.30.5.7, which other checkouts have",
				"service web has an address that Docker chooses on network out, instead of 2001:db8::7, which other checkouts have",
			},
		},
		{
			what:  "an external network gets no alias",
			files: map[string]string{"compose.yaml": "services: {web: {image: nginx, container_name: w1, networks: [out]}}\nnetworks: {out: {external: true, name: outer}}"},
			want:  "services:\n  \"web\":\n    container_name: \"new-w1\"\n",
			notes: []string{"network outer is external: services of one name in several checkouts are found there by turns"},
		},
		{
			what: "what can't be isolated", keeps: true,
			files: map[string]string{"compose.yaml": `services:
  a: {image: nginx, network_mode: host}
  b: {image: nginx, volumes: ["/srv/x:/x", "/srv/y:/y:ro", "./z:/z", "/var/run/docker.sock:/s", "/etc/localtime:/etc/localtime", "e:/e", "d:/d", "n:/n"]}
volumes:
  e: {external: true}
  d: {driver_opts: {type: none, o: bind, device: /srv/d}}
  n: {driver_opts: {type: tmpfs, device: tmpfs}}
networks: {m: {driver: macvlan}}
`},
			notes: []string{
				"network m is on an interface of the host, which every checkout has in common",
				"service a is on the host's network: what it listens on is the same in every checkout",
				"service b may write to /srv/x, which every checkout has in common",
				"volume d is on /srv/d, which every checkout has in common",
				"volume e is external: every checkout has its data in common",
			},
		},
		{
			what: "include, extends, profiles, and what resets a name",
			files: map[string]string{
				"compose.yaml":          "include: [more/part.yaml]\nservices:\n  web: {extends: {file: base.yaml, service: tmpl}, profiles: [x]}\n  quiet: {extends: {file: base.yaml, service: tmpl}, container_name: !reset null}\n",
				"base.yaml":             "services: {tmpl: {image: nginx, container_name: tmpl1}}",
				"more/part.yaml":        "services: {part: {image: nginx, container_name: part1, ports: [\"8081:80\"]}}",
				"compose.override.yaml": "services: {web: {container_name: web1, ports: !override [\"8080:80\"]}}",
			},
			want: `services:
  "part":
    container_name: "new-part1"
    networks:
      default:
        aliases: ["part1"]
    ports: !override
      - "28081:80"
  "web":
    container_name: "new-web1"
    networks:
      default:
        aliases: ["web1"]
    ports: !override
      - "28080:80"
`,
		},
	} {
		t.Run(c.what, func(t *testing.T) {
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			files := []string{filepath.Join(dir, "compose.yaml")}
			for name, text := range c.files {
				path := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				if name == "compose.override.yaml" {
					files = append(files, path)
				}
			}
			p := compose.NewLoader(compose.LoadOptions{}).Load([]compose.Group{{Dir: dir, Files: files}})[0]
			plan := Plan{Header: "#\n", Name: "new", Apart: !c.keeps, Root: dir, To: moved, Read: func(path string) []byte { src, _ := os.ReadFile(path); return src }}
			o, err := plan.Override(p, files, filepath.Join(dir, "mine.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, strings.TrimPrefix(string(o.Text), "#\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(append([]string{}, c.notes...), lists.Map(o.Shared, func(n say.Problem) string { return n.Message })); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSame: a text that does something else than planned is never written.
func TestSame(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "compose.yaml")
	if err := os.WriteFile(file, []byte("services: {web: {image: nginx, ports: [\"8080:80\"]}, db: {image: postgres}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	in := canonical.Input{Dir: dir, Files: []string{file}}
	for text, want := range map[string]string{
		"services: {web: {ports: [\"8081:80\"]}}":     `service "web" would be another than planned`,
		"services: {db: {labels: {a: b}}}":            `service "db" would be another than planned`,
		"services: {more: {image: nginx}}":            "the project would be another than planned",
		"services: {web: {ports: [\"8080:80\"]}}":     "",
		"volumes: {x: {}}":                            "the project would be another than planned",
		"services: {web: {ports: !override [\"1\"]}}": `service "web" would be another than planned`,
	} {
		model, err := canonical.Load(in)
		if err != nil {
			t.Fatal(err)
		}
		over, path := in, filepath.Join(dir, "over.yaml")
		over.Files, over.Content = []string{file, path}, map[string][]byte{path: []byte(text)}
		got := ""
		if err := same(model, over); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	p := compose.NewLoader(compose.LoadOptions{}).Load([]compose.Group{{Dir: dir, Files: []string{file}}})[0]
	wide := func(m compose.Mapping) ports.Range { return ports.From(9000, 2) } // which no mapping of one port can have
	if o, err := (Plan{Name: "new", To: wide}).Override(p, p.Group.Files, filepath.Join(dir, "over.yaml")); err == nil {
		t.Errorf("written: %s", o.Text)
	}
}
