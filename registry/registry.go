// Package registry knows what runs where: each service with the host and the port where it
// is reached, on one host and on many.
//
// The model: a [Registry] holds what its sources say of services, by name, host and
// project, and what is true when they are merged. A [Source] replaces what it said of a
// project, and only that is worked out again. Nobody waits for anybody: who wants to know
// of changes subscribes, and is told which services are others now.
//
//	r := registry.New(registry.Options{Host: "100.100.100.1"})
//	r.Set(registry.Engine, "shop", []registry.Service{{Name: "web", Port: 8080, State: registry.Up}})
//	s, found := r.Newest("web")
package registry

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Source is who says something of a service, the most reliable first.
type Source int

// The sources of services.
const (
	Engine     Source = iota // the containers of the engine
	Posted                   // a client of the API
	Remote                   // the registry of another host
	Announced                // a node that tells all registries of itself
	Remembered               // the ports that are remembered for a project that is down
	sources
)

// DefaultStale is after what time a service counts as gone of which nobody says anything.
const DefaultStale = 300 * time.Second

// maxPosted and maxWeight bound the services that clients of the API may add: their number,
// and the bytes of their JSON.
const (
	maxPosted = 10_000
	maxWeight = 32 << 20
)

// ErrFull is why a service is not added.
var ErrFull = errors.New("too many services are registered")

// Options are how a registry works. The zero value is for a host without a name.
type Options struct {
	// Host is where the services of this machine are reached.
	Host string
	// Now is the clock; nil for the machine's.
	Now func() time.Time
	// Stale is after what time a service that nobody speaks of is gone; 0 for [DefaultStale].
	Stale time.Duration
}

// Registry holds services. Its methods may be called by several goroutines.
type Registry struct {
	options Options

	mu       sync.Mutex
	records  map[ID]*record
	sorted   []*record                  // by ID
	projects map[projectKey]map[ID]bool // what each source has of a project
	posted   int                        // records with a part that was posted
	weight   int                        // bytes of those parts
	body     *body                      // nil when something has changed since
	watching map[*Subscription]bool
}

type projectKey struct {
	source  Source
	project string
}

// record is what is known of one service.
type record struct {
	id     ID
	parts  [sources]*Service
	weight int // of the part that was posted
	merged Service
	text   []byte    // merged as JSON; nil for a service that is not listed
	until  time.Time // when a part goes stale; zero for never
}

// body is the answer that lists all services.
type body struct {
	text  []byte
	until time.Time
}

// New makes an empty registry.
func New(o Options) *Registry {
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // what is stale depends on the clock
	}
	o.Stale = cmp.Or(o.Stale, DefaultStale)
	return &Registry{options: o, records: map[ID]*record{}, projects: map[projectKey]map[ID]bool{}, watching: map[*Subscription]bool{}}
}

// Host is where the services of this machine are reached.
func (r *Registry) Host() string { return r.options.Host }

// Set replaces what a source says of a project's services on this host, or on the hosts
// that they name. One without a port keeps the port that it had before, and is passed
// over when it never had one. No services takes the project out.
func (r *Registry) Set(source Source, project string, services []Service) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.set(source, project, services)
}

// Replace is [Registry.Set] for all projects of a source at once.
func (r *Registry) Replace(source Source, services map[string][]Service) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key := range r.projects {
		if _, still := services[key.project]; key.source == source && !still {
			r.set(source, key.project, nil)
		}
	}
	for project, all := range services {
		r.set(source, project, all)
	}
}

func (r *Registry) set(source Source, project string, services []Service) {
	key := projectKey{source, project}
	had, has := r.projects[key], map[ID]bool{}
	now := r.options.Now()
	for _, s := range services {
		s.Host = cmp.Or(s.Host, r.options.Host)
		id := ID{s.Name, s.Host, project}
		before := r.part(id, source)
		if before != nil {
			s.Port = cmp.Or(s.Port, before.Port)
			s.RegisteredAt = before.RegisteredAt
		}
		if s.Port == 0 || has[id] {
			continue
		}
		if s.RegisteredAt.IsZero() {
			s.RegisteredAt = Time{now}
		}
		if s.LastSeen.IsZero() {
			s.LastSeen = Time{now}
		}
		has[id] = true
		r.put(id, source, &s)
	}
	for id := range had {
		if !has[id] {
			r.put(id, source, nil)
		}
	}
	if r.projects[key] = has; len(has) == 0 {
		delete(r.projects, key)
	}
}

// Post adds a service that a client has described, or renews it. The error is [ErrFull],
// or an [Invalid].
func (r *Registry) Post(s Service) (Service, error) {
	if err := s.Check(); err != nil {
		return Service{}, err
	}
	weight := weightOf(s)
	r.mu.Lock()
	defer r.mu.Unlock()
	id := r.home(ID{s.Name, s.Host, s.Project()})
	before := r.part(id, Posted)
	if before != nil {
		weight -= r.records[id].weight
	}
	s.Added, s.LastSeen = true, Time{r.options.Now()}
	if s.RegisteredAt = s.LastSeen; before != nil {
		s.RegisteredAt = before.RegisteredAt
		if s.HealthURL == before.HealthURL {
			s.Health = before.Health
		}
	}
	if before == nil && r.posted >= maxPosted || r.weight+weight > maxWeight {
		return Service{}, ErrFull
	}
	r.put(id, Posted, &s)
	return r.records[id].merged, nil
}

// weightOf is about how many bytes a part takes.
func weightOf(s Service) int {
	text, err := json.Marshal(s)
	if err != nil {
		return maxWeight + 1 // what is no JSON is not added
	}
	return len(text)
}

// home is the ID under which a service is kept: one that names no project is the one that
// the host has by that name.
func (r *Registry) home(id ID) ID {
	if id.Project != "" {
		return id
	}
	var found []ID
	for _, rec := range r.named(id.Name) {
		if rec.id.Host == id.Host && rec.id.Project != "" {
			found = append(found, rec.id)
		}
	}
	if len(found) == 1 && r.records[id] == nil {
		return found[0]
	}
	return id
}

// Delete takes out what clients have added under a name, on a host or, with "", on all,
// also where they told another registry. It reports whether there was anything.
func (r *Registry) Delete(name, host string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := false
	for _, rec := range slices.Clone(r.named(name)) {
		remote := rec.parts[Remote]
		elsewhere := remote != nil && remote.Added
		if rec.parts[Posted] == nil && !elsewhere || host != "" && host != rec.id.Host {
			continue
		}
		found = true
		if r.put(rec.id, Posted, nil); elsewhere {
			r.drop(Remote, rec.id)
		}
		r.note(rec.id, true)
	}
	return found
}

// Put is [Registry.Set] for one service, which names its host and has a port; the others
// of its project stay.
func (r *Registry) Put(source Source, s Service) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key, id := projectKey{source, s.Project()}, s.ID()
	if r.projects[key] == nil {
		r.projects[key] = map[ID]bool{}
	}
	r.projects[key][id] = true
	r.put(id, source, &s)
}

// Drop takes out what a source says of one service.
func (r *Registry) Drop(source Source, id ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(source, id)
}

func (r *Registry) drop(source Source, id ID) {
	key := projectKey{source, id.Project}
	if delete(r.projects[key], id); len(r.projects[key]) == 0 {
		delete(r.projects, key)
	}
	r.put(id, source, nil)
}

// Seen says that what a source has said of a service is still true. It reports whether the
// source has said anything that was not stale.
func (r *Registry) Seen(source Source, id ID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.options.Now()
	p := r.part(id, source)
	if p == nil || r.stale(source, p, now) {
		return false
	}
	p.LastSeen = Time{now}
	r.merge(r.records[id])
	r.body = nil
	return true
}

// SetHealth notes what a service's health check has shown.
func (r *Registry) SetHealth(id ID, url string, h Health) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for source := range sources {
		if p := r.part(id, source); p != nil && p.HealthURL == url && p.Health != h {
			changed := *p
			changed.Health = h
			r.put(id, source, &changed)
		}
	}
}

// Renew says that all that a source has said is still true.
func (r *Registry) Renew(source Source) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := Time{r.options.Now()}
	for _, rec := range r.sorted {
		if p := rec.parts[source]; p != nil {
			p.LastSeen = now
			r.merge(rec)
		}
	}
	r.body = nil
}

// Purge takes out what is stale. It is called from time to time.
func (r *Registry) Purge() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.options.Now()
	for _, rec := range slices.Clone(r.sorted) {
		for source, p := range rec.parts {
			if r.stale(Source(source), p, now) {
				r.drop(Source(source), rec.id)
			}
		}
	}
}

func (r *Registry) stale(source Source, p *Service, now time.Time) bool {
	return p != nil && source != Remembered && now.Sub(p.LastSeen.Time) >= r.options.Stale
}

func (r *Registry) part(id ID, source Source) *Service {
	if rec := r.records[id]; rec != nil {
		return rec.parts[source]
	}
	return nil
}

// put changes one part of a record, which is made or taken out when it has to be.
func (r *Registry) put(id ID, source Source, s *Service) {
	rec := r.records[id]
	if rec == nil && s == nil {
		return
	}
	if rec == nil {
		rec = &record{id: id}
		r.records[id] = rec
		at, _ := r.search(id)
		r.sorted = slices.Insert(r.sorted, at, rec)
	}
	if source == Posted {
		r.posted += one(s != nil) - one(rec.parts[Posted] != nil)
		r.weight -= rec.weight
		if rec.weight = 0; s != nil {
			rec.weight = weightOf(*s)
		}
		r.weight += rec.weight
	}
	rec.parts[source] = s
	if rec.parts == [sources]*Service{} {
		delete(r.records, id)
		at, _ := r.search(id)
		r.sorted = slices.Delete(r.sorted, at, at+1)
	}
	r.renew(rec)
	if orphan := (ID{id.Name, id.Host, ""}); s != nil && id.Project != "" && source != Posted {
		if p := r.part(orphan, Posted); p != nil && rec.parts[Posted] == nil {
			r.put(orphan, Posted, nil)
			r.put(id, Posted, p)
		}
	}
}

// renew merges a record again, and tells who watches when that is news.
func (r *Registry) renew(rec *record) {
	before := rec.text
	r.merge(rec)
	if !bytes.Equal(before, rec.text) {
		r.body = nil
		r.note(rec.id, false)
	}
}

func (r *Registry) note(id ID, deleted bool) {
	for s := range r.watching {
		s.note(id, deleted)
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (r *Registry) search(id ID) (at int, found bool) {
	return slices.BinarySearchFunc(r.sorted, id, func(rec *record, id ID) int { return rec.id.compare(id) })
}

// named are the records of a name.
func (r *Registry) named(name string) []*record {
	from, _ := r.search(ID{Name: name})
	to := from
	for to < len(r.sorted) && r.sorted[to].id.Name == name {
		to++
	}
	return r.sorted[from:to]
}

// merge works out what is true of a service.
func (r *Registry) merge(rec *record) {
	var found bool
	rec.text = nil
	if rec.merged, rec.until, found = r.merged(rec, false); found {
		if rec.text, _ = json.Marshal(rec.merged); rec.text == nil { //nolint:errchkjson // what is no JSON is not listed
			rec.until = time.Time{}
		}
	}
}

// merged is what all sources, or with own those that no other registry hears, say of a
// service: each thing as the most reliable says it that says anything. Until is when a part
// of it goes stale.
func (r *Registry) merged(rec *record, own bool) (m Service, until time.Time, found bool) {
	now := r.options.Now()
	for source, p := range rec.parts {
		if p == nil || own && (Source(source) == Remote || Source(source) == Announced) || r.stale(Source(source), p, now) {
			continue
		}
		if Source(source) != Remembered {
			if ends := p.LastSeen.Add(r.options.Stale); until.IsZero() || ends.Before(until) {
				until = ends
			}
		}
		if !found {
			m, found = *p, true
			m.Metadata = maps.Clone(p.Metadata)
			continue
		}
		m.add(*p)
	}
	if found {
		m.finish(rec.id)
	}
	return m, until, found
}

// Body is the answer that lists all services, as JSON. It is written once for each change.
func (r *Registry) Body() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.options.Now()
	if r.body != nil && (r.body.until.IsZero() || now.Before(r.body.until)) {
		return r.body.text
	}
	b := &body{}
	var texts [][]byte
	for _, rec := range r.fresh(now) {
		texts = append(texts, rec.text)
		if !rec.until.IsZero() && (b.until.IsZero() || rec.until.Before(b.until)) {
			b.until = rec.until
		}
	}
	b.text = listed(texts)
	r.body = b
	return b.text
}

// listed is the JSON of a list of services.
func listed(texts [][]byte) []byte {
	var b bytes.Buffer
	b.WriteString(`{"count":`)
	b.WriteString(strconv.Itoa(len(texts)))
	b.WriteString(`,"services":[`)
	b.Write(bytes.Join(texts, []byte(",")))
	b.WriteString("]}\n")
	return b.Bytes()
}

// fresh are the records that are listed, merged again where a part has gone stale.
func (r *Registry) fresh(now time.Time) []*record {
	all := make([]*record, 0, len(r.sorted))
	for _, rec := range r.sorted {
		if !rec.until.IsZero() && !now.Before(rec.until) {
			r.renew(rec)
		}
		if rec.text != nil {
			all = append(all, rec)
		}
	}
	return all
}

// Filter chooses services. The zero Filter takes all.
type Filter struct {
	Mode         Mode     // "" for both
	Capabilities []string // all of which a service has
	Healthy      bool     // only those that are known to be healthy
}

// List are the services that a filter takes, sorted by name, host and project.
func (r *Registry) List(f Filter) []Service {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := []Service{}
	for _, rec := range r.fresh(r.options.Now()) {
		s := rec.merged
		if f.Mode != "" && s.Mode != f.Mode || f.Healthy && s.Health != Healthy {
			continue
		}
		if !slices.ContainsFunc(f.Capabilities, func(c string) bool { return !slices.Contains(s.Capabilities, c) }) {
			list = append(list, s)
		}
	}
	return list
}

// Newest is the service of a name that was seen last: a healthy one, else one that is up.
func (r *Registry) Newest(name string) (s Service, found bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, rec := range r.named(name) {
		if rec.text == nil {
			continue
		}
		if o := rec.merged; !found || o.better(s) {
			s, found = o, true
		}
	}
	return s, found
}

// Group is a host and a state, by which services are counted.
type Group struct {
	Host  string
	State State
}

// Count is how many services are listed, by host and state.
func (r *Registry) Count() map[Group]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	count := map[Group]int{}
	for _, rec := range r.fresh(r.options.Now()) {
		count[Group{rec.merged.Host, rec.merged.State}]++
	}
	return count
}

// Own are the services that this registry itself knows of, as it knows them, which it
// tells others.
func (r *Registry) Own() []Service {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []Service
	for _, rec := range r.sorted {
		if s, _, found := r.merged(rec, true); found {
			list = append(list, s)
		}
	}
	return list
}

// OwnOf is what [Registry.Own] has of one service; false for nothing.
func (r *Registry) OwnOf(id ID) (s Service, found bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if rec := r.records[id]; rec != nil {
		s, _, found = r.merged(rec, true)
	}
	return s, found
}
