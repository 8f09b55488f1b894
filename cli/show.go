package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/live"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
)

func (c *commands) show() *cli.Command {
	return &cli.Command{
		Name:  "show",
		Usage: "list the host ports of the project: default, assigned, live, and who says so",
		Description: `STATE says how what Docker has bound compares with what the next start would: ok, drifted
(bound to another port), foreign (not bound, and somebody else has the port) or down.`,
		Flags:  oneProjectFlags(&cli.StringFlag{Name: "format", Value: "text", Usage: "how to print the ports, `FORMAT` is " + say.Or(formatNames)}),
		Action: c.runShow,
	}
}

func (c *commands) runShow(ctx *cli.Context) error {
	if err := oneOf(ctx, "format", formatNames); err != nil {
		return err
	}
	s, err := c.openStack(ctx, reading)
	if err != nil {
		return err
	}
	defer s.store.Close() //nolint:errcheck // the lock ends with the process
	engine := c.askEngine(ctx.Context)
	if err := s.refuseElsewhere(engine.containers, engine.remote); err != nil {
		return err
	}
	rows := c.showRows(s)
	if ctx.String("format") == "json" {
		return c.showJSON(s, rows)
	}
	t := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "PORT OF\tPORT\tDEFAULT\tASSIGNED\tLIVE\tSTATE\tVARIABLE\tFROM")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", say.Visible(r.Key), cmp.Or(r.Want.String(), "-"), cmp.Or(r.defaults(), "-"),
			cmp.Or(r.assigned(s), "-"), cmp.Or(hostPorts(r.ports), "-"), cmp.Or(string(state(r.ports)), "-"), r.Var, r.source())
	}
	return t.Flush()
}

// shownRow is an assignment with the mappings it serves, or a mapping whose port
// Docker picks, and what they have now.
type shownRow struct {
	allocate.Unit

	mappings []*compose.Mapping
	picked   bool // by Docker
	// hostNetwork reports that the container port is the host port.
	hostNetwork bool
	ports       []live.Port // none when the engine did not answer
}

// showRows are the rows of a project, sorted by key.
func (c *commands) showRows(s *stack) (rows []shownRow) {
	for _, u := range s.units {
		rows = append(rows, shownRow{Unit: u, mappings: s.served[u.Key]})
	}
	for i := range s.project.Mappings {
		if m := &s.project.Mappings[i]; m.Dropped == compose.Published && s.unitOf(m) < 0 {
			row := shownRow{mappings: []*compose.Mapping{m}, hostNetwork: s.service(m.Service).HostNetwork}
			row.Unit, row.picked = s.unassigned(m)
			rows = append(rows, row)
		}
	}
	if c.engine.answered {
		rows = c.withLive(s, rows)
	}
	rows = slices.DeleteFunc(rows, func(r shownRow) bool { return len(r.ports) == 0 && s.service(r.Service).Scale == 0 })
	slices.SortStableFunc(rows, func(a, b shownRow) int { return cmp.Compare(a.Key, b.Key) })
	return rows
}

// withLive adds what the engine has bound to rows, and rows for what is bound
// though no mapping asks for it.
func (c *commands) withLive(s *stack, rows []shownRow) []shownRow {
	engine := c.engine
	own := slices.DeleteFunc(slices.Clone(engine.containers), func(d docker.Container) bool { return d.Project != s.project.Name })
	for _, p := range live.Shown(s.join(own, s.looking(engine.containers, engine.remote), engine.remote, engine.host)) {
		i := slices.IndexFunc(rows, func(r shownRow) bool { return p.Mapping != nil && slices.Contains(r.mappings, p.Mapping) })
		switch {
		case p.Container.OneOff: // of docker compose run
		case i >= 0:
			rows[i].ports = append(rows[i].ports, p)
		default:
			u := allocate.Unit{Key: fmt.Sprintf("%s:%d", p.Service, p.ContainerPort), Service: p.Service}
			rows = append(rows, shownRow{Unit: u, ports: []live.Port{p}})
		}
	}
	for i, r := range rows { // what the chosen profiles do not start is not missed where something else runs
		if wanted := slices.DeleteFunc(slices.Clone(r.ports), func(p live.Port) bool { return p.HostPort == 0 && !s.started(p.Service) }); len(wanted) > 0 {
			rows[i].ports = wanted
		}
	}
	return rows
}

// defaults is the port that the compose file gives a row, "" for none.
func (r shownRow) defaults() string {
	if len(r.mappings) == 0 {
		return ""
	}
	return r.mappings[0].HostPort.DefaultPorts.String()
}

// assigned is what is remembered for a row, "" for nothing that counts.
func (r shownRow) assigned(s *stack) string {
	if r.picked {
		return ""
	}
	return s.assignedTo(r.Unit).String()
}

func (r shownRow) source() string {
	switch {
	case len(r.mappings) == 0:
		return "another file"
	case r.picked && r.hostNetwork:
		return "host network"
	case r.picked:
		return "docker"
	}
	return sourceName(allocate.Outcome{Unit: r.Unit})
}

// of are the ports of one mapping of the row.
func (r shownRow) of(m *compose.Mapping) (ports []live.Port) {
	for _, p := range r.ports {
		if p.Mapping == m {
			ports = append(ports, p)
		}
	}
	return ports
}

// state sums up ports: what is not as it should be is what a reader has to know.
func state(ports []live.Port) live.State {
	for _, s := range []live.State{live.Drifted, live.Foreign, live.Down, live.OK} {
		if slices.ContainsFunc(ports, func(p live.Port) bool { return p.State == s }) {
			return s
		}
	}
	return ""
}

// hostPorts are the host ports that are bound, ranges in short.
func hostPorts(has []live.Port) string {
	var numbers []int
	for _, p := range live.Bound(live.Shown(has)) {
		numbers = append(numbers, p.HostPort)
	}
	slices.Sort(numbers)
	var parts []string
	numbers = slices.Compact(numbers)
	for i := 0; i < len(numbers); {
		r := ports.Range{First: numbers[i], Last: numbers[i]}
		for i++; i < len(numbers) && numbers[i] == r.Last+1; i++ {
			r.Last++
		}
		parts = append(parts, r.String())
	}
	return strings.Join(parts, ",")
}

// shownPort is one mapping in the JSON of show.
type shownPort struct {
	Project       string `json:"project"`
	Service       string `json:"service"`
	Key           string `json:"key"`
	ContainerPort string `json:"container_port"`
	Protocol      string `json:"protocol"`
	HostIP        string `json:"host_ip"`
	HostPort      string `json:"host_port"`
	Variable      string `json:"variable"`
	Default       string `json:"default"`
	Assigned      string `json:"assigned"`
	Source        string `json:"source"`
	Live          string `json:"live"`
	State         string `json:"state"`
	URL           string `json:"url"`
}

func (c *commands) showJSON(s *stack, rows []shownRow) error {
	ports := []shownPort{}
	for _, r := range rows {
		if len(r.mappings) == 0 {
			p := r.ports[0]
			ports = append(ports, shownPort{
				Project: s.project.Name, Service: r.Service, Key: r.Key, ContainerPort: strconv.Itoa(p.ContainerPort), Protocol: p.Protocol, HostIP: p.HostIP,
				Source: r.source(), Live: hostPorts(r.ports), State: string(p.State), URL: p.URL,
			})
		}
		for _, m := range r.mappings {
			has := r.of(m)
			p := shownPort{
				Project: s.project.Name, Service: m.Service, Key: r.Key, ContainerPort: m.Container.String(), Protocol: m.Protocol, HostIP: m.HostIP,
				HostPort: r.Want.String(), Variable: r.Var, Default: r.defaults(), Assigned: r.assigned(s), Source: r.source(),
				Live: hostPorts(has), State: string(state(has)),
			}
			if there := live.Bound(live.Shown(has)); len(there) > 0 {
				p.URL = there[0].URL
			}
			ports = append(ports, p)
		}
	}
	return say.JSON(c.Out, struct {
		Version int         `json:"version"`
		Ports   []shownPort `json:"ports"`
	}{1, ports}, true)
}

// assignedTo is what is remembered for a unit, zero for nothing.
func (s *stack) assignedTo(u allocate.Unit) ports.Range {
	a, known := s.store.Assigned[u.Key]
	if !known {
		return ports.Range{}
	}
	return ports.Range{First: a.Port, Last: a.Port + max(a.Width, 1) - 1}
}
