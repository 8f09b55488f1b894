package nats

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
)

// refused is a host that is not let in, which says why once.
func refused(t *testing.T, name, url, says string, more func(*Options)) {
	t.Helper()
	h := hostAt(t, name, url, more)
	become(t, name+" says why", 1, func() int { return len(h.messages()) })
	time.Sleep(300 * time.Millisecond) // some more tries
	if said := h.messages(); len(said) != 1 || !strings.Contains(strings.ToLower(said[0]), says) || h.is() {
		t.Errorf("%s: %q", name, said)
	}
}

// connected is a host that is let in, and whose services another one hears of.
func connected(t *testing.T, url string, more func(*Options)) {
	t.Helper()
	a, b := hostAt(t, "node1", url, more), hostAt(t, "node2", url, more)
	a.runs("shop", "web")
	become(t, "what another host hears", []string{"shop/web@node1"}, b.list)
	if said := append(a.messages(), b.messages()...); len(said) > 0 {
		t.Errorf("it said %q", said)
	}
}

// TestCredsFile: the file of the nsc command, with a token and its key, on a server that
// trusts an operator.
func TestCredsFile(t *testing.T) {
	t.Parallel()
	pair := func(create func() (nkeys.KeyPair, error)) (nkeys.KeyPair, string) {
		key, err := create()
		if err != nil {
			t.Fatal(err)
		}
		public, err := key.PublicKey()
		if err != nil {
			t.Fatal(err)
		}
		return key, public
	}
	operator, operatorID := pair(nkeys.CreateOperator)
	account, accountID := pair(nkeys.CreateAccount)
	_, systemID := pair(nkeys.CreateAccount)
	claim := jwt.NewOperatorClaims(operatorID)
	claim.SystemAccount = systemID
	token := func(text string, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	trusted, err := jwt.DecodeOperatorClaims(token(claim.Encode(operator)))
	if err != nil {
		t.Fatal(err)
	}
	of := jwt.NewAccountClaims(accountID)
	of.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: -1, DiskStorage: -1, Streams: -1, Consumer: -1}
	resolver := &server.MemAccResolver{}
	for id, text := range map[string]string{accountID: token(of.Encode(operator)), systemID: token(jwt.NewAccountClaims(systemID).Encode(operator))} {
		if err := resolver.Store(id, text); err != nil {
			t.Fatal(err)
		}
	}
	url := serverAt(t, t.TempDir(), -1, func(o *server.Options) {
		o.TrustedOperators, o.AccountResolver, o.SystemAccount = []*jwt.OperatorClaims{trusted}, resolver, systemID
	}).ClientURL()
	creds := func(signer nkeys.KeyPair) func(*Options) {
		user, userID := pair(nkeys.CreateUser)
		seed, _ := user.Seed()
		text, err := jwt.FormatUserConfig(token(jwt.NewUserClaims(userID).Encode(signer)), seed)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "registry.creds")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return func(o *Options) { o.Creds = path }
	}
	connected(t, url, creds(account))
	other, _ := pair(nkeys.CreateAccount)
	refused(t, "who has another account's", url, "authorization violation", creds(other))
	refused(t, "who has none", url, "authorization violation", func(*Options) {})
}

// authority signs certificates.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t, dir: t.TempDir()}
	a.cert, a.key = a.sign("ca", &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

func (a *authority) path(name string) string { return filepath.Join(a.dir, name) }

// sign writes a certificate and its key, as NAME.pem and NAME.key.
func (a *authority) sign(name string, c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	c.SerialNumber, c.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: name}
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	for suffix, block := range map[string]*pem.Block{".pem": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(a.path(name+suffix), pem.EncodeToMemory(block), 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
	signed, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return signed, key
}

// TestTLS: a server that proves who it is, and wants to know who comes, by certificates.
func TestTLS(t *testing.T) {
	t.Parallel()
	a, other := newAuthority(t), newAuthority(t)
	a.sign("server", &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	for _, by := range []*authority{a, other} {
		by.sign("client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	}
	own, err := tls.LoadX509KeyPair(a.path("server.pem"), a.path("server.key"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	url := serverAt(t, t.TempDir(), -1, func(o *server.Options) {
		o.TLSConfig = &tls.Config{Certificates: []tls.Certificate{own}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12}
		o.TLS, o.TLSVerify, o.TLSTimeout = true, true, 5
	}).ClientURL()
	with := func(ca, client *authority) func(*Options) {
		return func(o *Options) {
			o.URL = strings.Replace(o.URL, "nats://", "tls://", 1)
			if ca != nil {
				o.CA = ca.path("ca.pem")
			}
			if client != nil {
				o.Cert, o.Key = client.path("client.pem"), client.path("client.key")
			}
		}
	}
	connected(t, url, with(a, a))
	refused(t, "who trusts somebody else", url, "certificate", with(other, a))
	refused(t, "who trusts nobody", url, "certificate", with(nil, a))
	refused(t, "who has no certificate", url, "certificate", with(a, nil))
	refused(t, "who has one of somebody else", url, "certificate", with(a, other))
}
