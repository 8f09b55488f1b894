package allocate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/tree"
)

// random are checkouts in folders of all kinds of names, with ports of all kinds.
func random(r *rand.Rand, n int) map[string]map[string]claim {
	all := map[string]map[string]claim{}
	for i := range n {
		folder := "/" + []string{"home", `a"b`, `a":{b`, `back\slash`, "ü", "<x>", `"port":28080`, "new\nline"}[r.IntN(8)] + fmt.Sprint("/", i)
		all[folder] = map[string]claim{}
		for range 1 + r.IntN(2) {
			c := claim{}
			for k := range 1 + r.IntN(3) {
				e := ledgerEntry{Port: 1 + r.IntN(ports.Last), Sockets: []ledgerSocket{{"", "tcp"}}}
				if r.IntN(3) == 0 {
					e.Width = 2 + r.IntN(200)
				}
				if r.IntN(4) == 0 {
					e.Sockets = append(e.Sockets, ledgerSocket{"127.0.0.1", "udp"})
				}
				e.Manual, e.Pinned = r.IntN(4) == 0, r.IntN(4) == 0
				c[fmt.Sprintf(`web:%d/"port":7,`, k)] = e
			}
			all[folder][fmt.Sprint("shop", r.IntN(3), " data/ports.json")] = c
		}
	}
	return all
}

// TestLedgerText: whatever a ledger holds, what is written is JSON and read by line;
// who has which port is what decoding all of it says.
func TestLedgerText(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		all := random(r, r.IntN(20))
		old, err := json.MarshalIndent(map[string]any{"version": 1, "checkouts": all}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		l, err := newLedger("ledger.json", old)
		if err != nil {
			t.Fatal(err)
		}
		text, err := l.text()
		if err != nil {
			t.Fatal(err)
		}
		var back struct {
			Version   int
			Checkouts map[string]map[string]claim
		}
		if err := json.Unmarshal(text, &back); err != nil || back.Version != 1 {
			t.Fatalf("%v: %s", err, text)
		}
		if diff := cmp.Diff(all, back.Checkouts); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		if !(&ledger{}).readLines(text) {
			t.Fatalf("not read by line:\n%s", text)
		}
		if l, err = newLedger("ledger.json", text); err != nil {
			t.Fatal(err)
		}
		if again, err := l.text(); err != nil || string(again) != string(text) {
			t.Fatalf("%v: %s became\n%s", err, text, again)
		}
		for folder := range all { // none of which is there, but for this question
			l.missing[folder] = false
		}
		s := &Store{ledger: l, paths: Paths{Checkout: "/elsewhere"}}
		for port := 1; port <= ports.Last; port += 1 + r.IntN(40) {
			n := 0
			for _, projects := range all {
				for _, c := range projects {
					for _, e := range c {
						if e.ports().Has(port) {
							n += len(e.Sockets)
						}
					}
				}
			}
			if got := s.Claims(port); len(got) != n {
				t.Fatalf("%d: %d claims, want %d: %v", port, len(got), n, got)
			}
		}
	}
}

// TestLedgerLines: what is not written by us is decoded as a whole, and errors in it
// are found.
func TestLedgerLines(t *testing.T) {
	const head, tail = `{"version":1,"checkouts":{` + "\n", "}}\n"
	for text, want := range map[string]string{
		head + tail:                     "",
		head + `"/a":{},` + "\n" + tail: "not valid JSON",
		head + `"/a":{}` + "\n" + `"/b":{}` + "\n" + tail:  "not valid JSON",
		head + `"/b":{},` + "\n" + `"/a":{}` + "\n" + tail: "",
		head + `"/a":{}`:                                                  "not valid JSON",
		head + `"/a":{}` + "\n" + tail + tail:                             "more follows",
		strings.Replace(head, "1", "2", 1) + tail:                         "version 2",
		`{"version":1,"checkouts":{"/a":{}}}`:                             "",
		`{"version":1,"swept":"/x","checkouts":{` + "\n" + tail:           "",
		`{"version":1,"swept":7,"checkouts":{` + "\n" + tail:              "not valid JSON",
		head + `"/a":{"p":{"web":{"port":1,"sockets":[]}}}` + "\n" + tail: "",
		head + "\n" + tail:                                                "",
	} {
		_, err := newLedger("ledger.json", []byte(text))
		if want == "" && err != nil || want != "" && (!errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}

	// A line that is torn is found by who asks for its port, and never overwritten.
	p := paths(t)
	torn := head + `"/":{"p":{"web":{"port":8080,"sockets":[}}}` + "\n" + tail
	put(t, p.Ledger, torn)
	s, err := Read(p)
	if err != nil {
		t.Fatal(err)
	}
	s.Claims(8080)
	s.Assigned["web"] = Assignment{Key: "web", Port: 8081, Sockets: []ports.Socket{{Protocol: "tcp"}}}
	if err := commit(s); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "ledger.json: line 2: not valid JSON") {
		t.Error(err)
	}
	if got, _ := os.ReadFile(p.Ledger); string(got) != torn {
		t.Errorf("became %s", got)
	}
}

// TestGone is the law of when a checkout is forgotten.
func TestGone(t *testing.T) {
	root := t.TempDir()
	defer func(was []string) { mounts = was }(mounts)
	mounts = append(slices.Clone(mounts), filepath.ToSlash(filepath.Join(root, "media")), filepath.ToSlash(filepath.Join(root, "media", "*")))
	for _, dir := range []string{"work/there", "unmounted", "media/me/disk"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	put(t, filepath.Join(root, "file"), "")
	for folder, want := range map[string]bool{
		"work/there":         false,
		"work/gone":          true,
		"work/gone/shop":     true,
		"unmounted/shop":     false, // an empty folder may be where a disk belongs
		"unmounted/a/shop":   false,
		"media/usb/shop":     false, // and so may one that disks are mounted in
		"media/me/other/a/b": false,
		"media/me/disk/shop": false, // it is there, and empty
		"file/shop":          false, // the system does not say that there is nothing
	} {
		if got := Gone(filepath.Join(root, folder)); got != want {
			t.Errorf("%s: gone is %v", folder, got)
		}
	}
}

// TestPrune: all checkouts whose folders are gone are forgotten at once, with what is
// known of forgotten ports; the rest keeps its bytes. A ledger without any is not written.
func TestPrune(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ledger.json")
	var lines, kept []string
	for i := range 200 {
		folder := filepath.Join(dir, fmt.Sprintf("%03d", i))
		line := fmt.Sprintf(`%q:{"shop data/ports.json":{"web":{"port":%d,"sockets":[{"protocol":"tcp"}]}}}`, folder, 20000+i)
		if lines = append(lines, line); i%2 == 0 {
			continue
		}
		kept = append(kept, line)
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	text := func(forgotten string, lines []string) string {
		return `{"version":1,` + forgotten + `"checkouts":{` + "\n" + strings.Join(lines, ",\n") + "\n}}\n"
	}
	mark := fmt.Sprintf(`"forgotten":{%q:{"shop data/ports.json":{"web":{"was":1,"manual":true}}}},`, filepath.Join(dir, "000"))
	if err := os.WriteFile(path, []byte(text(mark, lines)), 0o644); err != nil {
		t.Fatal(err)
	}
	gone, err := Prune(path)
	if err != nil || len(gone) != 100 || gone[0].Checkout != filepath.Join(dir, "000") || gone[0].Ports["web"] != ports.One(20000) {
		t.Fatalf("%d are gone: %v", len(gone), err)
	}
	src, err := os.ReadFile(path)
	if diff := cmp.Diff(text("", kept), string(src)); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if err := os.Remove(path + ".lock"); err != nil {
		t.Fatal(err)
	}
	if gone, err = Prune(path); err != nil || gone != nil || tree.Exists(path+".lock") {
		t.Errorf("again: %v %v", gone, err)
	}
	if gone, err := Prune(filepath.Join(dir, "none.json")); err != nil || gone != nil || tree.Exists(filepath.Join(dir, "none.json")) {
		t.Errorf("no ledger: %v %v", gone, err)
	}
}

// TestSweep: checkouts that are gone are forgotten by those who write, some at a
// time; who is there stays.
func TestSweep(t *testing.T) {
	p := paths(t)
	dir := filepath.Dir(p.Checkout)
	all := map[string]map[string]claim{}
	for i := range 300 {
		folder := filepath.Join(dir, fmt.Sprintf("c%03d", i))
		all[folder] = map[string]claim{"shop": {"web": {Port: 20000 + i, Sockets: []ledgerSocket{{"", "tcp"}}}}}
		if i%10 == 0 {
			put(t, filepath.Join(folder, "compose.yaml"), "")
		}
	}
	text, err := json.Marshal(map[string]any{"version": 1, "checkouts": all})
	if err != nil {
		t.Fatal(err)
	}
	put(t, p.Ledger, string(text))
	for i := range 300/step + 2 {
		save(t, p, Assignment{Key: "web", Port: 10000 + i, Sockets: []ports.Socket{{Protocol: "tcp"}}})
		l, err := readLedger(p.Ledger, nil)
		if err != nil {
			t.Fatal(err)
		}
		if left := len(l.folders); i == 0 && left != 301-58 && left != 301-57 || i > 300/step && left != 31 {
			t.Errorf("after %d runs: %d are left", i+1, left)
		}
	}
}

// TestLinkedLedger: what a link leads to is written, also where nothing is there yet.
func TestLinkedLedger(t *testing.T) {
	for _, there := range []bool{false, true} {
		p := paths(t)
		target := filepath.Join(filepath.Dir(p.Checkout), "real", "ledger.json")
		if there {
			put(t, target, `{"version":1,"checkouts":{}}`)
		}
		if err := os.MkdirAll(filepath.Dir(p.Ledger), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("../real/ledger.json", p.Ledger); err != nil {
			t.Skip(err)
		}
		save(t, p, Assignment{Key: "web", Port: 10000, Sockets: []ports.Socket{{Protocol: "tcp"}}})
		if info, err := os.Lstat(p.Ledger); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("the link is gone: %v", err)
		}
		p.Ledger = target
		p.Checkout = filepath.Dir(p.Checkout)
		if s, err := Read(p); err != nil || len(s.Claims(10000)) != 1 {
			t.Errorf("not written through: %v", err)
		}
	}
}

// TestCommit: what another run has written in between is in the way where it is about
// the same ports, or the same checkout, and nowhere else.
func TestCommit(t *testing.T) {
	tcp, udp := []ports.Socket{{Protocol: "tcp"}}, []ports.Socket{{Protocol: "udp"}}
	mine := Assignment{Key: "web", Port: 10000, Sockets: tcp, Width: 3}
	for _, c := range []struct {
		what          string
		before, after Assignment // of another checkout
		same          bool       // which is this one
		file          string     // or the ports file
		want          error
	}{
		{what: "nothing"},
		{what: "another port", after: Assignment{Port: 9999, Sockets: tcp}},
		{what: "the port", after: Assignment{Port: 10000, Sockets: tcp}, want: errChanged},
		{what: "one of its ports", after: Assignment{Port: 10002, Sockets: tcp}, want: errChanged},
		{what: "a range with one of its ports", after: Assignment{Port: 9998, Sockets: tcp, Width: 3}, want: errChanged},
		{what: "the next port", after: Assignment{Port: 10003, Sockets: tcp}},
		{what: "the port of another protocol", after: Assignment{Port: 10000, Sockets: udp}},
		{what: "the port, which it had before", before: Assignment{Port: 10000, Sockets: tcp}, after: Assignment{Port: 10000, Sockets: tcp}},
		{what: "the same checkout", after: Assignment{Port: 9999, Sockets: udp}, same: true, want: errChanged},
		{what: "the ports file", file: `{"web": 9}`, want: errChanged},
	} {
		p := paths(t)
		other := p
		if !c.same {
			other.Checkout = filepath.Join(filepath.Dir(p.Checkout), "other")
			put(t, filepath.Join(other.Checkout, "compose.yaml"), "")
			other.Ports = filepath.Join(other.Checkout, "ports.json")
		}
		write := func(a Assignment) {
			if a.Key = "x"; a.Port > 0 {
				save(t, other, a)
			}
		}
		write(c.before)
		s, err := Read(p)
		if err != nil {
			t.Fatal(err)
		}
		s.Assigned["web"] = mine
		write(c.after)
		if c.file != "" {
			put(t, p.Ports, c.file)
		}
		if err := commit(s); !errors.Is(err, c.want) || err != nil && c.want == nil {
			t.Errorf("%s: got %v, want %v", c.what, err, c.want)
		}
		if c.want == nil { // and nobody's claims are lost
			l, err := readLedger(p.Ledger, nil)
			if err != nil || len(l.of(p.Checkout)) != 1 || c.after.Port > 0 && len(l.of(other.Checkout)) != 1 {
				t.Errorf("%s: %v: %v", c.what, err, l.folders)
			}
		}
		if l, err := lock(p.Ledger, nil); err != nil {
			t.Errorf("%s: the lock is held: %v", c.what, err)
		} else if err := l.Unlock(); err != nil {
			t.Error(err)
		}
	}
}

// TestDecideUnlocked: the lock is free while runs decide, which is when ports are tried. Two
// that decide at one time meet here; under the lock the second would wait for the first.
func TestDecideUnlocked(t *testing.T) {
	p := paths(t)
	var met sync.WaitGroup
	met.Add(2)
	both := make(chan struct{})
	go func() {
		met.Wait()
		close(both)
	}()
	var runs sync.WaitGroup
	for i := range 2 {
		runs.Go(func() {
			own := p
			own.Checkout = filepath.Join(p.Checkout, strconv.Itoa(i))
			own.Ports = filepath.Join(own.Checkout, "ports.json")
			if err := os.MkdirAll(own.Checkout, 0o755); err != nil {
				t.Error(err)
			}
			first := sync.OnceFunc(met.Done)
			err := Change{Table: &Table{}, Read: func(*Store) {}, Write: func() error { return nil }, Decide: func() error {
				first()
				select {
				case <-both:
					return nil
				case <-time.After(10 * time.Second):
					return errors.New("the other run waits for the lock")
				}
			}}.Do(own)
			if err != nil {
				t.Error(err)
			}
		})
	}
	runs.Wait()
}

// TestLargeLedger holds one change of a ledger of 10,000 checkouts against what it
// took when all of it was decoded, and encoded again, in one run.
func TestLargeLedger(t *testing.T) {
	p, dir := paths(t), filepath.ToSlash(t.TempDir())
	all := map[string]map[string]claim{}
	for i := range 10_000 {
		c := claim{}
		for k := range 3 {
			c[fmt.Sprint("service-", k)] = ledgerEntry{Port: 12000 + (3*i+k)%50000, Sockets: []ledgerSocket{{"", "tcp"}}}
		}
		folder := dir // by one of its many names: to make so many takes time
		for bit := range 14 {
			folder += []string{"/", "/."}[i>>bit&1]
		}
		all[folder] = map[string]claim{"shop data/ports.json": c}
	}
	text, err := json.MarshalIndent(map[string]any{"version": 1, "checkouts": all}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	put(t, p.Ledger, string(text))
	save(t, p, Assignment{Key: "web", Port: 9999, Sockets: []ports.Socket{{Protocol: "tcp"}}})
	best := func(do func(i int)) time.Duration {
		least := time.Hour
		for i := range 3 {
			began := time.Now()
			do(i)
			least = min(least, time.Since(began))
		}
		return least
	}
	before := best(func(int) {
		var l struct{ Checkouts map[string]map[string]claim }
		if err := json.Unmarshal(text, &l); err != nil {
			t.Fatal(err)
		}
		var held []Held
		for folder, projects := range l.Checkouts {
			_, _ = os.Stat(folder)
			for _, c := range projects {
				for key, e := range c {
					held = append(held, Held{ports.Socket(e.Sockets[0]), e.Port, Owner{Checkout, folder, key}})
				}
			}
		}
		if len(byPort(held)) == 0 {
			t.Fatal("nothing is held")
		}
		if _, err := json.MarshalIndent(l, "", "  "); err != nil {
			t.Fatal(err)
		}
	})
	now := best(func(i int) {
		s, err := Read(p)
		if err != nil {
			t.Fatal(err)
		}
		for port := 12000; port < 12010; port++ {
			if len(s.Claims(port)) == 0 {
				t.Fatal("nobody has it")
			}
		}
		s.Assigned["web"] = Assignment{Key: "web", Port: 10000 + i, Sockets: []ports.Socket{{Protocol: "tcp"}}}
		if err := commit(s); err != nil {
			t.Fatal(err)
		}
	})
	t.Logf("%v, was %v", now, before)
	if now > before/3 {
		t.Errorf("took %v, all of it %v", now, before)
	}
}

// TestLockLink: a link in the place of the lock makes no file where it leads to.
func TestLockLink(t *testing.T) {
	ledger := filepath.Join(t.TempDir(), "ledger.json")
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.Symlink(outside, ledger+".lock"); err != nil {
		t.Skip(err)
	}
	l, err := lock(ledger, nil)
	if err == nil {
		_ = l.Unlock()
	}
	if _, there := os.Lstat(outside); err == nil || there == nil {
		t.Errorf("%v, and %v", err, there)
	}
}

// TestLedgerByHand: a port counts however its line is spelled.
func TestLedgerByHand(t *testing.T) {
	for _, port := range []string{`"port":18090`, `"port": 18090`, `"port" :18090`, "\"port\":\t18090"} {
		p := paths(t)
		other := filepath.Dir(p.Checkout)
		key, err := json.Marshal(other)
		if err != nil {
			t.Fatal(err)
		}
		put(t, p.Ledger, "{\"version\":1,\"checkouts\":{\n"+string(key)+`:{"o data/ports.json":{"web":{`+port+`,"sockets":[{"protocol":"tcp"}]}}}`+"\n}}\n")
		s, err := Read(p)
		if err != nil {
			t.Fatal(err)
		}
		if held := s.Claims(18090); len(held) != 1 {
			t.Errorf("%s: %v", port, held)
		}
	}
}

// TestLedgerBytes: a checkout is kept and found whatever bytes its path has, and so is
// one that was swept last.
func TestLedgerBytes(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("paths are text there")
	}
	r := rand.New(rand.NewPCG(3, 4))
	p := paths(t)
	others := map[int]string{} // by port
	for i := range 300 {
		name := []byte(fmt.Sprint(i, "%", []string{"", "file:", `":{`, "\ufffd"}[r.IntN(4)]))
		for range r.IntN(6) {
			if b := byte(1 + r.IntN(255)); b != '/' {
				name = append(name, b)
			}
		}
		dir := filepath.Join(filepath.Dir(p.Checkout), string(name))
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if utf8.Valid(name) && i%2 == 0 {
			continue
		}
		others[20000+i] = dir
		of := Paths{Ports: filepath.Join(dir, "data", "ports.json"), Bounds: tree.BoundsOf(dir), Ledger: p.Ledger, Checkout: dir, Project: "shop data\xff/ports.json"}
		save(t, of, Assignment{Key: "web", Port: 20000 + i, Manual: true, Sockets: []ports.Socket{{Protocol: "tcp"}}})
		if s, err := Read(of); err != nil || !s.Assigned["web"].Manual {
			t.Fatalf("%q is not found: %v, %v", dir, s.Assigned, err)
		}
	}
	strange := 0
	s, err := Read(p)
	if err != nil {
		t.Fatal(err)
	}
	for port, dir := range others {
		if !utf8.ValidString(dir) {
			strange++
		}
		if got := s.Claims(port); len(got) != 1 || got[0].Owner.Name != dir {
			t.Errorf("%q: %v", dir, got)
		}
	}
	if strange < 50 || !(&ledger{}).readLines(s.ledger.src) {
		t.Errorf("%d paths that are not UTF-8, of %d", strange, len(others))
	}
	indented, err := json.MarshalIndent(json.RawMessage(s.ledger.src), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if l, err := newLedger(p.Ledger, indented); err != nil || !slices.Equal(l.folders, s.ledger.folders) || l.swept != s.ledger.swept {
		t.Errorf("decoded as a whole it is another ledger: %v", err)
	}
}
