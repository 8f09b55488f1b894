package docker

import (
	"context"
	"net/netip"
	"strconv"
	"strings"

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

// lostPort is the host port that a container could not bind, 0 if it failed for
// another reason.
func lostPort(text string) int {
	if !says(text, portTaken) {
		return 0
	}
	named, before := 0, ""
	for word := range strings.FieldsSeq(text) {
		if port := hostPort(word); port > 0 {
			return port
		}
		if before == "port" && named == 0 { // Podman's pasta writes no address
			port, _ := strconv.ParseUint(word, 10, 16)
			named = int(port)
		}
		before = word
	}
	return named
}

// hostPort is the host port of ADDRESS:PORT, with :ADDRESS:PORT of the container
// behind it or not; 0 of any other word. Engines write IPv6 addresses with brackets
// and without: then the longest text that is an address is one.
func hostPort(word string) int {
	word, _, _ = strings.Cut(strings.TrimRight(word, ":,;."), "/")
	for at := strings.LastIndexByte(word, ':'); at >= 0; at = strings.LastIndexByte(word[:at], ':') {
		number, container, both := strings.Cut(word[at+1:], ":")
		port, err := strconv.ParseUint(number, 10, 16)
		if err == nil && (at == 0 || isAddress(word[:at])) && (!both || isAddress(container[:max(0, strings.LastIndexByte(container, ':'))])) {
			return int(port)
		}
	}
	return 0
}

// isAddress reports an address; one of both notations is two, one behind the other.
func isAddress(text string) bool {
	_, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return err == nil && (!strings.Contains(text, ":") || !strings.Contains(text, "."))
}
