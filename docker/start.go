package docker

import (
	"context"
	"regexp"
	"slices"
	"strconv"

	"github.com/containerd/errdefs"
)

// LostPorts are the host ports that containers of a project could not bind when
// they were started the last time, sorted: somebody else has them. It reads what
// the engine remembers of the start, since what docker compose prints is for
// people.
func (e *Engine) LostPorts(ctx context.Context, project string) (lost []int, err error) {
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
		case inspected.State != nil:
			if port := lostPort(inspected.State.Error); port != 0 {
				lost = append(lost, port)
			}
		}
	}
	slices.Sort(lost)
	return slices.Compact(lost), nil
}

// The words of engines from 20.10 on, of Docker Desktop and of Windows.
var (
	bindFailed = regexp.MustCompile(`already allocated|address already in use|[Pp]orts are not available|Only one usage of each socket address`)
	bindPort   = regexp.MustCompile(`(?:[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+|\]|::):([0-9]{1,5})\b`)
)

// lostPort is the host port that a container could not bind, 0 if it failed for
// another reason.
func lostPort(text string) int {
	match := bindPort.FindStringSubmatch(text)
	if match == nil || !bindFailed.MatchString(text) {
		return 0
	}
	port, err := strconv.Atoi(match[1])
	if err != nil || port > 65535 {
		return 0
	}
	return port
}
