// Package sources tells a registry what this machine knows by itself: the containers of
// its engine, as events tell of them, and the ports that are remembered for projects that
// are down.
//
//	go sources.Containers(ctx, reg, engine, sources.Options{})
//	go sources.Ledger(ctx, reg, path)
package sources

import (
	"cmp"
	"context"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/registry"
	"github.com/portmoor/portmoor/say"
)

// Options are who is told how it goes. The zero value tells nobody.
type Options struct {
	// Lost is told once why the engine does not answer, and Back when it does again.
	Lost func(error)
	Back func()
	// Event is told how long an event took to get here.
	Event func(lag time.Duration)
}

// ledgerEvery is how often the ledger's file is looked at.
const ledgerEvery = 2 * time.Second

// Containers keeps a registry at what the engine runs, until the context ends. What the
// engine said stays for a while when it ends.
func Containers(ctx context.Context, r *registry.Registry, engine *docker.Engine, o Options) error {
	var away atomic.Bool
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() { _ = say.Guard(func() { renew(ctx, r, &away) }) }()
	return engine.Watch(ctx, func(projects []string, since time.Time) error {
		if len(projects) == 0 {
			all, err := engine.Containers(ctx)
			if err != nil {
				return err
			}
			r.Replace(registry.Engine, byProject(all))
		}
		for _, p := range projects {
			own, err := engine.Project(ctx, p)
			if err != nil {
				return err
			}
			r.Set(registry.Engine, p, Services(own))
		}
		if o.Event != nil && !since.IsZero() {
			o.Event(time.Since(since))
		}
		if away.Swap(false) && o.Back != nil {
			o.Back()
		}
		return nil
	}, func(err error) {
		if away.Store(true); o.Lost != nil {
			o.Lost(err)
		}
	})
}

// renewEvery is how often what an engine has said is true again while it says nothing.
var renewEvery = time.Minute

// renew keeps what the engine runs from going stale, but while it is away.
func renew(ctx context.Context, r *registry.Registry, away *atomic.Bool) {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if !away.Load() {
				r.Renew(registry.Engine)
			}
		}
	}
}

func byProject(all []docker.Container) map[string][]registry.Service {
	containers := map[string][]docker.Container{}
	for _, c := range all {
		if c.Project != "" {
			containers[c.Project] = append(containers[c.Project], c)
		}
	}
	services := make(map[string][]registry.Service, len(containers))
	for project, own := range containers {
		services[project] = Services(own)
	}
	return services
}

// bound is a port, as a service's metadata has it.
type bound struct {
	Container int    `json:"container"`
	Protocol  string `json:"protocol"`
	HostIP    string `json:"host_ip"`
	Host      int    `json:"host"`
}

// Services are those of a project's containers, one for each service that has a host port:
// its first TCP port, or its first one. A service of which no container runs is down, and
// has no port here.
func Services(containers []docker.Container) (all []registry.Service) {
	byName := map[string][]docker.Container{}
	var names []string
	for _, c := range containers {
		if c.OneOff || c.Service == "" {
			continue
		}
		if byName[c.Service] == nil {
			names = append(names, c.Service)
		}
		byName[c.Service] = append(byName[c.Service], c)
	}
	for _, name := range names {
		all = append(all, service(name, byName[name]))
	}
	return all
}

func service(name string, replicas []docker.Container) registry.Service {
	s := registry.Service{Name: name, Mode: registry.Docked, State: registry.Down, Metadata: map[string]any{"folder": replicas[0].WorkingDir}}
	var ports []bound
	running := 0
	for _, c := range replicas {
		if !c.Running() {
			continue
		}
		running++
		s.State = registry.Up
		s.Health = worse(s.Health, map[string]registry.Health{"healthy": registry.Healthy, "unhealthy": registry.Unhealthy, "starting": registry.Unknown}[c.Health])
		for _, b := range c.Bindings {
			ports = append(ports, bound{b.ContainerPort, b.Protocol, b.HostIP, b.HostPort})
		}
	}
	if running > 1 {
		s.Metadata["replicas"] = running
	}
	if len(ports) == 0 {
		return s
	}
	slices.SortStableFunc(ports, func(a, b bound) int {
		return cmp.Or(cmp.Compare(rank[a.Protocol], rank[b.Protocol]), cmp.Compare(a.Container, b.Container))
	})
	s.Port = ports[0].Host
	s.Metadata["container_port"], s.Metadata["protocol"], s.Metadata["ports"] = ports[0].Container, ports[0].Protocol, ports
	if addr, err := netip.ParseAddr(ports[0].HostIP); err == nil && !addr.IsUnspecified() {
		s.Metadata["address"] = ports[0].HostIP
	}
	return s
}

// rank has TCP before all other protocols.
var rank = map[string]int{"udp": 1, "sctp": 2}

// worse is what is true of a service of which replicas have some health.
func worse(a, b registry.Health) registry.Health {
	order := []registry.Health{registry.Unhealthy, registry.Unknown, registry.Healthy, ""}
	return order[min(slices.Index(order, a), slices.Index(order, b))]
}

// Ledger keeps a registry at the ports that a ledger has, until the context ends. Of two
// checkouts of one project the one that runs counts. A file that can't be read leaves it as
// it was.
func Ledger(ctx context.Context, r *registry.Registry, path string) {
	tick := time.NewTicker(ledgerEvery)
	defer tick.Stop()
	var seen os.FileInfo
	var all []allocate.Remembered
	var chosen []int
	for {
		news := false
		if now, err := os.Stat(path); err == nil && (seen == nil || now.ModTime() != seen.ModTime() || now.Size() != seen.Size()) {
			if read, err := allocate.All(path); err == nil {
				all, seen, news = lists.Only(read, func(r allocate.Remembered) bool { return !r.Gone }), now, true
			}
		}
		if some := counting(all, r); news || !slices.Equal(some, chosen) {
			chosen = some
			r.Replace(registry.Remembered, remembered(lists.Map(some, func(i int) allocate.Remembered { return all[i] })))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// counting are the checkouts that count, by index: one of each project, the one of which
// services run, else the first by folder.
func counting(all []allocate.Remembered, r *registry.Registry) (some []int) {
	at := map[string][]int{}
	for i, of := range all {
		at[of.Project] = append(at[of.Project], i)
	}
	running := map[string]bool{} // folders
	if len(at) < len(all) {
		for _, s := range r.Own() {
			if folder, _ := s.Metadata["folder"].(string); s.State == registry.Up {
				running[folder] = true
			}
		}
	}
	for _, these := range at {
		best := slices.IndexFunc(these, func(i int) bool { return running[all[i].Checkout] })
		some = append(some, these[max(best, 0)])
	}
	slices.Sort(some)
	return some
}

// remembered are the services that ports are remembered for, by project.
func remembered(all []allocate.Remembered) map[string][]registry.Service {
	services := map[string][]registry.Service{}
	for _, of := range all {
		first := map[string]string{} // by service, the key that stands for it
		for key := range of.Ports {
			name, _, _ := strings.Cut(key, ":")
			if other, known := first[name]; !known || before(of, key, other) {
				first[name] = key
			}
		}
		for name, key := range first {
			s := registry.Service{
				Name: name, Port: of.Ports[key].First, Mode: registry.Docked, State: registry.Down,
				Metadata: map[string]any{"folder": of.Checkout, "assigned": of.Ports[key].First},
			}
			port, protocol := keyed(of, key)
			for field, n := range map[string]int{"container_port": port, "default": of.Defaults[key]} {
				if n > 0 {
					s.Metadata[field] = n
				}
			}
			if protocol != "" {
				s.Metadata["protocol"] = protocol
			}
			services[of.Project] = append(services[of.Project], s)
		}
	}
	return services
}

// keyed are the container port and the protocol of a key; zero where nobody says.
func keyed(of allocate.Remembered, key string) (port int, protocol string) {
	_, rest, _ := strings.Cut(key, ":") // container[-last][/protocol][@address][#n]
	if end := strings.IndexAny(rest, "@#"); end >= 0 {
		rest = rest[:end]
	}
	text, protocol, _ := strings.Cut(rest, "/")
	text, _, _ = strings.Cut(text, "-")
	port, _ = strconv.Atoi(text) // 0 where it names none
	return cmp.Or(of.Containers[key], port), protocol
}

// before reports a key that stands for its service before another one, as the first port of
// its containers does: TCP, and the lower port of the container.
func before(of allocate.Remembered, a, b string) bool {
	portA, protocolA := keyed(of, a)
	portB, protocolB := keyed(of, b)
	return cmp.Or(cmp.Compare(rank[protocolA], rank[protocolB]), cmp.Compare(portA, portB), cmp.Compare(a, b)) < 0
}
