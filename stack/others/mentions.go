package others

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/config/derive"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/source"
)

// Move is a host port, or a range, that is another one now.
type Move struct {
	From, To ports.Range
	Var      string // the variable that holds it; "" for a literal
	Mappings []*compose.Mapping
}

// Mention is where a setting names a port that has moved.
type Mention struct {
	compose.Setting

	Number   source.Span
	Old, Now int
	Var      string // that holds the port, "" for a literal
	// Port is whose port it is, as env in the configuration has it, such as web:80; "" where
	// that can't be told.
	Port string
}

// Hint is what to write instead. The value itself, which may hold a secret, is not in it.
func (m Mention) Hint() string {
	switch {
	case m.Service != "" && m.Var != "":
		return fmt.Sprintf("write ${%s:-%d} there instead of the number", m.Var, m.Old)
	case m.Port == "" || m.Service != "" && m.Key != "environment":
		return "write the new port there"
	case m.Service != "": // which docker compose has from the block in .env
		return fmt.Sprintf("write ${%s} there, and its value under env in .portmoor.yaml, with {%s} for the host and the port; the block in .env passes it on", m.Name, m.Port)
	}
	return fmt.Sprintf("take the line out, and write %s under env in .portmoor.yaml, with {%s} for the host and the port", m.Name, m.Port)
}

// portOf is a port of a move as the configuration's env has it; "" for a line of an env
// file that only a service reads, which derives nothing.
func portOf(p *compose.Project, v compose.Setting, m Move, port int) string {
	if v.Service == "" && !slices.ContainsFunc(p.Env.Files(), func(f variable.File) bool { return f.File.Path == v.File.Path }) {
		return ""
	}
	for _, mapping := range m.Mappings {
		number := mapping.Container.First
		if mapping.Container.Width() == m.From.Width() {
			number += port - m.From.First
		}
		if !mapping.Container.Zero() {
			return derive.Port{Service: mapping.Service, Number: number, Protocol: mapping.Protocol}.String()
		}
	}
	return ""
}

// Mentions is the law of what names a host port: a number behind a host that is this
// machine, or a variable that may be. localhost in the environment or the command of a
// service is its container where that has such a port, unless it is the port that has
// moved, in a variable whose name does not say that it is about the inside. Each place
// is there once; own are names and addresses of the machine.
func Mentions(p *compose.Project, settings []compose.Setting, moved []Move, own []string) (all []Mention) {
	seen, moveOf := map[compose.Place]bool{}, map[int]Move{}
	for _, m := range moved {
		for port := m.From.First; port <= m.From.Last; port++ {
			moveOf[port] = m
		}
	}
	for _, v := range settings {
		text := string(v.File.Src[v.Span.Start:v.Span.End])
		for _, at := range hostAndPort().FindAllStringSubmatchIndex(text, -1) {
			group := func(n int) string { return text[max(0, at[2*n]):max(0, at[2*n+1])] }
			scheme, host, number, variable := group(1), strings.ToLower(group(2)), cmp.Or(group(3), group(5)), group(4)
			port, err := strconv.Atoi(number)
			m, known := moveOf[port]
			if err != nil || !known || !isHost(p, host, scheme != "", own) {
				continue
			}
			if _, set := p.Env.Lookup(variable); variable != "" && (set || variable == m.Var) {
				continue // it follows
			}
			if loopback().MatchString(host) && inside(p, v, port, m) {
				continue
			}
			start := v.Span.Start + max(at[6], at[10])
			if place := (compose.Place{Path: v.File.Path, Start: start}); !seen[place] {
				seen[place] = true
				all = append(all, Mention{v, source.Span{Start: start, End: start + len(number)}, port, m.To.First + port - m.From.First, m.Var, portOf(p, v, m, port)})
			}
		}
	}
	return all
}

var (
	// hostAndPort is HOST:PORT, or HOST:${NAME:-PORT}, with the scheme of a URL or not.
	hostAndPort = pattern.Lazy(`(?:\b([A-Za-z][A-Za-z0-9+.-]*://)(?:[^\s/@"']*@)?|(?:^|[^\w.$}\]-]))(\[[0-9A-Fa-f:.]+\]|\$\{\w+(?::?[-?][^{}]*)?\}|\$\w+|\w[\w.-]*):(?:(\d{1,5})\b|\$\{(\w+):?-(\d{1,5})\})`)
	// loopback are the names that a container calls itself, too.
	loopback = pattern.Lazy(`^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$`)
	outside  = pattern.Lazy(`^(?:host\.docker\.internal|gateway\.docker\.internal|host\.containers\.internal|.*\.localhost)$`)
	private  = pattern.Lazy(`\.(?:local|lan|home|internal|test)$`)
	// aboutInside are settings that are by their names about the container itself.
	aboutInside = pattern.Lazy(`(?i)HEALTH|CHECK|PROBE|LISTEN|BIND|INTERNAL|UPSTREAM`)
)

// isHost reports whether a host is the machine that has the host ports. Of a URL it
// may be a variable, or a name of a private network.
func isHost(p *compose.Project, host string, url bool, own []string) bool {
	switch {
	case slices.ContainsFunc(p.Services, func(s compose.Service) bool {
		return strings.EqualFold(s.Name, host) || s.ContainerName.Value != "" && strings.EqualFold(s.ContainerName.Value, host)
	}):
		return false
	case loopback().MatchString(host) || outside().MatchString(host) || slices.Contains(own, strings.Trim(host, "[]")):
		return true
	case slices.ContainsFunc(p.Mappings, func(m compose.Mapping) bool { return m.HostIP != "" && m.HostIP == strings.Trim(host, "[]") }):
		return true
	}
	return url && (strings.HasPrefix(host, "$") || private().MatchString(host))
}

// inside reports whether localhost is the container that a setting is for.
func inside(p *compose.Project, v compose.Setting, port int, m Move) bool {
	if v.Key == "labels" || v.Key == "args" || v.Service == "" {
		return false
	}
	own := slices.ContainsFunc(m.Mappings, func(m *compose.Mapping) bool { return m.Service == v.Service })
	listens := slices.ContainsFunc(p.Mappings, func(m compose.Mapping) bool { return m.Service == v.Service && m.Container.Has(port) })
	return listens && (!own || v.Key != "environment" || aboutInside().MatchString(v.Name))
}
