package cli

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOverrideStays: a service that runs on the port of an override file keeps it,
// with whatever files it was started and whatever is remembered.
func TestOverrideStays(t *testing.T) {
	for name, between := range map[string]func(dir string){
		"nothing":            func(string) {},
		"up with both files": func(string) { here("detect", "-f", "compose.yaml", "-f", "mine.yaml") },
		"up by COMPOSE_FILE": func(string) {
			t.Setenv("COMPOSE_FILE", "compose.yaml"+string(os.PathListSeparator)+"mine.yaml")
			here("detect")
		},
		"up without it": func(string) { here("detect") },
		"reset":         func(string) { here("reset") },
		"nothing is remembered": func(dir string) {
			_, _ = os.RemoveAll(filepath.Join(dir, "data")), os.Remove(filepath.Join(dir, ".ledger.json"))
		},
		"the file is gone": func(dir string) { _ = os.Remove(filepath.Join(dir, "mine.yaml")) },
	} {
		t.Run(name, func(t *testing.T) {
			held := listen(t)
			dir := stackHere(t)
			put(t, filepath.Join(dir, ".portmoor.yaml"), "range: 28600-28609\n")
			put(t, filepath.Join(dir, "compose.yaml"), fmt.Sprintf("name: shop\nservices: {web: {image: x, ports: [\"%d:80\", \"28611:81\"]}}\n", held))
			engine := record(t, dir)
			if code, _, errs := here("detect", "--override", "mine.yaml"); code != 0 || !strings.Contains(errs, " to 28600 ") {
				t.Fatalf("exit %d: %s", code, errs)
			}
			first, err := os.ReadFile(filepath.Join(dir, "mine.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			engine.Set(listOf(t, dir, running{service: "web", number: 1, ports: []string{"0.0.0.0:28600:80/tcp", "0.0.0.0:28611:81/tcp"}}), nil)
			l, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", ":28600") // as Docker's proxy does
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			between(dir)
			for range 2 {
				code, out, errs := here("detect", "--override", "mine.yaml")
				now, err := os.ReadFile(filepath.Join(dir, "mine.yaml"))
				if code != 0 || err != nil || string(now) != string(first) {
					t.Errorf("exit %d: %v: %s%s%s", code, err, out, errs, now)
				}
			}
		})
	}
}

// TestOverrideEnds: an override file that is not needed any more does not stay behind
// with ports that nobody has assigned; one that somebody else has written does.
func TestOverrideEnds(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", ":28612")
	if err != nil {
		t.Fatal(err)
	}
	dir := stackHere(t)
	put(t, filepath.Join(dir, ".portmoor.yaml"), "range: 28612-28613\n")
	put(t, filepath.Join(dir, "compose.yaml"), "name: shop\nservices: {web: {image: x, ports: [\"28612:80\"]}}\n")
	record(t, dir)
	mine := filepath.Join(dir, "mine.yaml")
	there := func() bool {
		_, err := os.Stat(mine)
		return err == nil
	}
	if code, _, errs := here("detect", "--override", "mine.yaml"); code != 0 || !there() {
		t.Fatalf("exit %d: %s", code, errs)
	}
	// While nothing is free nobody knows better.
	second, err := new(net.ListenConfig).Listen(t.Context(), "tcp", ":28613")
	if err != nil {
		t.Fatal(err)
	}
	if code, _, errs := here("detect", "--override", "mine.yaml"); code != 1 || !there() {
		t.Errorf("exit %d: %s", code, errs)
	}
	_, _ = second.Close(), l.Close()
	here("reset")
	if code, _, errs := here("detect", "--override", "mine.yaml"); code != 0 || there() || errs != "no literal port has to move: mine.yaml is removed; leave it out of -f and COMPOSE_FILE\n" {
		t.Errorf("exit %d: %s", code, errs)
	}
	if _, out, errs := here("show"); !strings.Contains(out, "web      28612  28612    28612     -     down") {
		t.Errorf("%s%s", out, errs)
	}
	if code, _, errs := here("detect", "--override", "mine.yaml"); code != 0 || errs != "no literal port has to move: no override file is needed\n" {
		t.Errorf("exit %d: %s", code, errs)
	}
	put(t, mine, "services: {}\n")
	if code, _, errs := here("detect", "--override", "mine.yaml"); code != 2 || !there() {
		t.Errorf("exit %d: %s", code, errs)
	}
}
