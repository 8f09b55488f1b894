package docker

import (
	"context"
	"regexp"
	"strconv"

	"github.com/containerd/errdefs"
)

// Failure is why a container did not start the last time.
type Failure struct {
	Container Container
	Text      string // the engine's words
	// Port is the host port that it could not bind; 0 if that was not why.
	Port int
}

// StartFailures are those of a project's containers that do not run. What docker
// compose prints is for people, so that the engine is asked; it remembers each
// failure until the container is started again.
func (e *Engine) StartFailures(ctx context.Context, project string) (failures []Failure, err error) {
	containers, err := e.Project(ctx, project)
	if err != nil {
		return nil, err
	}
	ctx, cancel, err := e.ready(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	for _, c := range containers {
		if c.Running() {
			continue
		}
		inspected, err := e.api.ContainerInspect(ctx, c.ID)
		switch {
		case errdefs.IsNotFound(err):
		case err != nil:
			return nil, e.explain(err)
		case inspected.ContainerJSONBase != nil && inspected.State != nil && inspected.State.Error != "":
			text := oneLine(inspected.State.Error)
			failures = append(failures, Failure{c, text, lostPort(text)})
		}
	}
	return failures, nil
}

// The words of engines from 20.10 on, of Docker Desktop and of Windows.
var (
	bindFailed = regexp.MustCompile(`already allocated|address already in use|[Pp]orts are not available|Only one usage of each socket address`)
	bindPort   = regexp.MustCompile(`(?:[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+|\]|::):([0-9]{1,5})\b`)
	bindOf     = regexp.MustCompile(`Bind for \S+:([0-9]{1,5}) failed`) // whose IPv6 addresses have no brackets
)

// lostPort is the host port that a container could not bind, 0 if it failed for
// another reason.
func lostPort(text string) int {
	match := bindOf.FindStringSubmatch(text)
	if match == nil {
		match = bindPort.FindStringSubmatch(text)
	}
	if match == nil || !bindFailed.MatchString(text) {
		return 0
	}
	port, err := strconv.Atoi(match[1])
	if err != nil || port > 65535 {
		return 0
	}
	return port
}
