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

// badPart is a part of a port that is not what it should be.
type badPart struct{ part, text, reason string }

func (b badPart) Error() string { return fmt.Sprintf("%s %q%s", b.part, b.text, b.reason) }

// badPort says what is wrong with a text, which was written with or without variables:
// their values may be secrets, and are not repeated unless they are short numbers.
func badPort(err error, written string) string {
	if b, ok := errors.AsType[badPart](err); ok && variable.In(written) && (len(b.text) > len("65535") || strings.Trim(b.text, "0123456789") != "") {
		return fmt.Sprintf("%s of %q%s", b.part, written, b.reason)
	}
	return err.Error()
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
		p.protocol = "tcp"
		return p, badPart{"protocol", protocol, " is not tcp, udp or sctp"}
	}
	if strings.HasPrefix(ip, "[") {
		inside, closed := strings.CutSuffix(ip[1:], "]")
		if !closed || strings.ContainsAny(inside, "[]") {
			p.hostIP = ""
			return p, badPart{"address", ip, " has brackets that do not match"}
		}
		p.hostIP = inside
	}
	if p.hostIP != "" && net.ParseIP(p.hostIP) == nil {
		p.hostIP = ""
		return p, badPart{"address", ip, " is not an IP address"}
	}
	var err error
	if p.container, err = ports.Parse(port); err != nil {
		return p, badPart{"container port", port, ": " + err.Error()}
	}
	if p.container.First == 0 {
		return p, errors.New("the container port is 0")
	}
	if host == "" {
		return p, nil
	}
	if p.host, err = ports.Parse(host); err != nil {
		return p, badPart{"host port", host, ": " + err.Error()}
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
