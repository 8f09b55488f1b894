package docker

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api"

	"github.com/portmoor/portmoor/docker/dockertest"
)

// TestMain is also the far end of an ssh connection, which the script that
// stands for ssh in TestSSH starts.
func TestMain(m *testing.M) {
	if address := os.Getenv("PORTMOOR_TEST_DIAL"); address != "" {
		conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", address)
		if err != nil {
			os.Exit(1)
		}
		go func() {
			_, _ = io.Copy(conn, os.Stdin)
			_ = conn.(*net.TCPConn).CloseWrite()
		}()
		_, _ = io.Copy(os.Stdout, conn)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// ssh puts a script in the place of the ssh command.
func ssh(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ssh"), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// TestSSH: an engine behind ssh is asked through docker system dial-stdio on the
// other machine, as the docker command does.
func TestSSH(t *testing.T) {
	if filepath.Separator != '/' {
		t.Skip("the script is one for sh")
	}
	address := strings.TrimPrefix(dockertest.Serve(t, "127.0.0.1", containers, nil), "tcp://")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(t.TempDir(), "log")
	ssh(t, `echo "$*" >>`+log+`; PORTMOOR_TEST_DIAL=`+address+` exec `+self)
	e := connect(t, map[string]string{"DOCKER_HOST": "ssh://me@box:2222"})
	got, err := e.Project(t.Context(), "shop")
	if err != nil || len(got) != 1 || got[0].Name != "shop-web-1" || !e.Remote {
		t.Errorf("got %v, %v", got, err)
	}
	called, err := os.ReadFile(log)
	if err != nil || !strings.Contains(string(called), "-l me -p 2222") || !strings.Contains(string(called), "box docker system dial-stdio") {
		t.Errorf("ssh was called with %s", called)
	}

	ssh(t, `sleep 0.2; echo "ssh: Could not resolve hostname box" >&2; exit 255`)
	_, err = connect(t, map[string]string{"DOCKER_HOST": "ssh://box"}).Project(t.Context(), "shop")
	if err == nil || err.Error() != "docker endpoint ssh://box: not reachable: ssh: Could not resolve hostname box" {
		t.Errorf("got %v", err)
	}
}

// TestErrors: whatever is wrong with an engine is one line that names the
// endpoint, with a hint, and within the time it has.
func TestErrors(t *testing.T) {
	old, stalled, garbled := dockertest.Start(t, "127.0.0.1"), dockertest.Start(t, "127.0.0.1"), listen(t)
	old.Version, stalled.Stalled = "1.12", true
	closed := listen(t)
	_ = closed.Close()
	for _, c := range []struct{ name, host, want string }{
		{"no socket", "unix:///nonexistent/docker.sock", "not reachable"},
		{"nobody listens", "tcp://" + closed.Addr().String(), "not reachable"},
		{"an API too old", old.Endpoint, "its API version does not fit ours: client version 1.12 is too old: 1.24 is the least"},
		{"a stall", stalled.Endpoint, "no answer within 200ms"},
		{"no HTTP", "tcp://" + garbled.Addr().String(), "not reachable"},
	} {
		e := connect(t, map[string]string{"DOCKER_HOST": c.host})
		e.Timeout = 200 * time.Millisecond
		began := time.Now()
		_, err := e.Project(t.Context(), "shop")
		var said *Error
		if !errors.As(err, &said) || !strings.HasPrefix(err.Error(), "docker endpoint "+c.host+": "+c.want) || said.Hint == "" || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", c.name, err)
		}
		if time.Since(began) > Timeout*2/3 { // it waited for what it is told not to wait for
			t.Errorf("%s: took %s", c.name, time.Since(began))
		}
	}
	denied := connect(t, map[string]string{"DOCKER_HOST": "unix:///run/d.sock"}).explain(&fs.PathError{Op: "dial", Path: "x", Err: fs.ErrPermission})
	if denied.Error() != "docker endpoint unix:///run/d.sock: permission denied" {
		t.Error(denied)
	}
}

// listen answers every connection with what is no HTTP.
func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("SSH-2.0-OpenSSH\r\n"))
			_ = conn.Close()
		}
	}()
	return l
}

// TestVersions: of the versions of the API the newest is spoken that both know, or the one
// that was asked for; where there is none, that is one line.
func TestVersions(t *testing.T) {
	for _, c := range []struct{ newest, asked, least, want string }{
		{newest: "1.24", want: "1.24"},
		{newest: "1.40", want: "1.40"},
		{newest: "1.41", want: "1.41"}, // dockerd 20.10, and Podman 4.3
		{newest: "1.44", want: "1.44"},
		{newest: api.DefaultVersion, want: api.DefaultVersion},
		{newest: "1.999", want: api.DefaultVersion},
		{newest: "", want: "1.24"},
		{newest: "1.41", asked: "1.40", want: "1.40"},
		{newest: "1.23", want: "client version 1.23 is too old: 1.24 is the least"},
		{newest: "1.41", asked: "1.99", want: "client version 1.99 is too new: the engine has 1.41 at most"},
		{newest: "1.52", asked: "1.30", least: "1.44", want: "client version 1.30 is too old. Minimum supported API version is 1.44, please upgrade your client to a newer version"},
	} {
		spoken := ""
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if c.newest != "" {
				w.Header().Set("Api-Version", c.newest)
			}
			version, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v"), "/")
			if r.URL.Path != "/_ping" {
				spoken = version
			}
			if c.least != "" && r.URL.Path != "/_ping" {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"message":"client version `+version+` is too old. Minimum supported API version is `+c.least+`, please upgrade your client to a newer version"}`)
				return
			}
			_, _ = io.WriteString(w, "[]")
		}))
		host := "tcp" + strings.TrimPrefix(server.URL, "http")
		_, err := connect(t, map[string]string{"DOCKER_HOST": host, "DOCKER_API_VERSION": c.asked}).Project(t.Context(), "shop")
		server.Close()
		got := spoken
		if err != nil {
			got = strings.TrimPrefix(err.Error(), "docker endpoint "+host+": its API version does not fit ours: ")
			var said *Error
			if !errors.As(err, &said) || !strings.Contains(said.Hint, "DOCKER_API_VERSION") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%+v: %v", c, err)
			}
		}
		if got != c.want {
			t.Errorf("newest %q, asked for %q: %s, want %s", c.newest, c.asked, got, c.want)
		}
	}
}

// TestVocabulary: each text that decides something is one that an engine has said, and
// the table has none beside them.
func TestVocabulary(t *testing.T) {
	recorded := map[meaning][]string{
		portTaken: {
			"driver failed programming external connectivity on endpoint x (4f): Bind for 0.0.0.0:80 failed: port is already allocated",
			"listen tcp4 0.0.0.0:53: bind: address already in use",
			"Ports are not available: exposing port TCP 0.0.0.0:80 -> 0.0.0.0:0: listen tcp 0.0.0.0:80: bind: An attempt was made to access a socket in a way forbidden by its access permissions.",
			"listen tcp 0.0.0.0:80: bind: Only one usage of each socket address (protocol/network address/port) is normally permitted.",
			`something went wrong with the request: "proxy already running\n"`,
		},
		readOnly:  {"container rootfs is marked read-only", "mkdir /run/a: read-only file system"},
		unfit:     {"client version 1.30 is too old. Minimum supported API version is 1.44", "client version 1.99 is too new. Maximum supported API version is 1.41"},
		secured:   {"Client sent an HTTP request to an HTTPS server."},
		denied:    {"Got permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock", "permission denied while trying to connect to the docker API at unix:///var/run/docker.sock"},
		behindSSH: {"command [ssh box docker system dial-stdio] has exited with exit status 255, make sure the URL is valid: stderr=Host key verification failed."},
		healthOf:  {"Up 2 minutes (healthy)", "Up 2 minutes (unhealthy)", "Up 2 minutes (health: starting)", "Up 2 minutes (starting)"},
	}
	used := map[string]bool{}
	for m, texts := range recorded {
		for _, text := range texts {
			words, _, found := after(text, m)
			if used[words] = true; !found {
				t.Errorf("%q says nothing", text)
			}
			for other := range recorded {
				if other != m && says(text, other) {
					t.Errorf("%q says %d too, not only %d", text, other, m)
				}
			}
		}
	}
	for _, v := range vocabulary {
		if !used[v.words] || v.by == "" || v.words != strings.ToLower(v.words) {
			t.Errorf("%q: nobody has said it", v.words)
		}
	}
	for _, text := range []string{"no such file", "dial tcp 10.0.0.1:443: connection refused", "Up 2 minutes", ""} {
		for m := range recorded {
			if says(text, m) {
				t.Errorf("%q says %d", text, m)
			}
		}
	}
}
