package rewrite

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/strategies"
)

// randomProject is a small project of one or two files, in which few services
// and few ports meet in as many ways as there are.
type randomProject struct {
	*rand.Rand
}

func (r randomProject) pick(options ...string) string { return options[r.IntN(len(options))] }

func (r randomProject) files() map[string]string {
	base := r.document(true)
	files := map[string]string{"/app/compose.yaml": base}
	switch r.IntN(4) {
	case 0:
		files["/app/compose.override.yaml"] = r.document(false)
	case 1:
		files["/app/compose.dev.yaml"] = r.document(false)
	}
	if r.IntN(3) == 0 {
		files["/lib/compose.yaml"] = r.document(true)
		files["/app/compose.yaml"] = r.heirs(base)
	}
	return files
}

// heirs makes some services extend others of a second folder, of whatever name.
func (r randomProject) heirs(src string) string {
	var b strings.Builder
	for line := range strings.Lines(src) {
		if strings.HasPrefix(line, "    image:") && r.IntN(2) == 0 {
			line = fmt.Sprintf("    extends: {file: ../lib/compose.yaml, service: %s}\n", r.pick("a", "a", "b", "c"))
		}
		b.WriteString(line)
	}
	return b.String()
}

func (r randomProject) document(base bool) string {
	var b strings.Builder
	if base && r.IntN(4) == 0 {
		fmt.Fprintf(&b, "x-ports: &ports [%s]\n", r.entries())
	}
	if base && r.IntN(4) == 0 {
		fmt.Fprintf(&b, "x-web: &web {image: x, ports: [%s]}\n", r.entries())
	}
	head := b.String()
	b.WriteString("services:\n")
	for i, name := range []string{"a", "b", "c"}[:1+r.IntN(3)] {
		fmt.Fprintf(&b, "  %s:\n", name)
		switch {
		case base && strings.Contains(head, "&web") && r.IntN(2) == 0:
			b.WriteString("    <<: *web\n")
		case base && i > 0 && r.IntN(3) == 0:
			b.WriteString("    extends: a\n")
		case base:
			b.WriteString("    image: x\n")
		}
		if r.IntN(5) == 0 {
			fmt.Fprintf(&b, "    profiles: [%s]\n", r.pick("p", "q"))
		}
		if r.IntN(8) == 0 {
			b.WriteString("    scale: 2\n")
		}
		switch {
		case strings.Contains(head, "&ports") && r.IntN(3) == 0:
			b.WriteString("    ports: *ports\n")
		case !base && r.IntN(3) == 0:
			fmt.Fprintf(&b, "    ports: !override [%s]\n", r.entries())
		case !base && r.IntN(8) == 0:
			b.WriteString("    ports: !reset []\n")
		case r.IntN(3) == 0:
			b.WriteString("    ports:\n")
			for range 1 + r.IntN(3) {
				fmt.Fprintf(&b, "      - %s # kept\n", r.entry())
			}
		default:
			fmt.Fprintf(&b, "    ports: [%s]\n", r.entries())
		}
	}
	return b.String()
}

func (r randomProject) entries() string {
	var all []string
	for range 1 + r.IntN(4) {
		all = append(all, r.entry())
	}
	return strings.Join(all, ", ")
}

func (r randomProject) entry() string {
	container := r.pick("80", "80", "81", "82")
	host := r.pick("8080", "8081", "8082", "08080", "${P:-8080}", "${Q:-8081}", "${A_HOST_PORT:-8080}", "${V}", "0", "")
	protocol := r.pick("", "", "", "/udp", "/tcp")
	address := r.pick("", "", "", "127.0.0.1:", "0.0.0.0:", "[::1]:", "${IP:-127.0.0.1}:")
	switch r.IntN(8) {
	case 0:
		container, host = r.pick("80-82", "90-91"), r.pick("8080-8082", "9000-9002", "${R:-8080-8082}")
		if container == "90-91" {
			host = "9090-9091"
		}
	case 1:
		host = "8080-8085"
	case 2:
		published := r.pick("8080", "\"8080\"", "'8081'", "\"${P:-8080}\"", "0", "\"8080-8082\"")
		entry := fmt.Sprintf("target: %s, published: %s", container, published)
		if p := r.pick("", "udp", "UDP"); p != "" {
			entry += ", protocol: " + p
		}
		entry += r.pick("", "", ", host_ip: 127.0.0.1", ", host_ip: 0.0.0.0", ", host_ip: ''")
		entry += r.pick("", "", ", mode: host", ", mode: ingress")
		return "{" + entry + "}"
	}
	text := address + host
	if text != "" {
		text += ":"
	}
	return r.pick("\"", "'", "\"") + "\x00" + text + container + protocol
}

// quoteEntries closes the quotes that entry opens.
func quoteEntries(src string) string {
	for {
		at := strings.IndexByte(src, 0)
		if at < 0 {
			return src
		}
		quote := src[at-1 : at]
		end := at + 1
		for end < len(src) && !strings.ContainsRune(", ]\n", rune(src[end])) {
			end++
		}
		src = src[:at] + src[at+1:end] + quote + src[end:]
	}
}

// TestRandomProjects takes random projects from what they are to hybrid, to
// dynamic and back, and straight to dynamic and back. On every way the models
// are as planned, no variable is wrong that was not before, a second run changes
// nothing, and the ends meet.
func TestRandomProjects(t *testing.T) {
	t.Parallel()
	rounds, compared := 1500, 0
	if testing.Short() {
		rounds = 300
	}
	for seed := range rounds {
		r := randomProject{rand.New(rand.NewPCG(uint64(seed), 1))}
		files := r.files()
		l := compose.NewLoader(compose.LoadOptions{})
		for path, src := range files {
			files[path] = quoteEntries(src)
			l.Add(path, []byte(files[path]))
		}
		base := compose.Group{Dir: "/app", Files: []string{"/app/compose.yaml"}}
		groups := []compose.Group{base}
		if files["/app/compose.override.yaml"] != "" {
			groups[0].Files = append(groups[0].Files, "/app/compose.override.yaml")
		}
		if files["/lib/compose.yaml"] != "" {
			groups = append(groups, compose.Group{Dir: "/lib", Files: []string{"/lib/compose.yaml"}})
		}
		if files["/app/compose.dev.yaml"] != "" {
			groups = append(groups, compose.Group{Dir: "/app", Files: []string{"/app/compose.yaml", "/app/compose.dev.yaml"}, Overlay: true})
		}
		projects := l.Load(groups)
		if len(projects[0].Problems) > 0 {
			continue
		}
		w := walk{T: t, kept: remembered{}}
		hybrid := w.to(projects, strategies.Hybrid)
		dynamic := w.to(hybrid, strategies.Dynamic)
		w.same("hybrid, dynamic, hybrid", hybrid, w.to(dynamic, strategies.Hybrid))
		w.kept = remembered{}
		straight := w.to(projects, strategies.Dynamic)
		w.same("dynamic, hybrid", hybrid, w.to(straight, strategies.Hybrid))
		w.to(projects, strategies.Auto)
		compared += w.compared
		if t.Failed() {
			for _, path := range slices.Sorted(maps.Keys(files)) {
				t.Logf("seed %d: %s\n%s", seed, path, files[path])
			}
			return
		}
	}
	t.Logf("%d comparisons of models", compared)
	if compared < rounds*2 {
		t.Errorf("only %d comparisons of models", compared)
	}
}

// walk goes from strategy to strategy and remembers what dynamic drops.
type walk struct {
	*testing.T
	kept     remembered
	compared int
}

func (w *walk) to(projects []*compose.Project, s strategies.Strategy) []*compose.Project {
	w.Helper()
	plan := planAll(projects, s, w.kept)
	after := apply(w.T, plan)
	for _, p := range projects {
		compared, err := verifyModel(p, after, plan.Changes, nil)
		if err != nil {
			w.Errorf("%s: %v", s, err)
		}
		if compared {
			w.compared++
		}
	}
	for _, c := range plan.Changes {
		if c.Decision.Kind != strategies.Ephemeral {
			continue
		}
		path := c.Mapping.File.Path
		if w.kept[path] == nil {
			w.kept[path] = map[string]string{}
		}
		w.kept[path][strategies.DefaultKeys(c.Project)[c.Mapping.Place()]] = c.Mapping.HostPort.Text
	}
	again := reload(projects, after)
	noNewFindings(w.T, projects, again, w.kept)
	if second := planAll(again, s, w.kept); len(second.Changes) > 0 {
		c := second.Changes[0]
		w.Errorf("%s: a second run would change %s of %s to %s", s, c.Mapping.HostPort.Text, c.Mapping.Service, c.Decision.Text)
	}
	return again
}

func (w *walk) same(what string, a, b []*compose.Project) {
	w.Helper()
	for i := range a {
		for j, f := range a[i].Files {
			if x, y := string(f.Src), string(b[i].Files[j].Src); x != y {
				w.Errorf("%s: %s\nis\n%s\nand was\n%s", what, f.Path, y, x)
			}
		}
	}
}
