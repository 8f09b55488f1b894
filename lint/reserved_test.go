package lint

import (
	"strings"
	"testing"

	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/ports"
)

// TestReverseProxies: 80 and 443 are where a reverse proxy belongs, whatever its registry
// and tag, and nothing else is; a configuration that reserves them is obeyed.
func TestReverseProxies(t *testing.T) {
	const digest = "@sha256:0000000000000000000000000000000000000000000000000000000000000000"
	for _, c := range []struct {
		image, port string
		reserved    []ports.Range
		silent      bool
	}{
		{"nginx", "80:8080", nil, true},
		{"nginx:1.27-alpine", "443:443", nil, true},
		{"registry.local:5000/team/traefik:v3" + digest, "443:443/udp", nil, true},
		{"nginxproxy/nginx-proxy", "127.0.0.1:80:80", nil, true},
		{"${PROXY_IMAGE:-caddy:2}", "${HTTP:-80}:80", nil, true},
		{"traefik", "81:80", nil, false},
		{"traefik", "80-81:80-81", nil, false},
		{"traefik/whoami", "80:80", nil, false},
		{"nginx/nginx-prometheus-exporter", "80:80", nil, false},
		{"nginx", "443:443", []ports.Range{ports.One(443)}, false},
		{"nginx", "443:443", []ports.Range{ports.One(8443)}, true},
	} {
		_, projects := loadArchive(t, strings.NewReplacer("IMAGE", c.image, "PORT", c.port).Replace("-- compose.yaml --\nservices: {web: {image: \"IMAGE\", ports: [\"PORT\"]}}\n"), discover.Options{})
		found := Run(projects, Options{Only: []string{"reserved-port"}, Policy: ports.Policy{Reserved: c.reserved}})
		if (len(found) == 0) != c.silent {
			t.Errorf("%s with %s: %v", c.image, c.port, found)
		}
	}
}
