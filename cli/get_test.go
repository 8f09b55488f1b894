package cli

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestGetPicked: a port that Docker picks is told while the service runs, and else
// what would have to be for it to be told.
func TestGetPicked(t *testing.T) {
	dir := stackHere(t)
	engine := record(t, dir, hereRuns()...)
	for args, want := range map[string]string{
		"dyn": "32771\n", "dyn:80": "32771\n", "dyn:80/tcp": "32771\n", "many:3001": "32779\n", "web:443": "28501\n",
		"many": "many: has several host ports\nhint: write one of many:3000/tcp, many:3001/tcp, many:3002/tcp\n",
		"off":  "28503\n",
	} {
		code, out, errs := here("get", args)
		if bad := strings.HasPrefix(want, args); out+errs != want || bad != (code == 2) {
			t.Errorf("get %s: exit %d: %s%s", args, code, out, errs)
		}
	}
	engine.Set(listOf(t, dir, running{service: "web", number: 1}), nil)
	if code, out, errs := here("get", "dyn"); code != 1 || out != "" || errs != "dyn: docker picks the host port at every start, and service dyn is not running\nhint: to start it: portmoor up; to see what there is: docker compose ps -a\n" {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	engine.Set("[]", nil)
	if code, out, errs := here("get", "dyn"); code != 1 || out != "" || errs != "dyn: docker picks the host port at every start, and project shop is not up\nhint: to start it: portmoor up\n" {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	put(t, filepath.Join(dir, "compose.yaml"), "name: shop\nservices: {range: {image: x, ports: [\"28510-28519:80\"]}}\n")
	engine.Set(listOf(t, dir, running{service: "range", number: 1, ports: []string{"0.0.0.0:28517:80/tcp"}}), nil)
	if code, out, errs := here("get", "range"); code != 0 || out != "28517\n" {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
}

// TestUpDetach: what docker compose takes to run in the background is no mistake.
func TestUpDetach(t *testing.T) {
	record(t, stackHere(t), running{service: "plain", number: 1})
	composeScript(t, `[ "$2" = version ] || echo "$@" >&2`)
	for _, flag := range []string{"-d", "--detach"} {
		if code, _, errs := here("up", flag, "plain"); code != 0 || !strings.Contains(errs, " up -d plain\n") {
			t.Errorf("up %s: exit %d: %s", flag, code, errs)
		}
	}
}

// TestUpInterruptedElsewhere: the key on a terminal may end docker compose before it is
// heard of here.
func TestUpInterruptedElsewhere(t *testing.T) {
	record(t, stackHere(t))
	composeScript(t, `[ "$2" = version ] || exit 130`)
	if code, _, errs := here("up", "plain"); code != 130 || !strings.HasSuffix(errs, "interrupted\n") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// TestWaitScaledToNone: what is not to run, and has been left behind, is not waited for.
func TestWaitScaledToNone(t *testing.T) {
	dir := stackHere(t)
	put(t, filepath.Join(dir, "compose.yaml"), "name: shop\nservices:\n  web: {image: x, ports: [\"28505:80\"]}\n  none: {image: x, scale: 0, ports: [\"28506:80\"]}\n")
	record(t, dir, running{service: "web", number: 1, ports: []string{"0.0.0.0:28505:80/tcp"}}, running{service: "none", number: 1, state: "exited"})
	if code, out, errs := here("port", "--wait", "300ms", "--format", "port"); code != 0 || out != "28505\n" {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	if code, out, errs := here("port", "none"); code != 1 || out != "" || errs != "service none is not running (exited)\nhint: it is scaled to 0; to start one: portmoor up -- --scale none=1\n" {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	if _, out, _ := here("show"); strings.Contains(out, "none") {
		t.Errorf("%s", out)
	}
}

// TestStatesAgree: of one port, show and port say the same.
func TestStatesAgree(t *testing.T) {
	dir, port := stackHere(t), listen(t)
	hostNetwork(t)
	files := strings.ReplaceAll(stackFiles, "28503", strconv.Itoa(port))
	put(t, filepath.Join(dir, "compose.yaml"), files)
	record(t, dir, hereRuns()...)
	var states [2]map[string]string
	for i, command := range []string{"show", "port"} {
		code, out, errs := here(command, "--format", "json")
		if code != 0 {
			t.Fatalf("%s: exit %d: %s", command, code, errs)
		}
		states[i] = statesOf(t, out)
	}
	seen := map[string]bool{}
	for of, state := range states[1] {
		if seen[state] = true; states[0][of] != state {
			t.Errorf("%s: port says %q, show %q", of, state, states[0][of])
		}
	}
	for _, state := range []string{"ok", "drifted", "foreign", "down"} {
		if !seen[state] {
			t.Errorf("nothing is %s: %v", state, states[1])
		}
	}
}

// statesOf are the states of container ports, of several replicas the worst.
func statesOf(t *testing.T, report string) map[string]string {
	t.Helper()
	var r struct {
		Ports []struct {
			Service       string
			ContainerPort string `json:"container_port"`
			Protocol      string
			State         string
		}
	}
	if err := json.Unmarshal([]byte(report), &r); err != nil {
		t.Fatal(err)
	}
	order := []string{"", "ok", "down", "foreign", "drifted"}
	states := map[string]string{}
	for _, p := range r.Ports {
		first, last := 0, 0
		if n, _ := fmt.Sscanf(p.ContainerPort, "%d-%d", &first, &last); n == 1 {
			last = first
		}
		for port := first; port <= last; port++ {
			of := fmt.Sprintf("%s %d/%s", p.Service, port, p.Protocol)
			if slices.Index(order, p.State) > slices.Index(order, states[of]) {
				states[of] = p.State
			}
		}
	}
	return states
}
