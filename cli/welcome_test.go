package cli

import (
	"bytes"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestWelcomeUp: what runs is seen, and an engine that does not answer is not waited for.
func TestWelcomeUp(t *testing.T) {
	dir := shop(t, 28940)
	record(t, dir, running{service: "web", number: 1, ports: []string{"0.0.0.0:32768:80/tcp"}})
	if code, out, errs := here(); code != exitOK || errs != "" || !strings.Contains(out, "; up: 1 of 1 container\n") || !strings.Contains(out, "\nnext: portmoor port\n") {
		t.Errorf("%d: %s%s", code, out, errs)
	}
	stalled, err := new(net.ListenConfig).Listen(t.Context(), "unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer stalled.Close()
	var out, errs bytes.Buffer
	start := time.Now()
	code := Run(Process{Args: []string{"portmoor"}, Environ: []string{"DOCKER_HOST=unix://" + stalled.Addr().String()}, Out: &out, Err: &errs})
	if took := time.Since(start); code != exitOK || took > 3*patience || !strings.Contains(strings.Join(strings.Fields(out.String()), " "), "no answer within 1s: what is up is not known") || errs.Len() > 0 {
		t.Errorf("%s: %d: %s%s", took, code, out.String(), errs.String())
	}
}
