package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/portmoor/portmoor/reconcile/contest"
	"github.com/portmoor/portmoor/say"
)

// check is how a service is, as one of its checks says.
type check struct {
	Service string `json:"service"`
	Port    int    `json:"port"`
	What    string `json:"check"`  // a URL, or a systemd unit
	Result  string `json:"result"` // ok, failed or skipped
	Detail  string `json:"detail"`
}

const (
	healthy = "ok"
	failing = "failed"
	skipped = "skipped"

	healthTimeout = 5 * time.Second
)

// health asks each service over HTTP, all at once, and systemd about its unit.
func (c *program) health(ctx context.Context, w *space, inv *inventory) []check {
	checks := make([]check, len(inv.ports))
	var asking sync.WaitGroup
	for i, p := range inv.ports {
		path := w.healthPath(p)
		if !inv.tcp(i) || path == "off" {
			checks[i] = check{p.Name, p.Port, "-", skipped, "not asked over HTTP"}
			continue
		}
		asking.Go(func() {
			_, named := w.Config.Reconcile.Health[p.Name]
			_, named2 := w.Config.Reconcile.Health[p.Service]
			checks[i] = ask(ctx, p, inv.host(i), path, named || named2)
		})
	}
	asking.Wait()
	return slices.Concat(checks, systemd(ctx, w, inv.ports))
}

// host is where a port is reached on this machine.
func (inv *inventory) host(i int) string {
	if i < len(inv.fixed) {
		switch ip := inv.fixed[i].Mappings[0].HostIP; ip {
		case "", "0.0.0.0", "::":
		default:
			return ip
		}
	}
	return "localhost"
}

// ask asks for a service's health. A path that nobody has named need not exist.
func ask(ctx context.Context, p contest.Port, host, path string, named bool) check {
	r := check{p.Name, p.Port, "http://" + net.JoinHostPort(host, strconv.Itoa(p.Port)) + path, failing, ""}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.What, nil)
	if err != nil {
		r.Detail = err.Error()
		return r
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // no proxy: it is this machine
	response, err := client.Do(request)
	switch {
	case errors.Is(err, context.DeadlineExceeded) && !named:
		r.Result, r.Detail = skipped, fmt.Sprintf("listens, and gave no answer in %s; name its path under reconcile: health, or off", healthTimeout)
	case errors.Is(err, context.DeadlineExceeded):
		r.Detail = fmt.Sprintf("no answer in %s", healthTimeout)
	case err != nil && !named && listens(ctx, request.URL.Host):
		r.Result, r.Detail = skipped, "listens, and does not speak HTTP"
	case err != nil:
		r.Detail = innermost(err).Error()
	default:
		_ = response.Body.Close()
		r.Detail = response.Status
		switch {
		case response.StatusCode >= 200 && response.StatusCode < 300:
			r.Result = healthy
		case response.StatusCode == http.StatusNotFound && !named:
			r.Result, r.Detail = skipped, "answers, and has no /health; name its path under reconcile: health"
		case response.StatusCode == http.StatusBadRequest && !named:
			r.Result, r.Detail = skipped, "answers, and not as HTTP does"
		}
	}
	return r
}

// listens reports that somebody takes connections, whatever he makes of them.
func listens(ctx context.Context, address string) bool {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

func innermost(err error) error {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err
}

// systemd asks for the units that services have in their folders, or that are
// called as they are; nothing where there is no systemd.
func systemd(ctx context.Context, w *space, ports []contest.Port) (checks []check) {
	if _, err := exec.LookPath("systemctl"); err != nil {
		return nil
	}
	for _, p := range ports {
		units := w.units(p)
		if len(units) == 0 {
			units = []string{p.Service} // it may have come from elsewhere
		}
		for _, unit := range units {
			state, known := unitState(ctx, unit)
			if !known {
				continue
			}
			r := check{p.Name, p.Port, unit + ".service", failing, state}
			if state == "active" {
				r.Result = healthy
			}
			checks = append(checks, r)
		}
	}
	return checks
}

// unitState is the state of a unit that is installed.
func unitState(ctx context.Context, unit string) (state string, known bool) {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, "systemctl", "show", "--property=LoadState", "--property=ActiveState", "--", unit+".service").Output()
	if err != nil {
		return "", false
	}
	values := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		values[name] = value
	}
	return values["ActiveState"], values["LoadState"] == "loaded"
}

// showHealth prints a table of the checks.
func (c *program) showHealth(checks []check) {
	if len(checks) == 0 {
		return
	}
	table := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SERVICE\tPORT\tCHECK\tRESULT\tDETAIL")
	for _, r := range checks {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\n", say.Visible(r.Service), r.Port, say.Visible(r.What), r.Result, say.Visible(r.Detail))
	}
	_ = table.Flush()
}
