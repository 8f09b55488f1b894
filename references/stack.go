package references

import (
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/source"
)

// stack is what a compose file says of its services: a port there is one inside
// a container, unless it says which of the host.
type stack struct {
	services []stackService // in the order of the file
}

type stackService struct {
	name        string
	start       int // in bytes
	hostNetwork bool
	inside      []int // the ports that it listens on, as far as it says so
	parts       []part
}

// part is a key of a service, such as healthcheck.
type part struct {
	key   string
	start int
}

var composeFile = regexp.MustCompile(`^(.*compose.*|compose\..*)\.ya?ml$`)

// stackOf reads a compose file, nil if it is none.
func stackOf(path string, src []byte) *stack {
	if !composeFile.MatchString(filepath.Base(path)) {
		return nil
	}
	parsed := compose.Parse(path, src)
	s := &stack{}
	for _, doc := range parsed.Docs {
		for _, field := range source.Fields(source.Value(source.Root(doc), "services")) {
			s.services = append(s.services, newStackService(parsed, field))
		}
	}
	if len(s.services) == 0 {
		return nil
	}
	return s
}

var trailingPort = regexp.MustCompile(`(\d{1,5})(?:/\w+)?$`)

func newStackService(f *compose.File, field source.Field) stackService {
	s := stackService{name: field.Key.Value, start: f.Span(field.Key).Start}
	for _, key := range source.Fields(field.Value) {
		s.parts = append(s.parts, part{key.Key.Value, f.Span(key.Key).Start})
		switch value := source.Deref(key.Value); key.Key.Value {
		case "network_mode":
			s.hostNetwork = value.Value == "host"
		case "ports", "expose":
			for _, item := range value.Content {
				s.inside = append(s.inside, containerPort(item)...)
			}
		}
	}
	slices.SortFunc(s.parts, func(a, b part) int { return a.start - b.start })
	return s
}

func containerPort(item *yaml.Node) []int {
	item = source.Deref(item)
	text := item.Value
	if target := source.Value(item, "target"); target != nil {
		text = target.Value
	}
	if m := trailingPort.FindStringSubmatch(text); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			return []int{n}
		}
	}
	return nil
}

// at is the service that a byte belongs to, and the key in it.
func (s *stack) at(offset int) (service *stackService, key string) {
	for i := range s.services {
		if s.services[i].start <= offset {
			service = &s.services[i]
		}
	}
	if service == nil {
		return nil, ""
	}
	for _, p := range service.parts {
		if p.start <= offset {
			key = p.key
		}
	}
	return service, key
}

// inContainer says why a number of a compose file is one inside a container,
// "" when it is not.
func (d *document) inContainer(h hit, s spelling) string {
	if d.stack == nil {
		return ""
	}
	service, key := d.stack.at(h.span.Start)
	if service == nil || service.hostNetwork || key == "network_mode" || len(service.parts) == 0 {
		return ""
	}
	if s.host == "host.docker.internal" {
		return ""
	}
	inside := slices.Contains(service.inside, h.port)
	for _, other := range d.stack.services {
		inside = inside || s.host == other.name && !other.hostNetwork
	}
	switch key {
	case "healthcheck", "command", "entrypoint", "expose", "ports": // what is left of a colon there defines a port
		inside = true
	case "environment":
		inside = inside || !s.outside
	}
	if inside {
		return "the port inside the container of " + service.name
	}
	return ""
}

// hostOf reports an address whose host is a service.
func (s spelling) hostOf(service string) bool { return s.host == service }

func digits(port int) string { return strconv.Itoa(port) }
