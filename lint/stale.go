package lint

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/source"
)

var staleReference = Rule{
	Name:     "stale-reference",
	Title:    "A URL names a host port that nobody publishes",
	Severity: Warning,
	Doc: `A URL in environment, labels or an env file names a port of this machine (localhost, a loopback address or
host.docker.internal) that no mapping of the project publishes, and that is not a container port of the same service.
Such a URL is left over when a port moves. Correct the port, or publish it.`,
	Bad: `services:
  web:
    image: example/web
    ports: ["8081:80"]
  mail:
    image: example/mail
    environment:
      LINK: http://localhost:8080/confirm
`,
	Good: `services:
  web:
    image: example/web
    ports: ["8080:80"]
  mail:
    image: example/mail
    environment:
      LINK: http://localhost:8080/confirm
`,
	Check: func(p *Pass) {
		if p.Project.Partial || slices.ContainsFunc(p.Project.Mappings, func(m compose.Mapping) bool {
			return m.HostPort.Ports.Zero() && !m.HostPort.Literal() && m.HostPort.Text != ""
		}) {
			return // a port that is not known may be the one
		}
		for _, f := range p.Project.Files {
			if !p.run.contents(f).local() {
				continue
			}
			for i, doc := range p.run.contents(f).values() {
				p.staleInDocument(f, i, doc)
			}
		}
		for _, e := range p.Project.Env.Files() {
			p.staleInEnvFile(e.File)
		}
	},
}

// localURL is a URL that leads to this machine; its group is the port.
var localURL = regexp.MustCompile(`\b[A-Za-z][A-Za-z0-9+.-]*://(?:[^\s/@"']*@)?(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|host\.docker\.internal):(\d{1,5})\b`)

// mentionsLocal reports whether a file can have such a URL.
func mentionsLocal(src []byte) bool {
	return slices.ContainsFunc([]string{"localhost:", "://127.", "@127.", "[::1]:", "host.docker.internal:"}, func(s string) bool {
		return bytes.Contains(src, []byte(s))
	})
}

func (p *Pass) staleInDocument(f *source.File, doc int, value any) {
	root, _ := value.(map[string]any)
	services, _ := root["services"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(services)) {
		service, _ := services[name].(map[string]any)
		for _, key := range []string{"environment", "labels"} {
			for path, text := range texts(service[key]) {
				if !localURL.MatchString(text) {
					continue
				}
				span := f.Whole(f.At(doc, []string{"services", name, key, path}, false))
				p.staleIn(f, span, name, exposed(service))
			}
		}
	}
}

// texts yields the texts of a list or a mapping, by index or key.
func texts(v any) map[string]string {
	found := map[string]string{}
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			if text, ok := item.(string); ok {
				found[strconv.Itoa(i)] = text
			}
		}
	case map[string]any:
		for key, item := range v {
			if text, ok := item.(string); ok {
				found[key] = text
			}
		}
	}
	return found
}

// exposed are the container ports that a service only exposes.
func exposed(service map[string]any) (ports []string) {
	list, _ := service["expose"].([]any)
	for _, item := range list {
		port, _, _ := strings.Cut(fmt.Sprint(item), "/")
		ports = append(ports, port)
	}
	return ports
}

// staleInEnvFile looks at an env file once, for all projects that have it.
func (p *Pass) staleInEnvFile(f *source.File) {
	at := 0
	for line := range bytes.Lines(f.Src) {
		if !bytes.HasPrefix(bytes.TrimSpace(line), []byte("#")) {
			end := len(line)
			if comment := bytes.Index(line, []byte(" #")); comment >= 0 && !bytes.ContainsAny(line[:comment], "\"'") {
				end = comment
			}
			p.staleIn(f, source.Span{Start: at, End: at + end}, "", nil)
		}
		at += len(line)
	}
}

// staleIn reports the ports of URLs in a piece of a file.
func (p *Pass) staleIn(f *source.File, in source.Span, service string, exposed []string) {
	for _, at := range localURL.FindAllSubmatchIndex(f.Src[in.Start:in.End], -1) {
		span := source.Span{Start: in.Start + at[2], End: in.Start + at[3]}
		port, err := strconv.Atoi(string(f.Src[span.Start:span.End]))
		if err != nil || p.reaches(f, port, service) || slices.Contains(exposed, strconv.Itoa(port)) {
			continue
		}
		p.Report(Finding{
			File: f, Span: span, Service: service,
			Message: fmt.Sprintf("no mapping publishes host port %d", port),
			Hint:    "correct the port, or publish it",
		})
	}
}

// reaches reports whether something listens on a port of this machine, or of
// the service's own container. An env file counts for all of its projects.
func (p *Pass) reaches(f *source.File, port int, service string) bool {
	projects := p.run.envUsers()[f.Path]
	if projects == nil {
		projects = []*compose.Project{p.Project}
	}
	inside := func(r ports.Range) bool { return r.First <= port && port <= r.Last }
	for _, project := range projects {
		if project.Partial {
			return true
		}
		for _, m := range project.Mappings {
			if inside(m.HostPort.Ports) || inside(m.HostPort.DefaultPorts) ||
				(m.Service == service || service == "") && inside(m.Container) {
				return true
			}
		}
	}
	return false
}

// usersOfEnvFiles are the projects that read each env file, by its path.
func usersOfEnvFiles(projects []*compose.Project) map[string][]*compose.Project {
	users := map[string][]*compose.Project{}
	for _, p := range projects {
		for _, e := range p.Env.Files() {
			users[e.File.Path] = append(users[e.File.Path], p)
		}
	}
	return users
}
