package cli

import (
	"cmp"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/registry/api"
	"github.com/portmoor/portmoor/registry/client"
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
	return client.Write(c.Out, services, ctx.String("format") == "json")
}
