// Package nats connects the registries of many hosts: each writes what it knows itself
// into one JetStream bucket, and shows what the others have written there.
//
// The model: a [Backend] has one key in the bucket for each service and host, which goes
// when nobody renews it. It watches the bucket, and asks for nothing again and again.
// Without the server the registry goes on with what it knows itself, and what the others
// said goes stale; when the server is back, all is as if it had never been away. Whoever
// may write the bucket is heard, and nobody is trusted to write it well.
//
//	b, err := nats.New(reg, nats.Options{Server: nats.Server{URL: "nats://hub:4222", Bucket: "services"}})
//	err = b.Run(ctx)
package nats

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/portmoor/portmoor/registry"
	"github.com/portmoor/portmoor/say"
)

const (
	// DefaultTTL is how long an entry stays that nobody renews.
	DefaultTTL = 180 * time.Second

	maxTTL     = registry.DefaultStale
	maxEntry   = 128 << 10 // of bytes: a service as large as a client may add
	maxEntries = 10_000    // of other registries
	maxBytes   = 64 << 20  // of all entries
	maxFile    = 1 << 20   // of credentials

	patience      = 5 * time.Second // for one answer of the server
	reconnectWait = time.Second
	retryMost     = 30 * time.Second
	pingEvery     = 20 * time.Second
)

// Server is where the bucket is, and who this is there.
type Server struct {
	// URL is that of the server, or several with commas between them; "" for none. It may
	// hold a password, which is never said.
	URL string
	// Bucket is what the bucket is called, which is made if there is none.
	Bucket string
	// Creds, NKey, CA, Cert and Key are the files of NATS's own that say who this is and
	// whom it trusts; "" for none.
	Creds, NKey, CA, Cert, Key string
}

// Options are how a backend works. The zero value can't be used.
type Options struct {
	Server

	// TTL is how long an entry stays that nobody renews, in a bucket that is made; 0 for
	// [DefaultTTL].
	TTL time.Duration
	// Connected is told whether the bucket can be used; nil for nobody.
	Connected func(bool)
	// Say is told what people should know; nil for nobody.
	Say func(message, hint string)

	reconnectWait time.Duration
}

// Backend keeps one registry and a bucket at the same services.
type Backend struct {
	options  Options
	registry *registry.Registry
	connect  []nats.Option
	me       string                 // what it signs its entries with
	servers  string                 // the URLs, as they may be said
	lost     bool                   // which was said
	told     told                   // what was said of entries that can't be used
	events   events                 // what was told of services
	taken    map[string]registry.ID // by key: what others have said, and the registry was told
	wake     chan bool              // the connection is another now

	mu   sync.Mutex
	why  error  // the connection is not there
	stop func() // ends what is done with the connection; nil for nothing
}

// New makes a backend. The error is about a URL, a bucket's name or a file that can't be
// used.
func New(r *registry.Registry, o Options) (*Backend, error) {
	if o.Say == nil {
		o.Say = func(string, string) {}
	}
	if o.Connected == nil {
		o.Connected = func(bool) {}
	}
	o.TTL, o.reconnectWait = min(cmp.Or(o.TTL, DefaultTTL), maxTTL), cmp.Or(o.reconnectWait, reconnectWait)
	b := &Backend{options: o, registry: r, me: nuid.Next(), servers: Visible(o.URL), taken: map[string]registry.ID{}, wake: make(chan bool, 1)}
	b.events.sent = map[string]string{}
	b.events.heard = map[registry.ID]time.Time{}
	for one := range strings.SplitSeq(o.URL, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		if err != nil || u.Host == "" || !map[string]bool{"nats": true, "tls": true, "ws": true, "wss": true}[u.Scheme] {
			return nil, say.Usagef("write nats://hub:4222, the URL of a NATS server", "%s: not the URL of a NATS server", b.servers)
		}
	}
	if token(o.Bucket) != o.Bucket || len(o.Bucket) > maxToken {
		return nil, say.Usagef("use letters, digits, - and _", "%.60q: not the name of a bucket", o.Bucket)
	}
	return b, b.credentials()
}

// credentials are the options that say who this is, and whom it trusts.
func (b *Backend) credentials() error {
	o := b.options
	for _, file := range []struct{ variable, path string }{{"NATS_CREDS", o.Creds}, {"NATS_NKEY", o.NKey}, {"NATS_CA", o.CA}, {"NATS_CERT", o.Cert}, {"NATS_KEY", o.Key}} {
		if file.path == "" {
			continue
		}
		if info, err := os.Stat(file.path); err != nil || !info.Mode().IsRegular() {
			return say.Usagef("name a file with it, or unset it", "%s: %s is no file", file.variable, file.path)
		} else if info.Size() > maxFile {
			return say.Usagef("name a file with it, or unset it", "%s: %s is larger than %d bytes", file.variable, file.path, maxFile)
		}
	}
	if (o.Cert == "") != (o.Key == "") {
		return say.Usagef("set both, or none", "NATS_CERT, NATS_KEY: a certificate and its key go together")
	}
	if o.Creds != "" {
		b.connect = append(b.connect, nats.UserCredentials(o.Creds))
	}
	if o.NKey != "" {
		key, err := nats.NkeyOptionFromSeed(o.NKey)
		if err != nil {
			return say.Usagef("name a file with the seed of an nkey", "NATS_NKEY: %s has no seed", o.NKey)
		}
		b.connect = append(b.connect, key)
	}
	if o.CA != "" {
		b.connect = append(b.connect, nats.RootCAs(o.CA))
	}
	if o.Cert != "" {
		b.connect = append(b.connect, nats.ClientCert(o.Cert, o.Key))
	}
	return nil
}

// Visible are the URLs of servers without what is secret in them.
func Visible(urls string) string {
	var all []string
	for one := range strings.SplitSeq(urls, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		if err != nil {
			all = append(all, "a URL that can't be read")
			continue
		}
		all = append(all, (&url.URL{Scheme: u.Scheme, Host: u.Host}).String())
	}
	return say.Visible(strings.Join(all, ","))
}

// Run keeps the registry and the bucket at the same services until the context ends,
// which is no error. What this registry has written goes when nobody renews it.
func (b *Backend) Run(ctx context.Context) error {
	conn, err := nats.Connect(b.options.URL, append([]nats.Option{
		nats.Name("portmoor"), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.IgnoreAuthErrorAbort(),
		nats.ReconnectWait(b.options.reconnectWait), nats.ReconnectJitter(b.options.reconnectWait/4, b.options.reconnectWait/4),
		nats.ReconnectBufSize(-1), nats.Timeout(patience), nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(2),
		nats.ConnectHandler(func(*nats.Conn) { b.changed(nil) }),
		nats.ReconnectHandler(func(*nats.Conn) { b.changed(nil) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { b.changed(cmp.Or(err, nats.ErrDisconnected)) }),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { b.changed(err) }),
		nats.ErrorHandler(func(c *nats.Conn, _ *nats.Subscription, err error) {
			if !c.IsConnected() {
				b.changed(err)
			}
		}),
	}, b.connect...)...)
	if err != nil {
		return say.Failf("look at NATS_CREDS, NATS_NKEY, NATS_CA, NATS_CERT and NATS_KEY", "%s: %s", b.servers, b.cause(err))
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, conn.Close)() // nobody waits for a server at the end
	if err := b.listen(conn); err != nil {
		return err
	}
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	defer b.options.Connected(false)
	wait := b.options.reconnectWait
	for ctx.Err() == nil {
		if conn.IsConnected() {
			began := time.Now() //nolint:forbidigo // how long to wait depends on how long it went well
			err := b.session(ctx, conn, js)
			if ctx.Err() != nil {
				break
			}
			if errors.Is(err, errLost) {
				err = b.reason(err)
			}
			if b.away(err); time.Since(began) > retryMost {
				wait = b.options.reconnectWait
			}
		} else if why := b.reason(conn.LastError()); why != nil && !errors.Is(why, nats.ErrNoServers) { // the reason of each try is told
			b.away(why)
		}
		select {
		case <-ctx.Done():
		case <-b.wake:
			wait = b.options.reconnectWait
		case <-time.After(wait):
			wait = min(2*wait, retryMost)
		}
	}
	return nil
}

// changed is told by the connection that it is lost, or back.
func (b *Backend) changed(why error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.why = why
	if why != nil && b.stop != nil {
		b.stop()
	}
	select {
	case b.wake <- true:
	default:
	}
}

func (b *Backend) reason(otherwise error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return cmp.Or(b.why, otherwise)
}

// away says once that the bucket can't be used.
func (b *Backend) away(why error) {
	b.options.Connected(false)
	if b.lost {
		return
	}
	b.lost = true
	message, hint := b.cause(why), "portmoor connects again by itself"
	if p, told := errors.AsType[say.Problem](why); told {
		message, hint = p.Message, p.Hint
	}
	b.options.Say(b.servers+": "+message+": the services of other hosts go stale, until it can be used again", hint)
}

// back says that it can be used again, if it was said that it can't.
func (b *Backend) back() {
	if b.options.Connected(true); b.lost {
		b.lost = false
		b.options.Say(b.servers+": connected: the services of other hosts are listed again", "")
	}
}

// cause is an error of NATS in one line, without the URL that it may hold.
func (b *Backend) cause(err error) string {
	text := strings.TrimPrefix(say.Cause(err).Error(), "nats: ")
	for one := range strings.SplitSeq(b.options.URL, ",") {
		text = strings.ReplaceAll(text, strings.TrimSpace(one), Visible(one))
		if u, err := url.Parse(strings.TrimSpace(one)); err == nil && u.User != nil {
			text = strings.ReplaceAll(text, u.User.String()+"@", "")
		}
	}
	return say.Visible(text)
}

// told counts the entries that can't be used, and what of it was said.
type told struct {
	invalid, many bool
	count         int
}

func (b *Backend) invalid(key string, err error) {
	b.told.count++
	if !b.told.invalid {
		b.told.invalid = true
		b.options.Say(b.servers+": bucket "+b.options.Bucket+" has an entry that is no service, "+say.Visible(key[:min(len(key), 100)])+": "+say.Visible(err.Error())+": it is passed over, as others like it will be", "see who else may write to the bucket")
	}
}

func (b *Backend) many() {
	b.told.count++
	if !b.told.many {
		b.told.many = true
		b.options.Say(b.servers+": bucket "+b.options.Bucket+" has more entries than are listed: the others are passed over", "see who else may write to the bucket")
	}
}
