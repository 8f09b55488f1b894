package cli

import (
	"bytes"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/registry"
	"github.com/portmoor/portmoor/registry/api"
	"github.com/portmoor/portmoor/registry/sources"
)

// ranHere runs a command in the working folder.
func ranHere(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = Run(Process{Args: append([]string{"portmoor"}, args...), Out: &o, Err: &e, Environ: os.Environ()})
	return code, o.String(), e.String()
}

// TestRegister: detect tells the registry what it has assigned, sync what runs, and
// services lists it.
func TestRegister(t *testing.T) {
	dir := stackHere(t)
	engine := record(t, dir)
	reg := registry.New(registry.Options{Host: "elsewhere"})
	server := httptest.NewServer(api.New(reg, api.Options{Listen: api.DefaultListen}))
	defer server.Close()
	put(t, filepath.Join(dir, ".portmoor.yaml"), "registry: {url: "+server.URL+"}\n")
	if code, _, errs := ranHere(t, "detect"); code != 0 || strings.Contains(errs, "registry") {
		t.Fatal(code, errs)
	}
	web, found := reg.Newest("web")
	if !found || web.State != registry.Down || web.Project() != "shop" || web.Port != 28500 || web.Metadata["folder"] != nil {
		t.Errorf("%v %+v", found, web)
	}
	if _, found := reg.Newest("dyn"); found {
		t.Error("a service whose port Docker picks is listed though it does not run")
	}
	engine.Set(listOf(t, dir, running{service: "web", number: 1, ports: []string{"0.0.0.0:28511:80/tcp"}}, running{service: "dyn", number: 1, ports: []string{"0.0.0.0:32771:80/tcp"}}), nil)
	if code, _, errs := ranHere(t, "sync"); code != 0 || strings.Contains(errs, "registry") {
		t.Fatal(code, errs)
	}
	if web, _ = reg.Newest("web"); web.State != registry.Up || web.Port != 28511 || web.Metadata["assigned"] != 28500.0 {
		t.Errorf("%+v", web)
	}
	t.Setenv("PORTMOOR_REGISTRY", server.URL)
	code, out, errs := ranHere(t, "services")
	if code != 0 || errs != "" || !strings.Contains(out, "web  ") || !strings.Contains(out, ":32771/") {
		t.Error(code, out, errs)
	}
}

// TestRegistryAway: a registry that is down, that answers nothing or that is something else
// is one warning, no failure, and costs two seconds at most.
func TestRegistryAway(t *testing.T) {
	dir := stackHere(t)
	record(t, dir, running{service: "web", number: 1, ports: []string{"0.0.0.0:28500:80/tcp", "0.0.0.0:28501:443/tcp"}})
	stalled, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer stalled.Close()
	other := httptest.NewServer(nil)
	defer other.Close()
	began := time.Now()
	if code, _, errs := ranHere(t, "detect"); code != 0 || strings.Contains(errs, "registry") {
		t.Fatal(code, errs)
	}
	alone := time.Since(began)
	for url, says := range map[string]string{
		"http://127.0.0.1:1":                 "registry http://127.0.0.1:1: not reachable: connection refused: it is not told",
		"http://" + stalled.Addr().String():  ": no answer within 2s: it is not told",
		other.URL:                            "it answers 404",
		"http://127.0.0.1:1/%zz":             "not an http or https URL",
		"ftp://127.0.0.1":                    "not an http or https URL",
		"http://registry.invalid:8100/a\x1b": "not an http or https URL",
	} {
		t.Setenv("PORTMOOR_REGISTRY", url)
		for _, command := range []string{"detect", "sync"} {
			began := time.Now()
			code, _, errs := ranHere(t, command)
			var lines []string
			for line := range strings.Lines(errs) {
				if strings.Contains(line, "it is not told") {
					lines = append(lines, line)
				}
			}
			if took := time.Since(began); code != 0 || len(lines) != 1 || !strings.Contains(lines[0], says) || took > 2*time.Second+2*alone+time.Second {
				t.Errorf("%s: %s: %d after %s: %q", url, command, code, took, errs)
			}
		}
	}
}

// TestServeTwice: an address that is taken is exit code 3 with one line.
func TestServeTwice(t *testing.T) {
	t.Chdir(t.TempDir())
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	t.Setenv("DOCKER_HOST", "unix:///nowhere.sock")
	code, out, errs := ranHere(t, "serve", "--listen", taken.Addr().String())
	if want := taken.Addr().String() + ": can't listen there: address already in use: choose another address with --listen\n"; code != 3 || out != "" || errs != want {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
}

// TestServeDefault: the registry has of a project that was detected the port that its file
// has, the one that it was assigned, and the one that it runs with.
func TestServeDefault(t *testing.T) {
	dir := stackHere(t)
	put(t, filepath.Join(dir, "compose.yaml"), `name: shop
services:
  web:
    image: nginx
    ports: ["${WEB_HOST_PORT:-28500}:80", "${WEB_TLS_HOST_PORT:-28400}:443"]
`)
	engine := record(t, dir)
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", ":28500")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if code, _, errs := ranHere(t, "detect"); code != 0 {
		t.Fatal(code, errs)
	}
	reg := registry.New(registry.Options{Host: "here"})
	go sources.Ledger(t.Context(), reg, os.Getenv("PORTMOOR_LEDGER"))
	is := func(what string, state registry.State, port int) {
		t.Helper()
		var web registry.Service
		for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
			web, _ = reg.Newest("web")
			assigned, _ := web.Metadata["assigned"].(int)
			if web.State == state && assigned != 28500 && assigned > 0 && web.Metadata["default"] == 28500 && web.Metadata["container_port"] == 80 && (port == 0 && web.Port == assigned || web.Port == port) {
				return
			}
			if time.Since(began) > 20*time.Second {
				t.Fatalf("%s: %+v", what, web)
			}
		}
	}
	is("what is down", registry.Down, 0)
	engine.Set(listOf(t, dir, running{service: "web", number: 1, ports: []string{"0.0.0.0:28511:80/tcp", "0.0.0.0:28402:443/tcp"}}), nil)
	connected, err := docker.Connect(map[string]string{"DOCKER_HOST": engine.Endpoint})
	if err != nil {
		t.Fatal(err)
	}
	defer connected.Close()
	go func() { _ = sources.Containers(t.Context(), reg, connected, sources.Options{}) }()
	is("what runs", registry.Up, 28511)
	if code, _, errs := ranHere(t, "assign", "web", "28600"); code != 0 {
		t.Fatal(code, errs)
	}
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		web, _ := reg.Newest("web")
		if web.Metadata["assigned"] == 28600 && web.Metadata["default"] == 28500 && web.Port == 28511 {
			break
		}
		if time.Since(began) > 20*time.Second {
			t.Fatalf("what was assigned by hand: %+v", web)
		}
	}
}
