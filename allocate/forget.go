package allocate

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/tree"
)

// Forgotten is what was forgotten. The zero value is nothing.
type Forgotten struct {
	Ports   int
	File    string // the ports file
	Backup  string // its copy
	Corrupt bool   // the ports file could not be read
	// Overrides are the override files that have the ports, sorted; nil for none.
	Overrides []string
}

// Some reports that there was something to forget.
func (f Forgotten) Some() bool { return f.Ports > 0 || f.Corrupt }

// Forget forgets the assignments that are for some keys or that this checkout has been
// given, but for those chosen by hand where they are kept: other numbers are somebody's.
// What the ports file does not say of them stays in the ledger, so that its copy can
// take its place again.
func (s *Store) Forget(keys []string, keepManual bool) Forgotten {
	done := Forgotten{Corrupt: s.Corrupt}
	marks := ledgerMarks{}
	for key, a := range s.Assigned {
		if !slices.Contains(keys, key) && !s.Knows(key) && !s.Corrupt {
			continue
		}
		if a.Manual || a.Pinned {
			marks[key] = ledgerMark{a.Port, a.Manual, a.Pinned}
		}
		if !keepManual || !a.Manual {
			delete(s.Assigned, key)
			done.Ports++
			if a.Override != "" && !slices.Contains(done.Overrides, a.Override) {
				done.Overrides = append(done.Overrides, a.Override)
			}
		}
	}
	slices.Sort(done.Overrides)
	if done.Some() {
		s.backup, done.File = marks, s.paths.Ports
	}
	return done
}

// Backup writes what the ports file was read as beside it and returns the path of
// that, "" when there is nothing to keep.
func (s *Store) Backup() (string, error) {
	if s.src == nil {
		return "", nil
	}
	backup := s.paths.Ports + ".bak"
	return backup, rewrite.WriteOurs(s.paths.Bounds, backup, s.src)
}

// Below are the projects that a ledger has ports of in a folder, or below it.
func Below(path, folder string) (all []Paths, err error) {
	l, err := readLedger(linked(path), nil)
	if err != nil {
		return nil, Explain(err)
	}
	for i, checkout := range l.folders {
		if !tree.Within(folder, checkout) {
			continue
		}
		claims := l.claims(i)
		for _, project := range slices.Sorted(maps.Keys(claims)) {
			if _, file, named := strings.Cut(project, " "); named {
				all = append(all, Paths{Ports: tree.Absolute(checkout, filepath.FromSlash(folderOf(file)))[0], Ledger: path, Checkout: checkout, Project: project, Forgiving: true})
			}
		}
	}
	if l.broken != nil {
		return nil, Explain(l.broken)
	}
	return all, nil
}

// Remembered is what a ledger has of a project.
type Remembered struct {
	Checkout string // its folder
	Project  string
	// Gone reports that the folder is gone for good.
	Gone bool
	// Ports and what they are held for, by key.
	Ports   map[string]ports.Range
	Sockets map[string][]ports.Socket
	// Defaults and Containers are the ports of the compose file, by key; 0 for none.
	Defaults, Containers map[string]int
}

// All are the projects of a ledger, also those whose folders are gone.
func All(path string) ([]Remembered, error) {
	l, err := readLedger(linked(path), nil)
	if err != nil {
		return nil, Explain(err)
	}
	return l.all(func(string) bool { return true })
}

// all are the projects of some checkouts.
func (l *ledger) all(which func(folder string) bool) (all []Remembered, err error) {
	for i, checkout := range l.folders {
		if !which(checkout) {
			continue
		}
		claims := l.claims(i)
		for _, project := range slices.Sorted(maps.Keys(claims)) {
			name, _, _ := strings.Cut(project, " ")
			r := Remembered{checkout, name, l.gone(checkout), map[string]ports.Range{}, map[string][]ports.Socket{}, map[string]int{}, map[string]int{}}
			for key, entry := range claims[project] {
				r.Ports[key], r.Defaults[key], r.Containers[key] = entry.ports(), entry.Default, entry.Container
				r.Sockets[key] = lists.Map(entry.Sockets, func(s ledgerSocket) ports.Socket { return ports.Socket(s) })
			}
			all = append(all, r)
		}
	}
	if l.broken != nil {
		return nil, Explain(l.broken)
	}
	return all, nil
}

// Prune forgets the checkouts of a ledger whose folders are gone, all of them, and
// returns what they had. A ledger that has none is not written.
func Prune(path string) (gone []Remembered, err error) {
	path = linked(path)
	prune := func() (*ledger, error) {
		l, err := readLedger(path, nil)
		if err == nil {
			gone, err = l.all(l.gone)
		}
		return l, err
	}
	if _, err := prune(); err != nil || gone == nil {
		return nil, Explain(err)
	}
	lock, err := lock(path, nil)
	if err != nil {
		return nil, Explain(err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	l, err := prune() // others may have written
	if err != nil {
		return nil, Explain(err)
	}
	for _, r := range gone {
		if i, known := slices.BinarySearch(l.folders, r.Checkout); known {
			l.remove(i)
		}
		delete(l.forgotten, spelled(r.Checkout))
	}
	text, err := l.text()
	if err == nil {
		err = replace(tree.Bounds{}.And(path), path, l.src, text)
	}
	return gone, Explain(err)
}
