// Package checkouts is what of this machine belongs to whom: every checkout that the
// ledger or the engine knows, and what no compose project has.
//
// The model: [List] joins what is remembered with the containers of an engine, by folder
// and project; of each folder it asks Git's files for the branch. [Others] are the sockets
// and containers that are left. [Write] and [ReportOf] show both.
//
//	all := checkouts.List(remembered, engine)
//	err := checkouts.Write(w, all, nil, checkouts.Look{})
package checkouts

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/live"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/stack"
	"github.com/portmoor/portmoor/tree"
)

// Checkout is a project in a folder of this machine.
type Checkout struct {
	Project string
	// Folder is absolute; "" where its containers do not name it.
	Folder string
	// Branch is that of the folder, or the beginning of a commit; "" for neither.
	Branch string
	// Gone reports that the folder is gone for good.
	Gone bool
	// Asked reports that an engine has answered, so that Containers are all there are, but
	// for those of docker compose run.
	Asked      bool
	Containers []docker.Container
	// Ports are those that are bound, and those that are only assigned, sorted.
	Ports []Port
}

// Port is a port of a checkout, or a range of them that is assigned.
type Port struct {
	Service string
	// Container is the container port, zero where only the service is known.
	Container ports.Range
	Protocol  string
	HostIP    string // "" for every interface
	Host      ports.Range
	// Bound reports a port that a container has now; others are assigned.
	Bound bool
	// URL leads to a port that is bound; "" where there is no telling how.
	URL string
}

// Running counts the containers that run.
func (c Checkout) Running() int {
	return len(lists.Only(c.Containers, docker.Container.Running))
}

// State is up where a container runs, else down, and unknown where no engine answered.
func (c Checkout) State() string {
	switch {
	case !c.Asked:
		return "unknown"
	case c.Running() > 0:
		return "up"
	}
	return "down"
}

// List joins what is remembered with what an engine says, sorted by project and folder.
func List(remembered []allocate.Remembered, e stack.Engine) []Checkout {
	type key struct{ project, folder string }
	all := map[key]*Checkout{}
	at := func(project, folder string) *Checkout {
		k := key{project, folder}
		if all[k] == nil {
			all[k] = &Checkout{Project: project, Folder: folder, Asked: e.Answered}
		}
		return all[k]
	}
	for _, r := range remembered {
		c := at(r.Project, r.Checkout)
		c.Gone = r.Gone
		c.Ports = append(c.Ports, assigned(r)...)
	}
	for _, from := range e.Containers {
		if from.Project == "" || from.OneOff {
			continue
		}
		folder := from.WorkingDir
		if !e.Remote {
			folder = tree.Resolved(folder)
		}
		c := at(from.Project, folder)
		c.Containers = append(c.Containers, from)
	}
	list := lists.Map(slices.Collect(maps.Values(all)), func(c *Checkout) Checkout {
		c.join(e)
		return *c
	})
	slices.SortFunc(list, func(a, b Checkout) int {
		return cmp.Or(cmp.Compare(a.Project, b.Project), cmp.Compare(a.Folder, b.Folder))
	})
	return list
}

// join adds what the containers have bound, in the place of what is assigned, and what
// the folder tells.
func (c *Checkout) join(e stack.Engine) {
	running := lists.Only(c.Containers, docker.Container.Running)
	bound := lists.Map(live.Bound(live.Shown(live.Join(&compose.Project{}, running, live.Options{Host: e.Host}))), func(p live.Port) Port {
		return Port{Service: p.Service, Container: ports.One(p.ContainerPort), Protocol: p.Protocol, HostIP: everywhere(p.HostIP), Host: ports.One(p.HostPort), Bound: true, URL: p.URL}
	})
	c.Ports = slices.DeleteFunc(c.Ports, func(a Port) bool {
		return slices.ContainsFunc(bound, func(b Port) bool { return a.Protocol == b.Protocol && a.Host.Overlaps(b.Host) })
	})
	c.Ports = append(c.Ports, bound...)
	slices.SortFunc(c.Ports, func(a, b Port) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Container.First, b.Container.First), cmp.Compare(a.Host.First, b.Host.First), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.HostIP, b.HostIP))
	})
	c.Ports = slices.Compact(c.Ports)
	if c.Folder != "" && (len(c.Containers) == 0 || !e.Remote) {
		c.Gone = allocate.Gone(c.Folder)
		c.Branch = tree.Branch(c.Folder)
	}
}

// everywhere is an address, "" for every interface of a family.
func everywhere(address string) string {
	if address == "0.0.0.0" || address == "::" {
		return ""
	}
	return address
}

// assigned are the ports that a ledger has of a project, one for each protocol.
func assigned(r allocate.Remembered) (all []Port) {
	for key, host := range r.Ports {
		service, rest, _ := strings.Cut(key, ":")
		p := Port{Service: service, Host: host, Protocol: "tcp"}
		container, _, _ := strings.Cut(rest, "/")
		if found, err := ports.Parse(container); err == nil {
			p.Container = found
		} else if known := r.Containers[key]; known > 0 {
			p.Container = ports.From(known, host.Width())
		}
		if len(r.Sockets[key]) == 0 {
			all = append(all, p)
		}
		for _, s := range r.Sockets[key] {
			p.Protocol, p.HostIP = s.Protocol, everywhere(s.Address)
			all = append(all, p)
		}
	}
	return all
}

// Other is a port that no compose project has.
type Other struct {
	Port      int
	Protocol  string
	Addresses []string // sorted; "" for every interface
	Owner     allocate.Owner
	// State is the engine's word for a container, "" for a program.
	State string
}

// Others are the ports of containers that Compose has not made, and those that the
// machine's programs listen on, but for what containers have.
func Others(e stack.Engine, listeners []allocate.Held) (all []Other) {
	add := func(o Other, address string) {
		i := slices.IndexFunc(all, func(known Other) bool {
			return known.Port == o.Port && known.Protocol == o.Protocol && known.Owner == o.Owner
		})
		if i < 0 {
			all, i = append(all, o), len(all)
		}
		if !slices.Contains(all[i].Addresses, address) {
			all[i].Addresses = append(all[i].Addresses, address)
		}
	}
	had := map[Port]bool{} // by containers that run
	for _, c := range e.Containers {
		for _, b := range c.Bindings {
			if c.Running() && !e.Remote {
				had[Port{Protocol: b.Protocol, Host: ports.One(b.HostPort)}] = true
			}
			if c.Project == "" {
				add(Other{Port: b.HostPort, Protocol: b.Protocol, Owner: allocate.Owner{Kind: allocate.Container, Name: c.Name}, State: c.State}, everywhere(b.HostIP))
			}
		}
	}
	for _, l := range listeners {
		if !had[Port{Protocol: l.Socket.Protocol, Host: ports.One(l.Port)}] {
			add(Other{Port: l.Port, Protocol: l.Socket.Protocol, Owner: l.Owner}, everywhere(l.Socket.Address))
		}
	}
	slices.SortStableFunc(all, func(a, b Other) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Owner.String(), b.Owner.String()))
	})
	for _, o := range all {
		slices.Sort(o.Addresses)
	}
	return all
}

// Having are the checkouts and others that have a host port, with nothing but that port;
// all of them for port 0.
func Having(all []Checkout, others []Other, port int) ([]Checkout, []Other) {
	if port == 0 {
		return all, others
	}
	having := []Checkout{}
	for _, c := range all {
		if c.Ports = lists.Only(c.Ports, func(p Port) bool { return p.Host.Has(port) }); len(c.Ports) > 0 {
			having = append(having, c)
		}
	}
	return having, append([]Other{}, lists.Only(others, func(o Other) bool { return o.Port == port })...)
}
