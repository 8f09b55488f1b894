package lint

import (
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/ports"
)

var browserBlockedPort = Rule{
	Name:     "browser-blocked-port",
	Title:    "Browsers refuse to open the host port",
	Severity: Warning,
	Doc: `Browsers refuse to open this host port, one of the bad ports of the Fetch standard: a web page published on
it fails with ERR_UNSAFE_PORT. What is no web page is not reported: a host port that is known for another service,
such as 22 for ssh or 25 for smtp, unless the container port is one of the web's, such as 80.`,
	Check: func(p *Pass) {
		for m := range p.written() {
			port := ports.FirstBlocked(m.HostPort.Ports)
			if port == 0 || m.Protocol != "tcp" || !servesWeb(m) && (ports.NotWeb(m.HostPort.Ports) || m.Container.First < 1024 && ports.NotWeb(m.Container)) {
				continue
			}
			p.reportf(aboutValue(m), "choose another port if browsers should open it", "browsers refuse to open host port %d", port)
		}
	},
}

// servesWeb reports a container port that browsers open: one of the web's, or one
// whose app_protocol says so.
func servesWeb(m *compose.Mapping) bool {
	if p := strings.ToLower(m.AppProtocol); p != "" {
		return strings.HasPrefix(p, "http") || p == "ws" || p == "wss"
	}
	return slices.Contains([]int{80, 443, 3000, 5000, 8000, 8008, 8080, 8081, 8443, 8888, 9000}, m.Container.First)
}
