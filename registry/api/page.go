package api

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/portmoor/portmoor/registry"
)

//go:embed page/page.html
var pageText string

//go:embed page/page.css
var pageStyle string

//go:embed page/page.js
var pageScript string

// pageTemplate is read when a browser asks for the first time.
var pageTemplate = sync.OnceValues(func() (*template.Template, error) { return template.New("page").Parse(pageText) })

// pagePolicy lets the page use its own style, script and events, and nothing else.
var pagePolicy = sync.OnceValue(func() string {
	return fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		hashed(pageStyle), hashed(pageScript))
})

// hashed is how a policy names a text.
func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// row is what the page shows of a service. What nobody has said is "".
type row struct {
	Key                                string // what tells it apart, as JSON
	Name, Project, Host                string
	Link                               string // http or https
	Only                               string // the host on which alone it is reached, for who is on another one
	State, Health                      string
	Capabilities                       []string
	Live, Container, Assigned, Default string
	Since                              string // in UTC
	Machine                            string // since when, for machines
}

func keyOf(id registry.ID) string {
	text, _ := json.Marshal([]string{id.Name, id.Host, id.Project}) //nolint:errchkjson // strings can be written
	return string(text)
}

// rowOf is the row for a viewer. Near is one on this machine, for whom the loopback address
// of a service that runs here leads to it.
func (s *Server) rowOf(service registry.Service, near bool) row {
	r := rowOf(service)
	if at, err := url.Parse(r.Link); r.Link != "" && err == nil && whereverItIs(at.Hostname()) && (!near || !s.runsHere(service)) {
		r.Link, r.Only = "", service.Host
		if whereverItIs(service.Host) {
			r.Only = "its own host"
		}
	}
	return r
}

// runsHere reports a service of this machine, or one that this registry was told of as if
// it were.
func (s *Server) runsHere(service registry.Service) bool {
	if service.Host == s.registry.Host() {
		return true
	}
	_, own := s.registry.OwnOf(service.ID())
	return own && whereverItIs(service.Host)
}

// whereverItIs reports a host that leads each machine to itself.
func whereverItIs(host string) bool {
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return loopback(host) || strings.HasSuffix(host, ".localhost") || err == nil && addr.Unmap().IsUnspecified()
}

// near reports a client on this machine.
func near(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	to, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if to == nil {
		return from.Addr().Unmap().IsLoopback()
	}
	at, err := netip.ParseAddrPort(to.String())
	return from.Addr().Unmap().IsLoopback() || err == nil && at.Addr().Unmap() == from.Addr().Unmap()
}

func rowOf(s registry.Service) row {
	r := row{Key: keyOf(s.ID()), Name: s.Name, Project: s.Project(), Host: s.Host, State: string(s.State), Capabilities: s.Capabilities}
	if s.Health != registry.Unknown {
		r.Health = string(s.Health)
	}
	if u, err := url.Parse(s.URL()); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		r.Link = u.String()
	}
	said := metadata(s)
	r.Container, r.Assigned, r.Default = shown(said["container_port"]), shown(said["assigned"]), shown(said["default"])
	if protocol := shown(said["protocol"]); protocol != "" && protocol != "tcp" && r.Container != "" {
		r.Container += "/" + protocol
	}
	if s.State == registry.Up {
		r.Live = cmp.Or(live(said["ports"]), fmt.Sprint(s.Port))
	}
	if at := s.RegisteredAt.UTC(); !at.IsZero() {
		r.Since, r.Machine = at.Format("2006-01-02 15:04"), at.Format("2006-01-02T15:04:05Z")
	}
	return r
}

// metadata is what the service says of itself, in the types of JSON, whoever has said it.
func metadata(s registry.Service) (said map[string]any) {
	text, err := json.Marshal(s.Metadata)
	if err != nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	_ = d.Decode(&said) // it was just written
	return said
}

// shown is a text or a number for people, and "" for all else.
func shown(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// live are the ports of the host at which a service is reached.
func live(ports any) string {
	list, _ := ports.([]any)
	var all []string
	for _, p := range list {
		of, _ := p.(map[string]any)
		if port := shown(of["host"]); port != "" && !slices.Contains(all, port) {
			all = append(all, port)
		}
	}
	return strings.Join(all, ", ")
}

// once makes a text once for each change of the registry, and not once for each client.
type once struct {
	mu   sync.Mutex
	of   *byte // of the registry's list
	text []byte
}

// text is what a function makes, or what it has made since the last change.
func (s *Server) text(o *once, create func() ([]byte, error)) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if of := &s.registry.Body()[0]; o.of != of { // it is another text after a change
		text, err := create()
		if err != nil {
			return nil, err
		}
		o.of, o.text = of, text
	}
	return o.text, nil
}

// page answers browsers: a table of all services, which works without JavaScript.
func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	near := near(r)
	text, err := s.text(s.pages[near], func() ([]byte, error) { return s.pageOfAll(near) })
	if err != nil {
		fail(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", pagePolicy())
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(text) // a client that is gone needs no answer
}

func (s *Server) pageOfAll(near bool) ([]byte, error) {
	data := struct {
		Style  template.CSS
		Script template.JS
		Rows   []row
	}{template.CSS(pageStyle), template.JS(pageScript), []row{}}
	for _, service := range s.registry.List(registry.Filter{}) {
		data.Rows = append(data.Rows, s.rowOf(service, near))
	}
	t, err := pageTemplate()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, data)
	return b.Bytes(), err
}

// rowChange is an event of the page's stream.
type rowChange struct {
	Key string  `json:"key"`
	Row *string `json:"row"` // HTML; null for a service that is gone
}

func (s *Server) changedRow(id registry.ID, service *registry.Service, near bool) (rowChange, error) {
	if service == nil {
		return rowChange{Key: keyOf(id)}, nil
	}
	t, err := pageTemplate()
	if err != nil {
		return rowChange{}, err
	}
	var b strings.Builder
	err = t.ExecuteTemplate(&b, "row", s.rowOf(*service, near))
	text := b.String()
	return rowChange{keyOf(id), &text}, err
}

// rowsOfAll is the event with the rows of all services.
func (s *Server) rowsOfAll(near bool) ([]byte, error) {
	all := []rowChange{}
	for _, service := range s.registry.List(registry.Filter{}) {
		change, err := s.changedRow(service.ID(), &service, near)
		if err != nil {
			return nil, err
		}
		all = append(all, change)
	}
	return json.Marshal(all)
}
