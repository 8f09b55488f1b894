package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lintsTo lints an archive by some rules, with commas between them, and compares
// what is found.
func lintsTo(t *testing.T, archive, rules string, want []string) {
	t.Helper()
	dir := t.TempDir()
	writeExample(t, dir, archive)
	args := []string{dir}
	for rule := range strings.SplitSeq(rules, ",") {
		args = append(args, "--rule", rule)
	}
	_, got := lintJSON(t, args...)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// lintJSON lints a folder and returns the exit code and a line per finding:
// its rule and place.
func lintJSON(t *testing.T, args ...string) (int, []string) {
	t.Helper()
	code, out, errs := run(append([]string{"portmoor", "lint", "--format", "json"}, args...)...)
	var report struct {
		Findings []struct {
			Rule, File   string
			Line, Column int
		}
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v: %s", err, errs)
	}
	var lines []string
	for _, f := range report.Findings {
		lines = append(lines, fmt.Sprintf("%s %s:%d:%d", f.Rule, filepath.Base(f.File), f.Line, f.Column))
	}
	return code, lines
}

// TestTraps has the mistakes that other linters make, by the names under which
// they are known to us. Each lists what the named rules may find, and no more.
func TestTraps(t *testing.T) {
	for name, c := range map[string]struct {
		rules, archive string
		want           []string
	}{
		"P12 host or container port": {"reserved-port", `services:
  a: {image: x, ports: ["8080:80"]}
  b: {image: x, ports: ["80:8080"]}
`, []string{"reserved-port compose.yaml:3:26"}},
		"P13 addresses": {"unbound-interface", `services:
  a: {image: x, ports: ["[::1]:80:80", "127.0.0.1:81:81"]}
  b: {image: x, ports: ["0.0.0.0:82:80", "[::]:83:80", "84:80"]}
  c: {image: x, ports: [{target: 80, published: 85, host_ip: 127.0.0.1}, {target: 80, published: 86, host_ip: 0.0.0.0}]}
`, []string{"unbound-interface compose.yaml:3:25", "unbound-interface compose.yaml:3:42", "unbound-interface compose.yaml:3:56", "unbound-interface compose.yaml:4:75"}},
		"P14 dynamic ports are no duplicates": {"host-port-conflict,duplicate-mapping,shared-variable", `services:
  a: {image: x, ports: ["80", "0:81", {target: 82}]}
  b: {image: x, ports: ["80", "0:81", {target: 82}]}
  c: {image: x, ports: ["127.0.0.1:7000:80"]}
  d: {image: x, ports: ["127.0.0.2:7000:80"]}
`, nil},
		"P15 missed duplicates": {"host-port-conflict,override-appends", `-- compose.yaml --
services:
  a: {image: x, ports: ["${A:-9000}:80"]}
  b: {image: x, ports: ["9000:80"]}
  c: {image: x, ports: &p ["9001:80"]}
  d: {image: x, ports: *p}
  e: {image: x, ports: ["8080:80"]}
  f: {image: x, ports: ["8081:80"]}
-- compose.override.yaml --
services:
  e: {ports: ["127.0.0.1:8080:80"]}
  f: {ports: ["0.0.0.0:8081:80"]}
`, []string{"override-appends compose.override.yaml:2:15", "host-port-conflict compose.yaml:3:26", "host-port-conflict compose.yaml:4:29"}},
		"P27 every way to say dynamic": {"host-port-conflict,hardcoded-host-port,invalid-port", `services:
  a: {image: x, ports: ["0:80", {target: 81, published: 0}, "127.0.0.1::82", "${P:-}:83", {target: 84, host_ip: 127.0.0.1}]}
  b: {image: x, ports: ["0:80", {target: 81, published: 0}, "127.0.0.1::82", "${P:-}:83", {target: 84, host_ip: 127.0.0.1}]}
`, nil},
		"P28 what is an error and what is not": {"invalid-port,host-port-conflict", `services:
  a: {image: x, ports: ["1-3:1-2", "localhost:8080:80", " 8080:80", "0x50:80"]}
  b: {image: x, ports: ["08080:80", "53:53/TCP", "${P:-127.0.0.1:8090}:80"]}
  c: {image: x, ports: ["8080:80", "53:53/udp"]}
`, []string{
			"invalid-port compose.yaml:2:25", "invalid-port compose.yaml:2:36", "invalid-port compose.yaml:2:57", "invalid-port compose.yaml:2:69",
			"host-port-conflict compose.yaml:4:26",
		}},
		"P29 extends adds": {"override-appends,host-port-conflict", `services:
  a: {image: x, ports: ["8080:80"]}
  b: {extends: a, ports: ["9090:80"]}
  c: {extends: a, ports: !override ["9091:80"]}
`, []string{"host-port-conflict compose.yaml:3:16", "override-appends compose.yaml:3:27"}},
		"P30 host network and profiles": {"host-network-ports,host-port-conflict", `services:
  a: {image: x, network_mode: host, ports: ["8080:80"]}
  b: {image: x, ports: ["8080:80"]}
  c: {image: x, ports: ["8080:80"], profiles: [debug]}
`, []string{"host-network-ports compose.yaml:2:45", "host-port-conflict compose.yaml:4:26"}},
		"P34 no env file": {"invalid-port,invalid-compose", `services:
  a: {image: "x:${TAG:?}", env_file: missing.env, ports: ["${P}:5432", "${ADDR}:1:2", "${WHOLE}"]}
`, nil},
		"P36 an include that is missing is an error": {"invalid-compose,hardcoded-host-port", `include: [gone.yaml]
services: {a: {image: x, ports: ["8080:80"]}}
`, []string{"invalid-compose compose.yaml:1:11", "hardcoded-host-port compose.yaml:2:35"}},
	} {
		t.Run(name, func(t *testing.T) { lintsTo(t, c.archive, c.rules, c.want) })
	}
}

// TestP31FlagsAfterPaths, and a tree whose only compose file is broken is no
// success.
func TestP31FlagsAfterPaths(t *testing.T) {
	dir := t.TempDir()
	writeExample(t, dir, "services: {a: {image: x, ports: [\"8080:80\"]}}\n")
	if code, got := lintJSON(t, dir, "--rule", "unquoted-port"); code != 0 || got != nil {
		t.Errorf("exit code %d, %v", code, got)
	}
	writeExample(t, dir, "services: [\n")
	for _, args := range [][]string{{"lint", dir}, {"migrate", dir}, {"migrate", dir, "--check"}} {
		if code, _, _ := run(append([]string{"portmoor"}, args...)...); code == 0 {
			t.Errorf("%v: exit code 0", args)
		}
	}
}

// TestP32ExitCodes: a file that is missing is not the same as findings, and
// nothing prints a stack.
func TestP32ExitCodes(t *testing.T) {
	dir := t.TempDir()
	writeExample(t, dir, "services: {a: {image: x, ports: [\"${A:-1}-${B:-2}:80-81\"]}}\n")
	for want, args := range map[int][]string{
		0: {"lint", dir, "--rule", "unquoted-port"}, 1: {"migrate", dir, "--strategy", "dynamic", "--check"}, 2: {"lint", filepath.Join(dir, "missing.yaml")},
	} {
		code, out, errs := run(append([]string{"portmoor"}, args...)...)
		if code != want && want != 1 || strings.Contains(out+errs, "goroutine") {
			t.Errorf("%v: exit code %d, want %d: %s", args, code, want, errs)
		}
	}
}

// TestP33PathsAsArguments: a folder that is named like a flag is a folder.
func TestP33PathsAsArguments(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	writeExample(t, filepath.Join(dir, "--config=x"), "services: {a: {image: x, ports: [\"8080:80\"]}}\n")
	code, out, errs := run("portmoor", "lint", "--", "--config=x")
	if code != 1 || !strings.HasPrefix(out, "--config=x/compose.yaml:1:") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
}

// TestP35Fingerprints: those of SARIF and GitLab are the same when a message
// changes its place, and differ within one service.
func TestP35Fingerprints(t *testing.T) {
	prints := func(text string) []string {
		dir := t.TempDir()
		writeExample(t, dir, text)
		if err := os.Mkdir(filepath.Join(dir, ".git"), 0o755); err != nil {
			t.Fatal(err)
		}
		_, out, _ := run("portmoor", "lint", "--format", "gitlab", "--rule", "hardcoded-host-port", dir)
		var issues []struct{ Fingerprint string }
		if err := json.Unmarshal([]byte(out), &issues); err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, i := range issues {
			all = append(all, i.Fingerprint)
		}
		return all
	}
	before := prints("services:\n  a: {image: x, ports: [\"8080:80\", \"8080:81\", \"8082:82\"]}\n")
	after := prints("# more\nservices:\n  b: {image: x}\n  a:\n    image: x\n    ports: [\"8080:80\", \"8080:81\", \"8082:82\"]\n")
	if len(before) != 3 || before[0] == before[1] || !cmp.Equal(before, after) {
		t.Errorf("before %v, after %v", before, after)
	}
}
