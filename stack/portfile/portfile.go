// Package portfile tells services the host ports that they have.
//
// The model: a service that declares SERVICE_PORT_FILE gets a file at that path in its
// container, with its host port, or a line for each.
//
//	files, err := portfile.Deliver(ctx, engine, found.Containers, found.Ports, told)
package portfile

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/live"
)

// Variable is what a service declares to be told its host port: the
// path of a file in its container.
const Variable = "SERVICE_PORT_FILE"

// File is a file that a container was given.
type File struct {
	Container docker.Container
	Path      string // its path in the container
	Text      string // "" where the container asks for a file, but no port is bound
}

// Deliver gives each running container the file that it asks for, unless it was told
// the same before; told is by container, and is kept up to date. What fails for one
// does not keep the others from theirs.
func Deliver(ctx context.Context, engine *docker.Engine, containers []docker.Container, ports []live.Port, told map[string]string) (files []File, err error) {
	var problems []error
	for _, to := range containers {
		text := textFor(ports, to)
		if before, known := told[to.ID]; !to.Running() || known && before == text || to.Role != "" { // a swarm's tasks may be on any node
			continue
		}
		file, err := engine.Deliver(ctx, to, Variable, text)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if told[to.ID] = text; file != "" {
			files = append(files, File{to, file, text})
		}
	}
	return files, errors.Join(problems...)
}

// textFor is what a container is told: its host port, or a line for each.
func textFor(ports []live.Port, to docker.Container) string {
	var lines []string
	for _, p := range live.Bound(live.Shown(ports)) {
		if p.Container.ID == to.ID {
			lines = append(lines, fmt.Sprintf("%s=%d\n", p.Target(), p.HostPort))
		}
	}
	if len(lines) == 1 {
		_, port, _ := strings.Cut(lines[0], "=")
		return port
	}
	return strings.Join(lines, "")
}
