package reconcile

import (
	"cmp"
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
	"time"

	"github.com/portmoor/portmoor/reconcile/contest"
	"github.com/portmoor/portmoor/say"
)

// Check is how a service is, as one of its checks says.
type Check struct {
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

// Failed reports a service that is not as it should be.
func (c Check) Failed() bool { return c.Result == failing }

// Health asks each service over HTTP, all at once, and systemd about its unit.
func (inv *Inventory) Health(ctx context.Context) []Check {
	checks := make([]Check, len(inv.Ports))
	var asking sync.WaitGroup
	for i, p := range inv.Ports {
		path, named := inv.healthPath(p)
		if !inv.tcp(i) || path == "off" {
			checks[i] = Check{p.Name, p.Port, "-", skipped, "not asked over HTTP"}
			continue
		}
		asking.Go(func() {
			if bug := say.Guard(func() { checks[i] = ask(ctx, p, inv.host(i), path, named) }); bug != nil {
				checks[i] = Check{p.Name, p.Port, path, failing, bug.Error()}
			}
		})
	}
	asking.Wait()
	return slices.Concat(checks, inv.systemd(ctx))
}

// healthPath is where a service says how it is, and whether the configuration names
// that.
func (inv *Inventory) healthPath(p contest.Port) (path string, named bool) {
	paths := inv.w.Config.Reconcile.Health
	_, byName := paths[p.Name]
	_, byService := paths[p.Service]
	return cmp.Or(paths[p.Name], paths[p.Service], "/health"), byName || byService
}

// host is where a port is reached on this machine.
func (inv *Inventory) host(i int) string {
	if i < len(inv.fixed) {
		if ip := inv.fixed[i].Mappings[0].HostIP; ip != "" && ip != "0.0.0.0" && ip != "::" {
			return ip
		}
	}
	return "localhost"
}

// ask asks for a service's health. A path that nobody has named need not exist.
func ask(ctx context.Context, p contest.Port, host, path string, named bool) Check {
	r := Check{p.Name, p.Port, "http://" + net.JoinHostPort(host, strconv.Itoa(p.Port)) + path, failing, ""}
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
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	return err == nil && conn.Close() == nil
}

func innermost(err error) error {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err
}

// systemd asks for the units that services have in their folders, or that are
// called as they are; nothing where there is no systemd.
func (inv *Inventory) systemd(ctx context.Context) (checks []Check) {
	if _, err := exec.LookPath("systemctl"); err != nil {
		return nil
	}
	for _, p := range inv.Ports {
		units := inv.units(p)
		if len(units) == 0 {
			units = []string{p.Service} // it may have come from elsewhere
		}
		for _, unit := range units {
			state, known := unitState(ctx, unit)
			if !known {
				continue
			}
			r := Check{p.Name, p.Port, unit + ".service", failing, state}
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
	_, state, _ = strings.Cut(string(out), "ActiveState=")
	state, _, _ = strings.Cut(state, "\n")
	return state, strings.Contains(string(out), "LoadState=loaded\n")
}
