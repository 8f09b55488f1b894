package allocate

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/portmoor/portmoor/allocate/sockets"
	"github.com/portmoor/portmoor/ports"
)

// TestSockets opens real sockets: each must be seen by those that would collide
// with it and by no others, and named.
func TestSockets(t *testing.T) {
	me := fmt.Sprintf("pid %d", os.Getpid())
	for name, c := range map[string]struct {
		network, address string
		seen, unseen     []ports.Socket
	}{
		"loopback tcp": {"tcp4", "127.0.0.1:0", []ports.Socket{{Address: "127.0.0.1", Protocol: "tcp"}, {Protocol: "tcp"}, {Address: "0.0.0.0", Protocol: "tcp"}}, []ports.Socket{{Address: "127.0.0.1", Protocol: "udp"}, {Address: "::1", Protocol: "tcp"}, {Address: "::", Protocol: "tcp"}, {Address: "127.0.0.2", Protocol: "tcp"}, {Address: "127.0.0.1", Protocol: "sctp"}}},
		"loopback v6":  {"tcp6", "[::1]:0", []ports.Socket{{Address: "::1", Protocol: "tcp"}, {Protocol: "tcp"}, {Address: "::", Protocol: "tcp"}}, []ports.Socket{{Address: "127.0.0.1", Protocol: "tcp"}, {Address: "0.0.0.0", Protocol: "tcp"}, {Address: "::1", Protocol: "udp"}}},
		"udp":          {"udp4", "127.0.0.1:0", []ports.Socket{{Address: "127.0.0.1", Protocol: "udp"}, {Protocol: "udp"}}, []ports.Socket{{Address: "127.0.0.1", Protocol: "tcp"}, {Protocol: "tcp"}}},
		"wildcard v4":  {"tcp4", "0.0.0.0:0", []ports.Socket{{Address: "127.0.0.1", Protocol: "tcp"}, {Protocol: "tcp"}, {Address: "0.0.0.0", Protocol: "tcp"}}, []ports.Socket{{Address: "::1", Protocol: "tcp"}, {Address: "::", Protocol: "tcp"}}},
		"both":         {"tcp", ":0", []ports.Socket{{Address: "127.0.0.1", Protocol: "tcp"}, {Address: "::1", Protocol: "tcp"}, {Protocol: "tcp"}}, []ports.Socket{{Protocol: "udp"}}},
	} {
		t.Run(name, func(t *testing.T) {
			port, closer := listen(t, c.network, c.address)
			defer closer()
			m := &Machine{}
			for _, s := range c.seen {
				if owner, held := m.Holder(s, port, false); !held || owner.Kind != Process || owner.Detail != me || !strings.HasPrefix(owner.Name, "allocate") {
					t.Errorf("%v: held: %v by %v", s, held, owner)
				}
			}
			for _, s := range c.unseen {
				if owner, held := m.Holder(s, port, false); held {
					t.Errorf("%v: held by %v", s, owner)
				}
			}
			if owner, held := (&Machine{Remote: true}).Holder(c.seen[0], port, false); held {
				t.Errorf("a remote engine's machine: held by %v", owner)
			}
			own := &Machine{Own: []Held{{Socket: c.seen[0], Port: port}}}
			if owner, held := own.Holder(c.seen[0], port, false); held {
				t.Errorf("the project's own: held by %v", owner)
			}
			if _, held := own.Holder(c.seen[0], port, true); !held {
				t.Error("the project's own is chosen for another service")
			}
		})
	}
}

func listen(t *testing.T, network, address string) (port int, closer func()) {
	t.Helper()
	if strings.HasPrefix(network, "udp") {
		c, err := (&net.ListenConfig{}).ListenPacket(t.Context(), network, address)
		if err != nil {
			t.Skip(err)
		}
		a, _ := c.LocalAddr().(*net.UDPAddr)
		return a.Port, func() { _ = c.Close() }
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), network, address)
	if err != nil {
		t.Skip(err)
	}
	a, _ := l.Addr().(*net.TCPAddr)
	return a.Port, func() { _ = l.Close() }
}

// TestHeld: containers are told before sockets, by address and protocol, and who has
// only reserved a port after both.
func TestHeld(t *testing.T) {
	taken, closer := listen(t, "tcp4", "127.0.0.1:0")
	defer closer()
	m := &Machine{
		Held: []Held{{ports.Socket{Address: "0.0.0.0", Protocol: "tcp"}, 64001, Owner{Container, "shop/web", "shop-web-1"}}},
		Claims: func(port int) []Held {
			return []Held{{ports.Socket{Protocol: "tcp"}, port, Owner{Checkout, "/home/a", "web"}}}
		},
	}
	for socket, want := range map[ports.Socket]string{
		{Protocol: "tcp"}: "container shop/web (shop-web-1)", {Address: "127.0.0.1", Protocol: "tcp"}: "container shop/web (shop-web-1)", {Address: "::1", Protocol: "tcp"}: "checkout /home/a (web)", {Protocol: "udp"}: "",
	} {
		got := ""
		if owner, held := m.Holder(socket, 64001, false); held {
			got = owner.String()
		}
		if got != want {
			t.Errorf("%v: %q, want %q", socket, got, want)
		}
	}
	if owner, held := m.Holder(ports.Socket{Protocol: "tcp"}, taken, false); !held || owner.Kind != Process {
		t.Errorf("held: %v by %v", held, owner)
	}
}

// TestOwnAddress: what an own container has at one address says nothing of who
// has the port at another; where it covers what is wanted, nobody else matters.
func TestOwnAddress(t *testing.T) {
	other := Held{ports.Socket{Address: "127.0.0.2", Protocol: "tcp"}, 28510, Owner{Kind: Container, Name: "other"}}
	for _, c := range []struct {
		own, wanted string
		held        bool
	}{
		{"127.0.0.1", "0.0.0.0", true},
		{"127.0.0.1", "", true},
		{"127.0.0.1", "127.0.0.1", false},
		{"0.0.0.0", "", false},
		{"", "0.0.0.0", false},
		{"0.0.0.0", "127.0.0.2", false},
	} {
		m := &Machine{Remote: true, Held: []Held{other}, Own: []Held{{Socket: ports.Socket{Address: c.own, Protocol: "tcp"}, Port: other.Port}}}
		if _, held := m.Holder(ports.Socket{Address: c.wanted, Protocol: "tcp"}, other.Port, false); held != c.held {
			t.Errorf("own at %q, wanted %q: held is %v", c.own, c.wanted, held)
		}
	}
}

// TestTriesOfOthers: other runs that try to bind a port at the same moment do
// not hold it. Without a second look, one of these answers is wrong.
func TestTriesOfOthers(t *testing.T) {
	port, closer := listen(t, "tcp4", "127.0.0.1:0")
	closer()
	s := ports.Socket{Address: "127.0.0.1", Protocol: "tcp"}
	done := make(chan struct{})
	var others sync.WaitGroup
	for range 2 {
		others.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					inUse(s, port)
					time.Sleep(200 * time.Microsecond)
				}
			}
		})
	}
	wrong := 0
	for began := time.Now(); time.Since(began) < 300*time.Millisecond; {
		if _, held := (&Machine{}).Holder(s, port, false); held {
			wrong++
		}
	}
	close(done)
	others.Wait()
	if wrong > 0 {
		t.Errorf("a free port was held %d times", wrong)
	}
}

// TestPassive: who only looks finds listeners in the socket table, and does not
// try to bind a port, which would fail a service that starts at that moment.
func TestPassive(t *testing.T) {
	port, closer := listen(t, "tcp4", "127.0.0.1:0")
	s := ports.Socket{Address: "127.0.0.1", Protocol: "tcp"}
	if owner, held := (&Machine{Passive: true}).Holder(s, port, false); !held || owner.Kind != Process {
		t.Errorf("a listener: %v, held: %v", owner, held)
	}
	closer()
	done := make(chan int)
	go func() {
		failed := 0
		for began := time.Now(); time.Since(began) < 300*time.Millisecond; {
			l, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				failed++
				continue
			}
			_ = l.Close()
		}
		done <- failed
	}()
	for range 20 {
		(&Machine{Passive: true}).Holder(s, port, false)
	}
	if failed := <-done; failed > 0 {
		t.Errorf("a service could not bind its port %d times", failed)
	}
}

// TestPassiveFamilies: a listener on [::] that leaves IPv4 alone is told from one
// that does not, by one try, and only there.
func TestPassiveFamilies(t *testing.T) {
	for name, c := range map[string]struct {
		network, address string
		want             map[string]bool
	}{
		"IPv6 only":         {"tcp6", "[::]:0", map[string]bool{"": true, "::": true, "::1": true, "127.0.0.1": false, "0.0.0.0": false}},
		"both":              {"tcp", ":0", map[string]bool{"": true, "::": true, "127.0.0.1": true, "0.0.0.0": true}},
		"IPv4":              {"tcp4", "0.0.0.0:0", map[string]bool{"": true, "::": false, "127.0.0.1": true, "0.0.0.0": true}},
		"udp, IPv6 only":    {"udp6", "[::]:0", map[string]bool{"": true, "127.0.0.1": false}},
		"another's address": {"tcp4", "127.0.0.2:0", map[string]bool{"": true, "127.0.0.1": false, "0.0.0.0": true}},
	} {
		t.Run(name, func(t *testing.T) {
			port, closer := listen(t, c.network, c.address)
			defer closer()
			for address, want := range c.want {
				owner, held := (&Machine{Passive: true}).Holder(ports.Socket{Address: address, Protocol: c.network[:3]}, port, false)
				if held != want || held != (owner != Owner{}) {
					t.Errorf("%q: held is %v by %v", address, held, owner)
				}
			}
		})
	}
}

// TestProxies: who may not see whose a socket is sees Docker's proxy by its
// command line.
func TestProxies(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("Docker has no such proxies there")
	}
	sleep := exec.CommandContext(t.Context(), "sh")
	sleep.Args = []string{"/usr/bin/docker-proxy", "-c", "read x", "-proto", "udp", "-host-ip", "127.0.0.1", "-host-port", "28515", "-container-port", "53"}
	in, err := sleep.StdinPipe()
	if err == nil {
		err = sleep.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = in.Close(), sleep.Wait() }()
	m := &Table{}
	for s, want := range map[ports.Socket]string{
		{Address: "127.0.0.1", Protocol: "udp"}: "docker-proxy", {Protocol: "udp"}: "docker-proxy", {Address: "127.0.0.2", Protocol: "udp"}: ofAnotherUser, {Protocol: "tcp"}: ofAnotherUser,
	} {
		if got := m.owner(sockets.Listener{Socket: s, Port: 28515}, s); got.Name != want {
			t.Errorf("%v: %s", s, got)
		}
	}
	if got := m.owner(sockets.Listener{Port: 28516}, ports.Socket{Protocol: "udp"}); got.Name != ofAnotherUser {
		t.Errorf("another port: %s", got)
	}
}

// TestSpared: without an engine, what was given to the project stays its own
// when Docker may have it for the project, and only then. Who has no name may be
// Docker where there is an engine.
func TestSpared(t *testing.T) {
	s := ports.Socket{Address: "127.0.0.1", Protocol: "tcp"}
	m := &Machine{Silent: []Held{{Socket: s, Port: 8080}}}
	denied := &Machine{Silent: m.Silent, Denied: true}
	for _, c := range []struct {
		owner          Owner
		port           int
		spared, denied bool
	}{
		{Owner{Process, "docker-proxy", "pid 7"}, 8080, true, true},
		{Owner{Process, "rootlessport", "pid 7"}, 8080, true, true},
		{Owner{Kind: Process, Name: ofAnotherUser}, 8080, false, true},
		{Owner{Kind: Process, Name: unnamed}, 8080, false, true},
		{Owner{Process, "python3", "pid 7"}, 8080, false, false},
		{Owner{Checkout, "/srv/other", "web"}, 8080, false, false},
		{Owner{Process, "docker-proxy", "pid 7"}, 8081, false, false},
	} {
		if got := m.spared(c.owner, s, c.port); got != c.spared {
			t.Errorf("%s on %d: spared is %v", c.owner, c.port, got)
		}
		if got := denied.spared(c.owner, s, c.port); got != c.denied {
			t.Errorf("%s on %d, and the engine says nothing: spared is %v", c.owner, c.port, got)
		}
	}
	if m.spared(Owner{Process, "docker-proxy", ""}, ports.Socket{Address: "127.0.0.1", Protocol: "udp"}, 8080) {
		t.Error("udp is spared for tcp")
	}
}

// TestRefused: each system's word for a port that somebody has.
func TestRefused(t *testing.T) {
	for err, want := range map[error]bool{
		syscall.EADDRINUSE: true, syscall.Errno(10048): true, syscall.Errno(10013): true,
		syscall.EACCES: false, syscall.EADDRNOTAVAIL: false,
	} {
		if got := refused(&net.OpError{Op: "listen", Err: os.NewSyscallError("bind", err)}); got != want {
			t.Errorf("%v: %v", err, got)
		}
	}
}
