// Package bench holds how fast Portmoor is against programs that do the same work, or the
// least of it: each row is a ratio of what both take in turn in one run, and has a bound.
//
//	go test ./bench -ratios -v
//
// What counts is the time that the processors gave a whole process and its children, and the
// median of the ratios pair by pair: other programs that run meanwhile count as little
// as can be.
package bench

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

var ratios = flag.Bool("ratios", false, "measure, and hold the ratios against their bounds")

// row is a line of the table.
type row struct {
	work, against string
	got, bound    float64
	unit          string // "" for a ratio
}

var rows []row

// TestMain prints the table when everything was measured.
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if len(rows) > 0 {
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "WORK\tAGAINST\tMEASURED\tBOUND")
		for _, r := range rows {
			fmt.Fprintf(table, "%s\t%s\t%.2f%s\t%.2f%s\n", r.work, r.against, r.got, r.unit, r.bound, r.unit)
		}
		_ = table.Flush()
	}
	os.Exit(code)
}

// hold adds a row, and fails the test when it is over its bound.
func hold(t *testing.T, r row) {
	t.Helper()
	rows = append(rows, r)
	if r.got > r.bound {
		t.Errorf("%s, against %s: %.2f%s, more than %.2f%s", r.work, r.against, r.got, r.unit, r.bound, r.unit)
	}
}

// needs skips the test without -ratios.
func needs(t *testing.T) {
	t.Helper()
	if !*ratios {
		t.Skip("without -ratios nothing is measured")
	}
}

// portmoor is the program, built as a user builds it.
func portmoor(t *testing.T) string { return built(t, "..") }

// built is the program of a package.
func built(t *testing.T, dir string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "program.exe")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", binary, ".")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return binary
}

// command is a process to measure.
type command struct {
	args []string
	dir  string
	env  []string
	code int // that it ends with
}

// used runs a command and returns how long the processors worked for it.
func (c command) used(t *testing.T) time.Duration {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), c.env...)
	var errs strings.Builder
	cmd.Stderr = &errs
	_ = cmd.Run()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != c.code {
		t.Fatalf("%s: %v, want exit code %d: %.1000s", strings.Join(c.args, " "), cmd.ProcessState, c.code, errs.String())
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// inTurn measures commands one after the other, n times after a first time that does not
// count, and returns their times by command.
func inTurn(t *testing.T, n int, commands ...command) [][]time.Duration {
	t.Helper()
	all := make([][]time.Duration, len(commands))
	for i := range n + 1 {
		for j, c := range commands {
			if took := c.used(t); i > 0 {
				all[j] = append(all[j], took)
			}
		}
	}
	return all
}

// ratio is the median of what the first takes in times of the second, pair by pair.
func ratio(a, b []time.Duration) float64 {
	var all []float64
	for i := range a {
		all = append(all, a[i].Seconds()/max(b[i].Seconds(), 1e-9))
	}
	return median(all)
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// without is how much longer the first takes than the second, pair by pair.
func without(a, b []time.Duration) (all []time.Duration) {
	for i := range a {
		all = append(all, a[i]-b[i])
	}
	return all
}

// docker is the docker command; CI has it since its end to end tests install it.
func docker(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("docker")
	if err != nil {
		t.Skip("there is no docker command to compare with")
	}
	return path
}

// TestStart holds the start of the program against that of the docker command, each
// without what a Go program that does nothing takes.
func TestStart(t *testing.T) {
	needs(t)
	docker := docker(t)
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module bare\n", "main.go": "package main\n\nfunc main() { println() }\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all := inTurn(t, 41, command{args: []string{portmoor(t), "--version"}}, command{args: []string{docker, "--version"}}, command{args: []string{built(t, dir)}})
	hold(t, row{"start: --version", "docker --version, each without a bare Go program", ratio(without(all[0], all[2]), without(all[1], all[2])), 1.25, ""})
}
