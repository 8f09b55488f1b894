package live

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/docker"
)

// schemes are those of container ports that are registered for, or well known
// for, a protocol other than HTTP.
var schemes = map[int]string{
	21: "ftp", 22: "ssh", 443: "https", 8443: "https", 9443: "https",
	1433: "sqlserver", 1883: "mqtt", 3306: "mysql", 4222: "nats", 5432: "postgresql", 5672: "amqp",
	6379: "redis", 7687: "bolt", 27017: "mongodb",
}

// url leads to a port. Of what is not tcp, or bound to the loopback of another
// machine, it is "".
func url(p Port) string {
	if p.Protocol != "tcp" || p.Host == "" {
		return ""
	}
	scheme := schemes[p.ContainerPort]
	if p.Mapping != nil && p.Mapping.AppProtocol != "" {
		scheme = strings.ToLower(p.Mapping.AppProtocol)
	}
	if scheme == "" || scheme == "http2" || strings.Trim(scheme, "abcdefghijklmnopqrstuvwxyz0123456789+-") != "" { // as of kubernetes.io/h2c
		scheme = "http"
	}
	return scheme + "://" + net.JoinHostPort(p.Host, strconv.Itoa(p.HostPort))
}

// Address is host:port, which leads to the port, or will where it is down; "" where it
// can't be reached, or Docker has yet to pick it.
func (p Port) Address() string {
	port := cmp.Or(p.HostPort, p.Wanted)
	if p.Host == "" || port == 0 {
		return ""
	}
	return net.JoinHostPort(p.Host, strconv.Itoa(port))
}

// hostName is localhost where that gets to the port by either family, else an
// address that does.
func hostName(host string, p Port, siblings []docker.Binding) string {
	ip, _ := netip.ParseAddr(p.HostIP)
	switch {
	case !everywhere(p.HostIP) && ip.IsLoopback() && host != "":
		return ""
	case !everywhere(p.HostIP):
		return p.HostIP
	case host != "":
		return host
	case docker.Family(p.HostIP) == 6 && !alsoInIPv4(p, siblings):
		return "::1"
	case apart(p, siblings) || p.Container.Role == docker.SwarmService: // of which ::1 would lead nowhere
		return "127.0.0.1"
	}
	return "localhost"
}

func alsoInIPv4(p Port, siblings []docker.Binding) bool {
	return slices.ContainsFunc(siblings, func(b docker.Binding) bool {
		return b.ContainerPort == p.ContainerPort && b.Protocol == p.Protocol && docker.Family(b.HostIP) == 4 && b.HostPort == p.HostPort
	})
}

// apart reports that IPv6 has another number, so that localhost may lead to
// somebody else.
func apart(p Port, siblings []docker.Binding) bool {
	same, other := false, false
	for _, b := range siblings {
		if b.ContainerPort == p.ContainerPort && b.Protocol == p.Protocol && docker.Family(b.HostIP) == 6 {
			same = same || b.HostPort == p.HostPort
			other = other || b.HostPort != p.HostPort
		}
	}
	return other && !same
}
