package registry

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ID is what tells services apart: two projects of one host may have one name.
type ID struct {
	Name    string `json:"name"`
	Host    string `json:"host"`
	Project string `json:"project"` // "" for none
}

func (id ID) compare(o ID) int {
	return cmp.Or(cmp.Compare(id.Name, o.Name), cmp.Compare(id.Host, o.Host), cmp.Compare(id.Project, o.Project))
}

// Mode is where a service runs.
type Mode string

// The modes.
const (
	Docked     Mode = "docked"     // inside the main machine's stack
	Standalone Mode = "standalone" // by itself, on an edge host
)

// State is whether a service runs.
type State string

// The states.
const (
	Up   State = "up"
	Down State = "down"
)

// Health is what health checks say of a service.
type Health string

// What health checks say.
const (
	Healthy   Health = "healthy"
	Unhealthy Health = "unhealthy"
	Unknown   Health = "unknown"
)

// Time is a moment, which the API writes in UTC without saying so.
type Time struct{ time.Time }

const timeForm = "2006-01-02T15:04:05.000000"

// MarshalJSON writes 2026-01-31T12:00:00.000000.
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(`"` + t.UTC().Format(timeForm) + `"`), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *Time) UnmarshalJSON(text []byte) error {
	at, err := time.Parse(`"`+timeForm+`"`, string(text))
	t.Time = at
	return err
}

// Service is a service, as the API writes it.
type Service struct {
	Name         string         `json:"name"`
	Host         string         `json:"host"`
	Port         int            `json:"port"`
	Mode         Mode           `json:"mode"`
	Capabilities []string       `json:"capabilities"`
	HealthURL    string         `json:"-"` // "" for none, which the API writes as null
	Health       Health         `json:"health_status"`
	State        State          `json:"state"`
	LastSeen     Time           `json:"last_seen"`
	RegisteredAt Time           `json:"registered_at"`
	Metadata     map[string]any `json:"metadata"`
	// Added reports that a client has described it, who may take it out again.
	Added bool `json:"-"`
}

// plain is a service without the methods.
type plain Service

type wire struct {
	plain

	HealthURL *string `json:"health_url"`
}

// MarshalJSON writes the service as the API has it.
func (s Service) MarshalJSON() ([]byte, error) {
	w := wire{plain: plain(s)}
	if s.HealthURL != "" {
		w.HealthURL = &s.HealthURL
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Service) UnmarshalJSON(text []byte) error {
	var w wire
	if err := json.Unmarshal(text, &w); err != nil {
		return err
	}
	*s = Service(w.plain)
	if w.HealthURL != nil {
		s.HealthURL = *w.HealthURL
	}
	return nil
}

// Project is the compose project of a service, "" when nobody has said.
func (s Service) Project() string {
	project, _ := s.Metadata["project"].(string)
	return project
}

// ID is what tells the service apart.
func (s Service) ID() ID { return ID{s.Name, s.Host, s.Project()} }

// add takes from a less reliable source what is not known yet.
func (s *Service) add(o Service) {
	s.Mode = cmp.Or(s.Mode, o.Mode)
	s.HealthURL = cmp.Or(s.HealthURL, o.HealthURL)
	s.State = cmp.Or(s.State, o.State)
	if s.Health == "" || s.Health == Unknown {
		s.Health = cmp.Or(o.Health, s.Health)
	}
	s.Added = s.Added || o.Added
	s.Capabilities = slices.Concat(s.Capabilities, o.Capabilities)
	if o.LastSeen.After(s.LastSeen.Time) {
		s.LastSeen = o.LastSeen
	}
	if o.RegisteredAt.Before(s.RegisteredAt.Time) {
		s.RegisteredAt = o.RegisteredAt
	}
	metadata := maps.Clone(o.Metadata)
	if metadata == nil {
		metadata = map[string]any{}
	}
	maps.Copy(metadata, s.Metadata)
	s.Metadata = metadata
}

// finish fills in what nobody has said.
func (s *Service) finish(id ID) {
	s.Mode = cmp.Or(s.Mode, Standalone)
	s.State = cmp.Or(s.State, Up)
	s.Health = cmp.Or(s.Health, Unknown)
	if s.State != Up { // who is down answers nobody
		s.Health = Unknown
	}
	s.Capabilities = slices.Compact(slices.Sorted(slices.Values(s.Capabilities)))
	if s.Capabilities == nil {
		s.Capabilities = []string{}
	}
	if s.Metadata == nil {
		s.Metadata = map[string]any{}
	}
	if id.Project != "" {
		s.Metadata["project"] = id.Project
	}
}

// better reports a service that should be offered before another of its name.
func (s Service) better(o Service) bool {
	rank := func(s Service) int {
		switch {
		case s.Health == Healthy:
			return 3
		case s.State == Up && s.Health == Unknown:
			return 2
		case s.State == Up:
			return 1
		}
		return 0
	}
	return cmp.Or(rank(s)-rank(o), s.LastSeen.Compare(o.LastSeen.Time)) > 0
}

// Bounds of what clients say.
const (
	maxName         = 255
	maxURL          = 2048
	maxCapabilities = 64
)

// Invalid says what is wrong with a service that a client describes.
type Invalid struct {
	Field   string // of the JSON
	Message string
}

// Error is what is wrong, with its place.
func (i Invalid) Error() string { return i.Field + ": " + i.Message }

// Check finds what is wrong with a service, which is an [Invalid]; nil for nothing.
func (s Service) Check() error {
	switch {
	case !word(s.Name, maxName):
		return Invalid{"name", fmt.Sprintf("want 1 to %d letters, digits and signs", maxName)}
	case !host(s.Host):
		return Invalid{"host", "want a host name or an address, without a port"}
	case s.Port < 1 || s.Port > 65535:
		return Invalid{"port", "want a number from 1 to 65535"}
	case s.Mode != "" && s.Mode != Docked && s.Mode != Standalone:
		return Invalid{"mode", "want docked or standalone"}
	case s.State != "" && s.State != Up && s.State != Down:
		return Invalid{"state", "want up or down"}
	case len(s.Capabilities) > maxCapabilities || slices.ContainsFunc(s.Capabilities, func(c string) bool { return !word(c, maxName) }):
		return Invalid{"capabilities", fmt.Sprintf("want at most %d names of at most %d bytes", maxCapabilities, maxName)}
	case s.HealthURL != "" && !web(s.HealthURL):
		return Invalid{"health_url", "want an http or https URL"}
	}
	return nil
}

// word reports a text that can be shown on one line.
func word(text string, most int) bool {
	return text != "" && len(text) <= most && utf8.ValidString(text) && strings.TrimSpace(text) == text &&
		!strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// host reports a host name or an address.
func host(text string) bool {
	if _, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return true
	}
	return text != "" && len(text) <= 253 && !strings.ContainsFunc(text, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '.' && r != '_'
	})
}

// web reports a URL that a browser may be sent to.
func web(text string) bool {
	u, err := url.Parse(text)
	return err == nil && len(text) <= maxURL && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && word(text, maxURL)
}

// URL is where a browser finds the service: at the address that it is bound to, where that
// is known and is one; "" for what is not reached by TCP.
func (s Service) URL() string {
	if protocol, told := s.Metadata["protocol"].(string); told && protocol != "tcp" {
		return ""
	}
	bound, _ := s.Metadata["address"].(string)
	if _, err := netip.ParseAddr(bound); err != nil {
		bound = ""
	}
	scheme := "http"
	if s.Port == 443 || fmt.Sprint(s.Metadata["container_port"]) == "443" { // a number of JSON is no int
		scheme = "https"
	}
	return fmt.Sprintf("%s://%s/", scheme, net.JoinHostPort(strings.Trim(cmp.Or(bound, s.Host), "[]"), strconv.Itoa(s.Port)))
}
