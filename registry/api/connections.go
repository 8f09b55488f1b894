package api

import (
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/portmoor/portmoor/say"
)

// maxConnections is how many clients are connected at once, of whom [maxStreams] may hear
// events: some are left for requests.
var maxConnections = 1024

const (
	refusal = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 45\r\n\r\n" +
		`{"detail":"too many clients are connected"} ` + "\n"
	refusalPatience = time.Second
	maxRefusals     = 64 // at once
)

// bounded is a listener that lets in so many connections and no more. Who comes then takes
// the place of who waits for nothing, and is told so when all are at work.
type bounded struct {
	net.Listener

	most     int
	refusing chan struct{}

	mu   sync.Mutex
	open map[*connection]time.Time // since when it is idle; zero for one that is not
}

func bind(l net.Listener, most int) *bounded {
	return &bounded{Listener: l, most: most, refusing: make(chan struct{}, maxRefusals), open: map[*connection]time.Time{}}
}

// connection is one that counts until it is closed.
type connection struct {
	net.Conn

	of *bounded
}

// Close gives the place free.
func (c *connection) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// Accept waits for the next client that has a place.
func (b *bounded) Accept() (net.Conn, error) {
	for {
		in, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c := b.let(in); c != nil {
			return c, nil
		}
		select {
		case b.refusing <- struct{}{}:
			go func() {
				defer func() { <-b.refusing }()
				_ = say.Guard(func() { refuseConnection(in) })
			}()
		default:
			_ = in.Close() // nothing was said yet
		}
	}
}

// let gives a client a place; nil when there is none.
func (b *bounded) let(in net.Conn) *connection {
	b.mu.Lock()
	defer b.mu.Unlock()
	var oldest *connection
	if len(b.open) >= b.most {
		for c, idle := range b.open {
			if !idle.IsZero() && (oldest == nil || idle.Before(b.open[oldest])) {
				oldest = c
			}
		}
		if oldest == nil {
			return nil
		}
		delete(b.open, oldest)
		_ = oldest.Conn.Close() // it waits for nothing
	}
	c := &connection{in, b}
	b.open[c] = now()
	return c
}

// state is told by the server what a connection does.
func (b *bounded) state(in net.Conn, state http.ConnState) {
	c, own := in.(*connection)
	if !own {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, open := b.open[c]; !open {
		return
	}
	switch state {
	case http.StateNew, http.StateIdle:
		b.open[c] = now()
	case http.StateActive:
		b.open[c] = time.Time{}
	case http.StateHijacked, http.StateClosed: // closing it told
	}
}

// refuseConnection says that there is no place. What the client has asked is read, so that
// it reads the answer.
func refuseConnection(in net.Conn) {
	defer in.Close()                               //nolint:errcheck // the client is gone either way
	_ = in.SetDeadline(now().Add(refusalPatience)) // one that can't be set is closed now
	if _, err := io.WriteString(in, refusal); err != nil {
		return
	}
	if half, can := in.(interface{ CloseWrite() error }); can && half.CloseWrite() == nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(in, maxBody)) // until it hangs up
	}
}
