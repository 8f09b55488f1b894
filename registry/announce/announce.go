// Package announce tells a service registry what a project was assigned, and what of it
// runs. A registry that does not answer keeps nobody from working.
//
//	problems := announce.Project(ctx, s, stack.Engine{Containers: containers})
package announce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/registry"
	"github.com/portmoor/portmoor/registry/client"
	"github.com/portmoor/portmoor/registry/node"
	"github.com/portmoor/portmoor/registry/sources"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
	"github.com/portmoor/portmoor/workspace"
)

// Project tells the registry of a project, if one is set for it, of its services: those of
// its containers, and those that have only a port that is remembered. It takes no more than
// [client.Patience]. What went wrong is notes.
func Project(ctx context.Context, s *stack.Stack, e stack.Engine) (notes []say.Problem) {
	settings := workspace.RegistryFor(s.Workspace)
	if settings.URL == "" {
		return nil
	}
	ctx, stop := context.WithTimeout(ctx, client.Patience)
	defer stop()
	token, err := settings.Token("")
	if err != nil {
		return []say.Problem{note(err)}
	}
	to, err := client.New(settings.URL, token)
	if err != nil {
		return []say.Problem{note(err)}
	}
	defer to.Close()
	rows, err := s.Rows(stack.Engine{})
	if err != nil {
		return []say.Problem{note(err)}
	}
	own := slices.DeleteFunc(slices.Clone(e.Containers), func(c docker.Container) bool { return c.Project != s.Project.Name })
	services := Services(own, rows)
	host := e.Host
	if host == "" && len(services) > 0 {
		host = node.Advertised(ctx)
	}
	for i := range services {
		services[i].Host = host
		services[i].Metadata["project"] = s.Project.Name
		delete(services[i].Metadata, "folder") // which is nobody else's business
	}
	for _, err := range say.Each(to.Register(ctx, services)) {
		notes = append(notes, note(err))
	}
	return notes
}

// note is a problem that nobody fails of.
func note(err error) say.Problem {
	p := say.Of(err)
	if errors.Is(err, context.DeadlineExceeded) {
		p.Message = "no answer within " + client.Patience.String()
	}
	p.Kind, p.Message = say.Note, p.Message+": it is not told of the project's ports"
	return p
}

// Services are those of a project's containers, with the ports that are remembered for
// them, and those that have no more than that, which are down. Who has no port is left out.
func Services(containers []docker.Container, rows []stack.Row) []registry.Service {
	all := sources.Services(containers)
	at := map[string]int{}
	for i, s := range all {
		at[s.Name] = i
	}
	for _, r := range firsts(rows) {
		i, known := at[r.Service]
		if !known {
			i = len(all)
			all = append(all, registry.Service{Name: r.Service, Mode: registry.Docked, State: registry.Down, Metadata: map[string]any{}})
		}
		s := &all[i]
		s.Metadata["assigned"] = r.Assigned.First
		if !r.Default.Zero() {
			s.Metadata["default"] = r.Default.First
		}
		if s.Port = cmp.Or(s.Port, r.Assigned.First); s.Metadata["container_port"] == nil && len(r.Mappings) > 0 {
			s.Metadata["container_port"], s.Metadata["protocol"] = r.Mappings[0].Container.First, r.Mappings[0].Protocol
		}
	}
	return slices.DeleteFunc(all, func(s registry.Service) bool { return s.Port == 0 })
}

// firsts are the rows that stand for their services: the one whose key is the name alone,
// else the first one.
func firsts(rows []stack.Row) (some []stack.Row) {
	at := map[string]int{}
	for _, r := range rows {
		i, known := at[r.Service]
		switch {
		case r.Assigned.Zero():
		case !known:
			at[r.Service] = len(some)
			some = append(some, r)
		case r.Key == r.Service:
			some[i] = r
		}
	}
	return some
}

// again is how often a registry is told the same, which forgets it otherwise.
const again = time.Minute

// Often makes a function that is [Project] when there is news, or when the registry would
// soon forget what it was told. What went wrong is said once.
func Often(s *stack.Stack) func(context.Context, stack.Engine) []say.Problem {
	var told, said string
	var due <-chan time.Time
	return func(ctx context.Context, e stack.Engine) []say.Problem {
		news := fmt.Sprint(e.Containers)
		select {
		case <-due:
		default:
			if news == told {
				return nil
			}
		}
		told, due = news, time.After(again)
		notes := Project(ctx, s, e)
		text := fmt.Sprint(notes)
		if text == said || ctx.Err() != nil {
			return nil
		}
		said = text
		return notes
	}
}
