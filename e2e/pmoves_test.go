package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pmovesFiles are the files of the example, as its Makefile passes them.
var pmovesFiles = []string{"-f", "docker-compose.yml", "-f", "docker-compose.workers.yml"}

// pmoves copies the example into a folder of that name. What was started of it is
// removed after the test.
func pmoves(t *testing.T, name string) *stack {
	t.Helper()
	s := &stack{t: t, dir: filepath.Join(t.TempDir(), name)}
	if err := os.CopyFS(s.dir, os.DirFS("../examples/pmoves")); err != nil {
		t.Fatal(err)
	}
	s.env = []string{"GPU_RUNTIME=runc"} // of which there is one on every machine
	t.Cleanup(func() { s.compose("--profile", "*", "down", "--remove-orphans", "-t", "0", "-v") })
	return s
}

// compose is docker compose with the files of the example.
func (s *stack) compose(args ...string) string {
	s.t.Helper()
	return s.run("docker", append(append([]string{"compose"}, pmovesFiles...), args...)...)
}

// service is what docker compose knows of a service.
type service struct {
	Profiles []string
	Image    string
	Ports    []struct {
		Target   int
		Protocol string
	}
}

// tcp are the ports that a service can be asked at.
func (s service) tcp() []string {
	ports := []string{}
	for _, p := range s.Ports {
		if p.Protocol == "tcp" {
			ports = append(ports, fmt.Sprint(p.Target))
		}
	}
	slices.Sort(ports)
	return ports
}

// services are those of the example, as docker compose has them.
func (s *stack) services() map[string]service {
	s.t.Helper()
	var model struct{ Services map[string]service }
	if err := json.Unmarshal([]byte(s.compose("--profile", "*", "config", "--format", "json")), &model); err != nil {
		s.t.Fatal(err)
	}
	return model.Services
}

// standIns are an image for each that the example names, which can't be pulled: it
// answers on every container port that any service publishes.
func (s *stack) standIns(services map[string]service) {
	s.t.Helper()
	var images, listen []string
	for _, v := range services {
		images = append(images, v.Image)
		for _, port := range v.tcp() {
			listen = append(listen, ":"+port)
		}
	}
	slices.Sort(listen)
	s.write("image/Dockerfile", "FROM "+image+"\nENV LISTEN=\""+strings.Join(slices.Compact(listen), " ")+"\"\n")
	build := s.command("docker", "build", "-q", "-t", "portmoor-pmoves", "image")
	build.Env = append(build.Env, "DOCKER_BUILDKIT=0")
	if out, err := build.CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
	slices.Sort(images)
	for _, name := range slices.Compact(images) {
		s.run("docker", "tag", "portmoor-pmoves", name)
	}
	if err := os.RemoveAll(filepath.Join(s.dir, "image")); err != nil {
		s.t.Fatal(err)
	}
}

// owners are the containers that run, by the start of their ID, which is the name that
// they know of themselves: project and service.
func (s *stack) owners() map[string]string {
	s.t.Helper()
	owners := map[string]string{}
	for line := range strings.Lines(s.run("docker", "ps", "--format", `{{.ID}} {{.Label "com.docker.compose.project"}}/{{.Label "com.docker.compose.service"}}`)) {
		id, owner, _ := strings.Cut(strings.TrimSpace(line), " ")
		owners[id] = owner
	}
	return owners
}

// answers checks that a service of the example answers on the URLs that portmoor port
// prints, with its own container and on each port that it publishes.
func (s *stack) answers(name string, v service, owners map[string]string) {
	s.t.Helper()
	want := v.tcp()
	if len(want) == 0 {
		s.fails(1, "service "+name+" publishes no port", "portmoor", "port", "--format", "url", name)
		return
	}
	got := []string{}
	for url := range strings.FieldsSeq(s.run("portmoor", "port", "--format", "url", name)) {
		_, address, _ := strings.Cut(url, "://") // whatever it speaks: the stand-in speaks HTTP
		answer := strings.Fields(s.get(address, "/"))
		if len(answer) != 2 || owners[answer[0]] != filepath.Base(s.dir)+"/"+name {
			s.t.Errorf("%s: %s answers as %v of %s", name, url, answer, owners[answer[0]])
			continue
		}
		got = append(got, answer[1])
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("container ports of %s in %s (-want +got):\n%s", name, s.dir, diff)
	}
}

// TestPMOVES: the stack of the guide, in two checkouts at once and with three of its
// ports taken, is started profile by profile; every service answers where portmoor port
// says.
func TestPMOVES(t *testing.T) {
	checkouts := []*stack{pmoves(t, "pmoves"), pmoves(t, "pmoves-review")}
	services := checkouts[0].services()
	checkouts[0].standIns(services)
	for _, port := range []int{4222, 8080, 8086} {
		hold(t, port)
	}
	for _, s := range checkouts {
		s.run("portmoor", "init") // which finds what the Makefile loads together
		s.run("portmoor", "migrate", "--write")
	}
	for _, profile := range []string{"", "data", "workers", "gpu", "voice"} {
		var started sync.WaitGroup
		for _, s := range checkouts {
			started.Go(func() {
				args := []string{"up"}
				if profile != "" {
					args = append(args, "--profile", profile)
				}
				if r := s.try("portmoor", args...); r.code != 0 {
					t.Errorf("%s: portmoor %v: exit %d: %s%s", s.dir, args, r.code, r.out, r.err)
				}
			})
		}
		started.Wait()
		if t.Failed() {
			return
		}
		owners := checkouts[0].owners()
		for _, name := range slices.Sorted(maps.Keys(services)) {
			if v := services[name]; slices.Contains(v.Profiles, profile) || profile == "" && len(v.Profiles) == 0 {
				for _, s := range checkouts {
					s.answers(name, v, owners)
				}
			}
		}
	}
	if got := len(checkouts[0].owners()); got != 2*len(services) {
		t.Errorf("%d containers run, of %d services in two checkouts", got, len(services))
	}
	for _, s := range checkouts {
		// What the services have from env.shared, and what one of them is told of itself.
		contains(t, s.run("docker", "inspect", filepath.Base(s.dir)+"-postgres-1"), "POSTGRES_PASSWORD=shared-by-every-checkout")
		url := strings.TrimSpace(s.run("portmoor", "port", "--format", "url", "langextract"))
		if told := s.get(strings.TrimPrefix(url, "http://"), "/port"); !strings.HasSuffix(url, ":"+strings.TrimSpace(told)) {
			t.Errorf("langextract is at %s, and was told %q", url, told)
		}
	}
}
