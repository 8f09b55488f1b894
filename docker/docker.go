// Package docker asks the Docker engine what it has bound. It imports nothing
// of ours: whoever calls it joins the answers with compose projects.
//
// The model: an [Engine] is an endpoint found as the docker command finds it; a
// [Binding] is one host port of one container. Every call has a deadline, since
// an engine that stalls must not stall a command.
//
//	engine, err := docker.Connect(environ)
//	defer engine.Close()
//	bindings, err := engine.Bindings(ctx)
package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
	"golang.org/x/sync/errgroup"
)

// Timeout is how long an engine is waited for.
const Timeout = 30 * time.Second

// ErrUnsupported is wrapped by the error about an endpoint that is not spoken to.
var ErrUnsupported = errors.New("not supported")

// Engine is a Docker engine. Close it.
type Engine struct {
	// Host is the endpoint, such as unix:///var/run/docker.sock.
	Host string
	// Remote reports an endpoint on another machine, whose ports say nothing
	// about this one.
	Remote bool

	api *client.Client
}

// Binding is a host port that a container has, or would have when it starts.
type Binding struct {
	// Project, Service and WorkingDir are those of Compose's labels; "" for a
	// container that Compose has not made.
	Project, Service, WorkingDir string
	Container                    string // its name
	Running                      bool
	HostIP                       string // "" for every interface
	HostPort                     int
	ContainerPort                int
	Protocol                     string
}

// Connect finds the engine as the docker command does: DOCKER_HOST, else the
// context that DOCKER_CONTEXT or the configuration names, else the default
// endpoint. It does not speak to it yet.
func Connect(environ map[string]string) (*Engine, error) {
	host, err := endpoint(environ)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(host, "ssh://") {
		return nil, fmt.Errorf("docker endpoint %s: ssh is %w", host, ErrUnsupported)
	}
	options := []client.Opt{client.WithHost(host), client.WithAPIVersionNegotiation(), client.WithTimeout(Timeout)}
	if dir := environ["DOCKER_CERT_PATH"]; dir != "" && environ["DOCKER_TLS_VERIFY"] != "" {
		options = append(options, client.WithTLSClientConfig(filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")))
	}
	api, err := client.NewClientWithOpts(options...)
	if err != nil {
		return nil, fmt.Errorf("docker endpoint %s: %w", host, err)
	}
	return &Engine{Host: host, Remote: remote(host), api: api}, nil
}

// Close ends the connection.
func (e *Engine) Close() error { return e.api.Close() }

func endpoint(environ map[string]string) (string, error) {
	if host := environ["DOCKER_HOST"]; host != "" {
		return host, nil
	}
	dir := environ["DOCKER_CONFIG"]
	if dir == "" {
		dir = filepath.Join(environ["HOME"], ".docker")
	}
	name := environ["DOCKER_CONTEXT"]
	if name == "" {
		var config struct{ CurrentContext string }
		if src, err := os.ReadFile(filepath.Join(dir, "config.json")); err == nil && json.Unmarshal(src, &config) == nil {
			name = config.CurrentContext
		}
	}
	if name == "" || name == "default" {
		return client.DefaultDockerHost, nil
	}
	src, err := os.ReadFile(filepath.Join(dir, "contexts", "meta", contextID(name), "meta.json"))
	if err != nil {
		return "", fmt.Errorf("docker context %q does not exist", name)
	}
	var meta struct {
		Endpoints struct{ Docker struct{ Host string } }
	}
	if err := json.Unmarshal(src, &meta); err != nil || meta.Endpoints.Docker.Host == "" {
		return "", fmt.Errorf("docker context %q has no endpoint", name)
	}
	return meta.Endpoints.Docker.Host, nil
}

// contextID is the folder in which the docker command keeps a context.
func contextID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

// remote reports an endpoint that is reached over a network, unless it is this
// machine; sockets and pipes are local whatever the context is called.
func remote(host string) bool {
	u, err := url.Parse(host)
	if err != nil || !slices.Contains([]string{"tcp", "http", "https", "ssh"}, u.Scheme) {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())
}

// Bindings lists the host ports of all containers, of those that are stopped as
// well, sorted by container and port.
func (e *Engine) Bindings(ctx context.Context) ([]Binding, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	all, err := e.api.ContainerList(ctx, container.ListOptions{All: true})
	if err != nil {
		return nil, e.explain(err)
	}
	found := make([][]Binding, len(all))
	var g errgroup.Group
	g.SetLimit(8)
	for i, c := range all {
		if isRunning(c) {
			found[i] = running(c)
			continue
		}
		g.Go(func() error {
			inspected, err := e.api.ContainerInspect(ctx, c.ID)
			if client.IsErrNotFound(err) { //nolint:staticcheck // it is what the client documents
				return nil // removed meanwhile
			}
			if err == nil {
				found[i] = stopped(c, inspected)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, e.explain(err)
	}
	bindings := slices.Concat(found...)
	slices.SortFunc(bindings, func(a, b Binding) int {
		return slices.Compare([]string{a.Container, a.Protocol, fmt.Sprintf("%05d", a.HostPort), a.HostIP}, []string{b.Container, b.Protocol, fmt.Sprintf("%05d", b.HostPort), b.HostIP})
	})
	return slices.Compact(bindings), nil
}

func (e *Engine) explain(err error) error {
	if client.IsErrConnectionFailed(err) {
		return fmt.Errorf("docker endpoint %s: not reachable", e.Host)
	}
	return fmt.Errorf("docker endpoint %s: %w", e.Host, err)
}

// isRunning reports that a container has its ports; one that is paused has.
func isRunning(c container.Summary) bool {
	return c.State == container.StateRunning || c.State == container.StatePaused
}

func base(c container.Summary) Binding {
	name := c.ID[:min(len(c.ID), 12)]
	if len(c.Names) > 0 {
		name = strings.TrimPrefix(c.Names[0], "/")
	}
	return Binding{
		Project: c.Labels["com.docker.compose.project"], Service: c.Labels["com.docker.compose.service"],
		WorkingDir: c.Labels["com.docker.compose.project.working_dir"], Container: name, Running: isRunning(c),
	}
}

func running(c container.Summary) (bindings []Binding) {
	for _, p := range c.Ports {
		if p.PublicPort == 0 {
			continue
		}
		b := base(c)
		b.HostIP, b.HostPort, b.ContainerPort, b.Protocol = p.IP, int(p.PublicPort), int(p.PrivatePort), p.Type
		bindings = append(bindings, b)
	}
	return bindings
}

// stopped are the ports that a container asks for when it starts: the engine
// has no others for it.
func stopped(c container.Summary, inspected container.InspectResponse) (bindings []Binding) {
	if inspected.ContainerJSONBase == nil || inspected.HostConfig == nil {
		return nil
	}
	for port, hosts := range inspected.HostConfig.PortBindings {
		for _, h := range hosts {
			first, last, isRange := strings.Cut(h.HostPort, "-")
			if isRange && last != first {
				continue // the engine picks one of them when it starts
			}
			n, err := strconv.Atoi(first)
			if err != nil || n == 0 {
				continue
			}
			b := base(c)
			b.HostIP, b.HostPort, b.ContainerPort, b.Protocol = h.HostIP, n, port.Int(), port.Proto()
			bindings = append(bindings, b)
		}
	}
	return bindings
}
