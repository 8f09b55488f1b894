package lint

import (
	"path"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/ports"
)

// reverseProxies are the images whose service is one that stands in front of others, by the
// last part of their names, from whatever registry and with whatever tag.
const reverseProxies = `angie, apisix, bunkerweb, caddy, caddy-docker-proxy, envoy, haproxy, https-portal, kong, nginx, nginx-certbot,
nginx-proxy, nginx-proxy-manager, nginx-unprivileged, npmplus, openresty, pomerium, swag, traefik, zoraxy`

var reservedPort = Rule{
	Name:     "reserved-port",
	Title:    "The host port is in a reserved range",
	Severity: Warning,
	Doc: `The host port is in a range that portmoor never picks from: 0-1024, which needs privileges on many systems
and is used by system services, 6881-6889, and the ranges under reserved in the configuration. If the port is
intended, disable the rule for the line or the repository. Ports 80 and 443 of a reverse proxy are not reported,
unless the configuration reserves them: that is where browsers look for it. A service is one if the last part of its
image's name, without the tag, is one of:
` + reverseProxies + `.`,
	Check: func(p *Pass) {
		for m := range p.written() {
			if p.entrance(m) {
				continue
			}
			if r, reserved := p.run.options.Policy.ReservedRange(m.HostPort.Ports); reserved {
				p.reportf(aboutValue(m), "choose a port outside the range", "%s in the reserved range %s", subject(m, r), r)
			}
		}
	},
}

// entrance reports port 80 or 443 of a reverse proxy, which the configuration does not
// reserve.
func (p *Pass) entrance(m *compose.Mapping) bool {
	port := m.HostPort.Ports
	if port != ports.One(80) && port != ports.One(443) || slices.ContainsFunc(p.run.options.Policy.Reserved, port.Overlaps) {
		return false
	}
	image, _, _ := strings.Cut(p.Project.Service(m.Service).Image, "@")
	name, _, _ := strings.Cut(path.Base(image), ":")
	return slices.Contains(strings.Fields(strings.ReplaceAll(reverseProxies, ",", " ")), name)
}

// subject starts a sentence about the ports of a mapping that are in a range.
func subject(m *compose.Mapping, r ports.Range) string {
	ports := m.HostPort.Ports.Common(r)
	return ports.Named(m.Protocol) + ports.IsOrAre()
}
