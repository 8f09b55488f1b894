package allocate

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/tree"
)

func paths(t *testing.T) Paths {
	t.Helper()
	dir := t.TempDir()
	checkout := filepath.Join(dir, "shop")
	if err := os.Mkdir(checkout, 0o755); err != nil {
		t.Fatal(err)
	}
	return Paths{Ports: filepath.Join(checkout, "data", "ports.json"), Bounds: tree.BoundsOf(dir), Ledger: filepath.Join(dir, "state", "ledger.json"), Checkout: checkout, Project: "shop"}
}

// save sets assignments, and saves them.
func save(t *testing.T, p Paths, assignments ...Assignment) {
	t.Helper()
	s, err := Read(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range assignments {
		s.Assigned[a.Key] = a
	}
	if err := commit(s); err != nil {
		t.Fatal(err)
	}
}

var errChanged = errors.New("another run was faster")

// commit writes what was decided, unless another was faster.
func commit(s *Store) error {
	return s.Commit(nil, func(changed bool) error {
		if changed {
			return errChanged
		}
		return s.Save()
	})
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// TestStore: what is saved is read back, also by another checkout as claims; the
// ports file is the flat one of the guide, sorted, with keys that are not ours.
func TestStore(t *testing.T) {
	p := paths(t)
	put(t, p.Ports, `{"zebra": 8080, "comment": "mine", "nested": {"a": [1]}, "zero": 0}`)
	web := Assignment{Key: "web", Port: 10000, Manual: true, Sockets: []ports.Socket{{Protocol: "tcp"}, {Protocol: "udp"}}, Width: 1}
	wide := Assignment{Key: "wide", Port: 10010, Sockets: []ports.Socket{{Address: "127.0.0.1", Protocol: "tcp"}}, Width: 3}
	save(t, p, web, wide)
	got, err := os.ReadFile(p.Ports)
	if err != nil {
		t.Fatal(err)
	}
	want := "{\n  \"comment\": \"mine\",\n  \"nested\": {\n    \"a\": [\n      1\n    ]\n  },\n  \"web\": 10000,\n  \"wide\": 10010,\n  \"zebra\": 8080,\n  \"zero\": 0\n}\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s, err := Read(p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]Assignment{"web": web, "wide": wide, "zebra": {Key: "zebra", Port: 8080, Width: 1}}, s.Assigned); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if own := s.Claims(10000); len(own) > 0 {
		t.Errorf("claims of its own: %v", own)
	}

	other := p
	other.Checkout = filepath.Dir(p.Checkout)
	other.Ports = filepath.Join(other.Checkout, "ports.json")
	o, err := Read(other)
	if err != nil {
		t.Fatal(err)
	}
	tcp, udp := ports.Socket{Protocol: "tcp"}, ports.Socket{Protocol: "udp"}
	local := ports.Socket{Address: "127.0.0.1", Protocol: "tcp"}
	for port, want := range map[int][]Held{
		9999:  nil,
		10000: {{tcp, 10000, Owner{Checkout, p.Checkout, "web"}}, {udp, 10000, Owner{Checkout, p.Checkout, "web"}}},
		10010: {{local, 10010, Owner{Checkout, p.Checkout, "wide"}}},
		10012: {{local, 10012, Owner{Checkout, p.Checkout, "wide"}}},
		10013: nil,
	} {
		if diff := cmp.Diff(want, o.Claims(port)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}

	// A checkout that is gone holds nothing.
	if err := os.RemoveAll(p.Checkout); err != nil {
		t.Fatal(err)
	}
	if o, err = Read(other); err != nil || len(o.Claims(10000)) != 0 {
		t.Errorf("claims %v, %v", o.Claims(10000), err)
	}
}

// TestForeign: what is nobody's ports is left to whom it belongs, to the byte.
func TestForeign(t *testing.T) {
	for src, want := range map[string]bool{
		`{"name": "app", "port": 3000}`: false, `{"a": {}}`: false,
		`{"name": "app", "web": 3000}`: true, `{"web": "x"}`: true, `{}`: true, `{"other": 3000}`: true,
	} {
		p := paths(t)
		put(t, p.Ports, src)
		s, err := Read(p)
		if err != nil {
			t.Fatal(err)
		}
		if s.Ours([]string{"web", "db"}) != want {
			t.Errorf("%s: ours is not %v", src, want)
		}
		if err := s.Commit(nil, func(bool) error { return s.Save() }); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(p.Ports); err != nil || string(got) != src {
			t.Errorf("%s became %s, though nothing was assigned (%v)", src, got, err)
		}
	}
	p := paths(t)
	put(t, p.Ports, `{"port": 3000}`)
	save(t, p, Assignment{Key: "web", Port: 1, Sockets: []ports.Socket{{Protocol: "tcp"}}, Width: 1})
	s, err := Read(p)
	if err != nil || s.Knows("port") || !s.Knows("web") {
		t.Errorf("a number that nobody assigned is held for it (%v)", err)
	}
	if s.Assigned["port"].Port != 3000 {
		t.Error("the entry is lost")
	}
}

// TestSaveNothing: the second save writes nothing, and an empty store no file.
func TestSaveNothing(t *testing.T) {
	p := paths(t)
	save(t, p)
	if _, err := os.Stat(p.Ports); err == nil {
		t.Error("an empty ports file")
	}
	save(t, p, Assignment{Key: "web", Port: 1, Sockets: []ports.Socket{{Protocol: "tcp"}}})
	before, err := os.Stat(p.Ports)
	if err != nil {
		t.Fatal(err)
	}
	save(t, p)
	if after, err := os.Stat(p.Ports); err != nil || !os.SameFile(before, after) {
		t.Errorf("written again: %v", err)
	}
}

// TestCorrupt: files that are not what they should be are errors that say where,
// and stay as they are.
func TestCorrupt(t *testing.T) {
	for src, want := range map[string]string{
		`{"web": 8080`:       "byte 12: not valid JSON",
		`{"web": 8080,}`:     "byte 14: not valid JSON",
		`[1]`:                "not valid JSON",
		``:                   "byte 0: not valid JSON",
		`{"web": 8080} more`: "more follows",
	} {
		p := paths(t)
		put(t, p.Ports, src)
		_, err := Read(p)
		if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), p.Ports) {
			t.Errorf("%q: got %v, want %q", src, err, want)
		}
		if got, _ := os.ReadFile(p.Ports); string(got) != src {
			t.Errorf("%q became %q", src, got)
		}
		p.Forgiving = true
		if src == "[1]" { // JSON of somebody else
			if _, err := Read(p); !errors.Is(err, ErrCorrupt) {
				t.Errorf("reset of a list: %v", err)
			}
		} else if s, err := Read(p); err != nil || len(s.Assigned) > 0 {
			t.Errorf("reset: %v", err)
		}
		p.Forgiving = false
		if err := os.Remove(p.Ports); err != nil {
			t.Fatal(err)
		}
		put(t, p.Ledger, src)
		if _, err := Read(p); !errors.Is(err, ErrCorrupt) {
			t.Errorf("ledger %q: %v", src, err)
		}
	}
	p := paths(t)
	put(t, p.Ledger, `{"version": 2}`)
	if _, err := Read(p); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("got %v", err)
	}
}

// TestLedgerBounded: an entry has at most the ports that there are, and what a ledger
// costs is in step with its size. A width of a thousand million would fill the memory.
func TestLedgerBounded(t *testing.T) {
	p := paths(t)
	entry := func(port, width string) string {
		return `{"port": ` + port + `, "width": ` + width + `, "sockets": [{"protocol": "tcp"}]}`
	}
	other := filepath.ToSlash(filepath.Dir(p.Checkout))
	put(t, p.Ledger, `{"version": 1, "checkouts": {"`+other+`": {"x": {
		"a": `+entry("65530", "1000000000")+`, "b": `+entry("-5", "10")+`, "c": `+entry("9000000000000000000", "9000000000000000000")+`, "d": `+entry("80", "-7")+`}}}}`)
	s, err := Read(p)
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for port := range 70000 {
		for _, c := range s.Claims(port) {
			got = append(got, c.Port)
		}
	}
	if diff := cmp.Diff([]int{80, 65530, 65531, 65532, 65533, 65534, 65535}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var many []string
	for i := range 40_000 {
		many = append(many, `"k`+strconv.Itoa(i)+`": `+entry("1", []string{"64", "65535"}[i%2]))
	}
	put(t, p.Ledger, `{"version": 1, "checkouts": {"`+other+`": {"x": {`+strings.Join(many, ", ")+`}}}}`)
	if s, err = Read(p); err != nil || len(s.Claims(7)) != len(many) || len(s.ledger.spots) > mostSpots+most+1 {
		t.Errorf("%d spots, %v", len(s.ledger.spots), err)
	}
}
