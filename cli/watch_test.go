package cli

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose/corpustest"
)

// TestPortWatch prints again when the answer has changed, also after the engine was
// restarted, which is said once.
func TestPortWatch(t *testing.T) {
	dir := stackHere(t)
	engine := record(t, dir)
	var out, errs safeBuffer
	ended := make(chan int, 1)
	go func() {
		ended <- Run(Process{Args: []string{"portmoor", "port", "off", "80", "--watch", "--format", "json"}, Out: &out, Err: &errs, Environ: os.Environ()})
	}()
	errs.waitFor(t, "project shop is not up\n")
	set := func(port int) {
		engine.Set(listOf(t, dir, running{service: "off", number: 1, ports: []string{fmt.Sprintf("0.0.0.0:%d:80/tcp", port)}}), nil)
	}
	set(28503)
	out.waitFor(t, `"host_port":"28503"`)
	set(28503) // nothing new
	set(32800)
	out.waitFor(t, `"host_port":"32800"`)
	const none = `{"version":1,"ports":[]}`
	engine.Set("[]", nil)
	for range 100 {
		if strings.Count(out.String(), none) == 2 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	for range 2 {
		engine.Down()
		errs.waitFor(t, "hung up: waiting until it is back\n")
		time.Sleep(600 * time.Millisecond)
		set(32801)
		engine.Up()
		out.waitFor(t, `"host_port":"32801"`)
	}
	if n := strings.Count(errs.String(), "hung up"); n != 2 {
		t.Errorf("said %d times: %s", n, errs.String())
	}
	out.close()
	set(32802)
	if code := <-ended; code != 3 {
		t.Errorf("exit %d: %s", code, errs.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 5 || lines[0] != none || !json.Valid([]byte(lines[1])) || !json.Valid([]byte(lines[2])) || lines[3] != none {
		t.Errorf("printed %s", out.String())
	}
}

// TestPortWatchNotes: what is said beside an answer is said with it, and not
// again whenever somebody has looked.
func TestPortWatchNotes(t *testing.T) {
	dir := stackHere(t)
	one := running{service: "web", number: 1, ports: []string{"0.0.0.0:28500:80/tcp"}}
	engine := record(t, dir, one)
	var out, errs safeBuffer
	ended := make(chan int, 1)
	go func() {
		ended <- Run(Process{Args: []string{"portmoor", "port", "web", "--watch", "--format", "env"}, Out: &out, Err: &errs, Environ: os.Environ()})
	}()
	out.waitFor(t, "WEB_HOST_PORT=28500\n")
	for range 3 {
		engine.Set(listOf(t, dir, one), nil)
		time.Sleep(200 * time.Millisecond)
	}
	one.ports[0] = "0.0.0.0:28599:80/tcp"
	engine.Set(listOf(t, dir, one), nil)
	out.waitFor(t, "WEB_HOST_PORT=28599\n")
	out.close()
	one.ports[0] = "0.0.0.0:28598:80/tcp"
	for done := false; !done; {
		engine.Set(listOf(t, dir, one), nil)
		select {
		case <-ended:
			done = true
		case <-time.After(200 * time.Millisecond):
		}
	}
	if n := strings.Count(errs.String(), "port 443/tcp of service web is not bound, and left out\n"); n != 3 {
		t.Errorf("said %d times: %s", n, errs.String())
	}
}

// TestShowLive: what is bound beside what should be, and what that means.
func TestShowLive(t *testing.T) {
	dir := stackHere(t)
	record(t, dir, hereRuns()...)
	hostNetwork(t)
	held, err := new(net.ListenConfig).Listen(t.Context(), "tcp", ":28503")
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	code, out, errs := here("show")
	want := `PORT OF  PORT         DEFAULT      ASSIGNED  LIVE               STATE    VARIABLE           FROM
dns      28502        28502        -         28502              ok                          default
dyn      -            -            -         32768,32771,32790  ok                          docker
extra    28506        28506        -         -                  down                        default
host     -            28520        -         28520              ok                          host network
many     -            -            -         32779-32781        ok                          docker
off      28503        28503        -         -                  foreign                     default
range    28510-28512  28510-28512  -         28510-28512        ok                          default
sick     28504        28504        -         -                  down                        default
slow     28505        28505        -         -                  down                        default
web      28500        28500        -         28500              ok       WEB_HOST_PORT      default
web:443  28501        28501        -         32770              drifted  WEB_443_HOST_PORT  default
`
	if diff := cmp.Diff(want, out); diff != "" || code != 0 || errs != "" {
		t.Errorf("exit %d: %s (-want +got):\n%s", code, errs, diff)
	}
	_, out, _ = here("show", "--format", "json")
	var report struct {
		Ports []map[string]string `json:"ports"`
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Ports) != 12 {
		t.Errorf("%d ports", len(report.Ports))
	}
	for _, p := range report.Ports {
		if p["key"] == "web:443" && (p["live"] != "32770" || p["state"] != "drifted" || p["url"] != "https://localhost:32770" || p["host_port"] != "28501") {
			t.Errorf("got %v", p)
		}
	}
}

// BenchmarkPort lists a project of 200 containers with 5 ports each: in one
// engine call, and in less than 0.3 s.
func BenchmarkPort(b *testing.B) {
	dir := shop(b, 1)
	files, containers := "name: shop\nservices:\n", []running{}
	for i := range 200 {
		r := running{service: fmt.Sprintf("s%d", i), number: 1}
		files += fmt.Sprintf("  s%d:\n    image: x\n    ports:\n", i)
		for j := range 5 {
			files += fmt.Sprintf("      - \"0:%d\"\n", 80+j)
			r.ports = append(r.ports, fmt.Sprintf("0.0.0.0:%d:%d/tcp", 32768+5*i+j, 80+j), fmt.Sprintf(":::%d:%d/tcp", 32768+5*i+j, 80+j))
		}
		containers = append(containers, r)
	}
	put(b, filepath.Join(dir, "compose.yaml"), files)
	engine := record(b, dir, containers...)
	best := time.Hour
	for b.Loop() {
		asked := len(engine.Calls())
		var code int
		var out, errs string
		best = min(best, corpustest.Spent(b, func() { code, out, errs = here("port") }))
		if calls := engine.Calls()[asked:]; code != 0 || strings.Count(out, "\n") != 1001 || len(calls) != 2 || calls[0] != "HEAD _ping" {
			b.Fatalf("exit %d, %d lines, %v: %s", code, strings.Count(out, "\n"), calls, errs)
		}
	}
	b.ReportMetric(float64(best.Milliseconds()), "best-ms")
	if best > 300*time.Millisecond {
		b.Errorf("took %s", best)
	}
}

// TestCrowd: beside many other containers, show and port ask for those of
// their project, and for who has its ports.
func TestCrowd(t *testing.T) {
	dir := shop(t, 28570)
	var list strings.Builder
	list.WriteString(strings.TrimSuffix(listOf(t, dir, running{service: "web", number: 1, ports: []string{"0.0.0.0:28570:80/tcp"}}), "]"))
	for i := range 10_000 {
		fmt.Fprintf(&list, `,{"Id":"o%d","State":"running","Labels":{"com.docker.compose.project":"other"},"Ports":[]}`, i)
	}
	engine := record(t, dir)
	engine.Set(list.String()+"]", nil)
	for _, command := range []string{"show", "port"} {
		if code, out, errs := here(command); code != 0 || !strings.Contains(out, " ok ") {
			t.Errorf("%s: exit code %d\n%s%s", command, code, out, errs)
		}
	}
	own := `{"label":{"com.docker.compose.project=shop":true}}`
	if diff := cmp.Diff([]string{own, own}, engine.Filters()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	put(t, filepath.Join(dir, "compose.yaml"), "name: shop\nservices: {web: {image: x, ports: [\"28570:80\", \"28571:81\"]}}\n")
	for _, command := range []string{"show", "port"} {
		if code, out, errs := here(command); code != 0 || !strings.Contains(out, " down ") {
			t.Errorf("%s: exit code %d\n%s%s", command, code, out, errs)
		}
	}
	for _, asked := range engine.Filters() {
		if asked != own && !strings.Contains(asked, `"publish":{"28571/tcp":true}`) && !strings.Contains(asked, "status") {
			t.Errorf("asked for %q", asked)
		}
	}
}

// TestSameState: show and port say the same of what is not bound: somebody else
// holds a port also while his container is stopped, as for validate.
func TestSameState(t *testing.T) {
	dir := shop(t, 28560)
	list := func(state string, port int) string {
		own := strings.TrimSuffix(listOf(t, dir, running{service: "web", number: 1, state: "created"}, running{service: "gone", number: 1}), "]")
		return own + fmt.Sprintf(`,{"Id":"other","Names":["/other-db-1"],"State":%q,"Labels":{"com.docker.compose.project":"other","com.docker.compose.service":"db"},"Ports":[{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":%d,"Type":"tcp"}]}]`, state, port)
	}
	asks := map[string]string{"other": `{"Id":"other","HostConfig":{"PortBindings":{"80/tcp":[{"HostIp":"","HostPort":"28560"}]}}}`, "shop-web-1": `{"Id":"shop-web-1","HostConfig":{}}`}
	engine := record(t, dir)
	for _, c := range []struct {
		state string
		port  int
		want  string
	}{{"running", 28560, "foreign"}, {"exited", 28560, "foreign"}, {"running", 28561, "down"}} {
		engine.Set(list(c.state, c.port), asks)
		_, shown, _ := here("show")
		code, listed, errs := here("port")
		if !strings.Contains(shown, " "+c.want+" ") || !strings.Contains(listed, " "+c.want+" ") || code != 0 {
			t.Errorf("%s on %d, want %s: %s%s%s", c.state, c.port, c.want, shown, listed, errs)
		}
	}
}
