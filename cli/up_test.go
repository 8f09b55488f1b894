package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestUpSelected: what docker compose up does not start stops nothing, which it
// also says by flags, profiles and optional dependencies.
func TestUpSelected(t *testing.T) {
	dir, port := stackHere(t), listen(t)
	put(t, filepath.Join(dir, "compose.yaml"), fmt.Sprintf(`name: shop
services:
  web: {image: x, depends_on: {dbg: {condition: service_started, required: false}}, ports: ["0:80"]}
  dbg: {image: x, profiles: [dbg], ports: ["%d:80"]}
  user: {image: x, profiles: [user], depends_on: [tool]}
  tool: {image: x, profiles: [user], ports: ["%d:80"]}
  other: {image: x, profiles: [other, user]}
`, port, port))
	record(t, dir, running{service: "web", number: 1, ports: []string{"0.0.0.0:32771:80/tcp"}})
	composeScript(t, "exit 0")
	held := fmt.Sprintf("port %d is a literal in the compose file, and is held by process", port)
	for args, stopped := range map[string]bool{
		"web": false, "web --profile dbg": true, "web dbg": true, "web --profile other": false,
		"-- --no-attach dbg web": false, "-- --no-attach=dbg web": false, "-- --attach web dbg": true, "-- --scale dbg=1 web": false,
		"-- -t 5 web": false, "user": true, "-- --no-deps user": false, "-- --no-deps tool": true, "-- --no-deps=false user": true,
	} {
		code, _, errs := here(append([]string{"up"}, strings.Fields(args)...)...)
		if stopped != (code == 1) || stopped != strings.Contains(errs, held) {
			t.Errorf("up %s: exit %d: %s", args, code, errs)
		}
	}
}

// TestUpOneOf: of services that want one port, each can be started while the
// others are not; what runs keeps its port.
func TestUpOneOf(t *testing.T) {
	dir := stackHere(t)
	put(t, filepath.Join(dir, "compose.yaml"), `name: shop
services:
  bad: {image: x, ports: ["28571:80"]}
  idle: {image: x, ports: ["${IDLE_HOST_PORT:-28571}:80"]}
  web: {image: x, ports: ["28571:80"]}
`)
	engine := record(t, dir, running{service: "web", number: 1, ports: []string{"0.0.0.0:28571:80/tcp"}})
	composeScript(t, "exit 0")
	const held = "is a literal in the compose file, and is held by service"
	if code, _, errs := here("up", "web"); code != 0 || strings.Contains(errs, held) {
		t.Errorf("up web: exit %d: %s", code, errs)
	}
	ports, err := os.ReadFile(filepath.Join(dir, "data", "ports.json"))
	if diff := cmp.Diff("{\n  \"idle\": 10000,\n  \"web\": 28571\n}\n", string(ports)); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if code, _, errs := here("up"); code != 1 || !strings.Contains(errs, held) {
		t.Errorf("up: exit %d: %s", code, errs)
	}
	if code, _, errs := here("up", "web", "bad"); code != 1 || !strings.Contains(errs, held) {
		t.Errorf("up web bad: exit %d: %s", code, errs)
	}
	engine.Set(listOf(t, dir, running{service: "bad", number: 1, ports: []string{"0.0.0.0:28571:80/tcp"}}), nil)
	if code, _, errs := here("up", "bad"); code != 0 || strings.Contains(errs, held) {
		t.Errorf("up bad: exit %d: %s", code, errs)
	}
	if code, _, errs := here("up", "web"); code != 1 || !strings.Contains(errs, held+" bad") {
		t.Errorf("up web while bad runs: exit %d: %s", code, errs)
	}
}

// TestUpLostShared: of a variable that two services share, each on a protocol of
// its own, the socket that was lost is that of the one that failed.
func TestUpLostShared(t *testing.T) {
	dir := stackHere(t)
	put(t, filepath.Join(dir, "compose.yaml"), `name: shop
services:
  dnst: {image: x, ports: ["${DNS_HOST_PORT:-28592}:53/tcp"]}
  dnsu: {image: x, ports: ["${DNS_HOST_PORT:-28592}:53/udp"]}
`)
	engine := record(t, dir, running{service: "dnsu", number: 1, state: "created"}, running{service: "dnst", number: 1, ports: []string{"0.0.0.0:28592:53/tcp"}})
	tried := filepath.Join(dir, "tried")
	engine.Inspect = func(string) string {
		if _, err := os.Stat(tried); err != nil {
			return `{"State":{"Error":""}}`
		}
		return `{"State":{"Error":"driver failed: Bind for 0.0.0.0:28592 failed: port is already allocated"}}`
	}
	composeScript(t, `[ "$2" = version ] && exit 0; [ -e `+tried+` ] && exit 0; touch `+tried+`; exit 1`)
	code, out, errs := here("up")
	if code != 0 || !strings.Contains(errs, "moves from 28592 to 10000 (DNS_HOST_PORT)") || strings.Contains(errs, "of the project itself") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
}

// TestUpOwn: a port that another service of the project has is not taken from it: what is
// started moves.
func TestUpOwn(t *testing.T) {
	const assigned = `{"a": 28593, "z": 28593}`
	for name, c := range map[string]struct {
		a, z, more, assigned, running, args string // z runs, a is started
		lost                                bool   // which is seen by docker compose only
		code                                int
		want                                string
	}{
		"shared by an older run":    {"${A:-28593}", "${Z:-28593}", "", assigned, "28593", "a", false, 0, "a:80 moves from 28593 to 10000 (A): 28593 is held by service z\n"},
		"started without portmoor":  {"${A:-28593}", "${Z:-28594}", "", "", "28593", "a", false, 0, "a:80 moves from 28593 to 10000 (A): 28593 is held by service z (container shop-z-1)\n"},
		"a number":                  {"28593", "${Z:-28594}", "", "", "28593", "a", false, 1, "a: port 28593 is a literal in the compose file, and is held by service z (container shop-z-1)\n"},
		"a number on both sides":    {"28593", "28593", "", "", "28593", "a", false, 1, "a: port 28593 is a literal in the compose file, and is held by service z (container shop-z-1)\n"},
		"which is to have another":  {"${A:-28593}", "${Z:-28594}", ", both", "", "28593", "both", true, 0, "port 28593 was held by service z (container shop-z-1) of the project itself: trying again, 1 of 3\n"},
		"of one variable":           {"${A:-28593}", "${A:-28593}", "", "", "28593", "a", true, 3, "port 28593 of service a is held by service z (container shop-z-1), and A is the host port of both\nhint: give each of the two a variable of its own\n"},
		"the same service, as ever": {"${A:-28593}", "${Z:-28594}", "", "", "28594", "z", false, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := stackHere(t)
			put(t, filepath.Join(dir, "compose.yaml"), fmt.Sprintf("name: shop\nservices:\n  a: {image: x, profiles: [a%s], ports: [%q]}\n  z: {image: x, profiles: [z%s], ports: [%q]}\n",
				c.more, c.a+":80", c.more, c.z+":80"))
			if c.assigned != "" {
				put(t, filepath.Join(dir, "data", "ports.json"), c.assigned)
			}
			engine := record(t, dir, running{service: "a", number: 1, state: "created"}, running{service: "z", number: 1, ports: []string{"0.0.0.0:" + c.running + ":80/tcp"}})
			tried, fails := filepath.Join(dir, "tried"), "exit 0"
			if c.lost {
				fails = `[ -e ` + tried + ` ] && exit 0; touch ` + tried + `; exit 1`
			}
			engine.Inspect = func(string) string {
				if _, err := os.Stat(tried); err != nil {
					return `{"State":{"Error":""}}`
				}
				return `{"State":{"Error":"driver failed: Bind for 0.0.0.0:28593 failed: port is already allocated"}}`
			}
			composeScript(t, `[ "$2" = version ] && exit 0; `+fails)
			code, _, errs := here("up", "--profile", c.args)
			if errs = strings.ReplaceAll(errs, "project shop is not up\nhint: to start it: portmoor up --profile "+c.args+"\n", ""); code != c.code || !strings.Contains(errs, c.want) || c.want == "" && strings.Contains(errs, "28593") {
				t.Errorf("exit %d: %s", code, errs)
			}
		})
	}
}
