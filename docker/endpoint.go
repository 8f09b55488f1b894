package docker

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docker/cli/cli/connhelper"
	clissh "github.com/docker/cli/cli/connhelper/ssh"
	clicontext "github.com/docker/cli/cli/context"
	"github.com/docker/cli/cli/context/docker"
	"github.com/docker/cli/cli/context/store"
	"github.com/docker/cli/opts"
	"github.com/docker/docker/client"

	"github.com/portmoor/portmoor/docker/podman"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

// Connect finds the engine as the docker command does: DOCKER_HOST, else the
// context that DOCKER_CONTEXT or the configuration names, else the default
// endpoint; with their certificates, and by ssh where they say so. Where nothing is at
// the default endpoint, it is the Podman that Podman's settings name. It does not
// speak to it yet. The error is an [Error].
func Connect(environ map[string]string) (*Engine, error) {
	endpoint, by, err := find(environ)
	if err != nil {
		return nil, err
	}
	options, err := endpoint.ClientOpts()
	if by != nil && err == nil {
		options, err = podmanOptions(*by, options)
	}
	if err != nil {
		return nil, endpointError(endpoint.Host, err)
	}
	api, err := client.NewClientWithOpts(append(options, client.WithVersion(environ["DOCKER_API_VERSION"]))...)
	if err != nil {
		return nil, endpointError(endpoint.Host, err)
	}
	transport := api.HTTPClient()
	transport.Transport = bounded{transport.Transport}
	if err := client.WithHTTPClient(transport)(api); err != nil {
		return nil, endpointError(endpoint.Host, err)
	}
	engine := &Engine{Host: endpoint.Host, Remote: remote(endpoint.Host), api: api}
	if by != nil {
		engine.By, engine.Settings = "named by "+by.By, []string{"DOCKER_HOST=" + endpoint.Host}
	}
	return engine, nil
}

// podmanOptions are those of a client for a connection of Podman. By ssh it is podman that
// speaks for the engine there, where there may be no docker.
func podmanOptions(c podman.Connection, options []client.Opt) ([]client.Opt, error) {
	u, err := url.Parse(c.URI)
	if err != nil || u.Scheme != "ssh" {
		return options, err
	}
	socket := strings.TrimRight(u.Path, "/")
	u.Path, u.RawPath = "", ""
	spec, err := clissh.NewSpec(u)
	if err != nil {
		return nil, err
	}
	flags := []string{"-o", "ConnectTimeout=30", "-T"}
	if c.Identity != "" {
		flags = append(flags, "-i", c.Identity)
	}
	if c.Machine && !remote(c.URI) { // whose key is new with each machine, as podman machine ssh has it
		flags = append(flags, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile="+os.DevNull, "-o", "LogLevel=ERROR")
	}
	command := []string{"podman", "system", "dial-stdio"}
	if socket != "" {
		command = []string{"podman", "--url=unix://" + socket, "system", "dial-stdio"}
	}
	args, err := spec.Command(flags, command...)
	if err != nil {
		return nil, err
	}
	helper, err := connhelper.GetCommandConnectionHelper("ssh", args...)
	if err != nil {
		return nil, err
	}
	return []client.Opt{
		client.WithHTTPClient(&http.Client{Transport: &http.Transport{DialContext: helper.Dialer}}),
		client.WithHost(helper.Host), client.WithDialContext(helper.Dialer), client.WithAPIVersionNegotiation(),
	}, nil
}

func endpointError(host string, err error) error {
	return &Error{Problem: say.Problem{Message: "docker endpoint " + host + ": " + oneLine(err.Error()), Hint: "fix DOCKER_HOST, its certificates or the docker context"}}
}

// find is the endpoint, and the connection of Podman that it is; nil where it is what the
// docker command would take.
func find(environ map[string]string) (docker.Endpoint, *podman.Connection, error) {
	dir := cmp.Or(environ["DOCKER_CONFIG"], filepath.Join(cmp.Or(environ["HOME"], environ["USERPROFILE"]), ".docker"))
	name := environ["DOCKER_CONTEXT"]
	if name == "" {
		var config struct{ CurrentContext string }
		if src, err := tree.Read(filepath.Join(dir, "config.json"), tree.MaxFile); err == nil && json.Unmarshal(src, &config) == nil {
			name = config.CurrentContext
		}
	}
	if environ["DOCKER_HOST"] == "" && name != "" && name != "default" {
		endpoint, err := byContext(name, filepath.Join(dir, "contexts"))
		return endpoint, nil, err
	}
	endpoint, err := byEnvironment(environ, dir)
	if err != nil || environ["DOCKER_HOST"] != "" || name != "" || !missing(endpoint.Host) {
		return endpoint, nil, err
	}
	switch c, found, err := podman.Find(environ); {
	case err != nil:
		return endpoint, nil, &Error{Problem: say.Of(err)}
	case found:
		return docker.Endpoint{EndpointMeta: docker.EndpointMeta{Host: c.URI}}, &c, nil
	}
	return endpoint, nil, nil
}

// missing reports a socket or a pipe that is not there.
func missing(host string) bool {
	scheme, path, _ := strings.Cut(host, "://")
	if scheme != "unix" && scheme != "npipe" {
		return false
	}
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// byEnvironment is the endpoint of DOCKER_HOST, or the default one. As for the
// docker command, DOCKER_TLS_VERIFY asks for TLS, DOCKER_TLS for TLS that
// believes any certificate.
func byEnvironment(environ map[string]string, dir string) (docker.Endpoint, error) {
	verify := environ["DOCKER_TLS_VERIFY"] != ""
	secure := verify || environ["DOCKER_TLS"] != ""
	host, err := opts.ParseHost(secure, environ["DOCKER_HOST"])
	if err != nil {
		return docker.Endpoint{}, endpointError(environ["DOCKER_HOST"], err)
	}
	endpoint := docker.Endpoint{EndpointMeta: docker.EndpointMeta{Host: host, SkipTLSVerify: secure && !verify}}
	if !secure {
		return endpoint, nil
	}
	file := func(name string) string {
		path := filepath.Join(cmp.Or(environ["DOCKER_CERT_PATH"], dir), name)
		if _, err := os.Stat(path); err != nil {
			return "" // a certificate that is not there is not used
		}
		return path
	}
	ca := file("ca.pem")
	if ca == "" && verify {
		return docker.Endpoint{}, endpointError(host, fmt.Errorf("there is no ca.pem in %s, which DOCKER_TLS_VERIFY asks for", cmp.Or(environ["DOCKER_CERT_PATH"], dir)))
	}
	endpoint.TLSData, err = clicontext.TLSDataFromFiles(ca, file("cert.pem"), file("key.pem"))
	if err != nil {
		return docker.Endpoint{}, endpointError(host, err)
	}
	return endpoint, nil
}

func byContext(name, dir string) (docker.Endpoint, error) {
	meta := func() any { return &docker.EndpointMeta{} }
	contexts := store.New(dir, store.NewConfig(func() any { return &map[string]any{} }, store.EndpointTypeGetter(docker.DockerEndpoint, meta)))
	metadata, err := contexts.GetMetadata(name)
	if err != nil {
		return docker.Endpoint{}, &Error{Problem: say.Problem{Message: "docker context " + name + ": does not exist", Hint: "docker context ls lists them; DOCKER_CONTEXT or docker context use chooses one"}}
	}
	endpoint, err := docker.EndpointFromContext(metadata)
	if err == nil {
		var found docker.Endpoint
		if found, err = docker.WithTLSData(contexts, name, endpoint); err == nil && found.Host != "" {
			return found, nil
		}
	}
	return docker.Endpoint{}, &Error{Problem: say.Problem{Message: "docker context " + name + ": has no endpoint that can be used", Hint: "docker context inspect " + say.Shell(name) + " shows it"}}
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

// Machine is the name by which the engine's machine is reached, "" for this one.
func (e *Engine) Machine() string {
	u, err := url.Parse(e.Host)
	if err != nil || !e.Remote {
		return ""
	}
	return u.Hostname()
}
