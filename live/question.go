package live

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
)

// Question is what somebody wants to know of a project's ports. The zero
// Question is about all of them.
type Question struct {
	Service  string // "" for all
	Port     int    // the container port; 0 for all of the service
	Protocol string // of the port
	Index    int    // the number of the replica; 0 for the first that runs
	Stack    bool   // it is about a stack of a swarm
}

// Missing is why there is no answer now; later there may be one.
type Missing struct {
	say.Problem

	// Starting reports that it will be there in a moment.
	Starting bool
}

// Lacks is a [Missing] with a message and a hint.
func Lacks(message, hint string) *Missing {
	return &Missing{Problem: say.Problem{Kind: say.Finding, Message: message, Hint: hint}}
}

// Answer chooses the ports that a question is about from those of the project,
// or says why they are not there, as a [Missing]. Commands that it names are about
// the same as about.
func (q Question) Answer(project string, about say.About, containers []docker.Container, ports []Port) ([]Port, error) {
	if !slices.ContainsFunc(containers, docker.Container.Running) {
		if q.Stack || slices.ContainsFunc(containers, func(c docker.Container) bool { return c.Role != "" }) {
			return nil, Lacks("stack "+project+" is not up", "to see what it has: docker stack ps "+project)
		}
		return nil, notUp(project, about, containers)
	}
	if q.Service == "" {
		return ports, nil
	}
	if q.Stack && !slices.ContainsFunc(containers, func(c docker.Container) bool { return c.Service == q.Service }) {
		return nil, Lacks("stack "+project+" has no service "+q.Service, "to see which it has: docker stack services "+project)
	}
	replica, err := q.replica(about, containers)
	if err != nil {
		return nil, err
	}
	var found []Port
	var published []string
	bound := false
	for _, p := range ports {
		if p.Service != q.Service || q.Port+q.Index > 0 && p.Container.ID != replica.ID && p.Container.Role != docker.SwarmService {
			continue
		}
		published = append(published, p.Target())
		if q.Port == 0 || p.ContainerPort == q.Port && p.Protocol == q.Protocol {
			found = append(found, p)
			bound = bound || p.HostPort > 0
		}
	}
	if bound || q.Port == 0 && len(found) > 0 {
		return found, nil
	}
	switch {
	case len(found) == 0:
		return nil, q.Unpublished(published)
	case found[0].State == Foreign:
		return nil, Lacks(q.what()+" is not bound: something else has the host port", "to see what: "+about.Portmoor("validate"))
	}
	return nil, &Missing{say.Problem{Kind: say.Finding, Message: q.what() + " is not bound", Hint: Logs(about, q.Service)}, true}
}

func (q Question) what() string {
	return fmt.Sprintf("port %d/%s of service %s", q.Port, q.Protocol, q.Service)
}

// Unpublished is why there is no answer where a service publishes nothing, or other
// container ports only.
func (q Question) Unpublished(published []string) *Missing {
	switch {
	case q.Port == 0:
		return Lacks("service "+q.Service+" publishes no port", "add one under ports")
	case len(published) == 0:
		return Lacks(q.what()+" is not published: the service publishes none", "add it under ports")
	}
	return Lacks(q.what()+" is not published", "the service publishes "+strings.Join(slices.Compact(published), ", "))
}

// restarting is the state of a container that ends again and again.
const restarting = "restarting"

// Logs is the hint to look at what a service says.
func Logs(about say.About, service string) string {
	return "to see why: " + about.Docker("logs", service)
}

// notUp is why no container runs. One that ends again and again is no matter of
// starting it.
func notUp(project string, about say.About, containers []docker.Container) error {
	for _, c := range containers {
		if c.State == restarting {
			return Lacks(fmt.Sprintf("project %s is not up: %s is restarting", project, c.Name), Logs(about, c.Service))
		}
	}
	return Lacks("project "+project+" is not up", "to start it: "+about.Portmoor("up"))
}

// replica is the container that is asked for: one that runs.
func (q Question) replica(about say.About, containers []docker.Container) (docker.Container, error) {
	what, state, hint := "service "+q.Service, "", "to start it: "+about.Portmoor("up")+"; to see what there is: "+about.Docker("ps", "-a")
	if q.Index > 0 {
		what = fmt.Sprintf("replica %d of service %s", q.Index, q.Service)
	}
	for _, c := range containers {
		switch {
		case c.Service != q.Service || q.Index > 0 && c.Number != q.Index || c.Role == docker.SwarmService: // which its tasks stand for
		case c.Running():
			return c, nil
		case !c.OneOff:
			state = " (" + c.State + ")"
			if c.State == restarting {
				hint = Logs(about, q.Service)
			} else if c.Role != "" {
				hint = "to see why: docker stack ps " + c.Stack
			}
		}
	}
	return docker.Container{}, Lacks(what+" is not running"+state, hint)
}

// Target is the container port with its protocol, as in 80/tcp.
func (p Port) Target() string { return fmt.Sprintf("%d/%s", p.ContainerPort, p.Protocol) }

// Bound are the ports that have a host port.
func Bound(ports []Port) []Port {
	return lists.Only(ports, func(p Port) bool { return p.HostPort > 0 })
}
