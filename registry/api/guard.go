package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// refuses says why a request is not answered, and with which status; "" for one that is.
// A page of another site can't have this machine's browser read or change anything: its
// requests come from elsewhere, and a name of its own that leads here is none of ours.
func (s *Server) refuses(r *http.Request) (code int, why string) {
	if !s.called(r.Host) {
		return http.StatusForbidden, "this registry is not called " + quoted(r.Host)
	}
	if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+r.Host && origin != "https://"+r.Host {
		return http.StatusForbidden, "requests of other sites are not answered"
	}
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		return http.StatusForbidden, "requests of other sites are not answered"
	}
	write := r.Method != http.MethodGet && r.Method != http.MethodHead && r.URL.Path != "/api/discover"
	if write && s.options.Token != "" && !s.trusted(r) {
		return http.StatusUnauthorized, "writing needs the token of this registry"
	}
	return 0, ""
}

// called reports a name under which this machine may be called: an address, a name of its
// own, or one that always leads to it.
func (s *Server) called(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	host = strings.ToLower(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "host.docker.internal" ||
		slices.ContainsFunc(s.options.Names, func(n string) bool { return strings.EqualFold(n, host) })
}

// trusted reports a request with the token.
func (s *Server) trusted(r *http.Request) bool {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	got, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(s.options.Token))
	return bearer && subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

// quoted is a host for people, cut where it is long.
func quoted(host string) string {
	return `"` + strings.Map(func(r rune) rune {
		if r < ' ' || r == '"' || r > '~' {
			return '?'
		}
		return r
	}, host[:min(len(host), 100)]) + `"`
}
