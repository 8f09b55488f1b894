package docker

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portmoor/portmoor/docker/dockertest"
)

// TestTLS: the certificates of DOCKER_CERT_PATH or of the context are what the
// engine is believed by.
func TestTLS(t *testing.T) {
	engine := dockertest.Start(t, "127.0.0.1")
	engine.Set(containers, nil)
	server := httptest.NewUnstartedServer(engine)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	host := "tcp" + strings.TrimPrefix(server.URL, "https")
	dir := t.TempDir()
	put := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	certificate := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	put(filepath.Join(dir, "certs", "ca.pem"), certificate)
	put(filepath.Join(dir, "others", "ca.pem"), anotherAuthority(t))
	for name, more := range map[string]string{"known": "", "unknown": "", "lax": `,"SkipTLSVerify":true`} {
		put(filepath.Join(dir, "contexts", "meta", contextID(name), "meta.json"), fmt.Sprintf(`{"Name":%q,"Endpoints":{"docker":{"Host":%q%s}}}`, name, "https"+strings.TrimPrefix(host, "tcp"), more))
	}
	put(filepath.Join(dir, "contexts", "tls", contextID("known"), "docker", "ca.pem"), certificate)
	for _, c := range []struct {
		name    string
		environ map[string]string
		want    string // "" for an answer
	}{
		{"certificates", map[string]string{"DOCKER_HOST": host, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": filepath.Join(dir, "certs")}, ""},
		{"another authority", map[string]string{"DOCKER_HOST": host, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": filepath.Join(dir, "others")}, "x509: certificate signed by unknown authority"},
		{"any will do", map[string]string{"DOCKER_HOST": host, "DOCKER_TLS": "1"}, ""},
		{"no TLS", map[string]string{"DOCKER_HOST": host}, "Client sent an HTTP request to an HTTPS server."},
		{"a context with certificates", map[string]string{"DOCKER_CONTEXT": "known", "DOCKER_CONFIG": dir}, ""},
		{"a context without", map[string]string{"DOCKER_CONTEXT": "unknown", "DOCKER_CONFIG": dir}, "Client sent an HTTP request to an HTTPS server."},
		{"a context that believes any", map[string]string{"DOCKER_CONTEXT": "lax", "DOCKER_CONFIG": dir}, ""},
	} {
		got, err := connect(t, c.environ).Project(t.Context(), "shop")
		var said *Error
		switch {
		case c.want == "" && (err != nil || len(got) != 1):
			t.Errorf("%s: %v, %v", c.name, got, err)
		case c.want != "" && (!errors.As(err, &said) || !strings.HasSuffix(err.Error(), c.want) || !strings.Contains(said.Hint, "DOCKER_TLS_VERIFY")):
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := Connect(map[string]string{"DOCKER_HOST": host, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": dir}); err == nil || !strings.Contains(err.Error(), "there is no ca.pem in "+dir) {
		t.Errorf("got %v", err)
	}
	put(filepath.Join(dir, "certs", "cert.pem"), "no certificate")
	put(filepath.Join(dir, "certs", "key.pem"), "no key")
	if _, err := Connect(map[string]string{"DOCKER_HOST": host, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": filepath.Join(dir, "certs")}); err == nil || !strings.Contains(err.Error(), "no valid private key") {
		t.Errorf("got %v", err)
	}
}

// anotherAuthority is a certificate that has signed nothing.
func anotherAuthority(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
