package cli

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/portmoor/portmoor/compose/dotenv"
	"github.com/portmoor/portmoor/environ"
	"github.com/portmoor/portmoor/live"
	"github.com/portmoor/portmoor/live/names"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
)

// printPorts prints an answer as it was asked for.
func (c porter) printPorts(q question, s *stack.Stack, ports []live.Port) error {
	shown := live.Shown(ports)
	switch {
	case q.format == "json":
		return c.livePortsJSON(q, s, ports)
	case q.format == "env":
		variables, notes := environ.Ports(shown, s.VariableOf)
		c.tellAll(notes)
		fmt.Fprint(c.Out, dotenv.Lines(variables))
	case q.format == "url":
		url := func(p live.Port) string { return p.URL }
		return c.livePortsLines(q, shown, url, live.Lacks(fmt.Sprintf("service %s has no URL there", q.Service), "ports of tcp that can be reached from here have one"))
	case q.format == "port":
		number := func(p live.Port) string { return strconv.Itoa(p.HostPort) }
		return c.livePortsLines(q, live.Bound(shown), number, live.Lacks(fmt.Sprintf("service %s has no port that is bound", q.Service), live.Logs(s.About, q.Service)))
	case slices.Contains(names.Formats, q.format):
		return names.Write(c.Out, q.format, names.Of(s.Project.Name, shown))
	case q.Port > 0:
		fmt.Fprintln(c.Out, address(live.Bound(shown)[0]))
	default:
		return c.livePortsTable(shown)
	}
	return nil
}

// livePortsLines prints a line for each port that has one. None of a service is an
// error.
func (c porter) livePortsLines(q question, ports []live.Port, line func(live.Port) string, none error) error {
	for _, p := range ports {
		if text := line(p); text != "" {
			none = nil
			fmt.Fprintln(c.Out, text)
		}
	}
	if q.Service == "" {
		return nil
	}
	return none
}

// address is what a port is bound to, as docker port prints it.
func address(p live.Port) string {
	if p.HostPort == 0 {
		return "-"
	}
	return net.JoinHostPort(cmp.Or(p.HostIP, "0.0.0.0"), strconv.Itoa(p.HostPort))
}

func (c porter) livePortsTable(ports []live.Port) error {
	t := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "SERVICE\tCONTAINER\tPORT\tHOST\tSTATE\tURL")
	for _, p := range ports {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", say.Visible(p.Service), say.Visible(cmp.Or(p.Container.Title(), "-")), p.Target(), address(p), p.State, p.URL)
	}
	return t.Flush()
}

// livePort is one entry in the JSON of port: a container port of one container
// in one family.
type livePort struct {
	Project       string `json:"project"`
	Service       string `json:"service"`
	Container     string `json:"container"`
	Index         int    `json:"index"`
	Replicas      string `json:"replicas,omitempty"` // of a swarm's service: those that run, and those that should
	ContainerPort string `json:"container_port"`
	Protocol      string `json:"protocol"`
	HostIP        string `json:"host_ip"`
	HostPort      string `json:"host_port"`
	Variable      string `json:"variable"`
	Default       string `json:"default"`
	Assigned      string `json:"assigned"`
	State         string `json:"state"`
	URL           string `json:"url"`
}

func (c porter) livePortsJSON(q question, s *stack.Stack, ports []live.Port) error {
	report := struct {
		Version int        `json:"version"`
		Ports   []livePort `json:"ports"`
	}{1, []livePort{}}
	for _, p := range ports {
		entry := livePort{
			Project: s.Project.Name, Service: p.Service, Container: p.Container.Name, Index: p.Container.Number,
			ContainerPort: strconv.Itoa(p.ContainerPort), Protocol: p.Protocol, HostIP: p.HostIP, State: string(p.State), URL: p.URL,
		}
		entry.Replicas = p.Container.Replicas()
		if p.HostPort > 0 {
			entry.HostPort = strconv.Itoa(p.HostPort)
		}
		if p.Mapping != nil {
			entry.Variable = p.Mapping.HostPort.Var
			entry.Default = p.Mapping.HostPort.DefaultPorts.String()
			entry.Assigned = s.AssignedTo(p.Mapping).String()
		}
		report.Ports = append(report.Ports, entry)
	}
	return say.JSON(c.Out, report, !q.watch)
}
