package compose

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLoad loads projects of several files. Each line of want is a mapping or a
// problem, in load order; what Compose does not publish says why.
func TestLoad(t *testing.T) {
	for name, c := range map[string]struct {
		archive string
		files   []string
		want    string
	}{
		"an override appends": {`
-- compose.yaml --
services: {web: {image: x, ports: ["8080:80"]}}
-- over.yaml --
services: {web: {ports: ["9090:80", "8080:80"]}}`, []string{"compose.yaml", "over.yaml"}, `
compose.yaml web "8080:80" 80#1 duplicate
over.yaml web "9090:80" 80#2
over.yaml web "8080:80" 80#1`},
		"override and reset replace": {`
-- compose.yaml --
services:
  web: {image: x, ports: ["8080:80"]}
  db: {image: x, ports: ["5432:5432"]}
  gone: {image: x, ports: ["1:1"]}
-- over.yaml --
services:
  web: {ports: !override ["9090:80"]}
  db: {ports: !reset []}
  gone: !reset null`, []string{"compose.yaml", "over.yaml"}, `
compose.yaml web "8080:80" 80#1 overridden
compose.yaml db "5432:5432" 5432#1 overridden
compose.yaml gone "1:1" 1#1 overridden
over.yaml web "9090:80" 80#1`},
		"an include with its own env file": {`
-- compose.yaml --
include:
  - path: sub/compose.yaml
    env_file: sub/ports.env
services: {web: {image: x, ports: ["${P:-1}:80"]}}
-- sub/ports.env --
P=7000
-- sub/compose.yaml --
services: {db: {image: x, ports: ["${P:-2}:81"]}}`, nil, `
compose.yaml web "${P:-1}:80" 80#1 =1
compose.yaml db "${P:-2}:81" 81#1 =7000`},
		"an include of several files": {`
-- compose.yaml --
include:
  - path: [a.yaml, b.yaml]
-- a.yaml --
services: {db: {image: x, ports: ["1:81"]}}
-- b.yaml --
services: {db: {ports: ["2:81"]}}`, nil, `
a.yaml db "1:81" 81#1
b.yaml db "2:81" 81#2`},
		"extends of another file": {`
-- compose.yaml --
services:
  web:
    extends: {file: common/base.yaml, service: base}
    ports: ["9090:80"]
-- common/base.yaml --
services:
  base: {image: x, ports: ["8080:80"], profiles: [debug]}
  unused: {image: x, ports: ["1:1"]}`, nil, `
compose.yaml web "9090:80" 80#2
base.yaml base "8080:80" 80#1 extended
base.yaml web "8080:80" 80#1 inherited
base.yaml unused "1:1" 1#1 extended`},
		"extends within the file": {`
-- compose.yaml --
services:
  base: {image: x, ports: ["8080:80"]}
  web: {extends: base}
  other: {extends: {service: web}, ports: !override ["1:80"]}`, nil, `
compose.yaml base "8080:80" 80#1
compose.yaml web "8080:80" 80#1 inherited
compose.yaml other "1:80" 80#1`},
		"tags of an include replace nothing outside it": {`
-- compose.yaml --
services: {web: {image: x, ports: ["8080:80"]}, db: {image: x, ports: ["1:1"]}}
-- over.yaml --
include: [{path: [inner.yaml, more.yaml]}]
-- inner.yaml --
services: {web: {ports: !reset []}, db: !override {image: x, ports: ["2:2"]}, api: {image: x, ports: ["3:3"]}}
-- more.yaml --
services: {api: {ports: !override ["4:4"]}}`, []string{"compose.yaml", "over.yaml"}, `
compose.yaml web "8080:80" 80#1
compose.yaml db "1:1" 1#1
inner.yaml db "2:2" 2#1
inner.yaml api "3:3" 3#1 overridden
more.yaml api "4:4" 4#1
vain: inner.yaml:1:18 !reset of web
vain: inner.yaml:1:37 !override of db`},
		"documents of one file": {`
-- compose.yaml --
services: {web: {image: x, ports: ["8080:80"]}}
---
services: {web: {ports: ["8081:81"]}, db: {image: x, ports: ["1:1"]}}`, nil, `
compose.yaml web "8080:80" 80#1
compose.yaml web "8081:81" 81#1
compose.yaml db "1:1" 1#1`},
		"anchors and merge keys": {`
-- compose.yaml --
x-ports: &ports ["8080:80"]
x-web: &web {image: x, ports: ["8081:81"]}
services:
  a: {image: x, ports: *ports}
  b: {image: x, ports: *ports}
  c: {<<: *web}
  d: {<<: *web, ports: ["8082:82"]}`, nil, `
compose.yaml a "8080:80" 80#1
compose.yaml b "8080:80" 80#1 inherited
compose.yaml c "8081:81" 81#1
compose.yaml d "8082:82" 82#1`},
		"a missing include leaves the rest": {`
-- compose.yaml --
include: [gone.yaml]
services: {web: {image: x, ports: ["8080:80"], extends: {file: gone.yaml, service: a}}}`, nil, `
compose.yaml web "8080:80" 80#1
compose.yaml:1:11: include "gone.yaml": no such file
compose.yaml:2:64: extends "gone.yaml": no such file`},
	} {
		t.Run(name, func(t *testing.T) {
			p := loadTree(t, LoadOptions{}, c.archive, c.files...)
			if diff := cmp.Diff(strings.TrimSpace(c.want), strings.Join(loaded(p), "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func loaded(p *Project) (lines []string) {
	for _, m := range p.Mappings {
		line := fmt.Sprintf("%s %s %s %s#%d", filepath.Base(m.File.Path), m.Service, m.File.Src[m.Entry.Start:m.Entry.End], m.Key.Container, m.Key.N)
		if m.HostPort.Var != "" {
			line += " =" + m.HostPort.Ports.String()
		}
		if m.Inherited && m.Dropped == Published {
			line += " inherited"
		}
		if m.Dropped != Published {
			line += " " + []string{"", "duplicate", "overridden", "extended"}[m.Dropped]
		}
		lines = append(lines, line)
	}
	for _, v := range p.Vain {
		line, column := v.File.Position(v.Span.Start)
		lines = append(lines, fmt.Sprintf("vain: %s:%d:%d %s of %s", filepath.Base(v.File.Path), line, column, v.Tag, v.Service))
	}
	for _, q := range p.Problems {
		line, column := q.File.Position(q.Span.Start)
		lines = append(lines, fmt.Sprintf("%s:%d:%d: %s", filepath.Base(q.File.Path), line, column, q.Message))
	}
	return lines
}

// TestEnvironment resolves variables as Compose does: the last env file wins,
// and the process environment over all. Lint gives no process environment.
func TestEnvironment(t *testing.T) {
	const archive = `
-- compose.yaml --
services: {web: {image: x, ports: ["${P:-8080}:80"]}}
-- .env --
P=7000
COMPOSE_PROJECT_NAME=named
COMPOSE_PROFILES=a,b
-- more.env --
P=7001`
	dir := folder(t, archive)
	for want, options := range map[string]LoadOptions{
		"7000": {},
		"7001": {EnvFiles: []string{filepath.Join(dir, "more.env")}},
		"7002": {EnvFiles: []string{filepath.Join(dir, "more.env")}, Environ: map[string]string{"P": "7002"}},
	} {
		p := loadIn(dir, options)
		if got := p.Mappings[0].HostPort.Ports.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := p.Mappings[0].HostPort.DefaultPorts.String(); got != "8080" {
			t.Errorf("default %s, want 8080", got)
		}
		if p.Name != "named" || !cmp.Equal(p.Profiles(), []string{"a", "b"}) {
			t.Errorf("project %s with profiles %v", p.Name, p.Profiles())
		}
	}
}
