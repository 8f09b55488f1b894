// Package api answers the registry's API over HTTP, with the paths, fields and status
// codes that clients of the original know.
//
// The model: a [Server] is a handler over a registry. [Server.Listen] and [Server.Run] put
// it on an address, which is this machine's own unless writes need a token.
//
//	s := api.New(reg, api.Options{Listen: "127.0.0.1:8100"})
//	l, err := s.Listen(ctx)
//	err = s.Run(ctx, l)
package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/registry"
)

// maxBody bounds what a client may send, in bytes.
const maxBody = 64 << 10

// serviceName is what the original calls itself, which clients check.
const serviceName = "service-registry"

// Options are how a registry is served.
type Options struct {
	Listen string // host:port
	// Token is what writes must bring; "" for none, on loopback only.
	Token string
	// Names are the names under which this machine is called beside its addresses.
	Names []string
	// Version, Mesh and Hostname are told to clients.
	Version, Mesh, Hostname string
	// NATS is the server that connects registries, without credentials; "" for none.
	NATS string
	// Say is told what people should know; nil for nobody.
	Say func(message, hint string)
}

// Server answers the API.
type Server struct {
	options  Options
	registry *registry.Registry
	metrics  *metrics
	streams  chan struct{} // as many as are open at once
	mux      *http.ServeMux
	ended    chan struct{} // closed when streams have to end

	pages, rows map[bool]*once // for who is on this machine, and for others
}

// New makes a server over a registry.
func New(r *registry.Registry, o Options) *Server {
	if o.Say == nil {
		o.Say = func(string, string) {}
	}
	s := &Server{options: o, registry: r, metrics: newMetrics(r), streams: make(chan struct{}, maxStreams), mux: http.NewServeMux(), ended: make(chan struct{})}
	s.pages, s.rows = map[bool]*once{true: new(once), false: new(once)}, map[bool]*once{true: new(once), false: new(once)}
	for pattern, handle := range map[string]http.HandlerFunc{
		"GET /healthz":                s.healthz,
		"GET /{$}":                    s.root,
		"POST /api/services":          s.post,
		"GET /api/services":           s.list,
		"GET /api/services/{name}":    s.get,
		"DELETE /api/services/{name}": s.remove,
		"POST /api/discover":          s.discover,
		"GET /api/status":             s.status,
		"GET /api/events":             s.stream,
		"GET /metrics":                s.metrics.handler().ServeHTTP,
	} {
		s.mux.HandleFunc(pattern, s.metrics.counted(pattern, handle))
	}
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if code, why := s.refuses(r); why != "" {
		if code == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", "Bearer") // RFC 9110, 11.6.1
		}
		fail(w, code, why)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	s.mux.ServeHTTP(w, r)
}

func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	answer(w, map[string]string{"status": "healthy", "service": serviceName})
}

func (s *Server) root(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept")
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		s.page(w, r)
		return
	}
	answer(w, map[string]any{
		"name": serviceName, "version": s.options.Version, "mesh": s.options.Mesh, "hostname": s.options.Hostname, "services": s.count(),
		"endpoints": map[string]string{
			"health": "/healthz", "services": "/api/services", "discover": "/api/discover", "status": "/api/status",
			"events": "/api/events", "metrics": "/metrics",
		},
	})
}

func (s *Server) count() (n int) {
	for _, of := range s.registry.Count() {
		n += of
	}
	return n
}

func (s *Server) post(w http.ResponseWriter, r *http.Request) {
	service, err := readService(r.Body)
	if err == nil {
		service, err = s.registry.Post(service)
	}
	switch {
	case errors.Is(err, registry.ErrFull):
		fail(w, http.StatusServiceUnavailable, err.Error())
	case err != nil:
		refuse(w, err)
	default:
		answer(w, map[string]any{"status": "registered", "service": service})
	}
}

func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	if r.URL.RawQuery == "" {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(s.registry.Body()) // a client that is gone needs no answer
		return
	}
	q := r.URL.Query()
	f := registry.Filter{Mode: registry.Mode(q.Get("mode"))}
	if f.Mode != "" && f.Mode != registry.Docked && f.Mode != registry.Standalone {
		refuse(w, registry.Invalid{Field: "mode", Message: "want docked or standalone"})
		return
	}
	if c := q.Get("capability"); c != "" {
		f.Capabilities = []string{c}
	}
	if text := q.Get("healthy_only"); text != "" {
		var err error
		if f.Healthy, err = strconv.ParseBool(text); err != nil {
			refuse(w, registry.Invalid{Field: "healthy_only", Message: "want true or false"})
			return
		}
	}
	s.answerList(w, f)
}

func (s *Server) answerList(w http.ResponseWriter, f registry.Filter) {
	list := s.registry.List(f)
	answer(w, map[string]any{"count": len(list), "services": list})
}

func (s *Server) get(w http.ResponseWriter, r *http.Request) {
	service, found := s.registry.Newest(r.PathValue("name"))
	if !found {
		fail(w, http.StatusNotFound, "Service not found")
		return
	}
	answer(w, service)
}

func (s *Server) remove(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if !s.registry.Delete(name, r.URL.Query().Get("host")) {
		fail(w, http.StatusNotFound, "Service not found")
		return
	}
	answer(w, map[string]string{"status": "unregistered", "name": name})
}

// discover takes a list of capabilities, or an object that has one.
func (s *Server) discover(w http.ResponseWriter, r *http.Request) {
	src, err := io.ReadAll(r.Body)
	if err != nil {
		refuse(w, err)
		return
	}
	var f registry.Filter
	var object struct {
		Capabilities *[]string `json:"capabilities"`
	}
	if json.Unmarshal(src, &f.Capabilities) != nil || f.Capabilities == nil {
		if json.Unmarshal(src, &object) != nil || object.Capabilities == nil {
			refuse(w, registry.Invalid{Field: "capabilities", Message: "want a list of names"})
			return
		}
		f.Capabilities = *object.Capabilities
	}
	s.answerList(w, f)
}

func (s *Server) status(w http.ResponseWriter, _ *http.Request) {
	list := s.registry.List(registry.Filter{})
	answer(w, map[string]any{
		"registry": map[string]any{
			"mesh": s.options.Mesh, "hostname": s.options.Hostname, "nats_url": s.options.NATS, "nats_external": s.options.NATS, "services": len(list),
		},
		"services": list,
	})
}

// readService reads what a client says of a service: as it is written in [registry.Service],
// but for numbers as text and null for nothing.
func readService(body io.Reader) (s registry.Service, err error) {
	src, err := io.ReadAll(body)
	if err != nil {
		return s, err
	}
	var in struct {
		Name         *string        `json:"name"`
		Host         *string        `json:"host"`
		Port         any            `json:"port"`
		Mode         *string        `json:"mode"`
		State        *string        `json:"state"`
		Capabilities []string       `json:"capabilities"`
		HealthURL    *string        `json:"health_url"`
		Metadata     map[string]any `json:"metadata"`
	}
	if err := json.Unmarshal(src, &in); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
			return s, registry.Invalid{Field: wrong.Field, Message: "is " + wrong.Value}
		}
		return s, registry.Invalid{Message: "not a JSON object"}
	}
	for _, field := range []struct {
		name string
		from *string
		to   func(string)
	}{
		{"name", in.Name, func(v string) { s.Name = v }},
		{"host", in.Host, func(v string) { s.Host = v }},
	} {
		if field.from == nil {
			return s, registry.Invalid{Field: field.name, Message: "field required"}
		}
		field.to(*field.from)
	}
	port, err := strconv.ParseFloat(strings.TrimSpace(fmt.Sprint(in.Port)), 64)
	if in.Port == nil {
		return s, registry.Invalid{Field: "port", Message: "field required"}
	}
	if err != nil || port != float64(int(port)) {
		return s, registry.Invalid{Field: "port", Message: "want a number from 1 to 65535"}
	}
	s.Port, s.Capabilities, s.Metadata = int(port), in.Capabilities, in.Metadata
	if in.Mode != nil {
		s.Mode = registry.Mode(*in.Mode)
	}
	if in.State != nil {
		s.State = registry.State(*in.State)
	}
	if in.HealthURL != nil {
		s.HealthURL = *in.HealthURL
	}
	return s, nil
}

func answer(w http.ResponseWriter, v any) { write(w, http.StatusOK, v) }

func write(w http.ResponseWriter, code int, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		code, text = http.StatusInternalServerError, []byte(`{"detail": "this can't be written as JSON"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(append(text, '\n')) // a client that is gone needs no answer
}

// fail answers with why not, as FastAPI does, in which the original is written.
func fail(w http.ResponseWriter, code int, why string) {
	write(w, code, map[string]string{"detail": why})
}

// refuse answers to a body or a query that can't be used, as FastAPI does.
func refuse(w http.ResponseWriter, err error) {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		fail(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("more than %d bytes", maxBody))
		return
	}
	loc, message := []string{"body"}, err.Error()
	if invalid, ok := errors.AsType[registry.Invalid](err); ok {
		message = invalid.Message
		if invalid.Field != "" {
			loc = append(loc, invalid.Field)
		}
	}
	write(w, http.StatusUnprocessableEntity, map[string]any{"detail": []map[string]any{{"loc": loc, "msg": message, "type": "value_error"}}})
}
