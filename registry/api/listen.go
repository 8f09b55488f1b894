package api

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"github.com/portmoor/portmoor/say"
)

const (
	// DefaultListen is where the registry listens unless it is told otherwise.
	DefaultListen = "127.0.0.1:8100"

	idlePatience = time.Minute
	lastPatience = time.Second // for answers that are under way at the end
	purgeEvery   = 5 * time.Second
)

// headerPatience is how long a client may take to say what it wants, and patience how long
// it may take for an answer or for one event.
var headerPatience, patience = 5 * time.Second, 10 * time.Second

// Listen opens the address. On one that others reach, a server without a token is refused.
func (s *Server) Listen(ctx context.Context) (net.Listener, error) {
	host, _, err := net.SplitHostPort(s.options.Listen)
	if err != nil {
		return nil, say.Usagef("write --listen 127.0.0.1:8100", "%s: not a host and a port", s.options.Listen)
	}
	if s.options.Token == "" && !loopback(host) {
		return nil, say.Usagef("put a secret into a file, and name it with --token-file", "%s: others reach this address, and writing needs no token", s.options.Listen)
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", s.options.Listen)
	if err != nil {
		if call, ok := errors.AsType[*os.SyscallError](err); ok {
			err = call.Err
		}
		return nil, say.Problem{Place: s.options.Listen, Message: "can't listen there: " + say.Cause(err).Error() + ": choose another address with --listen"} // which is all on one line
	}
	return l, nil
}

// loopback reports a host that only this machine reaches.
func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}

// Run serves until the context ends, which is no error, and then ends all streams and, at
// the latest after two seconds, all else. Meanwhile it takes out what is stale, and does
// the health checks.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	clients := bind(l, maxConnections)
	server := &http.Server{
		Handler: s, ConnState: clients.state, ReadHeaderTimeout: headerPatience, ReadTimeout: patience, WriteTimeout: patience, IdleTimeout: idlePatience, MaxHeaderBytes: 16 << 10,
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	failed := make(chan error, 1)
	go func() { failed <- say.Guard(func() { s.purge(ctx) }) }()
	go func() { _ = say.Guard(func() { s.checkHealth(ctx) }) }()
	served := make(chan error, 1)
	go func() {
		var err error
		bug := say.Guard(func() { err = server.Serve(clients) })
		served <- errors.Join(bug, err)
	}()
	select {
	case err := <-served:
		return err
	case err := <-failed:
		if ctx.Err() == nil {
			_ = server.Close() // it is over
			return err
		}
	case <-ctx.Done():
	}
	close(s.ended)
	last, done := context.WithTimeout(context.WithoutCancel(ctx), lastPatience)
	defer done()
	if server.Shutdown(last) != nil {
		_ = server.Close() // who is still there has had its time
	}
	return nil
}

func (s *Server) purge(ctx context.Context) {
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.registry.Purge()
		}
	}
}
