package compose

import (
	"path"
	"slices"
	"strings"
)

// ReverseProxies are the images whose service is one that stands in front of others, by the
// last part of their names.
const ReverseProxies = `angie, apisix, bunkerweb, caddy, caddy-docker-proxy, envoy, haproxy, https-portal, kong, nginx, nginx-certbot,
nginx-proxy, nginx-proxy-manager, nginx-unprivileged, npmplus, openresty, pomerium, swag, traefik, zoraxy`

// ReverseProxy reports a service whose image is one of ReverseProxies, from whatever
// registry and with whatever tag.
func (s Service) ReverseProxy() bool {
	image, _, _ := strings.Cut(s.Image, "@")
	name, _, _ := strings.Cut(path.Base(image), ":")
	return slices.Contains(strings.Fields(strings.ReplaceAll(ReverseProxies, ",", " ")), name)
}
