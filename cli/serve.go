package cli

import (
	"cmp"
	"fmt"
	"os/signal"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/child"
	"github.com/portmoor/portmoor/registry/api"
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
			&cli.BoolFlag{Name: "open", Usage: "open the page in the browser"},
			configFlag(),
		},
		Action: registrar{c}.runServe,
	}
}

// registrar is the program at work for the registry.
type registrar struct{ *program }

// runServe serves until it is told to end.
func (c registrar) runServe(ctx *cli.Context) error {
	settings, err := workspace.RegistryOf(c.request(ctx))
	bus, wrong := settings.NATS()
	token, unread := settings.Token(ctx.String("token-file"))
	if err = cmp.Or(err, wrong, unread); err != nil {
		return err
	}
	o := node.Options{Bus: node.Bus(bus), Options: api.Options{
		Token: token, Listen: cmp.Or(ctx.String("listen"), settings.Listen, api.DefaultListen), Version: version(), Mesh: cmp.Or(c.variable("MESH_NAME"), "local"), Say: c.say,
	}, Host: ctx.String("advertise-host"), Open: ctx.Bool("open"), Ledger: settings.Ledger, Ready: func(url string) { fmt.Fprintln(c.Err, "the registry answers on "+url) }}
	until, stop := signal.NotifyContext(ctx.Context, child.Endings()...)
	defer stop()
	if o.Engine, err = c.connect(); err != nil {
		c.tellAll([]say.Problem{say.Of(err)}) // what is remembered and added is served
	} else {
		defer o.Engine.Close() //nolint:errcheck // nothing is left to be sent
	}
	return node.Run(until, o)
}
