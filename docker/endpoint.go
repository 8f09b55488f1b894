package docker

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	clicontext "github.com/docker/cli/cli/context"
	"github.com/docker/cli/cli/context/docker"
	"github.com/docker/cli/cli/context/store"
	"github.com/docker/cli/opts"
	"github.com/docker/docker/client"

	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

// Connect finds the engine as the docker command does: DOCKER_HOST, else the
// context that DOCKER_CONTEXT or the configuration names, else the default
// endpoint; with their certificates, and by ssh where they say so. It does not
// speak to it yet. The error is an [Error].
func Connect(environ map[string]string) (*Engine, error) {
	endpoint, err := find(environ)
	if err != nil {
		return nil, err
	}
	options, err := endpoint.ClientOpts()
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
	return &Engine{Host: endpoint.Host, Remote: remote(endpoint.Host), api: api}, nil
}

func endpointError(host string, err error) error {
	return &Error{Problem: say.Problem{Message: "docker endpoint " + host + ": " + oneLine(err.Error()), Hint: "fix DOCKER_HOST, its certificates or the docker context"}}
}

func find(environ map[string]string) (docker.Endpoint, error) {
	dir := cmp.Or(environ["DOCKER_CONFIG"], filepath.Join(cmp.Or(environ["HOME"], environ["USERPROFILE"]), ".docker"))
	name := environ["DOCKER_CONTEXT"]
	if name == "" {
		var config struct{ CurrentContext string }
		if src, err := tree.Read(filepath.Join(dir, "config.json"), tree.MaxFile); err == nil && json.Unmarshal(src, &config) == nil {
			name = config.CurrentContext
		}
	}
	if environ["DOCKER_HOST"] != "" || name == "" || name == "default" {
		return byEnvironment(environ, dir)
	}
	return byContext(name, filepath.Join(dir, "contexts"))
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
