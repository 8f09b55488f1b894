package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// block is a fenced block of the guide: the heading that it stands under, its language,
// and its lines but for comments and empty ones.
type block struct {
	under, language string
	lines           []string
}

// guide are the blocks of the guide, in its order.
func guide(t *testing.T) (all []block) {
	t.Helper()
	src, err := os.ReadFile("testdata/guide.md")
	if err != nil {
		t.Fatal(err)
	}
	under := ""
	for _, part := range regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$|^#+ (.*?)$").FindAllStringSubmatch(string(src), -1) {
		if part[3] != "" {
			under = part[3]
			continue
		}
		b := block{under: under, language: part[1]}
		for line := range strings.Lines(part[2]) {
			if line = strings.TrimSpace(line); line != "" && (line[0] != '#' || part[1] == "yaml" || strings.Contains(line, "0)")) {
				b.lines = append(b.lines, line)
			}
		}
		all = append(all, b)
	}
	return all
}

// done is what was done with a block of the guide: what it has, line by line, and how
// each was tried. What is not there yet has a reason instead, and must not work.
type done struct {
	under string
	lines []line
}

type line struct {
	text string
	try  func()
}

// TestGuide follows the guide from its first block to its last in the migrated example:
// every line is tried, in its order, and shows what the guide promises. The names are the
// guide's, but for its allocator, which is portmoor.
func TestGuide(t *testing.T) {
	g := newGuided(t)
	steps := slices.Concat(g.strategies(), g.usage(), g.persistence(), g.integration(), g.troubleshooting(), g.advanced())
	blocks := guide(t)
	if len(blocks) < 20 {
		t.Fatalf("%d blocks", len(blocks))
	}
	for i, b := range blocks {
		if i >= len(steps) {
			t.Fatalf("block %d, under %q, is not tried: %q", i+1, b.under, b.lines)
		}
		var lines []string
		for _, l := range steps[i].lines {
			lines = append(lines, l.text)
		}
		if diff := cmp.Diff(append([]string{b.under}, b.lines...), append([]string{steps[i].under}, lines...)); diff != "" {
			t.Fatalf("block %d is another one (-guide +test):\n%s", i+1, diff)
		}
		for _, l := range steps[i].lines {
			began := time.Now()
			l.try()
			t.Logf("%s: %s: %s", time.Since(began).Round(time.Millisecond), b.under, l.text)
			if t.Failed() {
				t.FailNow()
			}
		}
	}
	if len(blocks) != len(steps) {
		t.Errorf("%d blocks, and %d steps", len(blocks), len(steps))
	}
}

// guided is the example as the guide finds it: below the root of a repository, set up by
// init and migrated.
type guided struct{ *stack }

func newGuided(t *testing.T) guided {
	t.Helper()
	g := guided{pmoves(t, "PMOVES.AI/pmoves")}
	g.standIns(g.services())
	g.env = append(g.env, "PATH="+os.Getenv("PORTMOOR_E2E")+":"+os.Getenv("PATH"))
	g.run("git", "init", "-q", "..")
	r := g.try("portmoor", "init", "--make")
	contains(t, g.read("../.portmoor.yaml"), "  - files: [pmoves/docker-compose.yml, pmoves/docker-compose.workers.yml]\nenv_files: [pmoves/env.shared]\n")
	contains(t, r.err, "Makefile: line 7 passes --env-file itself, and so not the ports that are remembered; to start the project with both: portmoor up\n")
	g.edit("Makefile", "$(COMPOSE) $(PROFILE:%=--profile %) up -d", "portmoor up $(PROFILE:%=--profile %)")
	hold(t, 8086)
	g.run("portmoor", "migrate", "--write")
	g.run("portmoor", "reset") // the guide begins before anything is assigned
	return g
}

// sh runs a line as somebody types it.
func (g guided) sh(text string) result {
	g.t.Helper()
	return g.try("sh", "-c", text)
}

// types is a line that is run as it stands, or as the words that replace some of its own,
// and what it has to show.
func (g guided) types(text string, shows ...string) line { return g.typesAs(text, text, shows...) }

func (g guided) typesAs(text, as string, shows ...string) line {
	return line{text: text, try: func() {
		g.t.Helper()
		r := g.sh(as)
		if r.code != 0 {
			g.t.Errorf("%s: exit %d: %s%s", as, r.code, r.out, r.err)
		}
		contains(g.t, r.out+r.err, shows...)
	}}
}

// then is a line with what holds after it.
func (l line) then(check func()) line {
	try := l.try
	l.try = func() { try(); check() }
	return l
}

// says is a line that is no command, and what shows that it holds.
func says(text string, check func()) line { return line{text: text, try: check} }

// file is a block that is the text of a file, as a whole.
func file(under string, check func(), text ...string) done {
	d := done{under: under}
	for i, l := range text {
		d.lines = append(d.lines, says(l, func() {
			if i == len(text)-1 {
				check()
			}
		}))
	}
	return d
}

// edit replaces a text in a file, which has it once.
func (g guided) edit(name, from, to string) {
	g.t.Helper()
	src := g.read(name)
	if strings.Count(src, from) != 1 {
		g.t.Fatalf("%s has %q %d times", name, from, strings.Count(src, from))
	}
	g.write(name, strings.Replace(src, from, to, 1))
}

func (g guided) read(name string) string {
	g.t.Helper()
	src, err := os.ReadFile(filepath.Join(g.dir, name))
	if err != nil {
		g.t.Fatal(err)
	}
	return string(src)
}

// has checks that agent-zero has a line in the compose file, whatever stands behind it.
func (g guided) has(text string) {
	g.t.Helper()
	_, from, _ := strings.Cut(g.read("docker-compose.yml"), "\n  agent-zero:\n")
	service, _, _ := strings.Cut(from, "\n\n")
	contains(g.t, service, "\n      "+text)
}

// assigned are the ports that are remembered.
func (g guided) assigned() map[string]int {
	g.t.Helper()
	var all map[string]int
	if err := json.Unmarshal([]byte(g.read("data/ports.json")), &all); err != nil {
		g.t.Fatal(err)
	}
	return all
}

// isAt checks which port a service is to get, and at which it answers; "" for any.
func (g guided) isAt(service, remembered, live string) {
	g.t.Helper()
	if got := strings.TrimSpace(g.run("portmoor", "get", service)); remembered != "" && got != remembered {
		g.t.Errorf("%s is to get %s, want %s", service, got, remembered)
	}
	if live == "" {
		return
	}
	url, _, _ := strings.Cut(g.run("portmoor", "port", "--format", "url", service), "\n")
	if url != "http://localhost:"+live {
		g.t.Errorf("%s is at %s, want %s", service, url, live)
	}
	answer := strings.Fields(g.get("localhost:"+live, "/"))
	if owner := g.owners()[answer[0]]; owner != "pmoves/"+service {
		g.t.Errorf("localhost:%s is %s, want %s", live, owner, service)
	}
}

// strategies is "Port Allocation Strategies" and "Configuration".
func (g guided) strategies() []done {
	const auto = "1. Auto (Default - Recommended)"
	return []done{
		{auto, []line{
			g.types("make ports-auto-detect", "agent-zero  ", "hi-rag-gateway-v2 moves from 8086 to 10000 (HI_RAG_GATEWAY_V2_HOST_PORT): 8086 is held by process e2e.test (pid ").then(func() {
				if again := g.sh("make ports-auto-detect"); again.code != 0 || strings.Contains(again.err, "moves") {
					g.t.Errorf("the second run: exit %d: %s", again.code, again.err)
				}
			}),
			g.types("make ports-validate", "8 ports of project pmoves can be bound: agent-zero, ", "profile workers: 17 ports can be bound: "),
			g.types("make ports-show", "\nagent-zero                   8080       8080       8080 ", "\nhi-rag-gateway-v2            10000      8086       10000 "),
		}},
		file("2. Hybrid", func() {
			g.has("- \"${AGENT_ZERO_HOST_PORT:-8080}:8080\"")
		}, "# docker-compose.yml", "services:", "agent-zero:", "ports:", "- \"${AGENT_ZERO_HOST_PORT:-8080}:8080\""),
		{"2. Hybrid", []line{says("AGENT_ZERO_HOST_PORT=9999", func() {
			before := g.read("env.shared")
			g.write("env.shared", before+"AGENT_ZERO_HOST_PORT=9999\n")
			g.run("make", "ports-auto-detect", "ports-validate", "up")
			g.isAt("agent-zero", "9999", "9999")
			g.write("env.shared", before)
			g.run("make", "ports-reset", "ports-auto-detect") // a pin that is gone leaves its port
		})}},
		file("3. Dynamic", func() {
			g.run("portmoor", "migrate", "--strategy", "dynamic", "--write")
			g.has("- \"0:8080\"")
			g.run("make", "up")
		}, "services:", "agent-zero:", "ports:", "- \"0:8080\"  # Host port 0 = dynamic allocation"),
		{"3. Dynamic", []line{
			// Without container_name, which no two checkouts may share, Compose names the container.
			g.typesAs("docker port agent-zero 8080", "docker port pmoves-agent-zero-1 8080").then(func() {
				theirs := g.run("docker", "port", "pmoves-agent-zero-1", "8080")
				if ours := g.run("portmoor", "port", "agent-zero", "8080"); !strings.HasPrefix(theirs, ours) {
					g.t.Errorf("docker port says %q, portmoor port %q", theirs, ours)
				}
			}),
		}},
		{"Set Strategy", []line{says("PORT_ALLOCATION_STRATEGY=auto  # auto|hybrid|dynamic", func() {
			for strategy, text := range map[string]string{"hybrid": "${AGENT_ZERO_HOST_PORT:-8080}", "dynamic": "0", "auto": "${AGENT_ZERO_HOST_PORT:-8080}"} {
				before := g.read("env.shared")
				g.edit("env.shared", "PORT_ALLOCATION_STRATEGY=auto", "PORT_ALLOCATION_STRATEGY="+strategy)
				g.run("portmoor", "migrate", "--write")
				g.has("- \"" + text + ":8080\"")
				g.write("env.shared", before)
			}
			g.run("portmoor", "migrate", "--write")
		})}},
	}
}

// usage is "Usage".
func (g guided) usage() []done {
	return []done{
		{"First-Time Setup", []line{
			g.types("make first-run-multi-host", "agent-zero ", "http://localhost:8080").then(func() { g.isAt("agent-zero", "8080", "8080") }),
			g.types("make ports-auto-detect"),
		}},
		{"Ongoing Operations", []line{
			g.types("make ports-validate", "can be bound: agent-zero, "),
			g.types("make ports-show", "\nagent-zero                   8080       8080       8080       8080   ok "),
			g.types("make ports-reset", "ports of project pmoves forgotten. To undo: "),
			g.types("make ports-auto-detect", "hi-rag-gateway-v2 moves from 8086 to 10000 "),
		}},
		{"Manual Port Assignment", []line{
			g.typesAs("python3 scripts/port_allocator.py --assign agent-zero 9999", "portmoor assign agent-zero 9999").then(func() {
				g.run("make", "up")
				g.isAt("agent-zero", "9999", "9999")
			}),
			g.typesAs("python3 scripts/port_allocator.py --get agent-zero", "portmoor get agent-zero", "9999\n").then(func() {
				g.run("make", "ports-reset", "ports-auto-detect", "up")
				g.isAt("agent-zero", "8080", "8080")
			}),
		}},
		{"Environment Overrides", []line{
			g.types("AGENT_ZERO_HOST_PORT=9999 make up", "http://localhost:9999").then(func() {
				g.isAt("agent-zero", "8080", "9999")
				g.isAt("archon", "8091", "8091")
			}),
			g.types("AGENT_ZERO_HOST_PORT=9999 ARCHON_HOST_PORT=9998 make up", "http://localhost:9999", "http://localhost:9998").then(func() {
				g.isAt("agent-zero", "8080", "9999")
				g.isAt("archon", "8091", "9998")
				g.run("make", "up")
				g.isAt("agent-zero", "8080", "8080")
				g.isAt("archon", "8091", "8091")
			}),
		}},
	}
}

// persistence is "Port Persistence" and what the registry makes of it.
func (g guided) persistence() []done {
	const (
		registry = "Integration with Service Registry"
		ask      = "curl http://localhost:8100/api/services | jq '.services[] | {name, host, port}'"
	)
	var listed string
	// The stack has a service of its own at 8100.
	elsewhere := func(text string) string { return strings.ReplaceAll(text, "8100", "8190") }
	serve := "portmoor serve --listen 127.0.0.1:8190 --advertise-host 100.100.100.1 & trap \"kill $!\" EXIT; " +
		"for i in $(seq 100); do curl -sf http://localhost:8190/api/services | grep -q agent-zero && break; sleep 0.1; done; "
	return []done{
		file("Port Persistence", func() {
			got := g.assigned()
			for key, want := range map[string]int{"agent-zero": 8080, "archon": 8091, "service-registry": 8100} {
				if got[key] != want {
					g.t.Errorf("%s has %d, want %d", key, got[key], want)
				}
			}
			if moved := got["hi-rag-gateway-v2"]; moved < 10000 || moved > 11000 {
				g.t.Errorf("hi-rag-gateway-v2 has %d", moved)
			}
			g.run("git", "check-ignore", "-q", "data/ports.json")
		}, "{", `"agent-zero": 8080,`, `"archon": 8091,`, `"hi-rag-gateway-v2": 10001,`, `"service-registry": 8100`, "}"),
		{registry, []line{g.typesAs(ask, serve+elsewhere(ask), "\"name\": \"agent-zero\",\n  \"host\": \"100.100.100.1\",\n  \"port\": 8080\n").then(func() {
			listed = g.sh(serve + "curl -s http://localhost:8190/api/services/agent-zero").out
		})}},
		file(registry, func() {
			contains(g.t, listed, `"name":"agent-zero"`, `"host":"100.100.100.1"`, `"port":8080`, `"mode":"docked"`)
		}, "{", `"name": "agent-zero",`, `"host": "100.100.100.1",`, `"port": 8080,`, `"mode": "docked"`, "}"),
	}
}

// integration is "Docker Compose Integration".
func (g guided) integration() []done {
	return []done{
		file("Auto Strategy", func() {
			g.edit("docker-compose.yml", "      UI_PORT: \"8081\"\n", "      UI_PORT: \"8081\"\n      SERVICE_PORT_FILE: /run/service_port.txt\n")
			g.run("portmoor", "migrate", "--write")
			g.has("- \"0:8080\"")
			g.run("make", "up")
			address := strings.TrimSpace(g.run("portmoor", "port", "agent-zero", "8080"))
			_, number, _ := strings.Cut(address, ":")
			contains(g.t, g.get(address, "/port"), "8080/tcp="+number+"\n")
			g.edit("docker-compose.yml", "      SERVICE_PORT_FILE: /run/service_port.txt\n", "")
		}, "services:", "agent-zero:", "ports:", "- \"0:8080\"  # Dynamic", "environment:", "- SERVICE_PORT_FILE=/run/service_port.txt"),
		file("Hybrid Strategy", func() {
			g.run("portmoor", "migrate", "--write")
			g.has("- \"${AGENT_ZERO_HOST_PORT:-8080}:8080\"")
		}, "services:", "agent-zero:", "ports:", "- \"${AGENT_ZERO_HOST_PORT:-8080}:8080\""),
		{"Using Assigned Ports", []line{
			g.typesAs("python3 scripts/port_allocator.py --env-overrides > .ports.env", "portmoor env > .ports.env").then(func() {
				contains(g.t, g.read(".ports.env"), "\nAGENT_ZERO_HOST_PORT=8080\n", "\nKEYCLOAK_HOST_PORT=100")
			}),
			{text: "docker compose --env-file .ports.env up", try: func() {
				up := g.started(nil, "sh", "-c", "exec docker compose --env-file .ports.env up")
				up.waitFor(g.t, "Attaching to")
				g.isAt("keycloak", "", strings.TrimSpace(g.run("portmoor", "get", "keycloak")))
				up.interrupt(g.t)
				g.run("make", "ports-auto-detect")
			}},
		}},
	}
}

// troubleshooting is "Troubleshooting".
func (g guided) troubleshooting() []done {
	return []done{
		{"Port Already in Use", []line{
			says("lsof -i :8080", func() {
				g.run("make", "down")
				hold(g.t, 8080)
				contains(g.t, g.sh("lsof -i :8080").out, "e2e.test")
			}),
			g.types("netstat -tulpn | grep 8080", "/e2e.test").then(func() {
				r := g.sh("make ports-validate")
				contains(g.t, r.err, "agent-zero: port 8080 is held by process e2e.test (pid ")
				if r.code == 0 {
					g.t.Error("validate passes")
				}
			}),
			g.types("make ports-auto-detect", "agent-zero moves from 8080 to 10", "8080 is held by process e2e.test (pid "),
		}},
		{"Conflicts After Restart", []line{
			g.types("make ports-validate", "can be bound: agent-zero, "),
			g.types("make ports-auto-detect").then(func() {
				g.run("make", "up")
				g.isAt("agent-zero", "", strings.TrimSpace(g.run("portmoor", "get", "agent-zero")))
			}),
		}},
		{"Different Port Each Restart", []line{says("PORT_ALLOCATION_STRATEGY=auto", func() {
			// The guide's own line, of which nothing is remembered.
			g.edit("docker-compose.yml", "${AGENT_ZERO_HOST_PORT:-8080}:8080", "0:8080")
			g.edit("../.portmoor.yaml", "\"agent-zero:8080\"", "\"agent-zero:1\"")
			contains(g.t, g.sh("portmoor lint --rule dynamic-host-port").out, "portmoor migrate --pin agent-zero --file docker-compose.yml --file docker-compose.workers.yml")
			g.run("portmoor", "migrate", "--pin", "agent-zero", "--write")
			g.has("- \"${AGENT_ZERO_HOST_PORT:-10000}:8080\"") // 8080 is the default of keycloak as well
			g.edit("docker-compose.yml", "${AGENT_ZERO_HOST_PORT:-10000}", "${AGENT_ZERO_HOST_PORT:-8080}")
		})}},
	}
}

// advanced is "Advanced Usage".
func (g guided) advanced() []done {
	detected := func(settings string) int {
		g.t.Helper()
		before := g.read("../.portmoor.yaml")
		g.write("../.portmoor.yaml", before+settings)
		g.run("make", "ports-reset", "ports-auto-detect", "ports-validate")
		g.write("../.portmoor.yaml", before)
		return g.assigned()["agent-zero"]
	}
	var groups []string
	group := func(text, name, numbers, services string) line {
		return says(text, func() {
			groups = append(groups, "  "+name+": {range: "+numbers+", services: ["+services+"]}\n")
			if len(groups) == 3 {
				if got := detected("groups:\n" + strings.Join(groups, "")); got < 8000 || got > 8100 {
					g.t.Errorf("agent-zero has %d, of 8000-8100", got)
				}
			}
		})
	}
	return []done{
		file("Custom Port Range", func() {
			g.run("make", "down") // a service that runs keeps its port
			if got := detected("range: 10000-12000\nreserved: [10000-11000]\n"); got < 11001 || got > 12000 {
				g.t.Errorf("agent-zero has %d", got)
			}
		}, "DYNAMIC_PORT_RANGE = (10000, 12000)  # Expand range"),
		{"Service Groups", []line{
			group("# Agent services (8000-8100)", "agents", "8000-8100", "agent-zero, archon*"),
			group("# Data services (3000-4000)", "data", "3000-4000", "postgres*, grafana"),
			group("# Media services (7000-8000)", "media", "7000-7999", "media-*"), // 8000 is of the agents, and no two may have a port
		}},
		{"Port Conflicts Detection", []line{
			g.types("make ports-validate && make up", "can be bound: agent-zero, ", "http://localhost:").then(func() {
				g.isAt("agent-zero", "", strings.TrimSpace(g.run("portmoor", "get", "agent-zero")))
			}),
		}},
	}
}
