package cli

import (
	"cmp"
	"fmt"
	"strconv"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/live"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
)

func showCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:  "show",
		Usage: "list the host ports of the project: default, assigned and live",
		Description: `STATE says how what Docker has bound compares with what the next start would: ok, drifted
(bound to another port), foreign (not bound, and something else has the port) or down.`,
		Flags:  oneProjectFlags(formatFlag("how to print the ports", formatNames...)),
		Action: c.runShow,
	}
}

// runShow lists what is wanted, what is remembered, and what Docker has bound.
func (c *program) runShow(ctx *cli.Context) error {
	s, err := c.openOne(ctx, stack.Options{})
	if err != nil {
		return err
	}
	rows, err := s.Rows(c.askFor(ctx.Context, s.Concerned))
	if err != nil {
		return err
	}
	if ctx.Bool("verbose") {
		for _, u := range s.Unread(s.Project) {
			c.say(s.Place(u.File.File, u.File.Line(u.Names[0]))+": "+u.Message(), u.Hint())
		}
	}
	if ctx.String("format") == "json" {
		return say.JSON(c.Out, shownReport{1, shownPorts(s.Project.Name, rows)}, true)
	}
	t := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "PORT OF\tPORT\tDEFAULT\tASSIGNED\tLIVE\tSTATE\tVARIABLE\tFROM")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", say.Visible(r.Key), cmp.Or(r.Want.String(), "-"), cmp.Or(r.Default.String(), "-"),
			cmp.Or(r.Assigned.String(), "-"), cmp.Or(live.HostPorts(r.Ports), "-"), cmp.Or(string(live.Sum(r.Ports)), "-"), r.Var, r.From)
	}
	return t.Flush()
}

// shownReport is the JSON of show, version 1.
type shownReport struct {
	Version int         `json:"version"`
	Ports   []shownPort `json:"ports"`
}

// shownPort is one mapping.
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

func shownPorts(project string, rows []stack.Row) []shownPort {
	all := []shownPort{}
	for _, r := range rows {
		if len(r.Mappings) == 0 {
			has := r.Ports[0]
			all = append(all, shownPort{
				Project: project, Service: r.Service, Key: r.Key, ContainerPort: strconv.Itoa(has.ContainerPort), Protocol: has.Protocol, HostIP: has.HostIP,
				Source: r.From, Live: live.HostPorts(r.Ports), State: string(has.State), URL: has.URL,
			})
		}
		for _, m := range r.Mappings {
			has := r.Of(m)
			shown := shownPort{
				Project: project, Service: m.Service, Key: r.Key, ContainerPort: m.Container.String(), Protocol: m.Protocol, HostIP: m.HostIP,
				HostPort: r.Want.String(), Variable: r.Var, Default: r.Default.String(), Assigned: r.Assigned.String(), Source: r.From,
				Live: live.HostPorts(has), State: string(live.Sum(has)),
			}
			if there := live.Bound(live.Shown(has)); len(there) > 0 {
				shown.URL = there[0].URL
			}
			all = append(all, shown)
		}
	}
	return all
}
