package cli

import (
	"testing"
)

// TestJudgements has the cases in which two answers are thinkable, by rule.
func TestJudgements(t *testing.T) {
	for name, c := range map[string]struct {
		rules, archive string
		want           []string
	}{
		"shared-variable: a template": {"shared-variable,host-port-conflict", `x-p: &p ["${P:-8080}:80"]
services:
  a: {image: x, ports: *p}
  b: {image: x, ports: *p}
`, []string{"shared-variable compose.yaml:1:11"}},
		"a variable that only switches a port on": {"shared-variable,variable-name,variable-both-sides,default-mismatch", `services:
  a: {image: x, ports: ["${DEBUG:+8080}:80", "${DEBUG:+8081}:${DEBUG:+81}"]}
`, nil},
		"browser-blocked-port: known for something else": {"browser-blocked-port", `services:
  a: {image: x, ports: ["22:2222", "25:1025", "53:5353", "636:1636", "5060:5060", "6667:7000", "2049:2049", {target: 1143, published: 143, app_protocol: imap}]}
`, nil},
		"browser-blocked-port: a web page all the same": {"browser-blocked-port", `services:
  a: {image: x, ports: ["22:80", "6000:6000", "10080:9999", {target: 1143, published: 143, app_protocol: http}]}
`, []string{"browser-blocked-port compose.yaml:2:26", "browser-blocked-port compose.yaml:2:35", "browser-blocked-port compose.yaml:2:48", "browser-blocked-port compose.yaml:2:87"}},
		"published: !reset publishes nothing fixed": {"hardcoded-host-port,reserved-port,host-port-conflict,scaled-fixed-port", `services:
  a: {image: x, ports: [{target: 80, published: !reset 80}, {target: 81, published: 81, host_ip: !reset 127.0.0.1}], scale: !reset 2}
  b: {image: x, ports: ["80:80"]}
`, []string{"hardcoded-host-port compose.yaml:2:85", "reserved-port compose.yaml:2:85", "hardcoded-host-port compose.yaml:3:26", "reserved-port compose.yaml:3:26"}},
		"network_mode of another file": {"host-network-ports,invalid-compose,hardcoded-host-port", `-- compose.yaml --
services:
  a: {image: x, network_mode: host, ports: ["80:80"]}
  b: {image: x, network_mode: host}
  c: {image: x, networks: [n]}
  d: {image: x, network_mode: host, networks: [n]}
  e: {image: x, networks: []}
networks: {n: {}}
-- compose.override.yaml --
services:
  a: {network_mode: !reset null, networks: [n]}
  b: {networks: {n: {}}}
  c: {network_mode: none}
  e: {network_mode: none}
`, []string{"invalid-compose compose.override.yaml:3:7", "invalid-compose compose.override.yaml:4:21", "hardcoded-host-port compose.yaml:2:46", "invalid-compose compose.yaml:5:37"}},
		"duplicate-container-name": {"duplicate-container-name", `services:
  a: {image: x, container_name: one}
  b: {image: x, container_name: one, profiles: [p]}
  c: {image: x, container_name: two, profiles: [p]}
  d: {image: x, container_name: two, profiles: [q]}
  e: {image: x, container_name: "${E:-two}", profiles: [q]}
  f: {image: x, container_name: "", scale: 0}
  g: {image: x, container_name: one, scale: 0}
  h: {extends: a}
`, []string{"duplicate-container-name compose.yaml:3:33", "duplicate-container-name compose.yaml:6:33", "duplicate-container-name compose.yaml:9:3"}},
		"assignment-drift: one number on several sockets": {"assignment-drift", `-- data/ports.json --
{
  "admin": 10000,
  "dns": 10000,
  "dns:53/udp": 10000,
  "gpu": 10100,
  "cpu": 10100,
  "loop": 10200,
  "other": 10200,
  "span": 10298,
  "web": 10300
}
-- compose.yaml --
services:
  admin: {image: x, ports: ["${ADMIN_HOST_PORT:-1}:80/sctp"]}
  dns: {image: x, ports: ["${DNS_HOST_PORT:-2}:53", "${DNS_UDP_HOST_PORT:-3}:53/udp"]}
  gpu: {image: x, profiles: [gpu], ports: ["${GPU_HOST_PORT:-4}:80"]}
  cpu: {image: x, profiles: [cpu], ports: ["${CPU_HOST_PORT:-5}:80"]}
  loop: {image: x, ports: ["127.0.0.1:${LOOP_HOST_PORT:-6}:80"]}
  other: {image: x, ports: ["127.0.0.2:${OTHER_HOST_PORT:-7}:80"]}
  span: {image: x, ports: ["${SPAN_HOST_PORT_RANGE:-11-14}:81-84"]}
  web: {image: x, ports: ["${WEB_HOST_PORT:-8}:80"]}
`, []string{"assignment-drift ports.json:5:10", "assignment-drift ports.json:10:10"}},
		"shared-variable: one unit": {"shared-variable,host-port-conflict", `services:
  a: {image: x, ports: ["${P:-53}:53", "${P:-53}:53/udp", "127.0.0.1:${Q:-1}:1", "127.0.0.2:${Q:-1}:1"]}
`, nil},
		"shared-variable: profiles": {"shared-variable", `services:
  a: {image: x, ports: ["${P:-1}:80"], profiles: [dev]}
  b: {image: x, ports: ["${P:-2}:80"], profiles: [prod]}
`, []string{"shared-variable compose.yaml:3:26"}},
		"shared-variable: two container ports": {"shared-variable,host-port-conflict", `services:
  a: {image: x, ports: ["${P}:80", "${P}:81"]}
`, []string{"shared-variable compose.yaml:2:37"}},
		"default-mismatch": {"default-mismatch", `services:
  a: {image: x, ports: ["${P:-1}:80"], command: "run ${P:-2}", labels: ["${Q:-1}", "${Q:-2}", "${P:-1}"]} # ${P:-3}
`, []string{"default-mismatch compose.yaml:2:54"}},
		"override-appends: a second mapping, and one that clashes": {"override-appends,host-port-conflict", `-- compose.yaml --
services:
  a: {image: x, ports: ["8080:80"]}
  b: {image: x, ports: ["9090:90"]}
  c: {image: x, ports: ["7070:70"]}
-- compose.override.yaml --
services:
  a: {ports: ["8081:80"]}
  b: {ports: ["127.0.0.1:9090:90"]}
  c: {ports: ["7070:70", "7071:71"]}
`, []string{"override-appends compose.override.yaml:2:15", "override-appends compose.override.yaml:3:15"}},
		"scaled-fixed-port": {"scaled-fixed-port", `services:
  a: {image: x, ports: ["8000-8001:80", "8010-8011:90", "0:91", "92"], scale: 2}
  b: {image: x, ports: ["9000-9001:80"], deploy: {replicas: 3}}
  c: {image: x, ports: ["9100:80"], deploy: {replicas: "${N:-2}"}}
`, []string{"scaled-fixed-port compose.yaml:3:26", "scaled-fixed-port compose.yaml:4:26"}},
		"stale-reference: whose port is it": {"stale-reference", `-- .env --
# http://localhost:1
API=http://localhost:2/x
WEB=http://localhost:8080
-- compose.yaml --
services:
  web:
    image: x
    ports: ["8080:80"]
    environment:
      SELF: http://localhost:80
      OTHER: http://127.0.0.1:8081/a
      LIST: "http://localhost:8080,http://user:pw@host.docker.internal:9999"
      SERVICE: http://db:5432
      BARE: localhost:7777
      PORT: http://localhost:${WEB_PORT:-8080}
    labels: ["url=http://[::1]:6666"]
    healthcheck: {test: curl http://localhost:5555}
`, []string{
			"stale-reference .env:2:22", "stale-reference compose.yaml:7:31", "stale-reference compose.yaml:8:72", "stale-reference compose.yaml:12:32",
		}},
		"invalid-compose: two numbers of containers": {"invalid-compose", `-- compose.yaml --
services:
  a: {image: x, scale: 2, deploy: {replicas: 3}}
  b: {image: x, scale: 0, deploy: {replicas: 1}}
  c: {image: x, scale: 2, deploy: {replicas: 2}}
  d: {image: x, scale: "${D}", deploy: {replicas: 2}}
  e: {image: x, deploy: {replicas: 2}}
  f: {image: x, scale: 2}
-- compose.override.yaml --
services:
  e: {scale: 3}
  f: {deploy: {replicas: 2}}
`, []string{"invalid-compose compose.override.yaml:2:14", "invalid-compose compose.yaml:2:46", "invalid-compose compose.yaml:3:46"}},
		"invalid-compose: the network of nobody": {"invalid-compose", `-- compose.yaml --
services:
  a: {image: x, network_mode: "service:nobody"}
  b: {image: x, network_mode: "service:c"}
  c: {image: x, profiles: [p]}
  d: {image: x, network_mode: "container:elsewhere"}
  e: {image: x, network_mode: "service:${OF:-a}"}
`, []string{"invalid-compose compose.yaml:2:31"}},
		"stale-reference: networks that services share": {"stale-reference", `services:
  vpn: {image: x, ports: ["8080:80"], container_name: tunnel}
  web:
    image: x
    network_mode: service:vpn
    expose: ["3000-3005", "${METRICS:-9100}/tcp"]
    environment: {A: "http://localhost:80", B: "http://localhost:3004", C: "http://localhost:7000", D: "http://127.0.0.1:7777"}
  api:
    image: x
    network_mode: container:tunnel
    expose: [7000]
    environment: {A: "http://localhost:3000", B: "http://localhost:9100"}
  lone: {image: x, environment: {A: "http://localhost:3000"}}
  far: {image: x, network_mode: container:elsewhere, environment: {A: "http://localhost:1"}}
`, []string{"stale-reference compose.yaml:7:122", "stale-reference compose.yaml:13:55"}},
		"stale-reference: the host's network": {"stale-reference", `services:
  proxy: {image: x, network_mode: host, expose: [8000], environment: {A: "http://localhost:9"}}
  beside: {image: x, network_mode: "service:proxy", expose: [8001], environment: {A: "http://localhost:9"}}
  web: {image: x, environment: {A: "http://host.docker.internal:8000", B: "http://localhost:9"}}
`, []string{"stale-reference compose.yaml:4:93"}},
		"stale-reference: a service of the host that says no port": {"stale-reference", `services:
  home: {image: x, network_mode: host}
  web: {image: x, environment: {A: "http://localhost:8123"}}
`, nil},
		"docs-drift: a table that can't be read beside others": {"docs-drift", `-- README.md --
Write ` + "`<!-- portmoor:ports -->` and `<!-- /portmoor:ports -->`" + ` around a table.

<!-- portmoor:ports -->
| Name | Number |
|---|---|
| api | 9090 |
<!-- /portmoor:ports -->

<!-- portmoor:ports -->
| Service | Port |
|---|---|
| web | 8081 |
<!-- /portmoor:ports -->
-- compose.yaml --
services:
  web: {image: x, ports: ["8080:80"]}
  api: {image: x, ports: ["9090:80"]}
`, []string{"docs-drift README.md:3:1", "docs-drift README.md:12:9"}},
		"unknown-port-variable: files of several projects": {"unknown-port-variable", `-- .portmoor.yaml --
env_files: [env.shared]
-- env.shared --
WEB_HOST_PORT=1
API_HOST_PORT=2
OLD_HOST_PORT=3
OTHER_PORT=4
-- a/compose.yaml --
services: {web: {image: x, ports: ["${WEB_HOST_PORT:-1}:80"]}}
-- b/compose.yaml --
services: {api: {image: x, ports: ["${API_HOST_PORT:-1}:80"]}}
`, []string{"unknown-port-variable env.shared:3:1"}},
		"assignment-drift": {"assignment-drift", `-- data/ports.json --
{
  "api": 9001,
  "gone:80": 9002,
  "lit": 9003,
  "web": 9001,
  "web:81/udp": 9005,
  "note": "kept"
}
-- compose.yaml --
services:
  web: {image: x, ports: ["${WEB_HOST_PORT:-1}:80", "${WEB_81_HOST_PORT:-2}:81/udp"]}
  api: {image: x, ports: ["${API_HOST_PORT:-3}:80"]}
  lit: {image: x, ports: ["9009:80"]}
`, []string{"assignment-drift ports.json:3:3", "assignment-drift ports.json:4:10", "assignment-drift ports.json:5:10"}},
		"docs-drift: rows, columns and what is missing": {"docs-drift", `-- README.md --
| Service | Port |
|---|---|
| web | 1 |
<!-- portmoor:ports -->
Text before the table.

| What | Service | Host port | Container |
|------|---------|-----------|-----------|
| a | ` + "`web`" + ` | 8080 | 80 |
| b | [web](#web) | **8000** | 443 |
| c | db | 5433 | |
| d | gone | 1 | |
<!-- /portmoor:ports -->
-- compose.yaml --
services:
  web: {image: x, ports: ["8080:80", "8443:443"]}
  db: {image: x, ports: ["${DB:-5432}:5432"]}
  new: {image: x, ports: ["7000:70"]}
  quiet: {image: x}
`, []string{"docs-drift README.md:4:1", "docs-drift README.md:10:23", "docs-drift README.md:11:12", "docs-drift README.md:12:14"}},
		"docs-drift: addresses, URLs and several numbers": {"docs-drift", `-- README.md --
` + "```" + `
<!-- portmoor:ports -->
` + "```" + `
<!-- portmoor:ports -->
| Service | Port |
|---|---|
| web | 127.0.0.1:8080 |
| web | http://localhost:8080/a |
| web | [::1]:8080, 9 |
| web | 8000 and 8001 |
| web | 127.0.0.1:8000 |
<!-- /portmoor:ports -->
Text.
<!-- portmoor:ports -->
| Service | Port |
|---|---|
| web | 1 |
<!-- /portmoor:ports -->
-- compose.yaml --
services: {web: {image: x, ports: ["8080:80"]}}
`, []string{"docs-drift README.md:10:9", "docs-drift README.md:10:18", "docs-drift README.md:11:19", "docs-drift README.md:17:9"}},
		"docs-drift: each of several ports in a cell": {"docs-drift", `-- README.md --
<!-- portmoor:ports -->
| Service | Port |
|---|---|
| web | 8080, 9443 |
| web | 8080 (http), 8443 (https) |
| web | 8080 and 8443, 1 |
| web | 80 → 8080, 443 → 8443 |
| web | 8080 (2 replicas) |
| web | http://localhost:8080 or https://localhost:9443 |
<!-- /portmoor:ports -->
-- compose.yaml --
services: {web: {image: x, ports: ["8080:80", "8443:443"]}}
`, []string{"docs-drift README.md:4:15", "docs-drift README.md:6:24", "docs-drift README.md:9:52"}},
		"ignored: one of three": {"host-port-conflict,unused-ignore", `services:
  a: {image: x, ports: ["8080:80"]} # portmoor:ignore host-port-conflict only a or the rest runs
  b: {image: x, ports: ["8080:80"]}
  c: {image: x, ports: ["8080:80"]}
`, []string{"host-port-conflict compose.yaml:4:26"}},
		"unknown-port-variable: what is passed on": {"unknown-port-variable", `-- .env --
A_HOST_PORT=1
B_HOST_PORT=2
C_HOST_PORT=3
-- compose.yaml --
services: {web: {image: x, environment: [A_HOST_PORT], build: {context: ., args: [B_HOST_PORT]}}}
-- sub/.env --
D_HOST_PORT=1
-- sub/compose.yaml --
services: {web: {image: x, env_file: .env}}
`, []string{"unknown-port-variable .env:3:1"}},
		"default-mismatch: what is not interpolated": {"default-mismatch", `services:
  a:
    image: x
    ports: ["${P:-8080}:80"]
    command: echo $${P:-3000} ${P:-08080}
    labels: {"a.${P:-5}": b}
`, nil},
		"stale-reference: block texts and what is exposed": {"stale-reference", `-- .env --
A=x # was http://localhost:5555
-- compose.yaml --
services:
  a:
    image: x
    expose: ["3000"]
    environment: &e
      URL: |
        http://localhost:7778/
      OWN: http://localhost:3000
  b: {image: x, environment: *e}
`, []string{"stale-reference compose.yaml:7:26", "stale-reference compose.yaml:8:29"}},
		"invalid-port: variables without braces": {"invalid-port", `services:
  a: {image: x, ports: ["$A:$P", "${A}:${P}", "8080:$P"]}
`, nil},
		"invalid-compose: the path of an include": {"invalid-compose", `include:
  - path: missing/compose.yaml
services: {a: {extends: {file: gone.yaml, service: b}}}
`, []string{"invalid-compose compose.yaml:2:11", "invalid-compose compose.yaml:3:32"}},
		"ignored paths that are named": {"hardcoded-host-port", `-- .portmoor.yaml --
ignore: [legacy/]
-- legacy/compose.yaml --
services: {a: {image: x, ports: ["8080:80"]}}
-- compose.yaml --
services: {}
`, nil},
		"docs-drift: a table that is not one": {"docs-drift", `-- README.md --
<!-- portmoor:ports -->
| Name | Port |
|---|---|
<!-- /portmoor:ports -->
-- compose.yaml --
services: {web: {image: x, ports: ["8080:80"]}}
`, []string{"docs-drift README.md:1:1"}},
		"missing-default": {"missing-default", `-- .git/HEAD --

-- .gitignore --
.env
-- .env --
A=1
-- env.shared --
B=2
-- .portmoor.yaml --
env_files: [env.shared]
-- compose.yaml --
services:
  a: {image: x, ports: ["${A}:1", "${B}:2", "${C:?}:3", "${D:-}:4", "${E-5}:5"]}
`, []string{"missing-default compose.yaml:2:26", "missing-default compose.yaml:2:58"}},
		"unquoted-port": {"unquoted-port", `services:
  a:
    image: x
    ports:
      - 22:22
      - 8080:80
      - 59:59:59
      - 10025:25
      - "23:23"
`, []string{"unquoted-port compose.yaml:5:9", "unquoted-port compose.yaml:8:9"}},
		"browser-blocked-port": {"browser-blocked-port", `services:
  a: {image: x, ports: ["6000:80", "6666:80/udp", "22:22", "2222:22", "6660-6670:6660-6670", "10080:8080"]}
`, []string{"browser-blocked-port compose.yaml:2:26", "browser-blocked-port compose.yaml:2:72", "browser-blocked-port compose.yaml:2:95"}},
	} {
		t.Run(name, func(t *testing.T) { lintsTo(t, c.archive, c.rules, c.want) })
	}
}
