package registry

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// clock is a clock that stands.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func at() *clock { return &clock{time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)} }

func listOf(r *Registry) (list []string) {
	for _, s := range r.List(Filter{}) {
		list = append(list, fmt.Sprintf("%s@%s:%d %s %s %s", s.Name, s.Host, s.Port, s.Project(), s.State, s.Health))
	}
	return list
}

// TestMerge: what is listed when several sources speak of one service.
func TestMerge(t *testing.T) {
	up := func(name string, port int) Service { return Service{Name: name, Port: port, State: Up, Mode: Docked} }
	down := func(name string, port int) Service {
		return Service{Name: name, Port: port, State: Down, Mode: Docked, Metadata: map[string]any{"assigned": port}}
	}
	posted := func(name string, port int, project string) Service {
		s := Service{Name: name, Host: "here", Port: port, Capabilities: []string{"gpu"}}
		if project != "" {
			s.Metadata = map[string]any{"project": project}
		}
		return s
	}
	for name, c := range map[string]struct {
		say  func(r *Registry)
		want []string
	}{
		"the engine beats what is remembered": {func(r *Registry) {
			r.Set(Remembered, "shop", []Service{down("web", 10001)})
			r.Set(Engine, "shop", []Service{up("web", 8080)})
		}, []string{"web@here:8080 shop up unknown"}},
		"down is no offer": {func(r *Registry) {
			r.Set(Remembered, "shop", []Service{down("web", 10001)})
		}, []string{"web@here:10001 shop down unknown"}},
		"a container that stops keeps its port": {func(r *Registry) {
			r.Set(Engine, "shop", []Service{up("web", 8080)})
			r.Set(Engine, "shop", []Service{{Name: "web", State: Down}})
		}, []string{"web@here:8080 shop down unknown"}},
		"two projects with one name": {func(r *Registry) {
			r.Set(Engine, "a", []Service{up("web", 1)})
			r.Set(Engine, "b", []Service{up("web", 2)})
		}, []string{"web@here:1 a up unknown", "web@here:2 b up unknown"}},
		"two hosts with one name": {func(r *Registry) {
			r.Set(Engine, "a", []Service{up("web", 1)})
			_, _ = r.Post(Service{Name: "web", Host: "there", Port: 2})
		}, []string{"web@here:1 a up unknown", "web@there:2  up unknown"}},
		"posted before the engine knows it": {func(r *Registry) {
			_, _ = r.Post(posted("web", 80, ""))
			r.Set(Engine, "a", []Service{up("web", 8080)})
		}, []string{"web@here:8080 a up unknown"}},
		"posted after the engine knows it": {func(r *Registry) {
			r.Set(Engine, "a", []Service{up("web", 8080)})
			_, _ = r.Post(posted("web", 80, ""))
		}, []string{"web@here:8080 a up unknown"}},
		"posted with its project": {func(r *Registry) {
			r.Set(Engine, "a", []Service{up("web", 1)})
			r.Set(Engine, "b", []Service{up("web", 2)})
			_, _ = r.Post(posted("web", 2, "b"))
		}, []string{"web@here:1 a up unknown", "web@here:2 b up unknown"}},
		"a project that is gone": {func(r *Registry) {
			r.Set(Engine, "a", []Service{up("web", 1), up("db", 2)})
			r.Set(Engine, "a", []Service{up("db", 2)})
			r.Replace(Engine, map[string][]Service{"b": {up("web", 3)}})
		}, []string{"web@here:3 b up unknown"}},
		"without a port": {func(r *Registry) {
			r.Set(Engine, "a", []Service{up("worker", 0)})
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := New(Options{Host: "here", Now: at().Now})
			c.say(r)
			if diff := cmp.Diff(c.want, listOf(r)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			var body struct {
				Count    int
				Services []Service
			}
			if err := json.Unmarshal(r.Body(), &body); err != nil || body.Count != len(c.want) || len(body.Services) != len(c.want) {
				t.Errorf("%v: %s", err, r.Body())
			}
		})
	}
}

// TestNewest: of two projects with one name the one that is healthy is offered.
func TestNewest(t *testing.T) {
	c := at()
	r := New(Options{Host: "here", Now: c.Now})
	r.Set(Engine, "a", []Service{{Name: "web", Port: 1, State: Up, Health: Healthy}})
	c.now = c.now.Add(time.Second)
	r.Set(Engine, "b", []Service{{Name: "web", Port: 2, State: Up}})
	r.Set(Remembered, "c", []Service{{Name: "web", Port: 3, State: Down, Health: Healthy}})
	if s, found := r.Newest("web"); !found || s.Port != 1 {
		t.Errorf("%v %+v", found, s)
	}
	r.Set(Engine, "a", []Service{{Name: "web", Port: 1, State: Up, Health: Unhealthy}})
	if s, _ := r.Newest("web"); s.Port != 2 {
		t.Errorf("%+v", s)
	}
	r.Set(Engine, "a", nil)
	r.Set(Engine, "b", nil)
	if s, _ := r.Newest("web"); s.Port != 3 || s.Health == Healthy {
		t.Errorf("%+v", s)
	}
}

// TestStale: what nobody renews is gone at once, who watches hears of it however it was
// noticed, and it is forgotten after that.
func TestStale(t *testing.T) {
	c := at()
	r := New(Options{Host: "here", Now: c.Now})
	if _, err := r.Post(Service{Name: "web", Host: "here", Port: 80}); err != nil {
		t.Fatal(err)
	}
	r.Set(Remembered, "shop", []Service{{Name: "db", Port: 5432, State: Down}})
	r.Body()
	watch := r.Subscribe()
	defer watch.Close()
	c.now = c.now.Add(DefaultStale - time.Second)
	if n := len(r.List(Filter{})); n != 2 {
		t.Errorf("%d are listed before the time", n)
	}
	c.now = c.now.Add(time.Second)
	if body := string(r.Body()); strings.Contains(body, `"web"`) || !strings.Contains(body, `"db"`) {
		t.Errorf("listed: %s", body)
	}
	r.Purge()
	changes, _ := watch.Take()
	if len(changes) != 1 || changes[0].ID.Name != "web" || changes[0].Service != nil {
		t.Errorf("told of %+v", changes)
	}
	if _, found := r.Newest("web"); found || r.posted != 0 || len(r.records) != 1 {
		t.Errorf("is kept: %d posted, %d records", r.posted, len(r.records))
	}
}

// TestSubscriptionBehind: who does not listen is told to look at everything, and holds
// nobody up.
func TestSubscriptionBehind(t *testing.T) {
	r := New(Options{Host: "here", Now: at().Now})
	watch := r.Subscribe()
	defer watch.Close()
	for i := range 3 * maxPending {
		r.Set(Engine, fmt.Sprint(i), []Service{{Name: "web", Port: 1}})
	}
	if changes, all := watch.Take(); !all || len(changes) > 0 || len(watch.pending) > maxPending {
		t.Errorf("%v, %d changes", all, len(changes))
	}
	r.Set(Engine, "0", nil)
	if changes, all := watch.Take(); all || len(changes) != 1 {
		t.Errorf("%v, %d changes", all, len(changes))
	}
}

// TestPostBounds: what clients add is bounded, in number and in bytes.
func TestPostBounds(t *testing.T) {
	r := New(Options{Host: "here", Now: at().Now})
	large := strings.Repeat("x", 60<<10)
	full := 0
	for i := range maxPosted + 10 {
		s := Service{Name: fmt.Sprint("s", i), Host: "there", Port: 80}
		if i < 600 {
			s.Metadata = map[string]any{"text": large}
		}
		if _, err := r.Post(s); err != nil {
			full++
		}
	}
	if full == 0 || r.weight > maxWeight || r.posted > maxPosted {
		t.Errorf("%d are refused, %d bytes in %d", full, r.weight, r.posted)
	}
	for _, s := range r.List(Filter{}) {
		r.Delete(s.Name, "")
	}
	if r.weight != 0 || r.posted != 0 || len(r.records) != 0 {
		t.Errorf("%d bytes in %d are left", r.weight, r.posted)
	}
}

// TestOneOfMany holds a change of one service against the number of the others: an event
// costs O(its project), and the list under 5 ms. The fastest of several tries counts.
func TestOneOfMany(t *testing.T) {
	cost := func(n int) (event, list time.Duration) {
		r := New(Options{Host: "here", Now: at().Now})
		for i := range n / 10 {
			var services []Service
			for k := range 10 {
				services = append(services, Service{Name: fmt.Sprintf("service-%d", k), Port: 1 + i, State: Up, Metadata: map[string]any{"folder": "/srv", "container_port": 80}})
			}
			r.Set(Engine, fmt.Sprintf("project-%d", i), services)
		}
		r.Body()
		event, list = time.Hour, time.Hour
		for i := range 20 {
			began := time.Now()
			r.Set(Engine, "project-7", []Service{{Name: "service-1", Port: 100 + i, State: Up}})
			event = min(event, time.Since(began))
			began = time.Now()
			r.Body()
			list = min(list, time.Since(began))
		}
		return event, list
	}
	few, _ := cost(100)
	event, list := cost(10_000)
	t.Logf("one of 100: %s; one of 10,000: %s, and %s for the list", few, event, list)
	if event+list > 5*time.Millisecond {
		t.Errorf("one of 10,000 services costs %s and %s for the list", event, list)
	}
	if event > 20*few+100*time.Microsecond {
		t.Errorf("an event costs %s beside 100 services, and %s beside 10,000", few, event)
	}
}

// TestURL: a link leads to the host of a service, or to an address that it is bound to.
func TestURL(t *testing.T) {
	for address, want := range map[any]string{"evil.example": "http://h:80/", "evil.example/?": "http://h:80/", "192.0.2.1": "http://192.0.2.1:80/", "::1": "http://[::1]:80/", 7: "http://h:80/"} {
		if got := (Service{Host: "h", Port: 80, Metadata: map[string]any{"address": address}}).URL(); got != want {
			t.Errorf("%v: %s", address, got)
		}
	}
}
