// Package node is a registry at work on one host: it is told of this machine's services,
// and serves what it knows.
//
//	err := node.Run(ctx, node.Options{Options: api.Options{Listen: api.DefaultListen}, Engine: engine})
package node

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/registry"
	"github.com/portmoor/portmoor/registry/api"
	"github.com/portmoor/portmoor/registry/nats"
	"github.com/portmoor/portmoor/registry/sources"
	"github.com/portmoor/portmoor/say"
)

// Bus is a NATS server.
type Bus = nats.Server

// Options are what a registry is told of its host.
type Options struct {
	api.Options

	// Host is where services of this machine, or of the engine's, are reached; "" for the host
	// of an engine that is elsewhere, else for what [Advertised] finds.
	Host string
	// Engine is whose containers are listed; nil for none.
	Engine *docker.Engine
	// Ledger is the file of the ports that are remembered; "" for none.
	Ledger string
	// Bus connects this registry with those of other hosts; one without a URL does not.
	Bus Bus
	// Ready is told the URL when the registry answers; nil for nobody.
	Ready func(url string)
	// Open opens the page in this machine's browser.
	Open bool
}

// Run serves until the context ends, which is no error.
func Run(ctx context.Context, o Options) error {
	o.Host = o.host(ctx)
	o.Hostname, _ = os.Hostname() // "" is told where there is none
	o.Names = append(o.Names, o.Host, o.Hostname)
	r := registry.New(registry.Options{Host: o.Host})
	if o.Bus.URL != "" {
		o.NATS = nats.Visible(o.Bus.URL)
	}
	server := api.New(r, o.Options)
	var bus *nats.Backend
	if o.Bus.URL != "" {
		var err error
		if bus, err = nats.New(r, nats.Options{Server: o.Bus, Connected: server.Connected, Say: o.Say}); err != nil {
			return err
		}
	}
	l, err := server.Listen(ctx)
	if err != nil {
		return err
	}
	if o.Ready != nil {
		o.Ready("http://" + l.Addr().String())
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var g errgroup.Group
	if o.Open {
		g.Go(func() error { return say.Guard(func() { show(ctx, l.Addr().String(), o) }) })
	}
	if o.Engine != nil {
		g.Go(func() error { return say.Guard(func() { containers(ctx, r, server, o) }) })
	}
	if o.Ledger != "" {
		g.Go(func() error { return say.Guard(func() { sources.Ledger(ctx, r, o.Ledger) }) })
	}
	if bus != nil {
		g.Go(func() error { return say.Guard(func() { others(ctx, bus, o) }) })
	}
	g.Go(func() error {
		defer stop()
		var err error
		bug := say.Guard(func() { err = server.Run(ctx, l) })
		return errors.Join(bug, err)
	})
	return g.Wait()
}

// host is where services are reached.
func (o Options) host(ctx context.Context) string {
	if o.Host == "" && o.Engine != nil {
		o.Host = o.Engine.Machine()
	}
	if o.Host == "" {
		o.Host = Advertised(ctx)
	}
	return o.Host
}

// containers keeps the registry at what the engine runs. An engine that can't be used at
// all is said, and the rest goes on.
func containers(ctx context.Context, r *registry.Registry, server *api.Server, o Options) {
	err := sources.Containers(ctx, r, o.Engine, sources.Options{
		Lost: func(err error) {
			p := say.Of(err)
			o.Say(p.Error()+": what runs there is listed as it was, until it answers again", p.Hint)
		},
		Back:  func() { server.EngineBack(); o.Say("the docker engine answers again", "") },
		Event: server.EngineEvent,
	})
	if err != nil && ctx.Err() == nil {
		p := say.Of(err)
		o.Say(p.Error(), p.Hint)
	}
}

// show opens the page. A browser that can't be opened is said, and the rest goes on.
func show(ctx context.Context, address string, o Options) {
	if err := browse(ctx, pageOf(address)); err != nil && ctx.Err() == nil {
		o.Say("the browser can't be opened: "+err.Error(), "open "+pageOf(address)+" yourself")
	}
}

// others keeps the registry at what those of other hosts say. An error of the connection
// is said, and the rest goes on.
func others(ctx context.Context, bus *nats.Backend, o Options) {
	if err := bus.Run(ctx); err != nil {
		p := say.Of(err)
		o.Say(p.Error(), p.Hint)
	}
}

// patience is how long the tailscale command may take.
const patience = time.Second

// Advertised is where others reach this machine: its address in a Tailscale network, else
// that of its name, else the loopback one.
func Advertised(ctx context.Context) string {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	if out, err := exec.CommandContext(ctx, "tailscale", "ip", "-4").Output(); err == nil {
		if first, _, _ := strings.Cut(string(out), "\n"); strings.HasPrefix(first, "100.") {
			if addr, err := netip.ParseAddr(strings.TrimSpace(first)); err == nil {
				return addr.String()
			}
		}
	}
	name, err := os.Hostname()
	if err != nil {
		return "127.0.0.1"
	}
	found, _ := net.DefaultResolver.LookupNetIP(ctx, "ip4", name) // none is found where it fails
	for _, addr := range found {
		if !addr.IsLoopback() {
			return addr.Unmap().String()
		}
	}
	return "127.0.0.1"
}
