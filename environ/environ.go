// Package environ is what commands and tools are told of the ports of a project, as
// variables of an environment, and how each tool writes them.
//
// The model: [Ports] are the host ports under the variables that hold them, [URLs] lead to
// the services, [Usual] are what clients of well-known images read, and [Derived] are the
// values that the configuration makes of ports. [Of]
// is all of them, each name once. It opens nothing and reads no environment.
//
//	variables, notes := environ.Of(project, ports, stack.Planned(host), values, stack.VariableOf)
//	text := environ.Format(variables, "export", "")
package environ

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/dotenv"
	"github.com/portmoor/portmoor/config/derive"
	"github.com/portmoor/portmoor/live"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/strategies"
)

// Of are the variables of a project's ports, of which planned are those that the next start
// will give, whatever is up: those of [Ports], then those of [Usual], of
// [URLs] and of [Derived]. A name that is there already keeps its value, but that of a derived
// one wins.
func Of(p *compose.Project, all, planned []live.Port, values map[string]derive.Value, variable func(live.Port) string) (variables []dotenv.Variable, notes []say.Problem) {
	shown := live.Shown(all)
	variables, notes = Ports(shown, variable)
	derived, more := Derived(slices.Concat(shown, planned), values)
	variables = slices.Concat(variables, Usual(p, shown), URLs(p, shown))
	seen := map[string]bool{}
	for _, v := range derived {
		seen[v.Name] = true
	}
	variables = slices.DeleteFunc(variables, func(v dotenv.Variable) bool {
		defer func() { seen[v.Name] = true }()
		return seen[v.Name]
	})
	return append(variables, derived...), append(notes, more...)
}

// Ports are the host ports that are bound, each as the variable that holds it, or that
// would. Of several replicas the first one counts, since a variable has one value. What is
// not bound is a finding.
func Ports(shown []live.Port, variable func(live.Port) string) (variables []dotenv.Variable, notes []say.Problem) {
	for _, p := range shown {
		if p.HostPort == 0 {
			notes = append(notes, say.Problem{Kind: say.Finding, Message: fmt.Sprintf("port %s of service %s is not bound, and left out", p.Target(), p.Service)})
		}
	}
	values := map[string]string{}
	setOnce := func(name, value string) bool { // reports whether the name has this value
		old, there := values[name]
		if !there {
			values[name] = value
			variables = append(variables, dotenv.Variable{Name: name, Value: value})
		}
		return !there || old == value
	}
	first := map[string]string{} // the container of a service that counts
	for _, group := range live.ByMapping(live.Bound(shown)) {
		p := group[0]
		if id, known := first[p.Service]; known && id != p.Container.ID {
			if id != "" {
				notes = append(notes, say.Problem{Kind: say.Note, Message: fmt.Sprintf("service %s runs several times: these are the ports of its first container", p.Service), Hint: "--format json has all"})
			}
			first[p.Service] = "" // said
			continue
		}
		first[p.Service] = p.Container.ID
		if name, value := variable(p), live.RangeText(group); name != "" && value != "" && setOnce(name, value) {
			continue
		}
		for _, p := range group { // no one name, or no one value
			setOnce(strategies.VariableName(p.Service, strings.ToUpper(fmt.Sprint(p.ContainerPort, suffix(p.Protocol)))), strconv.Itoa(p.HostPort))
		}
	}
	return variables, notes
}

func suffix(protocol string) string {
	if protocol == "tcp" {
		return ""
	}
	return "_" + protocol
}

// unguessed is what clients of databases read, for which the URL of a port lacks a name
// and a password: only the configuration says it.
const unguessed = "DATABASE_URL"

// URLs are what leads to each service that is up: SERVICE_URL to its first port of HTTP in
// the order of its files, else to its first port, and SERVICE_PORT_URL, with the container
// port, to each of the others. Of several replicas the first one counts.
func URLs(p *compose.Project, shown []live.Port) (variables []dotenv.Variable) {
	order := map[*compose.Mapping]int{}
	for m := range p.Each() {
		order[m] = len(order) + 1
	}
	first := map[string]string{} // the container of a service that counts
	of := map[string][]live.Port{}
	for _, port := range live.Bound(shown) {
		if port.URL == "" || port.Container.ID != cmp.Or(first[port.Service], port.Container.ID) {
			continue
		}
		first[port.Service] = port.Container.ID
		of[port.Service] = append(of[port.Service], port)
	}
	rank := func(port live.Port) int {
		at := cmp.Or(order[port.Mapping], len(order)+1) // what no file asks for is last
		if !strings.HasPrefix(port.URL, "http") {
			at += len(order) + 1
		}
		return at
	}
	for _, service := range slices.Sorted(maps.Keys(of)) {
		slices.SortStableFunc(of[service], func(a, b live.Port) int { return rank(a) - rank(b) })
		for i, port := range of[service] {
			part := ""
			if i > 0 {
				part = strconv.Itoa(port.ContainerPort)
			}
			name := strings.TrimSuffix(strategies.VariableName(service, part), "_HOST_PORT") + "_URL"
			if name != unguessed {
				variables = append(variables, dotenv.Variable{Name: name, Value: port.URL})
			}
		}
	}
	return variables
}

// Derived are values with the addresses of ports in them, sorted by name: that of the first
// container where one is up, else the one that the next start will give. A value that
// lacks one is left out, which is a finding.
func Derived(shown []live.Port, values map[string]derive.Value) (variables []dotenv.Variable, notes []say.Problem) {
	address := func(asked derive.Port) (found string) {
		for _, p := range shown {
			if p.Service != asked.Service || p.ContainerPort != asked.Number || p.Protocol != asked.Protocol {
				continue
			}
			if p.HostPort > 0 && p.Address() != "" {
				return p.Address()
			}
			found = cmp.Or(found, p.Address())
		}
		return found
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value, missing := values[name].With(address)
		if missing != nil {
			notes = append(notes, say.Problem{Kind: say.Finding, Message: fmt.Sprintf("%s is left out: %s has no host port that is known now", name, missing[0])})
			continue
		}
		variables = append(variables, dotenv.Variable{Name: name, Value: value})
	}
	return variables, notes
}
