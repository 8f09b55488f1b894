// Package sockets is the machine's socket table: who listens where, as far as the system
// tells this user.
//
// The model: [Read] reads the table once. A [Listener] has the id of its process where the
// user may see it; [Name] is what that is called. The ports of Docker's proxies, which are
// root's, [Proxies] knows by their command lines.
//
//	for port, listeners := range sockets.Read() {
//		…
//	}
package sockets

import (
	"context"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"

	psnet "github.com/shirou/gopsutil/v4/net"
	"github.com/shirou/gopsutil/v4/process"

	"github.com/portmoor/portmoor/ports"
)

// Listener is an entry of the table that waits for others.
type Listener struct {
	Socket ports.Socket
	Port   int
	// PID is its process, 0 where this user may not see whose it is.
	PID int32
	// Both reports one on [::], which may have the port in IPv4 too.
	Both bool
}

// Read is the table, by port: only what has no peer is a listener. What can't be read is
// missing.
func Read() map[int][]Listener {
	table := map[int][]Listener{}
	for _, kind := range []string{"tcp", "udp"} {
		connections, err := psnet.ConnectionsWithContext(context.Background(), kind)
		if err != nil {
			continue // then holders have no name until it is read again
		}
		for _, c := range connections {
			if c.Raddr.Port != 0 || kind == "tcp" && c.Status != "LISTEN" {
				continue
			}
			port := int(c.Laddr.Port)
			address := c.Laddr.IP
			if address == "*" || address == "::" {
				address = "" // it may be both families
			}
			table[port] = append(table[port], Listener{ports.Socket{Address: address, Protocol: kind}, port, c.Pid, address == "" && c.Family == syscall.AF_INET6})
		}
	}
	return table
}

// Name is what a process is called, "" where the system does not say.
func Name(pid int32) string {
	if pid <= 0 {
		return ""
	}
	name, err := (&process.Process{Pid: pid}).Name()
	if err != nil { // it has just ended
		return ""
	}
	return name
}

// Proxy is the program that Docker has one of for each port on Linux.
const Proxy = "docker-proxy"

// Proxies are the ports that Docker's proxies have by their command lines, which
// everybody may read, while only root sees whose a socket is.
func Proxies() (all []Listener) {
	if runtime.GOOS != "linux" {
		return nil
	}
	pids, err := process.Pids()
	if err != nil {
		return nil
	}
	for _, pid := range pids {
		args, err := (&process.Process{Pid: pid}).CmdlineSlice()
		if err != nil || len(args) == 0 || filepath.Base(args[0]) != Proxy {
			continue
		}
		if port, err := strconv.Atoi(argument(args, "-host-port")); err == nil {
			socket := ports.Socket{Address: argument(args, "-host-ip"), Protocol: argument(args, "-proto")}
			all = append(all, Listener{Socket: socket, Port: port, PID: pid})
		}
	}
	return all
}

// argument is what follows a flag, "" for nothing.
func argument(args []string, flag string) string {
	i := slices.Index(args, flag)
	if i < 0 || i+1 == len(args) {
		return ""
	}
	return args[i+1]
}
