package cli

import (
	"cmp"
	"fmt"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
)

func (c *commands) show() *cli.Command {
	return &cli.Command{
		Name:   "show",
		Usage:  "list the host ports of the project: default, assigned, and who says so",
		Flags:  oneProjectFlags(&cli.StringFlag{Name: "format", Value: "text", Usage: "how to print the ports, `FORMAT` is " + choice(formatNames)}),
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
	if ctx.String("format") == "json" {
		return c.showJSON(s)
	}
	t := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "PORT OF\tPORT\tDEFAULT\tASSIGNED\tVARIABLE\tFROM")
	for _, u := range s.units {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", visible(u.Key), cmp.Or(u.Want.String(), "-"),
			cmp.Or(s.defaultOf(u), "-"), cmp.Or(s.assignedTo(u), "-"), u.Var, sourceName(allocate.Outcome{Unit: u}))
	}
	return t.Flush()
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
}

func (c *commands) showJSON(s *stack) error {
	ports := []shownPort{}
	for _, u := range s.units {
		for _, m := range s.served[u.Key] {
			ports = append(ports, shownPort{
				Project: s.project.Name, Service: m.Service, Key: u.Key, ContainerPort: m.Container.String(), Protocol: m.Protocol, HostIP: m.HostIP,
				HostPort: u.Want.String(), Variable: u.Var, Default: s.defaultOf(u), Assigned: s.assignedTo(u), Source: sourceName(allocate.Outcome{Unit: u}),
			})
		}
	}
	return c.printJSON(struct {
		Version int         `json:"version"`
		Ports   []shownPort `json:"ports"`
	}{1, ports})
}

// assignedTo is what is remembered for a unit, "" for nothing.
func (s *stack) assignedTo(u allocate.Unit) string {
	a, known := s.store.Assigned[u.Key]
	if !known {
		return ""
	}
	return compose.PortRange{First: a.Port, Last: a.Port + max(a.Width, 1) - 1}.String()
}

// defaultOf is the port that the compose file gives a unit, "" for none.
func (s *stack) defaultOf(u allocate.Unit) string {
	return s.served[u.Key][0].HostPort.DefaultPorts.String()
}
