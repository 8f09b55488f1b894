package workspace

import (
	"bytes"
	"cmp"
	"net"
	"net/netip"

	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

// RegistryVariable names the service registry in the environment of the process, and
// TokenVariable the file with the secret that it wants from who writes.
const (
	RegistryVariable = "PORTMOOR_REGISTRY"
	TokenVariable    = "PORTMOOR_REGISTRY_TOKEN_FILE"
)

// Registry is what is set about the service registry.
type Registry struct {
	config.Registry

	// Ledger is the machine's file of ports.
	Ledger string

	dir, token string
	bus        NATS
	strange    bool // only the configuration names the bus
}

// NATS is the server that connects the registries of many hosts, "" for none, and the files
// that say to it who this is.
type NATS struct{ URL, Bucket, Creds, NKey, CA, Cert, Key string }

// natsOf reads also the variables that all clients of NATS know.
func natsOf(c config.Registry, environ map[string]string) NATS {
	return NATS{
		URL: cmp.Or(environ["NATS_URL"], c.URL, "nats://127.0.0.1:4222"), Bucket: cmp.Or(c.Bucket, "portmoor"),
		Creds: environ["NATS_CREDS"], NKey: environ["NATS_NKEY"], CA: environ["NATS_CA"], Cert: environ["NATS_CERT"], Key: environ["NATS_KEY"],
	}
}

// NATS is the server to be used. A repository's configuration can't have anyone's
// credentials used at a server of its own choice.
func (s Registry) NATS() (NATS, error) {
	if n := s.bus; s.strange && n.Creds+n.NKey+n.Cert+n.Key != "" {
		return NATS{}, say.Usagef("if they belong there, name it with NATS_URL too", "NATS_CREDS, NATS_NKEY, NATS_CERT: not used at a server that only the configuration names")
	}
	return s.bus, nil
}

// here is the URL of the registry on this machine that listens somewhere.
func here(listen string) string {
	host, port, err := net.SplitHostPort(cmp.Or(listen, "127.0.0.1:8100"))
	if addr, bad := netip.ParseAddr(host); err != nil || host == "" || bad == nil && addr.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// RegistryOf reads what a request, the nearest configuration and the environment say about
// the service registry; the environment counts before the configuration.
func RegistryOf(r Request) (Registry, error) {
	w := &Workspace{Dir: r.Dir, Bounds: r.bounds(r.Dir)}
	if err := w.configure(r, r.Dir); err != nil {
		return Registry{}, err
	}
	ledger, err := Ledger(r.Dir, r.Environ)
	return registryOf(w, r.Environ, ledger), err
}

// RegistryFor is what is set about the service registry for what a command is about.
func RegistryFor(w *Workspace) Registry { return registryOf(w, w.environ, "") }

func registryOf(w *Workspace, environ map[string]string, ledger string) Registry {
	s := Registry{Registry: w.Config.Registry, Ledger: ledger, dir: w.Dir}
	if s.Backend != "" {
		s.bus, s.strange = natsOf(s.Registry, environ), s.URL != "" && environ["NATS_URL"] == ""
		s.URL = here(s.Listen)
	}
	if named := environ[RegistryVariable]; named != "" {
		s.URL, s.token = named, environ[TokenVariable]
	}
	return s
}

// Token is the secret in a file, or else, for the registry that the environment names, in
// the file that it names; "" for none. A repository's configuration can't have a secret
// sent to a registry of its own choice.
func (s Registry) Token(file string) (string, error) {
	if file = cmp.Or(file, s.token); file == "" {
		return "", nil
	}
	path := tree.Absolute(s.dir, file)[0]
	text, err := tree.Read(path, tree.MaxFile)
	if err != nil {
		return "", say.Failf("name a file with the secret of the registry", "%s: %s", path, say.Cause(err))
	}
	token := string(bytes.TrimSpace(text))
	if token == "" || len(token) > 4096 || bytes.ContainsAny(bytes.TrimSpace(text), "\r\n") {
		return "", say.Failf("write one line into it, such as that of openssl rand -hex 32", "%s: has no secret", path)
	}
	return token, nil
}
