package allocate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

// Assignment is a remembered port: the first of a range.
type Assignment struct {
	Key  string
	Port int
	// Manual reports that a person chose it: it is never moved.
	Manual bool
	// Pinned reports that it only repeats what an env file said.
	Pinned bool
	// Override is the override file that has a literal moved to it; "" for none.
	Override string
	// Default and Container are the ports of the compose file when it was assigned; 0 for
	// none.
	Default, Container int
	// Sockets and Width are what the port is held for. All but the port are only in the
	// ledger.
	Sockets []ports.Socket
	Width   int
}

// Paths are the files of a store.
type Paths struct {
	// Ports is the project's file of assignments, data/ports.json, and Bounds where it
	// may be.
	Ports  string
	Bounds tree.Bounds
	// Ledger is the machine's, which all checkouts share. A link is followed.
	Ledger string
	// Checkout is the project's folder, absolute: its name in the ledger.
	Checkout string
	// Project tells two projects of one folder apart: its name and, behind a
	// space, its ports file. Two that have one of them in common, such as the
	// alternatives of one project, hold nothing against each other.
	Project string
	// Forgiving takes a ports file that is corrupt for an empty one: reset
	// puts it aside.
	Forgiving bool
}

// Store is what was remembered when it was read.
type Store struct {
	// Assigned are the project's assignments, by key.
	Assigned map[string]Assignment
	// Corrupt reports a ports file that can't be read, and that was forgiven.
	Corrupt bool
	// Unwritten is why this user can't write the ledger, so that other checkouts do not
	// learn of the ports; nil when it was written, or did not have to be.
	Unwritten error

	paths  Paths
	ledger *ledger
	src    []byte                     // the ports file; nil for none
	kept   map[string]json.RawMessage // keys of the ports file that are not ours
	read   map[string]json.RawMessage // all that it has; nil for what can't be read
	backup ledgerMarks                // of what its copy has
}

// ErrCorrupt is wrapped by errors about a file that is there but can't be read
// as what it should be. It is never overwritten.
var ErrCorrupt = errors.New("not valid")

// Read reads both files without the lock; neither need exist. It fails when a file
// is corrupt.
func Read(paths Paths) (*Store, error) { return reread(paths, nil) }

// reread is Read where a store was read before, nil for none: a ledger that has not changed
// is not taken apart again.
func reread(paths Paths, before *Store) (*Store, error) {
	var known *ledger
	if before != nil {
		known = before.ledger
	}
	paths.Ledger = linked(paths.Ledger)
	if name, file, ok := strings.Cut(paths.Project, " "); ok {
		paths.Project = name + " " + spelled(file)
	}
	l, err := readLedger(paths.Ledger, known)
	if err != nil {
		l, _ = newLedger(paths.Ledger, nil)
	}
	s := &Store{paths: paths, ledger: l}
	return s, errors.Join(err, s.readPorts())
}

// linked is what a path leads to, which need not be there.
func linked(path string) string {
	for range 40 {
		to, err := os.Readlink(path)
		if err != nil {
			break
		}
		path = tree.Absolute(filepath.Dir(path), to)[0]
	}
	return path
}

// Commit calls a function that writes, with Save for one, while no other run does. It
// is told whether another run has written in between what matters here: then the store
// has been read again, and what was decided is not what it holds. While others have the
// lock, waiting is called, once; nil for nothing to do.
func (s *Store) Commit(waiting func(), write func(changed bool) error) (err error) {
	l, err := lock(s.paths.Ledger, waiting)
	switch {
	case err == nil:
		defer func() { err = errors.Join(err, l.Unlock()) }()
	case forbidden(err): // who may not lock it can't write it
		s.Unwritten = err
	default:
		return err
	}
	changed, err := s.update()
	if err != nil {
		return err
	}
	return write(changed)
}

// update takes over what others have written, and reports whether it matters: it is
// about this checkout, or about ports that were given to it.
func (s *Store) update() (changed bool, err error) {
	before := *s
	now, err := readLedger(s.paths.Ledger, s.ledger)
	if err != nil {
		return false, err
	}
	other := now != s.ledger
	s.ledger = now
	src, err := tree.ReadIf(s.paths.Ports, tree.MaxFile)
	if err != nil {
		return false, fmt.Errorf("%s: %w", s.paths.Ports, say.Cause(err))
	}
	same := bytes.Equal(src, s.src) && maps.EqualFunc(before.ledger.of(s.paths.Checkout), s.ledger.of(s.paths.Checkout), sameClaim)
	if !same || other && s.overlaps(before) {
		return true, s.readPorts()
	}
	return false, nil
}

// overlaps reports whether others hold a port that was given here, and did not before.
func (s *Store) overlaps(before Store) bool {
	for _, a := range s.Assigned {
		for port := a.Port; port < a.Port+max(a.Width, 1); port++ {
			known := before.Claims(port)
			for _, h := range s.Claims(port) {
				if meet([]ports.Socket{h.Socket}, a.Sockets) && !slices.Contains(known, h) {
					return true
				}
			}
		}
	}
	return false
}

func sameClaim(a, b claim) bool {
	return maps.EqualFunc(a, b, func(x, y ledgerEntry) bool {
		same := slices.Equal(x.Sockets, y.Sockets)
		x.Sockets, y.Sockets = nil, nil
		return same && x.Port == y.Port && x.Width == y.Width && x.Manual == y.Manual && x.Pinned == y.Pinned && x.Override == y.Override
	})
}

func (s *Store) readPorts() error {
	s.Assigned, s.kept, s.src, s.Corrupt = map[string]Assignment{}, map[string]json.RawMessage{}, nil, false
	mine := s.mine()
	s.read, s.backup = nil, s.ledger.forgotten[spelled(s.paths.Checkout)][s.paths.Project]
	src, err := tree.Read(s.paths.Ports, tree.MaxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.paths.Ports, say.Cause(err))
	}
	s.src = src
	all := map[string]json.RawMessage{}
	if err := decode(s.paths.Ports, src, &all); err != nil {
		if !s.paths.Forgiving || !torn(src) {
			return err
		}
		s.Corrupt, all = true, map[string]json.RawMessage{}
		for key, e := range mine { // what was chosen by hand is in the ledger as well
			if e.Manual {
				all[key] = json.RawMessage(fmt.Sprint(e.Port))
			}
		}
	}
	if !s.Corrupt {
		s.read = all
	}
	for key, raw := range all {
		var port int
		if json.Unmarshal(raw, &port) != nil || port < 1 || port > 65535 {
			s.kept[key] = raw
			continue
		}
		a := Assignment{Key: key, Port: port, Width: 1}
		if e, ok := mine[key]; ok && e.Port == port {
			a.Manual, a.Pinned, a.Width, a.Override = e.Manual, e.Pinned, e.ports().Width(), folderOf(e.Override)
			a.Default, a.Container = e.Default, e.Container
			for _, socket := range e.Sockets {
				a.Sockets = append(a.Sockets, ports.Socket(socket))
			}
		} else if mark := s.backup[key]; mark.Port == port {
			a.Manual, a.Pinned = mark.Manual, mark.Pinned
		} else if !ok {
			a.Manual = s.wasManual(key, port)
		}
		s.Assigned[key] = a
	}
	return nil
}

// wasManual reports whether the ledger has the mark of a checkout that was moved:
// of a folder that is gone, with the same key and port.
func (s *Store) wasManual(key string, port int) bool {
	return slices.ContainsFunc(s.ledger.having(port), func(line int) bool {
		for _, c := range s.ledger.claims(line) {
			if c[key].Manual && c[key].Port == port {
				return s.ledger.gone(s.ledger.folders[line])
			}
		}
		return false
	})
}

// torn reports a text that can be what is left of a ports file: of none that is whole,
// and of nothing but what begins like one.
func torn(src []byte) bool {
	text := bytes.Trim(src, " \t\r\n\x00")
	return !json.Valid(src) && (len(text) == 0 || text[0] == '{')
}

// Foreign reports that the ports file has something else than a port for a key.
// It is never overwritten.
func (s *Store) Foreign(key string) bool {
	_, foreign := s.kept[key]
	return foreign
}

// Ours reports a file that may be written: there is none, or it has nothing but ports,
// or an entry for one of some keys or for one that this checkout has had, as its copy may
// have. Other JSON is somebody else's, whatever numbers are in it.
func (s *Store) Ours(keys []string) bool {
	known := func(all map[string]json.RawMessage) bool {
		return slices.ContainsFunc(slices.Collect(maps.Keys(all)), func(key string) bool { return slices.Contains(keys, key) || s.Knows(key) })
	}
	if len(s.kept) == 0 || known(s.read) {
		return true
	}
	var copied map[string]json.RawMessage
	src, err := tree.Read(s.paths.Ports+".bak", tree.MaxFile)
	return err == nil && json.Unmarshal(src, &copied) == nil && known(copied)
}

// Knows reports a key that this checkout has been given a port for.
func (s *Store) Knows(key string) bool {
	_, known := s.mine()[key]
	return known
}

// decode reads a file that is one JSON value, and says at which byte it is not.
func decode(path string, src []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(src))
	err := d.Decode(v)
	offset := d.InputOffset()
	if bad, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = bad.Offset
	} else if errors.Is(err, io.ErrUnexpectedEOF) {
		offset = int64(len(src))
	}
	if err == nil && len(bytes.TrimSpace(src[offset:])) > 0 {
		return fmt.Errorf("%s: byte %d: %w JSON: more follows", path, offset, ErrCorrupt)
	}
	if err != nil { // whose text repeats that of the file
		return fmt.Errorf("%s: byte %d: %w JSON", path, offset, ErrCorrupt)
	}
	return nil
}

func (s *Store) mine() claim { return s.ledger.of(s.paths.Checkout)[s.paths.Project] }

// Claims are what other checkouts, and other projects of this one, hold of a port.
// Those whose folders are gone hold nothing any more.
func (s *Store) Claims(port int) (held []Held) {
	for _, line := range s.ledger.having(port) {
		folder := s.ledger.folders[line]
		all := s.ledger.claims(line)
		for _, project := range slices.Sorted(maps.Keys(all)) {
			owner := Owner{Kind: Checkout, Name: folder}
			if folder == s.paths.Checkout {
				if sameProject(project, s.paths.Project) {
					continue
				}
				name, _, _ := strings.Cut(project, " ")
				owner = Owner{Kind: Neighbour, Name: name}
			}
			for _, key := range slices.Sorted(maps.Keys(all[project])) {
				e := all[project][key]
				if !e.ports().Has(port) || s.ledger.gone(folder) {
					continue
				}
				owner.Detail = key
				for _, socket := range e.Sockets {
					held = append(held, Held{ports.Socket(socket), port, owner})
				}
			}
		}
	}
	return held
}

func sameProject(a, b string) bool {
	nameA, fileA, _ := strings.Cut(a, " ")
	nameB, fileB, _ := strings.Cut(b, " ")
	return nameA == nameB || fileA != "" && fileA == fileB
}

// Notes are what should be known though all else went well.
func (s *Store) Notes() []say.Problem {
	if s.Unwritten == nil {
		return nil
	}
	return []say.Problem{{
		Kind: say.Note, Message: s.Unwritten.Error() + ": other checkouts do not learn which ports this one has",
		Hint: "let your user write there, or name another ledger with PORTMOOR_LEDGER",
	}}
}

// Save writes the assignments: first the ledger, so that nobody else takes what
// the ports file is about to say, then the ports file. Files that would not
// change are left alone. It is called by what Commit calls.
func (s *Store) Save() error {
	mine := claim{}
	all := maps.Clone(s.kept)
	for key, a := range s.Assigned {
		all[key] = json.RawMessage(fmt.Sprint(a.Port))
		if len(a.Sockets) == 0 && !a.Manual {
			continue // nobody has assigned it here: it may mean anything
		}
		e := ledgerEntry{Port: a.Port, Manual: a.Manual, Pinned: a.Pinned, Override: spelled(a.Override), Default: a.Default, Container: a.Container, Sockets: []ledgerSocket{}}
		if a.Width > 1 {
			e.Width = a.Width
		}
		for _, socket := range a.Sockets {
			e.Sockets = append(e.Sockets, ledgerSocket(socket))
		}
		mine[key] = e
	}
	if err := s.saveLedger(mine); err != nil {
		return err
	}
	same := s.read != nil && maps.EqualFunc(s.read, all, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) })
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if same || s.src == nil && len(all) == 0 { // nothing to remember needs no file
		return nil
	}
	if len(all) == 0 {
		if err := rewrite.Remove(s.paths.Bounds, s.paths.Ports); err != nil {
			return err
		}
		return nil
	}
	return replace(s.paths.Bounds, s.paths.Ports, s.src, text)
}

// replace writes a file that was read a moment ago, under the lock.
func replace(bounds tree.Bounds, path string, before, after []byte) error {
	_, err := rewrite.WriteAll(bounds, []rewrite.Output{{Path: path, Before: before, After: after, Ours: true}})
	return err
}

func (s *Store) saveLedger(mine claim) error {
	changed, err := s.ledger.set(s.paths.Checkout, s.paths.Project, mine)
	changed = s.ledger.setMarks(s.paths.Checkout, s.paths.Project, s.backup) || changed
	if err = errors.Join(err, s.ledger.broken); err != nil {
		return err
	}
	switch {
	case !changed:
		s.Unwritten = nil
	case s.Unwritten == nil:
		s.ledger.sweep(s.paths.Checkout)
		text, err := s.ledger.text()
		if err != nil {
			return err
		}
		err = replace(tree.Bounds{}.And(s.paths.Ledger), s.paths.Ledger, s.ledger.src, text)
		if !forbidden(err) {
			return err
		}
		s.Unwritten = err
	}
	return nil
}
