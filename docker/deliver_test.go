package docker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/docker/dockertest"
)

// TestDeliver: the file is where the service looks for it, and only folders
// that are missing are in the archive.
func TestDeliver(t *testing.T) {
	engine := dockertest.Start(t, "127.0.0.1")
	engine.Missing = []string{"/run/ports", "/run/ports/web"}
	engine.Links = map[string]string{"/var/run": "/run"}
	engine.Folders = []string{"/run/folder"}
	e := connect(t, map[string]string{"DOCKER_HOST": engine.Endpoint})
	inspected := func(value, dir, more string) map[string]string {
		return map[string]string{"aaa": fmt.Sprintf(`{"Id":"aaa","Config":{"Env":["PATH=/bin","PORT_FILE=%s"],"WorkingDir":%q}%s}`, value, dir, more)}
	}
	for _, c := range []struct{ name, value, dir, more, file, problem string }{
		{"in the root", "/port", "", "", "/port", ""},
		{"in a folder that is there", "/etc/port.txt", "", "", "/etc/port.txt", ""},
		{"in folders that are not", "/run/ports/web/port", "", "", "/run/ports/web/port", ""},
		{"relative to the working folder", "data/../port", "/srv/app", "", "/srv/app/port", ""},
		{"relative without one", "port", "", "", "/port", ""},
		{"no variable", "", "", "", "", ""},
		{"on a tmpfs", "/run/port", "", `,"HostConfig":{"Tmpfs":{"/run":""}}`, "", "container shop-web-1: /run/port: is on a file system of the running container"},
		{"on a tmpfs that is mounted", "/run/port", "", `,"Mounts":[{"Type":"tmpfs","Destination":"/run"}]`, "", "container shop-web-1: /run/port: is on a file system of the running container"},
		{"in the shared memory", "/dev/shm/port", "", "", "", "container shop-web-1: /dev/shm/port: is on a file system of the running container"},
		{"behind a link to a tmpfs", "/var/run/port", "", `,"HostConfig":{"Tmpfs":{"/run":""}}`, "", "container shop-web-1: /var/run/port: is on a file system of the running container"},
		{"in a volume on a tmpfs", "/run/it/port", "", `,"HostConfig":{"Tmpfs":{"/run":""}},"Mounts":[{"Type":"volume","Destination":"/run/it"}]`, "/run/it/port", ""},
		{"mounted itself", "/run/port", "", `,"Mounts":[{"Type":"bind","Destination":"/run/port"}]`, "", "container shop-web-1: /run/port: is a mount, which can't be replaced"},
		{"a folder that is mounted", "/run/folder", "", `,"Mounts":[{"Type":"volume","Destination":"/run/folder/"}]`, "", "container shop-web-1: /run/folder: is a folder"},
		{"a folder behind a link", "/var/run/folder", "", `,"Mounts":[{"Type":"volume","Destination":"/run/folder"}]`, "", "container shop-web-1: /var/run/folder: is a folder"},
		{"beside a tmpfs", "/runner/port", "", `,"HostConfig":{"Tmpfs":{"/run":""}}`, "/runner/port", ""},
	} {
		engine.Set(containers, inspected(c.value, c.dir, c.more))
		file, err := e.Deliver(t.Context(), web, "PORT_FILE", c.name)
		switch {
		case c.problem != "":
			var said *Error
			if !errors.As(err, &said) || !strings.HasPrefix(err.Error(), c.problem) || said.Hint == "" {
				t.Errorf("%s: %v", c.name, err)
			}
		case err != nil || file != c.file:
			t.Errorf("%s: %s, %v", c.name, file, err)
		case file != "" && engine.File("aaa", file) != c.name:
			t.Errorf("%s: the file has %q", c.name, engine.File("aaa", file))
		}
	}
	engine.Set(containers, inspected("/empty", "", ""))
	if file, err := e.Deliver(t.Context(), web, "PORT_FILE", ""); err != nil || file != "/empty" || len(puts(engine)) != 7 {
		t.Errorf("an empty text: %s, %v, %d files in all", file, err, len(puts(engine)))
	}
}

func puts(engine *dockertest.Engine) (puts []string) {
	for _, call := range engine.Calls() {
		if strings.HasPrefix(call, "PUT ") {
			puts = append(puts, call)
		}
	}
	return puts
}

// TestFollow: it calls once at the beginning and once for many events, and ends
// with the context, the function's error, or the engine.
func TestFollow(t *testing.T) {
	engine := dockertest.Start(t, "127.0.0.1")
	e := connect(t, map[string]string{"DOCKER_HOST": engine.Endpoint})
	calls := make(chan int, 16)
	n, enough := 0, errors.New("enough")
	ended := make(chan error, 1)
	go func() {
		ended <- e.Follow(t.Context(), "shop", func([]string) error {
			n++
			calls <- n
			if n == 3 {
				return enough
			}
			return nil
		}, nil)
	}()
	next := func() int {
		select {
		case n := <-calls:
			return n
		case <-time.After(4 * time.Second): // before it looks again by itself
			t.Fatal("no call")
			return 0
		}
	}
	if next() != 1 {
		t.Error("no first call")
	}
	waitForFollower(t, engine)
	for range 5 {
		engine.Set(containers, nil)
	}
	if next() != 2 {
		t.Error("no second call")
	}
	select {
	case <-calls:
		t.Error("more than one call for many events")
	case <-time.After(3 * settle):
	}
	engine.Set(containers, nil)
	if next() != 3 {
		t.Error("no third call")
	}
	if err := <-ended; !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}

	// An engine that is restarted is waited for, whatever it says meanwhile.
	ctx, stop := context.WithCancel(t.Context())
	lost := make(chan error, 16)
	go func() {
		ended <- e.Follow(ctx, "shop", func([]string) error { calls <- 0; return nil }, func(err error) { lost <- err })
	}()
	for range 2 {
		next()
		waitForFollower(t, engine)
		engine.Down()
		if err := <-lost; err.Error() != "docker endpoint "+engine.Endpoint+": hung up" {
			t.Errorf("got %v", err)
		}
		time.Sleep(3 * again)
		engine.Up()
	}
	next()
	if len(lost) > 0 {
		t.Errorf("told more than once: %v", <-lost)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("got %v", err)
	}

	go func() { ended <- e.Follow(t.Context(), "shop", func([]string) error { calls <- 0; return nil }, nil) }()
	next()
	waitForFollower(t, engine)
	engine.Stop()
	select {
	case err := <-ended:
		if err == nil || err.Error() != "docker endpoint "+engine.Endpoint+": hung up" {
			t.Errorf("got %v", err)
		}
	case <-time.After(4 * time.Second):
		t.Error("an engine that is gone is followed")
	}

	// One that was never there is not.
	engine.Down()
	if err := connect(t, map[string]string{"DOCKER_HOST": engine.Endpoint}).Follow(t.Context(), "shop", func([]string) error { return nil }, func(error) {}); err == nil {
		t.Error("an engine that is not there is waited for")
	}
}

// TestFollowStalled: an engine that takes the question for events and says
// nothing is given up.
func TestFollowStalled(t *testing.T) {
	engine := dockertest.Start(t, "127.0.0.1")
	engine.Silent = true
	e := connect(t, map[string]string{"DOCKER_HOST": engine.Endpoint})
	e.Timeout = 200 * time.Millisecond
	err := e.Follow(t.Context(), "shop", func([]string) error { return errors.New("called") }, func(error) {})
	if err == nil || !strings.HasSuffix(err.Error(), "no answer within 200ms") {
		t.Errorf("got %v", err)
	}
}

// TestDeliverGone: a container that is removed between two questions is told
// nothing, which is no error; one that can't be written to is.
func TestDeliverGone(t *testing.T) {
	engine := dockertest.Start(t, "127.0.0.1")
	e := connect(t, map[string]string{"DOCKER_HOST": engine.Endpoint})
	engine.Set(containers, map[string]string{"aaa": `{"Id":"aaa","Config":{"Env":["PORT_FILE=/etc/port"]}}`})
	engine.Refuse = "Error response from daemon: container rootfs is marked read-only"
	if _, err := e.Deliver(t.Context(), web, "PORT_FILE", "1"); err == nil || err.Error() != "container shop-web-1: /etc/port: the file system is read-only" {
		t.Errorf("got %v", err)
	}
	engine.Refuse = "no room"
	if _, err := e.Deliver(t.Context(), web, "PORT_FILE", "1"); err == nil || err.Error() != "container shop-web-1: /etc/port: can't be written: no room" {
		t.Errorf("got %v", err)
	}
	asked := 0
	engine.Inspect = func(string) string {
		if asked++; asked > 1 {
			return ""
		}
		return `{"Id":"aaa","Config":{"Env":["PORT_FILE=/etc/port"]}}`
	}
	if file, err := e.Deliver(t.Context(), web, "PORT_FILE", "1"); err != nil || file != "" {
		t.Errorf("got %q, %v", file, err)
	}
}

// waitForFollower waits until somebody follows events.
func waitForFollower(t *testing.T, engine *dockertest.Engine) {
	t.Helper()
	for range 400 {
		if strings.Contains(strings.Join(engine.Calls(), "\n"), "GET events") {
			time.Sleep(20 * time.Millisecond)
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("nobody follows events")
}

// TestStartFailures: which host port it was, in the words of several engines, and
// none of what runs or failed for another reason.
func TestStartFailures(t *testing.T) {
	for text, want := range map[string]int{
		`driver failed programming external connectivity on endpoint x (0c2): Bind for 0.0.0.0:8080 failed: port is already allocated`:                            8080, // 20.10
		`driver failed programming external connectivity on endpoint x (4f): Error starting userland proxy: listen tcp4 0.0.0.0:53: bind: address already in use`: 53,   // 20.10
		`failed to set up container networking: failed to bind host port for 0.0.0.0:8443:172.18.0.2:443/tcp: address already in use`:                             8443, // 28
		`failed to bind host port 127.0.0.1:9000/tcp: address already in use`:                                                                                     9000,
		`Error starting userland proxy: listen tcp6 [::]:81: bind: address already in use`:                                                                        81,
		`Ports are not available: exposing port TCP 0.0.0.0:5000 -> 127.0.0.1:0: listen tcp 0.0.0.0:5000: bind: address already in use`:                           5000, // Desktop
		`exec: "nothing": executable file not found in $PATH`:                                                                                                     0,
		`dial tcp 10.0.0.1:443: connection refused`:                                                                                                               0,
		`driver failed programming external connectivity on endpoint x (0c2): Bind for ::1:8080 failed: port is already allocated`:                                8080,
		`driver failed programming external connectivity on endpoint x (0c2): Bind for 2001:db8::5:8081 failed: port is already allocated`:                        8081,
		`failed to bind host port for ::1:8082:172.18.0.2:80/tcp: address already in use`:                                                                         8082, // no brackets
		`failed to bind host port for ::1:8083:fd00::2:80/tcp: address already in use`:                                                                            8083,
		`failed to bind host port for [2001:db8::5]:8084:[fd00::2]:80/tcp: address already in use`:                                                                8084,
		`failed to bind host port 2001:db8::5:8085/tcp: address already in use`:                                                                                   8085,
		`driver failed programming external connectivity on endpoint x (0c2): Bind for :::8086 failed: port is already allocated`:                                 8086,
		`Error starting userland proxy: listen tcp6 fe80::1%eth0:8087: bind: address already in use`:                                                              8087,
		`listen tcp :8088: bind: address already in use`:                                                                                                          8088,
		`Bind for 0.0.0.0:80808 failed: port is already allocated`:                                                                                                0,
		``: 0,
	} {
		if got := lostPort(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	engine := dockertest.Start(t, "127.0.0.1")
	engine.Set(`[{"Id":"aaa","State":"created","Labels":{"com.docker.compose.project":"shop"}},{"Id":"bbb","State":"running","Labels":{"com.docker.compose.project":"shop"}},{"Id":"ccc","State":"exited","Labels":{"com.docker.compose.project":"shop"}},{"Id":"ddd","State":"exited","Labels":{"com.docker.compose.project":"shop"}},{"Id":"eee","State":"exited","Labels":{"com.docker.compose.project":"shop"}},{"Id":"fff","State":"exited","Labels":{"com.docker.compose.project":"shop"}}]`,
		map[string]string{
			"aaa": `{"State":{"Error":"Bind for 0.0.0.0:80 failed:\n port is already allocated"}}`,
			"bbb": `{"State":{"Error":"Bind for 0.0.0.0:81 failed: port is already allocated"}}`, "ccc": `{"State":{"Error":""}}`, "ddd": `{"State":{"Error":"no such file"}}`, "eee": `{}`,
		})
	got, err := connect(t, map[string]string{"DOCKER_HOST": engine.Endpoint}).StartFailures(t.Context(), "shop")
	of := func(id, state string) Container { return Container{ID: id, Name: id, Project: "shop", State: state} }
	want := []Failure{{of("aaa", "created"), "Bind for 0.0.0.0:80 failed: port is already allocated", 80}, {of("ddd", "exited"), "no such file", 0}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
