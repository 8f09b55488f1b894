package cli

import (
	"cmp"
	"fmt"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/registry/api"
	"github.com/portmoor/portmoor/registry/client"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/workspace"
)

func servicesCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:  "services",
		Usage: "list what the service registry knows",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "registry", Usage: "ask the registry at `URL`", DefaultText: "$" + workspace.RegistryVariable + ", or http://" + api.DefaultListen},
			configFlag(),
			formatFlag("how to print the services", formatNames...),
		},
		Action: registrar{c}.runServices,
	}
}

// runServices asks a registry for all that it knows.
func (c registrar) runServices(ctx *cli.Context) error {
	settings, err := workspace.RegistryOf(c.request(ctx))
	if err != nil {
		return err
	}
	to, err := client.New(cmp.Or(ctx.String("registry"), settings.URL, "http://"+api.DefaultListen), "")
	if err != nil {
		return err
	}
	services, err := to.List(ctx.Context)
	if err != nil {
		return err
	}
	if ctx.String("format") == "json" {
		return say.JSON(c.Out, map[string]any{"version": 1, "services": services}, true)
	}
	t := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	for _, s := range services {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", say.Visible(s.Name), say.Visible(s.Project()), s.State, s.Health, say.Visible(cmp.Or(s.URL(), fmt.Sprintf("%s:%d", s.Host, s.Port))))
	}
	return t.Flush()
}
