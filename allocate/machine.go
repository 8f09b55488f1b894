package allocate

import (
	"net"
	"net/netip"
	"os"
	"strings"
)

// ThisMachine are the names and addresses of this machine, as settings may have them.
func ThisMachine() (names []string) {
	if name, err := os.Hostname(); err == nil {
		short, _, _ := strings.Cut(name, ".")
		names = append(names, strings.ToLower(name), strings.ToLower(short), strings.ToLower(short)+".local")
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return names
	}
	for _, a := range addresses {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			names = append(names, prefix.Addr().String())
		}
	}
	return names
}
