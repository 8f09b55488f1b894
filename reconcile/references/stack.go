package references

import (
	"bytes"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/source"
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

var yamlFile = lazy(`\.ya?ml$`)

// stackOf reads a compose file, nil if it is none.
func stackOf(path string, src []byte) *stack {
	if !yamlFile().MatchString(path) || !bytes.Contains(src, []byte("services:")) {
		return nil
	}
	parsed := source.Parse(path, src)
	s := &stack{}
	for _, doc := range parsed.Docs {
		for _, field := range source.Fields(source.Value(source.Root(doc), "services")) {
			s.services = append(s.services, newStackService(parsed, field))
		}
	}
	if len(s.services) == 0 || len(s.services[0].parts) == 0 {
		return nil
	}
	return s
}

var trailingPort = lazy(`(\d{1,5})(?:/\w+)?$`)

func newStackService(f *source.File, field source.Field) stackService {
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
	if m := trailingPort().FindStringSubmatch(text); m != nil {
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

// inContainer says why a number of a compose file is one inside a container, or
// why it may be; "" when it is not.
func (d *document) inContainer(h hit, s spelling, commented bool) (reason string, verdict Verdict) {
	if d.stack == nil || commented || s.host == "host.docker.internal" {
		return "", Left
	}
	service, key := d.stack.at(h.span.Start)
	if service == nil || service.hostNetwork || len(service.parts) == 0 {
		return "", Left
	}
	inside := slices.Contains(service.inside, h.port)
	for _, other := range d.stack.services {
		inside = inside || s.host == other.name && !other.hostNetwork
	}
	switch key {
	case "ports": // what the projects define there is known
		if s.name == "published port" {
			return "the host port of " + service.name + " in a file of no project", Open
		}
		inside = true
	case "healthcheck", "command", "entrypoint", "expose":
		inside = true
	case "environment":
		inside = inside || !s.outside
		if !inside && local().MatchString(s.host) {
			return "in the container of " + service.name + " it may be itself, or the host", Open
		}
	}
	if inside {
		return inContainer + " of " + service.name, Left
	}
	return "", Left
}

var local = lazy(`^(?:` + localHost + `)$`)

// onNetwork reports an address by a name without a dot: that of a container on a
// network of Docker's.
func (s spelling) onNetwork() bool {
	return networkName().MatchString(s.host) && !local().MatchString(s.host)
}

var networkName = lazy(`^[A-Za-z][\w-]*$`)

func digits(port int) string { return strconv.Itoa(port) }
