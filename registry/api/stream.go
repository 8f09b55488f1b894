package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/portmoor/portmoor/registry"
)

const (
	maxStreams = 768
	// heartbeat is how often a stream says that it is still there, so that both ends learn
	// of one that is not.
	heartbeat = 15 * time.Second
)

// change is an event: a service that is another now, or one that is gone.
type change struct {
	ID      registry.ID       `json:"id"`
	Service *registry.Service `json:"service"` // null for one that is gone
}

// stream sends server-sent events: all services first, then each that has changed.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		fail(w, http.StatusServiceUnavailable, "too many streams are open")
		return
	}
	s.metrics.streams.Inc()
	defer s.metrics.streams.Dec()
	changes := s.registry.Subscribe()
	defer changes.Close()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	to := streamTo{w, http.NewResponseController(w)}
	_ = to.controller.SetReadDeadline(time.Time{}) // that of the request is over
	all, one := s.told(r)
	if to.event("services", all) != nil {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-s.ended:
			return
		case <-beat.C:
			if to.comment() != nil {
				return
			}
		case <-changes.Wake():
			list, lost := changes.Take()
			if lost && to.event("services", all) != nil {
				return
			}
			for _, c := range list {
				if to.event("change", func() ([]byte, error) { return one(c) }) != nil {
					return
				}
			}
		}
	}
}

// told is how a stream writes all services, and a change: as JSON, or as rows of the page.
func (s *Server) told(r *http.Request) (all func() ([]byte, error), one func(registry.Change) ([]byte, error)) {
	if !r.URL.Query().Has("rows") {
		return func() ([]byte, error) { return s.registry.Body(), nil },
			func(c registry.Change) ([]byte, error) { return json.Marshal(change{c.ID, c.Service}) }
	}
	near := near(r)
	all = func() ([]byte, error) {
		return s.text(s.rows[near], func() ([]byte, error) { return s.rowsOfAll(near) })
	}
	return all, func(c registry.Change) ([]byte, error) {
		row, err := s.changedRow(c.ID, c.Service, near)
		if err != nil {
			return nil, err
		}
		return json.Marshal(row)
	}
}

// streamTo writes events to a client, none of which may take longer than [patience].
type streamTo struct {
	w          http.ResponseWriter
	controller *http.ResponseController
}

// event writes what a function makes.
func (s streamTo) event(name string, data func() ([]byte, error)) error {
	text, err := data()
	if err != nil {
		return err
	}
	return s.send(name, text)
}

func (s streamTo) send(event string, data []byte) error {
	return s.write("event: %s\ndata: %s\n\n", event, data[:len(data)-ending(data)])
}

func (s streamTo) comment() error { return s.write(":\n\n") }

func (s streamTo) write(format string, args ...any) error {
	_ = s.controller.SetWriteDeadline(time.Now().Add(patience)) //nolint:forbidigo // no output depends on it; a writer without deadlines waits
	if _, err := fmt.Fprintf(s.w, format, args...); err != nil {
		return err
	}
	return s.controller.Flush()
}

// ending is how many line breaks a text ends in, of one.
func ending(text []byte) int {
	if n := len(text); n > 0 && text[n-1] == '\n' {
		return 1
	}
	return 0
}
