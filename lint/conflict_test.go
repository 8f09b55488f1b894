package lint

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/source"
)

// loadArchive writes the files of an archive and loads what is discovered.
func loadArchive(t *testing.T, archive string, options discover.Options) (string, []*compose.Project) {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	options.Base = dir
	for i := range options.Projects {
		options.Projects[i].Dir = dir
		for j, f := range options.Projects[i].Files {
			options.Projects[i].Files[j] = filepath.Join(dir, f)
		}
	}
	l := compose.NewLoader(compose.LoadOptions{})
	found, err := discover.Find(l, []string{dir}, options)
	if err != nil {
		t.Fatal(err)
	}
	return dir, l.Load(found.Groups)
}

// told is a finding in a line: its place, severity and message, and behind
// arrows the related places.
func told(dir string, f Finding) string {
	at := func(f *source.File, s source.Span) string {
		rel, _ := filepath.Rel(dir, f.Path)
		line, column := f.Position(s.Start)
		return fmt.Sprintf("%s:%d:%d", filepath.ToSlash(rel), line, column)
	}
	line := fmt.Sprintf("%s %s: %s", at(f.File, f.Span), f.Severity, f.Message)
	for _, r := range f.Related {
		line += " <- " + at(r.File, r.Span)
	}
	return line
}

// TestConflicts has one judgement a case. A missing conflict breaks a start of
// the stack; one too many makes people turn the rule off.
func TestConflicts(t *testing.T) {
	for name, c := range map[string]struct {
		archive  string
		projects []compose.Group
		want     string
	}{
		"a default against a literal": {`
-- compose.yaml --
services:
  a: {image: x, ports: ["${A:-9000}:80"]}
  b: {image: x, ports: ["9000:80"]}`, nil, `
compose.yaml:3:26 error: host port 9000 is already published by service "a" <- compose.yaml:2:26`},
		"an env file moves one onto the other": {`
-- .env --
# ports
A=9000
-- compose.yaml --
services:
  a: {image: x, ports: ["${A:-8000}:80"]}
  b: {image: x, ports: ["9000:80"]}`, nil, `
compose.yaml:3:26 error: host port 9000 is already published by service "a" <- compose.yaml:2:26 <- .env:2:1`},
		"an env file moves one away": {`
-- .env --
A=8000
-- compose.yaml --
services:
  a: {image: x, ports: ["${A:-9000}:80"]}
  b: {image: x, ports: ["9000:80"]}`, nil, ``},
		"variables without a value are not compared": {`
-- compose.yaml --
services:
  a: {image: x, ports: ["${A}:80"]}
  b: {image: x, ports: ["${B}:80", "0:80", "80"]}`, nil, ``},
		"protocols": {`
-- compose.yaml --
services:
  a: {image: x, ports: ["53:53/udp"]}
  b: {image: x, ports: ["53:53"]}
  c: {image: x, ports: ["53:53/sctp"]}
  d: {image: x, ports: [{target: 53, published: 53, protocol: udp}]}`, nil, `
compose.yaml:5:49 error: host port 53/udp is already published by service "a" <- compose.yaml:2:26`},
		"addresses": {`
-- compose.yaml --
services:
  a: {image: x, ports: ["127.0.0.1:1:80"]}
  b: {image: x, ports: ["127.0.0.2:1:80"]}
  c: {image: x, ports: ["[::1]:1:80"]}
  d: {image: x, ports: [{target: 80, published: 1, host_ip: 10.0.0.1}]}`, nil, ``},
		"a wildcard against an address": {`
-- compose.yaml --
services:
  a: {image: x, ports: ["127.0.0.1:1:80"]}
  b: {image: x, ports: ["1:80"]}
  c: {image: x, ports: ["[::1]:2:80"]}
  d: {image: x, ports: ["0.0.0.0:2:80"]}
  e: {image: x, ports: ["[::]:2:80"]}
  f: {image: x, ports: ["2:80"]}`, nil, `
compose.yaml:3:26 error: host port 1 is already published by service "a" <- compose.yaml:2:36
compose.yaml:6:31 error: host port 2 is already published by service "c" <- compose.yaml:4:32
compose.yaml:7:26 error: host port 2 is already published by service "c" <- compose.yaml:4:32 <- compose.yaml:5:34 <- compose.yaml:6:31`},
		"IPv6 addresses in other spellings": {`
-- compose.yaml --
services:
  a: {image: x, ports: ["[::1]:1:80"]}
  b: {image: x, ports: ["[0:0:0:0:0:0:0:1]:1:80"]}`, nil, `
compose.yaml:3:44 error: host port 1 is already published by service "a" <- compose.yaml:2:32`},
		"ranges": {`
-- compose.yaml --
services:
  a: {image: x, ports: ["3000-3005:3000-3005"]}
  b: {image: x, ports: ["3005:80"]}
  c: {image: x, ports: ["2990-3001:1-12"]}
  d: {image: x, ports: ["3006:80"]}`, nil, `
compose.yaml:3:26 error: host port 3005 is already published by service "a" <- compose.yaml:2:26
compose.yaml:4:26 error: host ports 3000-3001 are already published by service "a" <- compose.yaml:2:26`},
		"a range that Docker picks from": {`
-- compose.yaml --
services:
  a: {image: x, ports: ["8000-8010:80"]}
  b: {image: x, ports: ["8005:80"]}
  c: {image: x, ports: ["8000-8010:80"]}`, nil, `
compose.yaml:3:26 warning: host port 8005 is inside a range that Docker picks from: service "a" publishes it too <- compose.yaml:2:26
compose.yaml:4:26 warning: host port 8005 is inside a range that Docker picks from: service "b" publishes it too <- compose.yaml:3:26`},
		"a port inside a range of the same service that Docker picks from": {`
-- compose.yaml --
services:
  a: {image: x, ports: ["8000-8010:8000", "8005:8005"]}
  b: {image: x, ports: [{target: 1, published: "9060-9062"}, {target: 2, published: "9061"}]}`, nil, `
compose.yaml:2:44 warning: host port 8005 is inside a range that Docker picks from: container port 8000 of the same service publishes it too <- compose.yaml:2:26
compose.yaml:3:86 warning: host port 9061 is inside a range that Docker picks from: container port 1 of the same service publishes it too <- compose.yaml:3:49`},
		"a range over the ports of two services": {`
-- compose.yaml --
services:
  a: {image: x, ports: ["8081:1"]}
  c: {image: x, ports: ["8082:1"]}
  d: {image: x, ports: ["8081-8082:1-2"]}`, nil, `
compose.yaml:4:26 error: host port 8081 is already published by service "a" <- compose.yaml:2:26
compose.yaml:4:26 error: host port 8082 is already published by service "c" <- compose.yaml:3:26`},
		"a service that never starts": {`
-- compose.yaml --
services:
  i: {image: x, scale: 0, ports: ["1004:1"]}
  j: {image: x, ports: ["1004:1"]}`, nil, ``},
		"extends of what extends in another file": {`
-- compose.yaml --
services: {c: {extends: {file: ext.yml, service: f}}}
-- ext.yml --
services: {e: {image: x, ports: ["8080:80"]}, f: {extends: e}}`, nil, ``},
		"each include has its own env file": {`
-- compose.yaml --
include: [sub/compose.yaml, oth/compose.yaml]
services: {web: {image: x, ports: ["8080:80"]}}
-- sub/.env --
V=8080
-- sub/compose.yaml --
services: {s: {image: x, ports: ["${V:-8100}:81"]}}
-- oth/.env --
V=8101
-- oth/compose.yaml --
services: {o: {image: x, ports: ["${V:-8100}:81"]}}`, nil, `
sub/compose.yaml:1:35 error: host port 8080 is already published by service "web"; ../compose.yaml:1 loads the files together <- sub/.env:1:1 <- compose.yaml:2:37 <- compose.yaml:1:11`},
		"a cause in a nested default, or in a part": {`
-- .env --
Y=8080
Z=80
-- compose.yaml --
services:
  a: {image: x, ports: ["8080:1"]}
  b: {image: x, ports: ["${X:-${Y:-8090}}:80"]}
  c: {image: x, ports: ["80${Z}:1"]}`, nil, `
compose.yaml:3:26 error: host port 8080 is already published by service "a" <- .env:1:1 <- compose.yaml:2:26
compose.yaml:4:26 error: host port 8080 is already published by service "a" <- .env:2:1 <- compose.yaml:2:26 <- compose.yaml:3:26 <- .env:1:1`},
		"two container ports of one service": {`
-- compose.yaml --
services:
  a: {image: x, ports: ["1:80", "1:81"]}`, nil, `
compose.yaml:2:34 error: host port 1 is already published by container port 80 of the same service <- compose.yaml:2:26`},
		"the same mapping twice is not a conflict": {`
-- compose.yaml --
services:
  a: {image: x, ports: ["1:80", {target: 80, published: 1}]}`, nil, ``},
		"profiles that exclude each other": {`
-- compose.yaml --
services:
  a: {image: x, ports: ["1:80"], profiles: [dev]}
  b: {image: x, ports: ["1:80"], profiles: [prod]}
  c: {image: x, ports: ["2:80"], profiles: [dev]}
  d: {image: x, ports: ["2:80"], profiles: [dev, prod]}
  e: {image: x, ports: ["3:80"]}
  f: {image: x, ports: ["3:80"], profiles: [prod]}`, nil, `
compose.yaml:3:26 warning: host port 1 is also published by service "a" when the profiles dev and prod run together <- compose.yaml:2:26
compose.yaml:5:26 error: host port 2 is already published by service "c" <- compose.yaml:4:26
compose.yaml:7:26 error: host port 3 is already published by service "e" <- compose.yaml:6:26`},
		"profiles that are chosen": {`
-- .env --
COMPOSE_PROFILES=dev,prod
-- compose.yaml --
services:
  a: {image: x, ports: ["1:80"], profiles: [dev]}
  b: {image: x, ports: ["1:80"], profiles: [prod]}`, nil, `
compose.yaml:3:26 error: host port 1 is already published by service "a" <- compose.yaml:2:26`},
		"an override of the same mapping": {`
-- compose.yaml --
services:
  a: {image: x, ports: ["1:80"]}
  b: {image: x, ports: ["2:80"]}
-- compose.override.yaml --
services:
  a: {ports: ["1:80"]}
  b: {ports: !override ["1:81"]}`, nil, `
compose.override.yaml:3:26 error: host port 1 is already published by service "a" <- compose.override.yaml:2:16`},
		"what reset removes": {`
-- compose.yaml --
services:
  a: {image: x, ports: ["1:80"]}
  b: {image: x, ports: ["1:80"]}
-- compose.override.yaml --
services:
  a: {ports: !reset []}`, nil, ``},
		"host network": {`
-- compose.yaml --
services:
  a: {image: x, ports: ["1:80"], network_mode: host}
  b: {image: x, ports: ["1:80"]}`, nil, ``},
		"an anchor that two services share": {`
-- compose.yaml --
services:
  a: {image: x, ports: &p ["1:80"]}
  b: {image: x, ports: *p}`, nil, `
compose.yaml:2:29 error: host port 1 is already published by service "a" <- compose.yaml:2:29`},
		"a merge key": {`
-- compose.yaml --
x-base: &base {image: x, ports: ["1:80"]}
services:
  a: {<<: *base}
  b: {image: x, ports: ["1:81"]}`, nil, `
compose.yaml:4:26 error: host port 1 is already published by service "a" <- compose.yaml:1:35`},
		"extends": {`
-- compose.yaml --
services:
  a: {image: x, ports: ["1:80"]}
  b: {extends: a}`, nil, `
compose.yaml:3:16 error: host port 1 is already published by service "a" <- compose.yaml:2:26`},
		"an include": {`
-- compose.yaml --
include: [sub/compose.yaml]
services: {a: {image: x, ports: ["1:80"]}}
-- sub/compose.yaml --
services: {b: {image: x, ports: ["1:80"]}}`, nil, `
sub/compose.yaml:1:35 error: host port 1 is already published by service "a"; ../compose.yaml:1 loads the files together <- compose.yaml:2:35 <- compose.yaml:1:11`},
		"a stack ignores addresses": {`
-- docker-stack.yml --
services:
  a: {image: x, ports: ["127.0.0.1:1:80", "5-6:82"]}
  b: {image: x, ports: ["10.0.0.1:1:80", {target: 81, published: 2, mode: host}]}
  c: {image: x, ports: ["[::1]:6:80", {target: 81, published: 2, mode: host}, "1:80/udp"], deploy: {replicas: 3}}
-- compose.yaml --
services:
  a: {image: x, ports: ["127.0.0.1:11:80", "15-16:82"]}
  b: {image: x, ports: ["10.0.0.1:11:80"]}`, nil, `
docker-stack.yml:3:35 error: host port 1 is already published by service "a" <- docker-stack.yml:2:36
docker-stack.yml:4:32 error: host port 6 is already published by service "a" <- docker-stack.yml:2:44
docker-stack.yml:4:63 warning: host port 2 is also published by service "b": the two can't run on one node <- docker-stack.yml:3:66`},
		"alternatives of one folder": {`
-- compose.yaml --
services: {a: {image: x, ports: ["1:80"]}}
-- compose.prod.yaml --
services: {b: {image: x, ports: ["1:80"]}}`, nil, ``},
		"overlays are compared with their base only": {`
-- compose.yaml --
services: {a: {image: x, ports: ["1:80"]}, b: {image: x}}
-- compose.dev.yaml --
services: {b: {ports: ["2:80"]}}
-- compose.gpu.yaml --
services: {a: {ports: ["2:81"]}, b: {ports: ["1:81"]}}`, nil, `
compose.gpu.yaml:1:47 error: host port 1 is already published by service "a" <- compose.yaml:1:35`},
		"overlays that the configuration names together": {`
-- compose.yaml --
services: {a: {image: x, ports: ["1:80"]}, b: {image: x}}
-- compose.dev.yaml --
services: {b: {ports: ["2:80"]}}
-- compose.gpu.yaml --
services: {a: {ports: ["2:81"]}}`, []compose.Group{{Files: []string{"compose.yaml", "compose.dev.yaml", "compose.gpu.yaml"}}}, `
compose.gpu.yaml:1:25 error: host port 2 is already published by service "b" <- compose.dev.yaml:1:25`},
		"two projects of one repository": {`
-- one/compose.yaml --
services: {a: {image: x, ports: ["1:80", "2:81", "5:82"]}}
-- two/compose.yaml --
services: {b: {image: x, ports: ["2:80", "1:81", "6:82/udp"]}}
-- three/compose.yaml --
services: {c: {image: x, ports: ["5:80/udp", "7:80"]}}`, nil, `
two/compose.yaml:1:35 warning: host ports 2 and 1 are also published by project "one": the two can't run on one host at the same time <- one/compose.yaml:1:43 <- one/compose.yaml:1:35`},
		"two projects of which each port can be set": {`
-- one/compose.yaml --
services: {a: {image: x, ports: ["${A:-1}:80", "${B:-2}:81", "3:82", "4:83"]}}
-- two/compose.yaml --
services: {b: {image: x, ports: ["${C:-1}:80", "2:81", "${D:-3}:82", "4:83"]}}
-- three/compose.yaml --
services: {c: {image: x, ports: ["${A:-1}:80"]}}`, nil, `
three/compose.yaml:1:35 info: host port 1 is also published by project "one": on one host, one of the two has to set a variable <- one/compose.yaml:1:35
two/compose.yaml:1:35 info: host port 1 is also published by project "one": on one host, one of the two has to set a variable <- one/compose.yaml:1:35
two/compose.yaml:1:49 warning: host ports 2, 3 and 4 are also published by project "one": the two can't run on one host at the same time <- one/compose.yaml:1:49 <- one/compose.yaml:1:63 <- one/compose.yaml:1:71`},
		"two projects of one name": {`
-- a/samples/compose.yaml --
services: {a: {image: x, ports: ["1:80"]}}
-- b/samples/compose.yaml --
services: {b: {image: x, ports: ["1:80"]}}
-- b/samples/samples/compose.yaml --
services: {c: {image: x, ports: ["1:80"]}}
-- b/deep/compose.yaml --
name: samples
services: {d: {image: x, ports: ["2:80"]}}
-- b/deep/samples/compose.yaml --
services: {e: {image: x, ports: ["2:80"]}}`, nil, `
b/deep/samples/compose.yaml:1:35 warning: host port 2 is also published by project "samples" in folder "deep": the two can't run on one host at the same time <- b/deep/compose.yaml:2:35
b/samples/compose.yaml:1:35 warning: host port 1 is also published by project "samples" in folder "a/samples": the two can't run on one host at the same time <- a/samples/compose.yaml:1:35
b/samples/samples/compose.yaml:1:35 warning: host port 1 is also published by project "samples" in folder "a/samples": the two can't run on one host at the same time <- a/samples/compose.yaml:1:35`},
		"variants of one file": {`
-- one/compose.yaml --
services: {a: {extends: {file: ../base.yaml, service: a}}}
-- two/compose.yaml --
services: {b: {extends: {file: ../base.yaml, service: b}}}
-- base.yaml --
services: {a: {image: x, ports: ["1:80"]}, b: {image: x, ports: ["1:80"]}}`, nil, `
two/compose.yaml:1:32 info: host port 1 is also published by project "one": the two can't run on one host at the same time <- base.yaml:1:67 <- one/compose.yaml:1:32`},
		"a project that another one includes is not beside it": {`
-- compose.yaml --
include: [sub/compose.yaml]
-- sub/compose.yaml --
services: {b: {image: x, ports: ["1:80"]}}`, nil, ``},
	} {
		t.Run(name, func(t *testing.T) {
			dir, projects := loadArchive(t, c.archive, discover.Options{Projects: c.projects})
			var got []string
			for _, f := range Run(projects, Options{Only: []string{"host-port-conflict"}}) {
				got = append(got, told(dir, f))
			}
			if diff := cmp.Diff(strings.TrimSpace(c.want), strings.Join(got, "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestSideProjects: what conflicts with an example or a test is an info, and hides no
// conflict with a project that is neither.
func TestSideProjects(t *testing.T) {
	const port = "services: {web: {image: x, ports: [\"8080:80\"]}}\n"
	for name, c := range map[string]struct {
		dirs []string
		want string
	}{
		"examples":                      {[]string{"examples/a", "examples/b"}, "examples/b info"},
		"an example and an app":         {[]string{"app", "docs/Example"}, "docs/Example info"},
		"integration tests":             {[]string{"app", "integration-tests/a"}, "integration-tests/a info"},
		"a word at the start is a name": {[]string{"app", "test-runner"}, "test-runner warning"},
		"part of a word":                {[]string{"app", "contest"}, "contest warning"},
		"an example before two apps":    {[]string{"demo", "one", "two"}, "one info\ntwo warning"},
	} {
		var archive, got strings.Builder
		for _, dir := range c.dirs {
			archive.WriteString("-- " + dir + "/compose.yaml --\n" + port)
		}
		dir, projects := loadArchive(t, archive.String(), discover.Options{})
		for _, f := range Run(projects, Options{Only: []string{"host-port-conflict"}, Root: dir}) {
			rel, _ := filepath.Rel(dir, filepath.Dir(f.File.Path))
			fmt.Fprintln(&got, filepath.ToSlash(rel), f.Severity)
		}
		if diff := cmp.Diff(c.want, strings.TrimSpace(got.String())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
