package api

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"github.com/portmoor/portmoor/registry"
)

const healthPatience = 5 * time.Second

// errForbidden is why an address is not asked.
var errForbidden = errors.New("not an address for health checks")

// metadataAddresses are where clouds tell machines their secrets, beside link-local ones.
var metadataAddresses = []netip.Addr{
	netip.MustParseAddr("100.100.100.200"), netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("168.63.129.16"), netip.MustParseAddr("192.0.0.192"),
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// wrapped are the networks of IPv6 whose addresses have one of IPv4 in them, and where.
var wrapped = map[netip.Prefix]int{netip.MustParsePrefix("64:ff9b::/96"): 12, netip.MustParsePrefix("2002::/16"): 2}

// unwrapped is the address that is reached in the end.
func unwrapped(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	for prefix, from := range wrapped {
		if bytes := addr.AsSlice(); prefix.Contains(addr) {
			addr, _ = netip.AddrFromSlice(bytes[from : from+4]) // is as long as one
		}
	}
	return addr
}

// askable reports an address that a health check may go to. What clients name is asked from
// this machine, and must not lead where only it may go.
func askable(address string) bool {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return false
	}
	addr := unwrapped(ap.Addr())
	return !slices.Contains(metadataAddresses, addr) && !addr.IsLinkLocalUnicast() && !addr.IsMulticast() && !addr.IsUnspecified() && addr != broadcast
}

// healthClient asks health URLs. It follows no redirect to another host, and connects to
// no address that is not [askable], whatever name leads there.
func healthClient() *http.Client {
	dialer := &net.Dialer{Timeout: healthPatience, Control: func(_, address string, _ syscall.RawConn) error {
		if !askable(address) {
			return errForbidden
		}
		return nil
	}}
	return &http.Client{
		Timeout:   healthPatience,
		Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > 5 || r.URL.Host != via[0].URL.Host {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
}

// checkHealth asks each health URL every 30 seconds, and a new one at once.
func (s *Server) checkHealth(ctx context.Context) {
	client := healthClient()
	newChecker(s.registry, func(ctx context.Context, url string) registry.Health { return check(ctx, client, url) }).run(ctx)
}

// check asks one URL: 200 is healthy.
func check(ctx context.Context, client *http.Client, url string) registry.Health {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return registry.Unhealthy
	}
	response, err := client.Do(request)
	if err != nil {
		return registry.Unhealthy
	}
	defer response.Body.Close()                                       //nolint:errcheck // it was only read
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // the status is all that counts
	if response.StatusCode != http.StatusOK {
		return registry.Unhealthy
	}
	return registry.Healthy
}
