package nats

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/portmoor/portmoor/registry"
	"github.com/portmoor/portmoor/say"
)

// The subjects of the original.
const (
	registered   = "service.registry.registered"
	unregistered = "service.registry.unregistered"
	announced    = "mesh.node.announce.v1"
)

// maxAnnounced bounds what nodes that announce themselves may add.
const maxAnnounced = 1000

// events are those that were sent and heard.
type events struct {
	sent  map[string]string // by key: the service, as it was told
	heard map[registry.ID]time.Time
}

// tell sends the event of a service that is new, or another than it was told to be.
func (s *session) tell(key string, service registry.Service) {
	service.Health, service.LastSeen = registry.Unknown, registry.Time{}
	same, _ := json.Marshal(service) //nolint:errchkjson // what is no JSON is not listed
	if s.events.sent[key] == string(same) {
		return
	}
	s.events.sent[key] = string(same)
	s.send(registered, service)
}

// untell sends the events of services that are gone.
func (s *session) untell(known map[string]bool) {
	for _, key := range slices.Sorted(maps.Keys(s.events.sent)) {
		if !known[key] {
			s.untellOne(key)
		}
	}
}

func (s *session) untellOne(key string) {
	text, sent := s.events.sent[key]
	if !sent {
		return
	}
	delete(s.events.sent, key)
	var service registry.Service
	if json.Unmarshal([]byte(text), &service) == nil {
		s.send(unregistered, service)
	}
}

// send publishes an event, which nobody has to hear.
func (s *session) send(subject string, service registry.Service) {
	service.LastSeen = registry.Time{Time: time.Now()} //nolint:forbidigo // an event is about a moment
	text, err := json.Marshal(service)
	if err == nil {
		_ = s.conn.Publish(subject, text) // a connection that is lost is seen elsewhere
	}
}

// listen hears nodes that announce themselves. Each registry hears them by itself, so none
// tells another.
func (b *Backend) listen(conn *nats.Conn) error {
	_, err := conn.Subscribe(announced, func(m *nats.Msg) {
		_ = say.Guard(func() {
			if service, ok := announcement(m.Data); ok {
				b.announce(service)
			}
		})
	})
	return err
}

func (b *Backend) announce(s registry.Service) {
	now, id := time.Now(), s.ID() //nolint:forbidigo // what is stale depends on the clock
	if _, known := b.events.heard[id]; !known && len(b.events.heard) >= maxAnnounced {
		maps.DeleteFunc(b.events.heard, func(_ registry.ID, at time.Time) bool { return now.Sub(at) > registry.DefaultStale })
		if len(b.events.heard) >= maxAnnounced {
			return
		}
	}
	b.events.heard[id] = now
	s.LastSeen, s.RegisteredAt = registry.Time{Time: now}, registry.Time{Time: now}
	b.registry.Put(registry.Announced, s)
}

// announcement reads what a node says of itself. One without a port is no service.
func announcement(src []byte) (s registry.Service, ok bool) {
	var in struct {
		Name, Node, Hostname string
		Host, IP, Address    string
		Port                 int
		Mode                 registry.Mode
		Caps, Capabilities   json.RawMessage
		HealthURL            string `json:"health_url"`
	}
	if len(src) > maxEntry || json.Unmarshal(src, &in) != nil {
		return s, false
	}
	s = registry.Service{
		Name: cmp.Or(in.Name, in.Node, in.Hostname), Host: cmp.Or(in.Host, in.IP, in.Address, in.Hostname, in.Node, in.Name), Port: in.Port,
		Mode: in.Mode, HealthURL: in.HealthURL, Capabilities: capabilities(in.Capabilities, in.Caps),
	}
	s.Mode = registry.Mode(strings.ToLower(string(s.Mode)))
	return s, s.Check() == nil
}

// capabilities are those of a list, or the keys of an object that are true.
func capabilities(forms ...json.RawMessage) (all []string) {
	for _, form := range forms {
		var list []string
		if json.Unmarshal(form, &list) == nil {
			all = append(all, list...)
			continue
		}
		var object map[string]any
		if json.Unmarshal(form, &object) == nil {
			for name, value := range object {
				if value == true {
					all = append(all, name)
				}
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
