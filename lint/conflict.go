package lint

import (
	"fmt"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint/meet"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/strategies"
)

var hostPortConflict = Rule{
	Name:     "host-port-conflict",
	Title:    "Two mappings publish the same host port",
	Severity: Error,
	Doc: `Two mappings that can run at the same time publish the same host port. Docker starts the first and refuses
the second with "port is already allocated". Address, protocol, ranges, defaults and the project's env files are
taken into account; in a stack of a swarm no address is, since every node listens on every one. It is a warning if the two run together only under two or more profiles, unless portmoor detect has
assigned each its own port or the configuration lists the profiles under alternatives; also if the port is inside a
range that Docker picks from, or if they are in two projects on one host. Between projects it is an info if both ports
are variables, which each machine can set, or if one of the projects is in a folder that is called example, sample,
demo, test, testdata, e2e, fixture, tutorial or playground, their plural, or ends with such a word, as
integration-tests does. What a Makefile, script, workflow or package.json loads together with -f, or an env file with
COMPOSE_FILE, is one project, and the line is named. What one of them starts by several lines under one project name is
held against each other: a warning where different rules or jobs start the two, and nothing where those have a service
in common, as variants have. Give one of the two another host port.`,
	Check: checkConflicts,
}

func checkConflicts(p *Pass) {
	earlier := &meet.Board{}
	for _, pub := range p.run.publications[p.index] {
		p.reportConflicts(pub, earlier)
		earlier.Add(pub)
	}
	p.reportContests()
	p.reportClashes()
}

// publish lists what a project would bind, in load order; with unknown set also
// where the host port is not known.
func (r *run) publish(index int, unknown bool) []meet.Publication {
	p := r.projects[index]
	services := servicesOf(p)
	out := make([]meet.Publication, 0, len(p.Mappings))
	for m := range p.Each() {
		if m.Dropped != compose.Published || m.Invalid != "" || m.HostPort.Ports.Zero() && !unknown {
			continue
		}
		pub := meet.Published(p, m)
		pub.Project = index
		if s := services[m.Service]; s != nil {
			if !s.Binds() || r.never[index][s.Name] {
				continue
			}
			pub.Profiles = s.Profiles
		}
		out = append(out, pub)
	}
	return out
}

// maxRelated bounds the earlier ends that one finding lists.
const maxRelated = 5

// reportConflicts reports a mapping's collisions, once for each of the ports
// that earlier ones share with it, with those as related places.
func (p *Pass) reportConflicts(pub meet.Publication, earlier *meet.Board) {
	worst := map[ports.Range]clash{}
	related, loaders := map[ports.Range][]Related{}, map[ports.Range][]Related{}
	var order []ports.Range
	var ignored []Finding // the first, which is told where nothing else is
	for _, e := range earlier.Overlapping(pub.HostPort.Ports) {
		c := p.compare(e, pub)
		ports := e.HostPort.Ports.Common(pub.HostPort.Ports)
		if w, met := worst[ports]; c.severity == Off || c.severity < w.severity {
			continue
		} else if p.ignores(e.Mapping) {
			if ignored == nil {
				ignored = []Finding{conflict(pub, c, []Related{publishedAt(e)})}
			}
			continue
		} else if !met {
			order = append(order, ports)
		}
		if c.severity > worst[ports].severity {
			and, lines := p.loadedBy(e.Mapping, pub.Mapping)
			c.message += and
			worst[ports], related[ports], loaders[ports] = c, nil, lines
		}
		if len(related[ports]) < maxRelated {
			related[ports] = append(related[ports], publishedAt(e))
			related[ports] = append(related[ports], causes(e.Mapping)...)
		} else if worst[ports].severity == Error && len(order) == 1 && ports == pub.HostPort.Ports {
			break // nothing worse can come
		}
	}
	for _, ports := range order {
		p.Report(conflict(pub, worst[ports], append(related[ports], loaders[ports]...)))
	}
	if len(order) == 0 && len(ignored) > 0 {
		p.Report(ignored[0])
	}
}

func conflict(pub meet.Publication, c clash, related []Related) Finding {
	f := aboutValue(pub.Mapping)
	f.Severity, f.Message, f.Hint, f.Related = c.severity, c.message, c.hint, append(f.Related, related...)
	return f
}

// clash is how two publications collide; severity Off means they do not.
type clash struct {
	severity      Severity
	message, hint string
}

func (p *Pass) compare(a, b meet.Publication) clash {
	if a.Protocol != b.Protocol || !ports.AddressesOverlap(a.HostIP, b.HostIP) || a.Repeats(b) ||
		strategies.SharesVariable(a.Mapping, b.Mapping) || appends(a, b) || p.Project.Exclusive(a.Profiles, b.Profiles) {
		return clash{}
	}
	port := a.HostPort.Ports.Common(b.HostPort.Ports)
	who := other(a, b)
	if p.Project.Swarm && a.Mode == "host" && b.Mode == "host" {
		return clash{Warning, fmt.Sprintf("%s also published by %s: the two can't run on one node", port.Named(b.Protocol)+port.IsOrAre(), who), "give one of the two another host port"}
	}
	switch picksA, picksB := a.Picks(), b.Picks(); {
	case picksA && picksB:
		return clash{}
	case picksA || picksB:
		return clash{
			Warning, fmt.Sprintf("%s inside a range that Docker picks from: %s publishes it too", port.Named(b.Protocol)+port.IsOrAre(), who),
			"move the port out of the range",
		}
	}
	together := p.together(a.Profiles, b.Profiles)
	if len(together) > 1 {
		movable := a.Movable() || b.Movable()
		if movable && p.apart(a, b) {
			return clash{}
		}
		hint := "give one of the two another host port"
		if movable {
			hint += ", or each its own on this machine: " + p.commands().Portmoor("detect")
		}
		return clash{
			Warning, fmt.Sprintf("%s also published by %s when the profiles %s run together", port.Named(b.Protocol)+port.IsOrAre(), who, strings.Join(p.Project.Written(together...), " and ")),
			hint + "; profiles that never run together can be listed under alternatives in .portmoor.yaml",
		}
	}
	return clash{Error, fmt.Sprintf("%s already published by %s", port.Named(b.Protocol)+port.IsOrAre(), who), "give one of the two another host port"}
}

// together is the smallest set of profiles under which both services start.
func (p *Pass) together(a, b []string) []string { return p.Project.TogetherBy(a, b) }

func publishedAt(pub meet.Publication) Related {
	return relatedTo(pub.Mapping, "service "+quote(pub.Service)+" publishes it here")
}
