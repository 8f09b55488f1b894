package cli

import (
	"cmp"
	"context"
	"fmt"
	"os/signal"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/registry"
	"github.com/portmoor/portmoor/registry/api"
	"github.com/portmoor/portmoor/registry/client"
	"github.com/portmoor/portmoor/registry/node"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/workspace"
)

func serveCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:  "serve",
		Usage: "run the service registry: what runs where, as an API and as a page",
		Description: `It lists the services of every compose project on the engine, those that are down with the ports
that are remembered, and what clients add. Browsers find a page of links at its address.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "listen", Usage: "listen on `HOST:PORT`", DefaultText: api.DefaultListen},
			&cli.StringFlag{Name: "advertise-host", Usage: "say that services of this machine are reached at `HOST`"},
			&cli.StringFlag{Name: "token-file", Usage: "want the secret in `FILE` from who writes", TakesFile: true},
			configFlag(),
		},
		Action: c.runServe,
	}
}

// runServe serves until it is told to end.
func (c *program) runServe(ctx *cli.Context) error {
	settings, err := workspace.RegistryOf(c.request(ctx))
	if err != nil {
		return err
	}
	o := node.Options{Options: api.Options{
		Listen: cmp.Or(ctx.String("listen"), settings.Listen, api.DefaultListen), Version: version(), Mesh: cmp.Or(c.variable("MESH_NAME"), "local"), Say: c.say,
	}, Host: ctx.String("advertise-host"), Ledger: settings.Ledger, Ready: func(url string) { fmt.Fprintln(c.Err, "the registry answers on "+url) }}
	if o.Token, err = settings.Token(ctx.String("token-file")); err != nil {
		return err
	}
	until, stop := signal.NotifyContext(ctx.Context, endings()...)
	defer stop()
	if o.Engine, err = c.connect(); err != nil {
		c.tellAll([]say.Problem{say.Of(err)}) // what is remembered and added is served
	} else {
		defer o.Engine.Close() //nolint:errcheck // nothing is left to be sent
	}
	return node.Run(until, o)
}

func servicesCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:  "services",
		Usage: "list what the service registry knows",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "registry", Usage: "ask the registry at `URL`", DefaultText: "$" + workspace.RegistryVariable + ", or http://" + api.DefaultListen},
			configFlag(),
			formatFlag("how to print the services", formatNames...),
		},
		Action: c.runServices,
	}
}

// runServices asks a registry for all that it knows.
func (c *program) runServices(ctx *cli.Context) error {
	settings, err := workspace.RegistryOf(c.request(ctx))
	if err != nil {
		return err
	}
	to, err := client.New(cmp.Or(ctx.String("registry"), settings.URL, "http://"+api.DefaultListen), "")
	if err != nil {
		return err
	}
	return c.printServices(ctx.Context, to, ctx.String("format"))
}

// servicesReport is the JSON of services, version 1.
type servicesReport struct {
	Version  int                `json:"version"`
	Services []registry.Service `json:"services"`
}

func (c *program) printServices(ctx context.Context, to *client.Client, format string) error {
	services, err := to.List(ctx)
	if err != nil {
		return err
	}
	if format == "json" {
		return say.JSON(c.Out, servicesReport{1, services}, true)
	}
	t := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	for _, s := range services {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", say.Visible(s.Name), say.Visible(s.Project()), s.State, s.Health, say.Visible(cmp.Or(s.URL(), fmt.Sprintf("%s:%d", s.Host, s.Port))))
	}
	return t.Flush()
}
