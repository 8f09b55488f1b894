package lint

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose/discover"
)

// TestCauses: a finding names the lines elsewhere that make it so, and what a service has
// by extends stands at the service.
func TestCauses(t *testing.T) {
	for name, c := range map[string]struct{ rules, archive, want string }{
		"an address in an env file": {"host-port-conflict", `
-- .env --
IP=127.0.0.1
-- compose.yaml --
services:
  a: {image: x, ports: ["127.0.0.1:1:80"]}
  b: {image: x, ports: ["${IP}:1:80"]}`, `
compose.yaml:3:32 error: host port 1 is already published by service "a" <- .env:1:1 <- compose.yaml:2:36`},
		"the address of the other project": {"host-port-conflict", `
-- a/.env --
IP=127.0.0.1
-- a/compose.yaml --
services: {a: {image: x, ports: ["${IP}:1:80"]}}
-- b/compose.yaml --
services: {b: {image: x, ports: ["1:80"]}}`, `
b/compose.yaml:1:35 warning: host port 1 is also published by project "a": the two can't run on one host at the same time <- a/compose.yaml:1:41 <- a/.env:1:1`},
		"a port in an env file": {"reserved-port,browser-blocked-port,ephemeral-port,invalid-port", `
-- .env --
A=25
B=40000
C=70000
-- compose.yaml --
services:
  a: {image: x, ports: ["${A:-8080}:80", "${B}:81", "${C:-1}:82"]}`, `
compose.yaml:2:26 warning: browsers refuse to open host port 25 <- .env:1:1
compose.yaml:2:26 warning: host port 25 is in the reserved range 1-1024 <- .env:1:1
compose.yaml:2:43 info: host port 40000 is in the range of outgoing connections, 32768-60999 <- .env:2:1
compose.yaml:2:53 error: not a valid port mapping: host port "70000": ports go from 0 to 65535 <- .env:3:1`},
		"one value of two variables": {"duplicate-mapping", `
-- .env --
A=8080
-- compose.yaml --
services:
  a: {image: x, ports: ["8080:80", "${A}:80"]}`, `
compose.yaml:2:36 error: service "a" has this mapping twice <- .env:1:1 <- compose.yaml:2:25`},
		"a scale in an env file": {"scaled-fixed-port,container-name-scaled", `
-- .env --
N=3
-- compose.yaml --
services:
  a: {image: x, container_name: c, ports: ["1:80"], deploy: {replicas: "${N}"}}`, `
compose.yaml:2:33 error: service "a" runs 3 times, but only one container can be named "c" <- compose.yaml:2:72 <- .env:1:1
compose.yaml:2:45 error: service "a" runs 3 times, but host port 1 can be bound once <- compose.yaml:2:72 <- .env:1:1`},
		"a scale in an override": {"scaled-fixed-port", `
-- compose.yaml --
services: {a: {image: x, ports: ["1:80"]}}
-- compose.override.yaml --
services: {a: {scale: 2}}`, `
compose.yaml:1:35 error: service "a" runs 2 times, but host port 1 can be bound once <- compose.override.yaml:1:23`},
		"a child that scales": {"scaled-fixed-port,container-name-scaled", `
-- base.yaml --
services:
  base: {image: x, container_name: c, ports: ["1:80"]}
-- compose.yaml --
services:
  a: {extends: {file: base.yaml, service: base}, scale: 2}`, `
compose.yaml:2:23 error: service "a" runs 2 times, but only one container can be named "c" <- base.yaml:2:36 <- compose.yaml:2:57
compose.yaml:2:23 error: service "a" runs 2 times, but host port 1 can be bound once <- base.yaml:2:48 <- compose.yaml:2:57`},
		"a child that does not": {"scaled-fixed-port", `
-- compose.yaml --
services:
  a: {image: x, ports: ["0:80"], scale: 2}
  b: {extends: a, scale: 1, ports: ["1:81"]}`, ``},
		"two children": {"host-port-conflict", `
-- base.yaml --
services:
  base: {image: x, ports: ["1:80"]}
-- compose.yaml --
services:
  a: {extends: {file: base.yaml, service: base}}
  b: {extends: {file: base.yaml, service: base}}`, `
compose.yaml:3:23 error: host port 1 is already published by service "a" <- base.yaml:2:29 <- compose.yaml:2:23`},
		"a child on the host's network": {"host-network-ports", `
-- compose.yaml --
services:
  a: {image: x, ports: ["1:80"]}
  b: {extends: a, network_mode: host}`, `
compose.yaml:3:16 warning: service "b" uses the host's network: Docker discards its ports <- compose.yaml:2:25 <- compose.yaml:3:33`},
		"an overlay on the host's network": {"host-network-ports", `
-- compose.yaml --
services:
  a: {image: x, ports: ["1:80"]}
-- compose.host.yaml --
services: {a: {network_mode: host}}`, `
compose.yaml:2:25 warning: service "a" uses the host's network with compose.host.yaml: Docker discards its ports <- compose.host.yaml:1:30`},
		"a child on a network of its own": {"host-network-ports", `
-- compose.yaml --
services:
  a: {image: x, network_mode: host}
  b: {extends: a, network_mode: bridge, ports: ["1:80"]}`, ``},
		"an include with an env file": {"missing-default", `
-- compose.yaml --
include: [{path: sub/compose.yaml, env_file: sub/defaults.env}]
-- sub/defaults.env --
A=8080
-- sub/compose.yaml --
services: {a: {image: x, ports: ["${A}:80", "${B}:81"]}}`, `
sub/compose.yaml:1:46 warning: variable B has no default: if it is not set, Docker picks a new host port at every start`},
		"a comment at the child": {"host-port-conflict", `
-- compose.yaml --
services:
  a: {image: x, ports: ["1:80"]}
  b: {extends: a} # portmoor:ignore host-port-conflict`, ``},
		"a comment at the mapping": {"host-port-conflict", `
-- compose.yaml --
services:
  a: {image: x, ports: ["1:80"]} # portmoor:ignore host-port-conflict
  b: {extends: a}`, ``},
	} {
		dir, projects := loadArchive(t, c.archive, discover.Options{})
		var got []string
		tracked := map[string]bool{}
		for _, p := range projects {
			for _, e := range p.Env.Files() {
				tracked[e.File.Path] = true
			}
		}
		for _, f := range Run(projects, Options{Only: strings.Split(c.rules, ","), Facts: Facts{Tracked: tracked}}) {
			got = append(got, told(dir, f))
		}
		if diff := cmp.Diff(strings.TrimSpace(c.want), strings.Join(got, "\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
