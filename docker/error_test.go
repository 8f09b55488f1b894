package docker

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// TestTooNew: what the engine itself says of versions is passed on.
func TestTooNew(t *testing.T) {
	engine := dockertest.Start(t, "127.0.0.1")
	e := connect(t, map[string]string{"DOCKER_HOST": engine.Endpoint, "DOCKER_API_VERSION": "1.99"})
	err := e.explain(errors.New("Error response from daemon: client version 1.99 is too new. Maximum supported API version is 1.41"))
	if want := "docker endpoint " + engine.Endpoint + ": its API version does not fit ours: client version 1.99 is too new. Maximum supported API version is 1.41"; err.Error() != want {
		t.Error(err)
	}
}
