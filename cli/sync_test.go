package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// inspected are the containers of hereRuns, those of web and dyn with what
// tells them where to look for their port.
func inspected() map[string]string {
	all := map[string]string{}
	for _, r := range hereRuns() {
		id, env, dir := fmt.Sprintf("shop-%s-%d", r.service, r.number), `"A=b"`, ""
		switch r.service {
		case "web":
			env = `"SERVICE_PORT_FILE=/run/port"`
		case "dyn":
			env, dir = `"SERVICE_PORT_FILE=port"`, "/app"
		case "slow":
			env = `"SERVICE_PORT_FILE=/slow"`
		}
		all[id] = fmt.Sprintf(`{"Id":%q,"Config":{"Env":[%s],"WorkingDir":%q}}`, id, env, dir)
	}
	return all
}

// TestSync: every service that asks for it is told its own port: a number when
// it has one, a line for each of several.
func TestSync(t *testing.T) {
	dir := stackHere(t)
	engine := record(t, dir)
	engine.Missing = []string{"/app"}
	engine.Set(listOf(t, dir, hereRuns()...), inspected())
	code, out, errs := here("sync")
	want := "shop-dyn-1  /app/port  32771\nshop-dyn-2  /app/port  32768\nshop-dyn-3  /app/port  32790\nshop-web-1  /run/port  80/tcp=28500 443/tcp=32770\n"
	if diff := cmp.Diff(want, out); diff != "" || code != 0 {
		t.Errorf("exit %d (-want +got):\n%s", code, diff)
	}
	if errs != "service slow has SERVICE_PORT_FILE, but no port that is bound\n" {
		t.Error(errs)
	}
	for place, want := range map[string]string{
		"shop-dyn-1:/app/port": "32771\n", "shop-dyn-2:/app/port": "32768\n", "shop-web-1:/run/port": "80/tcp=28500\n443/tcp=32770\n", "shop-slow-1:/slow": "",
	} {
		id, file, _ := strings.Cut(place, ":")
		if got := engine.File(id, file); got != want {
			t.Errorf("%s has %q", place, got)
		}
	}
	_, out, _ = here("sync", "--format", "json")
	if !strings.HasPrefix(out, "{\n  \"version\": 1,\n  \"files\": [\n    {\n      \"project\": \"shop\",\n      \"service\": \"dyn\",\n      \"container\": \"shop-dyn-1\",\n      \"index\": 1,\n      \"file\": \"/app/port\",\n      \"text\": \"32771\\n\"\n    },") {
		t.Error(out)
	}
}

// TestSyncTrouble: one service that can't be told keeps none of the others from
// theirs; none that wants to be told is no failure.
func TestSyncTrouble(t *testing.T) {
	dir := stackHere(t)
	engine := record(t, dir)
	all := inspected()
	for _, id := range []string{"shop-dyn-1", "shop-dyn-2", "shop-dyn-3"} {
		all[id] = strings.TrimSuffix(all[id], "}") + `,"HostConfig":{"Tmpfs":{"/app":""}}}`
	}
	engine.Set(listOf(t, dir, hereRuns()...), all)
	code, out, errs := here("sync")
	said := "service slow has SERVICE_PORT_FILE, but no port that is bound\n"
	for _, id := range []string{"shop-dyn-1", "shop-dyn-2", "shop-dyn-3"} {
		said += "container " + id + ": /app/port: is on a file system of the running container, into which the engine copies nothing\n"
	}
	said += "hint: mount a volume on its folder, or name a file elsewhere in SERVICE_PORT_FILE\n"
	if code != 3 || errs != said || strings.Count(out, "\n") != 1 {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	engine.Set(listOf(t, dir, running{service: "plain", number: 1}), map[string]string{"shop-plain-1": `{"Config":{}}`})
	if code, out, errs := here("sync"); code != 0 || out != "" || errs != "no running service of project shop has SERVICE_PORT_FILE in its environment\n" {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
}

// TestSyncWatch tells a container that is new, and nobody the same again.
func TestSyncWatch(t *testing.T) {
	dir := stackHere(t)
	engine := record(t, dir)
	one := running{service: "dyn", number: 1, ports: []string{"0.0.0.0:32771:80/tcp"}}
	engine.Set(listOf(t, dir, one), inspected())
	var out, errs safeBuffer
	ended := make(chan int, 1)
	go func() {
		ended <- Run(Process{Args: []string{"portmoor", "sync", "--watch"}, Out: &out, Err: &errs, Environ: os.Environ()})
	}()
	out.waitFor(t, "shop-dyn-1  /app/port  32771\n")
	engine.Set(listOf(t, dir, one, running{service: "dyn", number: 2, ports: []string{"0.0.0.0:32768:80/tcp"}}), inspected())
	out.waitFor(t, "shop-dyn-2  /app/port  32768\n")
	one.ports = []string{"0.0.0.0:32999:80/tcp"} // as after a restart
	engine.Set(listOf(t, dir, one), inspected())
	out.waitFor(t, "shop-dyn-1  /app/port  32999\n")
	// The engine is restarted, and all of them with it: who was told is told again.
	engine.Down()
	errs.waitFor(t, "hung up: waiting until it is back\n")
	engine.Up()
	for range 1000 {
		if strings.Count(out.String(), "shop-dyn-1  /app/port  32999\n") == 2 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	out.close()
	one.ports = []string{"0.0.0.0:33000:80/tcp"}
	engine.Set(listOf(t, dir, one), inspected())
	if code := <-ended; code != 3 || strings.Count(errs.String(), "hung up") != 1 || strings.Count(out.String(), "\n") != 4 {
		t.Errorf("exit %d: %s%s", code, out.String(), errs.String())
	}
}

// composeScript puts a script in the place of the docker command.
func composeScript(t *testing.T, script string) {
	t.Helper()
	if filepath.Separator != '/' {
		t.Skip("the script is one for sh")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "docker"), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// TestUp: Compose is given the project as it was seen here, with its own env
// files and ours behind them, in the caller's environment.
func TestUp(t *testing.T) {
	dir := stackHere(t)
	record(t, dir, running{service: "web", number: 1, ports: []string{"0.0.0.0:28500:80/tcp"}})
	put(t, filepath.Join(dir, ".env"), "A=1\n")
	put(t, filepath.Join(dir, "more.env"), "B=1\n")
	put(t, filepath.Join(dir, ".portmoor.yaml"), "env_files: [more.env]\n")
	log := filepath.Join(dir, "log")
	composeScript(t, `[ "$2" = version ] && exit 0; echo "$*" >>`+log+`; echo "C is $C" >>`+log+`; echo progress; echo warning >&2`)
	t.Setenv("C", "mine")
	code, out, errs := here("up", "-p", "shop", "--profile", "a", "--", "--build", "web")
	if code != 0 || !strings.Contains(out, "http://localhost:28500") || strings.Contains(out, "progress") || !strings.Contains(errs, "progress") || !strings.Contains(errs, "warning") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	called, err := os.ReadFile(log)
	ports := filepath.Join(dir, ".ports.env")
	want := fmt.Sprintf("compose -f %s -p shop --profile a --env-file %s --env-file %s --env-file %s up -d --build web\nC is mine\n", filepath.Join(dir, "compose.yaml"), filepath.Join(dir, ".env"), filepath.Join(dir, "more.env"), ports)
	if diff := cmp.Diff(want, string(called)); diff != "" || err != nil {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestUpFails: what Compose can't do is a failure that is not tried again; what
// nobody can give a port to is not started.
func TestUpFails(t *testing.T) {
	dir := stackHere(t)
	record(t, dir)
	log := filepath.Join(dir, "log")
	composeScript(t, `[ "$2" = version ] && exit 0; echo x >>`+log+`; echo "no such image" >&2; exit 17`)
	code, out, errs := here("up")
	called, err := os.ReadFile(log)
	if code != 3 || out != "" || !strings.HasSuffix(errs, "no such image\ndocker compose up failed: exit status 17\nhint: it says above why\n") || string(called) != "x\n" || err != nil {
		t.Errorf("exit %d: %s%s, called %q", code, out, errs, called)
	}
	port := listen(t)
	put(t, filepath.Join(dir, "compose.yaml"), fmt.Sprintf("name: shop\nservices: {web: {image: x, ports: [\"%d:80\"]}}\n", port))
	code, out, errs = here("up")
	if called, _ := os.ReadFile(log); code != 1 || out != "" || !strings.Contains(errs, fmt.Sprintf("port %d is a literal in the compose file, and is held by process", port)) || string(called) != "x\n" {
		t.Errorf("exit %d: %s%s, called %q", code, out, errs, called)
	}
	put(t, filepath.Join(dir, "compose.yaml"), "name: shop\nservices: {web: {image: x, ports: [\"0:80\"]}}\n")
	composeScript(t, "exit 1") // as without the plugin
	if code, _, errs := here("up"); code != 3 || errs != "docker compose can't be run: exit status 1\nhint: install the compose plugin of docker, version 2 or later\n" {
		t.Errorf("exit %d: %s", code, errs)
	}
	composeScript(t, "exit 125")
	if code, _, errs := here("compose", "--", "ps"); code != 125 || errs != "docker compose can't be run: exit status 125\nhint: install the compose plugin of docker, version 2 or later\n" {
		t.Errorf("exit %d: %s", code, errs)
	}
	t.Setenv("PATH", "/nonexistent")
	if code, _, errs := here("up"); code != 3 || errs != "docker is not in PATH\nhint: install the docker command with its compose plugin, or podman with podman compose\n" {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// TestUpLost: a port that somebody takes between the look and the start is not
// tried again, also when only the engine sees who has it; three times, then it
// is a failure. What the engine remembers of an earlier start is not believed.
func TestUpLost(t *testing.T) {
	dir := stackHere(t)
	put(t, filepath.Join(dir, "compose.yaml"), "name: shop\nservices: {web: {image: x, ports: [\"${WEB_HOST_PORT:-28590}:80\"]}}\n")
	engine := record(t, dir, running{service: "web", number: 1, state: "created"})
	log := filepath.Join(dir, "log")
	tried := func() (ports []string) {
		src, _ := os.ReadFile(log)
		for line := range strings.Lines(string(src)) {
			if port, ok := strings.CutPrefix(line, "WEB_HOST_PORT="); ok {
				ports = append(ports, strings.TrimSpace(port))
			}
		}
		return ports
	}
	engine.Inspect = func(string) string {
		port := "28599" // of long ago
		if ports := tried(); len(ports) > 0 {
			port = ports[len(ports)-1]
		}
		return fmt.Sprintf(`{"State":{"Error":"driver failed: Bind for 0.0.0.0:%s failed: port is already allocated"}}`, port)
	}
	const logPorts = `[ "$2" = version ] && exit 0; cat "$7" >>`
	composeScript(t, logPorts+log+`; grep -q 28590 "$7" && exit 1; exit 0`)
	code, _, errs := here("up")
	if code != 1 || !strings.HasPrefix(errs, "port 28590 was taken by another program: trying again, 1 of 3\n") ||
		!strings.Contains(errs, "web moves from 28590 to 10000 (WEB_HOST_PORT): 28590 is held by process that only the engine sees\n") ||
		!strings.HasSuffix(errs, "project shop is not up\nhint: to start it: portmoor up\n") { // since the engine is a recorded one
		t.Errorf("exit %d: %s", code, errs)
	}
	if diff := cmp.Diff([]string{"28590", "10000"}, tried()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	composeScript(t, logPorts+log+`; exit 1`)
	if err := os.Remove(log); err != nil {
		t.Fatal(err)
	}
	code, _, errs = here("up")
	if diff := cmp.Diff([]string{"10000", "10001", "10002", "10003"}, tried()); diff != "" || code != 3 || strings.Count(errs, "trying again") != 3 || !strings.HasSuffix(errs, "docker compose up failed: exit status 1\nhint: it says above why\n") {
		t.Errorf("exit %d: %s (-want +got):\n%s", code, errs, diff)
	}

	// The error of the last time is still there, and no news.
	composeScript(t, `[ "$2" = version ] && exit 0; exit 1`)
	if code, _, errs := here("up"); code != 3 || strings.Contains(errs, "lost") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// TestUpLostElsewhere: a number that the project has on another protocol is not
// the one that was lost; what docker compose run has started is somebody else's.
func TestUpLostElsewhere(t *testing.T) {
	for name, own := range map[string]running{
		"another protocol": {service: "dns", number: 1, ports: []string{"0.0.0.0:28591:53/udp"}},
		"another address":  {service: "lo", number: 1, ports: []string{"127.0.0.9:28591:80/tcp"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := stackHere(t)
			put(t, filepath.Join(dir, "compose.yaml"), `name: shop
services:
  web: {image: x, ports: ["127.0.0.1:${WEB_HOST_PORT:-28591}:80"]}
  dns: {image: x, ports: ["28591:53/udp"]}
  lo: {image: x, ports: ["127.0.0.9:28591:80"]}
`)
			engine := record(t, dir, running{service: "web", number: 1, state: "created"}, own)
			tried := filepath.Join(dir, "tried")
			engine.Inspect = func(string) string {
				if _, err := os.Stat(tried); err != nil {
					return `{"State":{"Error":""}}`
				}
				return `{"State":{"Error":"driver failed: Bind for 127.0.0.1:28591 failed: port is already allocated"}}`
			}
			composeScript(t, `[ "$2" = version ] && exit 0; [ -e `+tried+` ] && exit 0; touch `+tried+`; exit 1`)
			code, out, errs := here("up")
			if code != 0 || !strings.Contains(errs, "web moves from 28591 to 10000") || strings.Contains(errs, "of the project itself") {
				t.Errorf("exit %d: %s%s", code, out, errs)
			}
		})
	}
}

// TestUpServices: what is not among the services that are named, or what those
// depend on, stops nothing.
func TestUpServices(t *testing.T) {
	dir, port := stackHere(t), listen(t)
	put(t, filepath.Join(dir, "compose.yaml"), fmt.Sprintf(`name: shop
services:
  web: {image: x, depends_on: [db], ports: ["0:80"]}
  db: {image: x}
  bad: {image: x, ports: ["%d:80"]}
  user: {image: x, depends_on: {bad: {condition: service_started}}}
  debug: {image: x, profiles: [debug], ports: ["%d:80"]}
`, port, port))
	record(t, dir, running{service: "web", number: 1, ports: []string{"0.0.0.0:32771:80/tcp"}})
	composeScript(t, "exit 0")
	held := fmt.Sprintf("port %d is a literal in the compose file, and is held by process", port)
	for args, stopped := range map[string]bool{"": true, "web": false, "web db": false, "user": true, "bad": true, "debug": true, "-- --build web": false} {
		code, out, errs := here(append([]string{"up"}, strings.Fields(args)...)...)
		if strings.Contains(out, "bad") || stopped != (code == 1) || stopped != strings.Contains(errs, held) {
			t.Errorf("up %s: exit %d: %s%s", args, code, out, errs)
		}
	}
}
