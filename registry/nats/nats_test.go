package nats

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"github.com/portmoor/portmoor/registry"
)

const (
	testTTL   = 1500 * time.Millisecond
	testStale = 2 * time.Second // where others are to go stale
)

// serverAt starts a NATS server with what is in a folder, on a port or, with -1, on any.
func serverAt(t *testing.T, dir string, port int, more ...func(*server.Options)) *server.Server {
	t.Helper()
	o := &server.Options{Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true}
	for _, m := range more {
		m(o)
	}
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(5 * time.Second) {
		t.Fatal("the server is not ready")
	}
	return s
}

// host is a registry with a backend, and what it has said.
type host struct {
	*registry.Registry
	*Backend

	end func()

	mu        sync.Mutex
	said      []string
	connected bool
}

func (h *host) messages() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.said)
}

func (h *host) is() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.connected
}

func hostAt(t *testing.T, name, url string, more ...func(*Options)) *host {
	t.Helper()
	return hostWith(t, registry.Options{Host: name}, url, more...)
}

func hostWith(t *testing.T, r registry.Options, url string, more ...func(*Options)) *host {
	t.Helper()
	h := &host{Registry: registry.New(r)}
	o := Options{
		Server: Server{URL: url, Bucket: "services"}, TTL: testTTL, reconnectWait: 50 * time.Millisecond,
		Say:       func(m, _ string) { h.mu.Lock(); defer h.mu.Unlock(); h.said = append(h.said, m) },
		Connected: func(is bool) { h.mu.Lock(); defer h.mu.Unlock(); h.connected = is },
	}
	for _, m := range more {
		m(&o)
	}
	b, err := New(h.Registry, o)
	if err != nil {
		t.Fatal(err)
	}
	h.Backend = b
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	go func() { // as a server does, and as an engine that is asked
		for ctx.Err() == nil {
			h.Purge()
			h.Renew(registry.Engine)
			time.Sleep(100 * time.Millisecond)
		}
	}()
	h.end = sync.OnceFunc(func() {
		stop()
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(2 * time.Second):
			t.Error("the backend does not end")
		}
	})
	t.Cleanup(h.end)
	return h
}

func (h *host) runs(project string, names ...string) {
	var all []registry.Service
	for i, name := range names {
		all = append(all, registry.Service{Name: name, Port: 8000 + i, State: registry.Up, Metadata: map[string]any{"container_port": 80}})
	}
	h.Set(registry.Engine, project, all)
}

// list is what a registry lists, as project/name@host.
func (h *host) list() []string {
	all := []string{}
	for _, s := range h.List(registry.Filter{}) {
		all = append(all, s.Project()+"/"+s.Name+"@"+s.Host)
	}
	return all
}

// become waits until something is as it should be.
func become[T any](t *testing.T, what string, want T, is func() T) {
	t.Helper()
	var diff string
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if diff = gocmp.Diff(want, is()); diff == "" {
			return
		}
	}
	t.Fatalf("%s (-want +got):\n%s", what, diff)
}

func add(t *testing.T, h *host, s registry.Service) {
	t.Helper()
	if _, err := h.Post(s); err != nil {
		t.Fatal(err)
	}
}

func TestTwoHosts(t *testing.T) {
	t.Parallel()
	url := serverAt(t, t.TempDir(), -1).ClientURL()
	a, b := hostAt(t, "node1", url), hostAt(t, "10.0.0.2", url)
	conn, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	events := make(chan *nats.Msg, 100)
	if _, err := conn.ChanSubscribe("service.registry.*", events); err != nil {
		t.Fatal(err)
	}
	_ = conn.Flush()

	a.runs("shop", "web", "db")
	add(t, b, registry.Service{Name: "a.b *>", Host: "10.0.0.2", Port: 9000, Capabilities: []string{"print"}})
	want := []string{"/a.b *>@10.0.0.2", "shop/db@node1", "shop/web@node1"}
	become(t, "node1", want, a.list)
	become(t, "10.0.0.2", want, b.list)
	if s, _ := b.Newest("web"); s.Port != 8000 || s.State != registry.Up {
		t.Errorf("web is %+v", s)
	}
	if s, _ := a.Newest("a.b *>"); s.Port != 9000 || !slices.Equal(s.Capabilities, []string{"print"}) {
		t.Errorf("the printer is %+v", s)
	}

	t.Log("what changes here changes there")
	a.runs("shop", "web")
	want = []string{"/a.b *>@10.0.0.2", "shop/web@node1"}
	become(t, "10.0.0.2 without db", want, b.list)

	t.Log("what was added there can be taken out here, and stays out")
	if !a.Delete("a.b *>", "") {
		t.Error("nothing was deleted")
	}
	want = []string{"shop/web@node1"}
	become(t, "10.0.0.2 without the printer", want, b.list)
	time.Sleep(testTTL) // as long as it takes to renew all
	become(t, "node1 without the printer", want, a.list)
	if b.Delete("web", "") {
		t.Error("what an engine runs was deleted from elsewhere")
	}
	add(t, b, registry.Service{Name: "a.b *>", Host: "10.0.0.2", Port: 9001})
	want = []string{"/a.b *>@10.0.0.2", "shop/web@node1"}
	become(t, "it may come again", want, a.list)

	t.Log("events")
	var heard []string
	for len(events) > 0 {
		m := <-events
		var s registry.Service
		if err := s.UnmarshalJSON(m.Data); err != nil {
			t.Error(err)
		}
		heard = append(heard, m.Subject+" "+s.Name)
	}
	slices.Sort(heard)
	if diff := gocmp.Diff([]string{
		"service.registry.registered a.b *>", "service.registry.registered a.b *>", "service.registry.registered db", "service.registry.registered web",
		"service.registry.unregistered a.b *>", "service.registry.unregistered db",
	}, heard); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}

	t.Log("nodes that announce themselves")
	for _, text := range []string{
		`{"name": "cam", "host": "10.0.0.9", "port": 7000, "caps": {"video": true, "audio": false, "gpu": 1}}`,
		`{"name": "none", "host": "10.0.0.9", "port": 0}`, `{`, `[]`, `{"name": "x\u0000", "host": "10.0.0.9", "port": 1}`,
	} {
		_ = conn.Publish("mesh.node.announce.v1", []byte(text))
	}
	want = []string{"/a.b *>@10.0.0.2", "/cam@10.0.0.9", "shop/web@node1"}
	become(t, "node1 with the node", want, a.list)
	become(t, "10.0.0.2 with the node", want, b.list)
	if s, _ := b.Newest("cam"); !slices.Equal(s.Capabilities, []string{"video"}) {
		t.Errorf("capabilities %v", s.Capabilities)
	}
	if said := append(a.messages(), b.messages()...); len(said) > 0 {
		t.Errorf("it said %q", said)
	}
}

func TestServerStops(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := serverAt(t, dir, -1)
	port := first.Addr().(*net.TCPAddr).Port
	a, b := hostWith(t, registry.Options{Host: "node1", Stale: testStale}, first.ClientURL()), hostWith(t, registry.Options{Host: "node2", Stale: testStale}, first.ClientURL())
	a.runs("shop", "web", "db")
	b.runs("shop", "web")
	want := []string{"shop/db@node1", "shop/web@node1", "shop/web@node2"}
	become(t, "node1", want, a.list)
	become(t, "node2", want, b.list)
	first.Shutdown()
	first.WaitForShutdown()
	become(t, "node1 is cut off", false, a.is)
	a.runs("shop", "db", "api")
	become(t, "node1 alone", []string{"shop/api@node1", "shop/db@node1"}, a.list)
	become(t, "node2 alone", []string{"shop/web@node2"}, b.list)
	serverAt(t, dir, port)
	want = []string{"shop/api@node1", "shop/db@node1", "shop/web@node2"}
	become(t, "node1 again", want, a.list)
	become(t, "node2 again", want, b.list)
	for _, h := range []*host{a, b} {
		become(t, "both are said", 2, func() int { return len(h.messages()) })
		if said := h.messages(); !h.is() || !strings.Contains(said[0], "go stale") || !strings.Contains(said[1], "connected") {
			t.Errorf("it said %q", said)
		}
	}
}

// proxy lets connections through to an address until it is cut.
type proxy struct {
	net.Listener

	to    string
	mu    sync.Mutex
	cut   bool
	conns []net.Conn
}

func proxyTo(t *testing.T, to string) *proxy {
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Listener: l, to: to}
	t.Cleanup(func() { l.Close(); p.set(true) })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			var dialer net.Dialer
			out, err := dialer.DialContext(t.Context(), "tcp", to)
			if err != nil || p.cut {
				in.Close()
				if out != nil {
					out.Close()
				}
			} else {
				p.conns = append(p.conns, in, out)
				go io.Copy(in, out)
				go io.Copy(out, in)
			}
			p.mu.Unlock()
		}
	}()
	return p
}

func (p *proxy) set(cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = cut
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
}

func TestCutOff(t *testing.T) {
	t.Parallel()
	s := serverAt(t, t.TempDir(), -1)
	p := proxyTo(t, s.Addr().String())
	a, b := hostWith(t, registry.Options{Host: "node1", Stale: testStale}, s.ClientURL()), hostWith(t, registry.Options{Host: "node2", Stale: testStale}, "nats://me:secret@"+p.Addr().String())
	a.runs("shop", "web", "db")
	b.runs("blog", "web")
	add(t, a, registry.Service{Name: "print", Host: "node1", Port: 9000})
	want := []string{"/print@node1", "blog/web@node2", "shop/db@node1", "shop/web@node1"}
	sorted := func(h *host) func() []string {
		return func() []string { return slices.Sorted(slices.Values(h.list())) }
	}
	become(t, "node1", want, sorted(a))
	become(t, "node2", want, sorted(b))
	p.set(true)
	become(t, "node2 alone", []string{"blog/web@node2"}, sorted(b))
	a.runs("shop", "web", "api")
	b.runs("blog", "web", "admin")
	become(t, "node2's entries are gone", []string{"shop/api@node1", "shop/web@node1"}, func() []string {
		return slices.DeleteFunc(sorted(a)(), func(s string) bool { return strings.HasPrefix(s, "/print") })
	})
	add(t, a, registry.Service{Name: "print", Host: "node1", Port: 9001})
	p.set(false)
	want = []string{"/print@node1", "blog/admin@node2", "blog/web@node2", "shop/api@node1", "shop/web@node1"}
	become(t, "node2 again", want, sorted(b))
	become(t, "node1 again", want, sorted(a))
	become(t, "node2 has said both", 2, func() int { return len(b.messages()) })
	if said := b.messages(); strings.Contains(strings.Join(said, ""), "secret") {
		t.Errorf("it said %q", said)
	}
	if said := a.messages(); len(said) > 0 {
		t.Errorf("node1 said %q", said)
	}
}

func TestManyEntries(t *testing.T) {
	t.Parallel()
	url := serverAt(t, t.TempDir(), -1).ClientURL()
	long := func(o *Options) { o.TTL = 30 * time.Second }
	a, b := hostAt(t, "node1", url, long), hostAt(t, "node2", url, long)
	var names []string
	for i := range 500 {
		names = append(names, fmt.Sprintf("s%03d", i))
	}
	a.runs("many", names...)
	count := func(h *host) func() int { return func() int { return len(h.list()) } }
	become(t, "node2", 500, count(b))
	c := hostAt(t, "node3", url, long)
	become(t, "a registry that comes later", 500, count(c))
	a.runs("many", names[:10]...)
	become(t, "node2 after most have ended", 10, count(b))
	become(t, "node3 after most have ended", 10, count(c))
}

// TestHelper is not a test, but a registry in a process of its own.
func TestHelper(t *testing.T) {
	url := os.Getenv("REGISTRY_AT")
	if url == "" {
		t.Skip("runs for TestKilled")
	}
	hostAt(t, "node9", url).runs("shop", "doomed")
	time.Sleep(time.Minute)
}

func TestKilled(t *testing.T) {
	t.Parallel()
	url := serverAt(t, t.TempDir(), -1).ClientURL()
	a := hostAt(t, "node1", url)
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHelper$")
	child.Env = append(os.Environ(), "REGISTRY_AT="+url)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Process.Kill()
	become(t, "its entry", []string{"shop/doomed@node9"}, a.list)
	time.Sleep(testTTL)
	become(t, "it is renewed", []string{"shop/doomed@node9"}, a.list)
	child.Process.Kill()
	child.Wait()
	become(t, "it has expired", []string{}, a.list)
	js := bucketOf(t, url)
	become(t, "it has gone from the bucket too", 0, func() int {
		keys, _ := js.Keys(t.Context())
		return len(keys)
	})
}

func bucketOf(t *testing.T, url string) jetstream.KeyValue {
	conn, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.KeyValue(t.Context(), "services")
	if err != nil {
		t.Fatal(err)
	}
	return kv
}

func TestOneHost(t *testing.T) {
	t.Parallel()
	url := serverAt(t, t.TempDir(), -1).ClientURL()
	a, other := hostAt(t, "node1", url), hostAt(t, "node2", url)
	a.runs("shop", "web", "db")
	become(t, "node2", []string{"shop/db@node1", "shop/web@node1"}, other.list)
	b := hostAt(t, "node1", url)
	b.runs("shop", "web")
	add(t, b, registry.Service{Name: "print", Host: "node1", Port: 9000})
	want := []string{"shop/db@node1", "/print@node1", "shop/web@node1"}
	become(t, "node2 with both", want, other.list)
	kv := bucketOf(t, url)
	before := revision(t, kv)
	time.Sleep(2 * testTTL)
	if n := revision(t, kv) - before; n > 3*3*2+3 {
		t.Errorf("%d writes of three entries, which are renewed six times", n)
	}
	become(t, "node2 after renewals", want, other.list)
	if got := b.list(); slices.Contains(got, "shop/db@node1") {
		t.Errorf("an entry of its own host was taken: %q", got)
	}

	t.Log("what one of them knows no more, the other may still know")
	a.runs("shop")
	become(t, "node2 with the second one's", []string{"/print@node1", "shop/web@node1"}, other.list)
	time.Sleep(testTTL)
	become(t, "node2 later", []string{"/print@node1", "shop/web@node1"}, other.list)
	b.end()
	become(t, "node2 after both", []string{}, other.list)
}

func revision(t *testing.T, kv jetstream.KeyValue) uint64 {
	t.Helper()
	status, err := kv.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return status.(*jetstream.KeyValueBucketStatus).StreamInfo().State.LastSeq
}

func TestHostileEntries(t *testing.T) {
	t.Parallel()
	url := serverAt(t, t.TempDir(), -1).ClientURL()
	a := hostAt(t, "node1", url)
	become(t, "connected", true, a.is)
	kv := bucketOf(t, url)
	good := func(change func(*entry)) []byte {
		e := entry{By: "x", From: "node2", Service: registry.Service{Name: "web", Host: "node2", Port: 80, Metadata: map[string]any{}}}
		change(&e)
		return e.bytes()
	}
	key := keyOf(registry.ID{Name: "web", Host: "node2"})
	for _, value := range [][]byte{
		nil, []byte("{"), []byte("null"), []byte(`{"by":"x"}`), []byte(strings.Repeat("[", 100_000)),
		good(func(e *entry) { e.Service.Port = 0 }), good(func(e *entry) { e.Service.Port = 70000 }),
		good(func(e *entry) { e.Service.Name = "a\x00b" }), good(func(e *entry) { e.Service.Name = "other" }),
		good(func(e *entry) { e.Service.HealthURL = "javascript:alert(1)" }), good(func(e *entry) { e.By = "" }),
		good(func(e *entry) { e.Service.State = "odd" }), good(func(e *entry) { e.Service.Metadata["project"] = "another" }),
	} {
		if _, err := kv.Put(t.Context(), key, value); err != nil {
			t.Fatal(err)
		}
	}
	// One of its own host is not taken, whoever wrote it.
	own := registry.Service{Name: "fake", Host: "node1", Port: 80}
	if _, err := kv.Put(t.Context(), keyOf(own.ID()), entry{By: "x", From: "node1", Service: own}.bytes()); err != nil {
		t.Fatal(err)
	}
	after := registry.Service{Name: "ok", Host: "node2", Port: 80, Health: "odd"}
	if _, err := kv.Put(t.Context(), keyOf(after.ID()), entry{By: "x", From: "node2", Service: after}.bytes()); err != nil {
		t.Fatal(err)
	}
	become(t, "only what is valid", []string{"/ok@node2"}, a.list)
	if s, _ := a.Newest("ok"); s.Health != registry.Unknown {
		t.Errorf("health is %q", s.Health)
	}
	if said := a.messages(); len(said) != 1 || !strings.Contains(said[0], "is no service") {
		t.Errorf("it said %q", said)
	}
	if _, err := readEntry(key, make([]byte, maxEntry+1)); !errors.Is(err, errLarge) {
		t.Errorf("a large value: %v", err)
	}
}

func TestForeignBucket(t *testing.T) {
	t.Parallel()
	url := serverAt(t, t.TempDir(), -1).ClientURL()
	conn, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, _ := jetstream.New(conn)
	if _, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "services"}); err != nil {
		t.Fatal(err)
	}
	a := hostAt(t, "node1", url)
	a.runs("shop", "web")
	become(t, "said", 1, func() int { return len(a.messages()) })
	if said := a.messages()[0]; !strings.Contains(said, "keeps entries for longer than 5m0s") {
		t.Errorf("it said %q", said)
	}
	if keys, _ := bucketOf(t, url).Keys(t.Context()); len(keys) > 0 || a.is() {
		t.Errorf("it wrote %q", keys)
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := map[string]string{}
	var known string
	for _, name := range []string{"right", "wrong"} {
		pair, err := nkeys.CreateUser()
		if err != nil {
			t.Fatal(err)
		}
		seed, _ := pair.Seed()
		files[name] = filepath.Join(dir, name)
		if err := os.WriteFile(files[name], seed, 0o600); err != nil {
			t.Fatal(err)
		}
		if name == "right" {
			known, _ = pair.PublicKey()
		}
	}
	url := serverAt(t, t.TempDir(), -1, func(o *server.Options) { o.Nkeys = []*server.NkeyUser{{Nkey: known}} }).ClientURL()
	right := hostAt(t, "node1", url, func(o *Options) { o.NKey = files["right"] })
	wrong := hostAt(t, "node2", url, func(o *Options) { o.NKey = files["wrong"] })
	become(t, "who has the key", true, right.is)
	become(t, "who has another one", 1, func() int { return len(wrong.messages()) })
	time.Sleep(500 * time.Millisecond)
	if said := wrong.messages(); len(said) != 1 || !strings.Contains(strings.ToLower(said[0]), "authorization violation") || wrong.is() {
		t.Errorf("it said %q", said)
	}
	for _, o := range []Server{
		{URL: "http://hub"},
		{URL: ""},
		{URL: "nats://a,file:///b"},
		{URL: "nats://a", Bucket: "a.b"},
		{URL: "nats://a", Bucket: ""},
		{NKey: "missing"},
		{NKey: os.Args[0]},
		{Creds: dir},
		{CA: "missing"},
		{Cert: files["right"]},
	} {
		if o.URL == "" && (o.NKey != "" || o.Creds != "" || o.CA != "" || o.Cert != "") {
			o.URL, o.Bucket = "nats://hub", "services"
		}
		if _, err := New(registry.New(registry.Options{}), Options{Server: o}); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}

func TestNothingIsLeft(t *testing.T) {
	s := serverAt(t, t.TempDir(), -1)
	before := runtime.NumGoroutine()
	for range 3 {
		a := hostAt(t, "node1", s.ClientURL())
		a.runs("shop", "web")
		become(t, "connected", true, a.is)
		a.end()
	}
	// The server has goroutines of its own for the stream, which a bucket brings.
	become(t, "goroutines", true, func() bool { return ours() == 0 })
	if n := runtime.NumGoroutine() - before; n > 20 {
		t.Errorf("%d goroutines more", n)
	}
}

// ours is how many goroutines run in this package or in the client of NATS.
func ours() (n int) {
	text := make([]byte, 4<<20)
	for one := range strings.SplitSeq(string(text[:runtime.Stack(text, true)]), "\n\n") {
		if strings.Contains(one, "/nats.go@") || strings.Contains(one, "(*Backend)") {
			n++
		}
	}
	return n
}

func TestKeys(t *testing.T) {
	t.Parallel()
	seen := map[string]registry.ID{}
	texts := []string{"", "a", "a.b", "a=2Eb", ".", "=", "==", "a b", "*", ">", "$", "é", "-", "_", strings.Repeat("x", 300), strings.Repeat(".", 300), strings.Repeat("y", 300)}
	for _, name := range texts {
		for _, host := range texts {
			for _, project := range texts {
				id := registry.ID{Name: name, Host: host, Project: project}
				key := keyOf(id)
				if other, twice := seen[key]; twice {
					t.Fatalf("%v and %v have one key %s", id, other, key)
				}
				seen[key] = id
				if len(key) > 1000 || strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=.") != "" {
					t.Fatalf("%v has the key %s", id, key)
				}
			}
		}
	}
	if len(seen) != len(texts)*len(texts)*len(texts) || cmp.Or(Visible("nats://u:p@h:1, tls://t@i"), "") != "nats://h:1,tls://i" {
		t.Errorf("%d keys, %s", len(seen), Visible("nats://u:p@h:1, tls://t@i"))
	}
}
