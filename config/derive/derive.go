// Package derive reads values that are made of host ports, such as the URL of a service.
//
// The model: a [Value] is a text in which {service:port} stands for host:port of what
// publishes that container port; {service:port/udp} is about another protocol than tcp.
// {{ and }} are braces. A value is of the projects that publish all of its ports; the
// others pass it over. It opens nothing, and knows of ports only what it is told.
//
//	v, err := derive.Parse("postgres://app@{db:5432}/app")
//	text, missing := v.With(func(p derive.Port) string { return "localhost:15432" })
package derive

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
)

// Port is a container port of a service. Protocol is tcp, udp or sctp.
type Port struct {
	Service  string
	Number   int
	Protocol string
}

// String is the port as a value has it, without the braces.
func (p Port) String() string {
	if p.Protocol == "tcp" {
		return fmt.Sprintf("%s:%d", p.Service, p.Number)
	}
	return fmt.Sprintf("%s:%d/%s", p.Service, p.Number, p.Protocol)
}

// Value is a text with ports in it. The zero Value is the empty text.
type Value struct {
	texts []string // before, between and behind the ports: one more than those
	ports []Port
}

// form is what stands in braces, for people.
const form = "{service:port}, such as {web:80}"

// Parse reads a value. The error is a [say.Problem] without a place.
func Parse(text string) (Value, error) {
	var v Value
	var plain strings.Builder
	for i := 0; i < len(text); i++ {
		brace := text[i]
		switch {
		case brace != '{' && brace != '}':
			plain.WriteByte(brace)
			continue
		case i+1 < len(text) && text[i+1] == brace:
			plain.WriteByte(brace)
			i++
			continue
		case brace == '}':
			return Value{}, say.Usagef("write }} for a brace", "} closes nothing")
		}
		inside, _, closed := strings.Cut(text[i+1:], "}")
		if !closed {
			return Value{}, say.Usagef("write "+form+", or {{ for a brace", "{ is not closed")
		}
		p, err := parsePort(inside)
		if err != nil {
			return Value{}, err
		}
		v.texts, v.ports = append(v.texts, plain.String()), append(v.ports, p)
		plain.Reset()
		i += len(inside) + 1
	}
	if v.ports == nil {
		return Value{}, say.Usagef("write "+form+" where its host and port belong", "the value has no port in it")
	}
	v.texts = append(v.texts, plain.String())
	return v, nil
}

// parsePort reads what stands in braces.
func parsePort(text string) (Port, error) {
	service, port, found := strings.Cut(text, ":")
	number, protocol, given := strings.Cut(port, "/")
	if !given {
		protocol = "tcp"
	}
	n, err := strconv.Atoi(number)
	known := []string{"tcp", "udp", "sctp"}
	switch {
	case !found || service == "" || strings.Trim(service, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") != "":
		return Port{}, say.Usagef("write {{ for a brace", "want %s, not {%.60s}", form, text)
	case err != nil || n < 1 || n > ports.Last || number[0] == '+':
		return Port{}, say.Usagef("it is the port inside the container, such as 80 or 53/udp", "%.60q in {%.60s} is not a port", number, text)
	case !slices.Contains(known, protocol):
		return Port{}, say.Usagef(say.Meant("", protocol, known, "choose "+say.Or(known)), "protocol %.60q in {%.60s} is unknown", protocol, text)
	}
	return Port{service, n, protocol}, nil
}

// Ports are those of the value, at least one, in order.
func (v Value) Ports() []Port { return slices.Clone(v.ports) }

// With is the text with each port's address, host:port, in its place. Missing are the
// ports that have none, "", each once; the text is "" then.
func (v Value) With(address func(Port) string) (text string, missing []Port) {
	var b strings.Builder
	for i, p := range v.ports {
		b.WriteString(v.texts[i])
		at := address(p)
		if at == "" && !slices.Contains(missing, p) {
			missing = append(missing, p)
		}
		b.WriteString(at)
	}
	if missing != nil || v.ports == nil {
		return "", missing
	}
	return b.String() + v.texts[len(v.ports)], nil
}

// Published is what a service publishes: some container ports.
type Published struct {
	Service   string
	Container ports.Range
	Protocol  string
}

// Of reports that a project publishes all ports of the value.
func (v Value) Of(project []Published) bool {
	return !slices.ContainsFunc(v.ports, func(p Port) bool { return !has(project, p) })
}

func has(project []Published, p Port) bool {
	return slices.ContainsFunc(project, func(in Published) bool {
		return in.Service == p.Service && in.Protocol == p.Protocol && in.Container.Has(p.Number)
	})
}

// Wrong is why no project of some has the value, a [say.Problem] without a place; nil
// where one has.
func (v Value) Wrong(projects [][]Published) error {
	if slices.ContainsFunc(projects, v.Of) {
		return nil
	}
	all := slices.Concat(projects...)
	for _, p := range v.ports {
		if has(all, p) {
			continue
		}
		services := lists.Map(all, func(in Published) string { return in.Service })
		own := lists.Only(all, func(in Published) bool { return in.Service == p.Service })
		if len(own) == 0 {
			slices.Sort(services)
			services = slices.Compact(services)
			return say.Usagef(say.Meant("", p.Service, services, say.There(services)), "no service that publishes a port is called %.60q, as {%.60s} has it", p.Service, p)
		}
		published := lists.Map(own, func(in Published) string { return in.Container.String() + "/" + in.Protocol })
		slices.Sort(published)
		published = slices.Compact(published)
		asked := fmt.Sprintf("%d/%s", p.Number, p.Protocol)
		return say.Usagef(say.Meant("", asked, published, say.There(published)), "service %.60s does not publish its port %s, as {%.60s} has it", p.Service, asked, p)
	}
	return say.Usagef("write a value for each", "no one project publishes all of its ports")
}
