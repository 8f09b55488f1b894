package stack

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

// Stale are notes about the values in environments, build arguments, labels and env
// files that name the host port of something that has moved, so that they lead to
// whoever has that port now. Each place is there once.
func Stale(s *Stack, outcomes []allocate.Outcome) (notes []say.Problem) {
	var moved []move
	for _, o := range outcomes {
		if o.Moved {
			moved = append(moved, move{o.Unit.Want, o.Ports, o.Unit.Var, s.mappingsOf[o.Unit.Key]})
		}
	}
	if len(moved) == 0 {
		return nil
	}
	settings := slices.DeleteFunc(s.Project.Settings(), func(v compose.Setting) bool { return v.File.Path == s.envPath() })
	for _, m := range mentions(s.Project, settings, moved, thisMachine()) {
		of, hint := "", "write the new port there"
		if m.setting.Service != "" {
			of = " of service " + m.setting.Service
			if m.variable != "" {
				hint = fmt.Sprintf("write ${%s:-%d} there instead of the number", m.variable, m.old)
			}
		}
		notes = append(notes, say.Problem{
			Kind: say.Note, Place: s.Place(m.setting.File, m.span), Hint: hint,
			Message: fmt.Sprintf("%s%s still has port %d, which is %d now", m.setting.Name, of, m.old, m.now),
		})
	}
	return notes
}

// move is a host port, or a range, that is another one now.
type move struct {
	from, to ports.Range
	variable string // "" for a literal
	mappings []*compose.Mapping
}

// mention is where a setting names a port that has moved.
type mention struct {
	setting  compose.Setting
	span     source.Span // of the number
	old, now int
	variable string
}

// mentions is the law of what names a host port: a number behind a host that is this
// machine, or a variable that may be. localhost in the environment of a service is
// its container where that has such a port and the setting is by its name about the
// inside, or where the port is that of another service. own are names of the machine.
func mentions(p *compose.Project, settings []compose.Setting, moved []move, own []string) (all []mention) {
	seen := map[compose.Place]bool{}
	for _, v := range settings {
		text := string(v.File.Src[v.Span.Start:v.Span.End])
		for _, at := range hostAndPort.FindAllStringSubmatchIndex(text, -1) {
			group := func(n int) string { return text[max(0, at[2*n]):max(0, at[2*n+1])] }
			scheme, host, number, variable := group(1), strings.ToLower(group(2)), cmp.Or(group(3), group(5)), group(4)
			port, err := strconv.Atoi(number)
			i := slices.IndexFunc(moved, func(m move) bool { return m.from.Has(port) })
			if err != nil || i < 0 || !isHost(p, host, scheme != "", own) {
				continue
			}
			if _, set := p.Env.Lookup(variable); variable != "" && (set || variable == moved[i].variable) {
				continue // it follows
			}
			if loopback.MatchString(host) && inside(p, v, port, moved[i]) {
				continue
			}
			start := v.Span.Start + max(at[6], at[10])
			if place := (compose.Place{Path: v.File.Path, Start: start}); !seen[place] {
				seen[place] = true
				all = append(all, mention{v, source.Span{Start: start, End: start + len(number)}, port, moved[i].to.First + port - moved[i].from.First, moved[i].variable})
			}
		}
	}
	return all
}

var (
	// hostAndPort is HOST:PORT, or HOST:${NAME:-PORT}, with the scheme of a URL or not.
	hostAndPort = regexp.MustCompile(`(?:\b([A-Za-z][A-Za-z0-9+.-]*://)(?:[^\s/@"']*@)?|(?:^|[^\w.$}\]-]))(\[[0-9A-Fa-f:.]+\]|\$\{\w+(?::?[-?][^{}]*)?\}|\$\w+|\w[\w.-]*):(?:(\d{1,5})\b|\$\{(\w+):?-(\d{1,5})\})`)
	// loopback are the names that a container calls itself, too.
	loopback = regexp.MustCompile(`^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$`)
	outside  = regexp.MustCompile(`^(?:host\.docker\.internal|gateway\.docker\.internal|host\.containers\.internal|.*\.localhost)$`)
	private  = regexp.MustCompile(`\.(?:local|lan|home|internal|test)$`)
	// aboutInside are settings that are by their names about the container itself.
	aboutInside = regexp.MustCompile(`(?i)HEALTH|CHECK|PROBE|LISTEN|BIND|INTERNAL|UPSTREAM`)
)

// isHost reports whether a host is the machine that has the host ports. Of a URL it
// may be a variable, or a name of a private network.
func isHost(p *compose.Project, host string, url bool, own []string) bool {
	switch {
	case slices.ContainsFunc(p.Services, func(s compose.Service) bool {
		return strings.EqualFold(s.Name, host) || s.ContainerName.Value != "" && strings.EqualFold(s.ContainerName.Value, host)
	}):
		return false
	case loopback.MatchString(host) || outside.MatchString(host) || slices.Contains(own, strings.Trim(host, "[]")):
		return true
	case slices.ContainsFunc(p.Mappings, func(m compose.Mapping) bool { return m.HostIP != "" && m.HostIP == strings.Trim(host, "[]") }):
		return true
	}
	return url && (strings.HasPrefix(host, "$") || private.MatchString(host))
}

// inside reports whether localhost is the container that a setting is for.
func inside(p *compose.Project, v compose.Setting, port int, m move) bool {
	if v.Key != "environment" {
		return false
	}
	own := slices.ContainsFunc(m.mappings, func(m *compose.Mapping) bool { return m.Service == v.Service })
	listens := slices.ContainsFunc(p.Mappings, func(m compose.Mapping) bool { return m.Service == v.Service && m.Container.Has(port) })
	return listens && (!own || aboutInside.MatchString(v.Name))
}

// thisMachine are the names and addresses of this machine, as settings may have them.
func thisMachine() (names []string) {
	if name, err := os.Hostname(); err == nil {
		short, _, _ := strings.Cut(name, ".")
		names = append(names, strings.ToLower(name), strings.ToLower(short), strings.ToLower(short)+".local")
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return names
	}
	for _, a := range addresses {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			names = append(names, prefix.Addr().String())
		}
	}
	return names
}
