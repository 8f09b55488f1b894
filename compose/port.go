package compose

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/source"
)

// shortPort is what a short form means once its variables are replaced.
type shortPort struct {
	hostIP    string
	host      ports.Range // zero when Docker picks
	container ports.Range
	protocol  string
}

// parseShort reads [IP:][HOST:]CONTAINER[/PROTOCOL]. It accepts what
// go-connections v0.8.2 accepts, with which Docker Compose v5 is built, and
// does not expand ranges.
func parseShort(text string) (shortPort, error) {
	ip, host, container := splitShort(text)
	port, protocol, hasProtocol := strings.Cut(container, "/")
	p := shortPort{hostIP: ip, protocol: strings.ToLower(protocol)}
	if port == "" {
		return p, errors.New("no container port")
	}
	if !hasProtocol || protocol == "" {
		p.protocol = "tcp"
	}
	if !validProtocol(p.protocol) {
		return p, fmt.Errorf("protocol %q is not tcp, udp or sctp", protocol)
	}
	if strings.HasPrefix(ip, "[") {
		inside, closed := strings.CutSuffix(ip[1:], "]")
		if !closed || strings.ContainsAny(inside, "[]") {
			return p, fmt.Errorf("address %q has brackets that do not match", ip)
		}
		p.hostIP = inside
	}
	if p.hostIP != "" && net.ParseIP(p.hostIP) == nil {
		return p, fmt.Errorf("%q is not an IP address", p.hostIP)
	}
	var err error
	if p.container, err = ports.Parse(port); err != nil {
		return p, fmt.Errorf("container port %q: %w", port, err)
	}
	if p.container.First == 0 {
		return p, errors.New("the container port is 0")
	}
	if host == "" {
		return p, nil
	}
	if p.host, err = ports.Parse(host); err != nil {
		return p, fmt.Errorf("host port %q: %w", host, err)
	}
	if c := p.container.Width(); c > 1 && c != p.host.Last-p.host.First+1 {
		return p, fmt.Errorf("%d host ports for %d container ports", p.host.Last-p.host.First+1, c)
	}
	return p, nil
}

// splitShort cuts at the last two colons, as go-connections does.
func splitShort(text string) (ip, host, container string) {
	last := strings.LastIndexByte(text, ':')
	if last < 0 {
		return "", "", text
	}
	rest, container := text[:last], text[last+1:]
	if colon := strings.LastIndexByte(rest, ':'); colon >= 0 {
		return rest[:colon], rest[colon+1:], container
	}
	return "", rest, container
}

func validProtocol(p string) bool { return p == "tcp" || p == "udp" || p == "sctp" }

// shortSpans finds the parts of a short form's source text: the address and
// the host port, as offsets into text. Colons inside variable expressions and brackets belong
// to their part. The host span is where to write one when none is written.
func shortSpans(text string) (address, host source.Span) {
	var cuts []int
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '$':
			i += variable.Len(text[i:]) - 1
		case '[':
			if end := strings.IndexByte(text[i:], ']'); end > 0 {
				i += end
			}
		case ':':
			cuts = append(cuts, i)
		}
	}
	switch n := len(cuts); n {
	case 0:
		return source.Span{}, source.Span{}
	case 1:
		return source.Span{}, source.Span{End: cuts[0]}
	default:
		return source.Span{End: cuts[n-2]}, source.Span{Start: cuts[n-2] + 1, End: cuts[n-1]}
	}
}
