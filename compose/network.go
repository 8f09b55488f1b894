package compose

import (
	"path/filepath"
	"strings"
)

// HostNetwork reports network_mode: host: Docker discards the ports of the service,
// which listens on those of the host.
func (s Service) HostNetwork() bool { return s.NetworkMode.Value == "host" }

// Publishes reports whether Docker binds the ports of the service. It does not if
// the service has the network of the host, of another container, or none.
func (s Service) Publishes() bool {
	_, kind := s.NetworkOwner()
	return kind == "" && !s.HostNetwork() && s.NetworkMode.Value != "none"
}

// Binds reports whether the service, once it is started, binds its host ports: Docker does
// that for it, and some container of it runs.
func (s Service) Binds() bool { return s.Publishes() && s.Scale != 0 }

// NetworkOwner is the service or container whose network a service has, and the
// word before it, "service" or "container"; both "" where it has none of another.
func (s Service) NetworkOwner() (name, kind string) {
	kind, name, found := strings.Cut(s.NetworkMode.Value, ":")
	if !found || kind != "service" && kind != "container" {
		return "", ""
	}
	return name, kind
}

// The ways in which a project is started.
const (
	ByCompose = "compose" // docker compose up
	ByStack   = "stack"   // docker stack deploy
)

// isStack reports a file that people call what docker stack deploy starts.
func isStack(path string) bool { return strings.HasPrefix(filepath.Base(path), "docker-stack") }

// Ingress reports that all replicas of a service share the host port of a mapping, as
// they do under docker stack deploy.
func (p *Project) Ingress(m *Mapping) bool { return p.Swarm && m.Mode != "host" }
