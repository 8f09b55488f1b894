package node

import (
	"context"
	"net"
	"net/netip"
	"os/exec"
	"runtime"
)

// pageOf is where a browser of this machine finds what listens on an address.
func pageOf(address string) string {
	if at, err := netip.ParseAddrPort(address); err == nil && at.Addr().IsUnspecified() {
		_, port, _ := net.SplitHostPort(address) // it was just read
		address = net.JoinHostPort("127.0.0.1", port)
	}
	return "http://" + address + "/"
}

// browse opens a page in the browser, by the system's own command.
func browse(ctx context.Context, page string) error {
	name, args := opener(runtime.GOOS)
	return exec.CommandContext(ctx, name, append(args, page)...).Run()
}

func opener(system string) (name string, args []string) {
	switch system {
	case "windows":
		return "rundll32", []string{"url.dll,FileProtocolHandler"}
	case "darwin":
		return "open", nil
	}
	return "xdg-open", nil
}
