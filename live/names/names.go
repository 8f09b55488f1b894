// Package names gives the ports that are reachable now names instead of numbers, for the
// proxy that people have.
//
// The model: a [Name] is <service>.<project>.localhost and where it leads; [Of] makes them
// of live ports. [Write] prints them as a fragment: lines of a hosts file, sites of a
// Caddyfile, or a file of Traefik's dynamic configuration.
//
//	err := names.Write(w, names.Caddy, names.Of("shop", ports))
package names

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/live"
)

// The formats that Write knows.
const (
	Hosts   = "hosts"
	Caddy   = "caddy"
	Traefik = "traefik"
)

// Formats are all of them.
var Formats = []string{Hosts, Caddy, Traefik}

// Name is a name and where it leads.
type Name struct {
	Host string
	// Targets are URLs of HTTP, one for each replica, and otherwise of what the port is for.
	Targets []string

	of key
}

// key is what one name is for: a container port of a service.
type key struct {
	service string
	port    int
}

// Of are the names of the TCP ports that are bound, in the order of the ports. The first
// port of a service has the name of the service, and each other has its number besides.
func Of(project string, ports []live.Port) (all []Name) {
	taken := map[string]bool{}
	first := map[string]bool{} // services
	for _, p := range live.Bound(ports) {
		if p.URL == "" {
			continue
		}
		of := key{p.Service, p.ContainerPort}
		if i := slices.IndexFunc(all, func(n Name) bool { return n.of == of }); i >= 0 {
			if !slices.Contains(all[i].Targets, p.URL) {
				all[i].Targets = append(all[i].Targets, p.URL)
			}
			continue
		}
		name := label(p.Service)
		if first[p.Service] {
			name = fmt.Sprint(name, "-", p.ContainerPort)
		}
		first[p.Service] = true
		host := name + "." + label(project) + ".localhost"
		for n := 2; taken[host]; n++ { // a_b and a-b are one name
			host = fmt.Sprint(name, "-", n, ".", label(project), ".localhost")
		}
		taken[host] = true
		all = append(all, Name{host, []string{p.URL}, of})
	}
	return all
}

// label is a name as a part of a host's name: letters, digits and hyphens, 63 at most.
func label(name string) string {
	text := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, name)
	const most = 50 // so that a number has room behind it
	text = strings.Trim(text[:min(len(text), most)], "-")
	if text == "" {
		return "x"
	}
	return text
}

// proxied are the names that lead to HTTP.
func proxied(all []Name) []Name {
	return slices.DeleteFunc(slices.Clone(all), func(n Name) bool {
		return !strings.HasPrefix(n.Targets[0], "http://") && !strings.HasPrefix(n.Targets[0], "https://")
	})
}

// Write prints a fragment. Caddy and Traefik are told of HTTP alone. The error is that of
// the writer.
func Write(w io.Writer, format string, all []Name) error {
	var b strings.Builder
	switch format {
	case Hosts:
		for _, n := range all {
			fmt.Fprintf(&b, "%s %s\n", address(n.Targets[0]), n.Host)
		}
	case Caddy:
		for _, n := range proxied(all) {
			fmt.Fprintf(&b, "http://%s {\n\treverse_proxy %s", n.Host, strings.Join(n.Targets, " "))
			if strings.HasPrefix(n.Targets[0], "https://") { // with a certificate of nobody
				b.WriteString(" {\n\t\ttransport http {\n\t\t\ttls_insecure_skip_verify\n\t\t}\n\t}")
			}
			b.WriteString("\n}\n")
		}
	case Traefik:
		traefik(&b, proxied(all))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// address is that of a hosts file for where a URL leads.
func address(target string) string {
	u, err := url.Parse(target)
	if err != nil || net.ParseIP(u.Hostname()) == nil {
		return "127.0.0.1"
	}
	return u.Hostname()
}

func traefik(b *strings.Builder, all []Name) {
	if len(all) == 0 {
		b.WriteString("http: {}\n")
		return
	}
	id := func(n Name) string { return strings.ReplaceAll(strings.TrimSuffix(n.Host, ".localhost"), ".", "-at-") }
	b.WriteString("http:\n  routers:\n")
	for _, n := range all {
		fmt.Fprintf(b, "    %s:\n      rule: \"Host(`%s`)\"\n      service: %[1]s\n", id(n), n.Host)
	}
	b.WriteString("  services:\n")
	secure := false
	for _, n := range all {
		fmt.Fprintf(b, "    %s:\n      loadBalancer:\n", id(n))
		if strings.HasPrefix(n.Targets[0], "https://") { // with a certificate of nobody
			secure = true
			b.WriteString("        serversTransport: portmoor\n")
		}
		b.WriteString("        servers:\n")
		for _, t := range n.Targets {
			fmt.Fprintf(b, "          - url: %q\n", t)
		}
	}
	if secure {
		b.WriteString("  serversTransports:\n    portmoor:\n      insecureSkipVerify: true\n")
	}
}
