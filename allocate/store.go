package allocate

import (
	"bytes"
	"context"
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
	"time"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2/maybe"

	"github.com/portmoor/portmoor/ports"
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
	// Sockets and Width are what the port is held for; they are only in the ledger.
	Sockets []ports.Socket
	Width   int
}

// Paths are the files of a store.
type Paths struct {
	// Ports is the project's file of assignments, data/ports.json.
	Ports string
	// Ledger is the machine's, which all checkouts share.
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

// Store holds the lock of the ledger from Open to Close.
type Store struct {
	// Assigned are the project's assignments, by key.
	Assigned map[string]Assignment
	// Claims are the ports of other checkouts.
	Claims []Held
	// Corrupt reports a ports file that can't be read, and that was forgiven.
	Corrupt bool

	paths  Paths
	lock   *flock.Flock
	ledger ledger
	gone   []claim                    // of folders that are not there any more
	kept   map[string]json.RawMessage // keys of the ports file that are not ours
}

// ErrCorrupt is wrapped by errors about a file that is there but can't be read
// as what it should be. It is never overwritten.
var ErrCorrupt = errors.New("not valid")

// lockWait is how long another run is waited for.
const lockWait = 30 * time.Second

// ledger is the file of all checkouts, by folder and project.
type ledger struct {
	Version   int                         `json:"version"`
	Checkouts map[string]map[string]claim `json:"checkouts"`
}

// claim is what one project of a checkout holds, by key.
type claim map[string]ledgerEntry

type ledgerEntry struct {
	Port    int            `json:"port"`
	Width   int            `json:"width,omitempty"`
	Manual  bool           `json:"manual,omitempty"`
	Pinned  bool           `json:"pinned,omitempty"`
	Sockets []ledgerSocket `json:"sockets"`
}

type ledgerSocket struct {
	Address  string `json:"address,omitempty"`
	Protocol string `json:"protocol"`
}

// Read reads both files without the lock, for who changes nothing.
func Read(paths Paths) (*Store, error) {
	s := &Store{paths: paths, Assigned: map[string]Assignment{}, kept: map[string]json.RawMessage{}}
	return s, errors.Join(s.readLedger(), s.readPorts())
}

// Open takes the lock and reads both files; neither need exist. It fails when
// another run holds the lock for too long, or a file is corrupt.
func Open(paths Paths) (*Store, error) {
	s := &Store{paths: paths, Assigned: map[string]Assignment{}, kept: map[string]json.RawMessage{}}
	if err := os.MkdirAll(filepath.Dir(paths.Ledger), 0o700); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Dir(paths.Ledger), say.Cause(err))
	}
	if err := tree.Regular(paths.Ledger + ".lock"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s.lock: %w", paths.Ledger, say.Cause(err)) // a pipe would be waited for
	}
	s.lock = flock.New(paths.Ledger + ".lock")
	ctx, cancel := context.WithTimeout(context.Background(), lockWait)
	defer cancel()
	if locked, err := s.lock.TryLockContext(ctx, 5*time.Millisecond); err != nil || !locked {
		if errors.Is(err, context.DeadlineExceeded) {
			return nil, fmt.Errorf("%s.lock: another run has held it for %s", paths.Ledger, lockWait)
		}
		if err == nil {
			err = errors.New("can't be locked")
		}
		return nil, fmt.Errorf("%s.lock: %w", paths.Ledger, say.Cause(err))
	}
	if err := errors.Join(s.readLedger(), s.readPorts()); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close gives the lock back, if there is one.
func (s *Store) Close() error {
	if s.lock == nil {
		return nil
	}
	return s.lock.Unlock()
}

func (s *Store) readPorts() error {
	src, err := tree.Read(s.paths.Ports, tree.MaxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.paths.Ports, say.Cause(err))
	}
	all := map[string]json.RawMessage{}
	if err := decode(s.paths.Ports, src, &all); err != nil {
		if !s.paths.Forgiving {
			return err
		}
		s.Corrupt, all = true, map[string]json.RawMessage{}
		for key, e := range s.mine() { // what was chosen by hand is in the ledger as well
			if e.Manual {
				all[key] = json.RawMessage(fmt.Sprint(e.Port))
			}
		}
	}
	mine := s.mine()
	for key, raw := range all {
		var port int
		if json.Unmarshal(raw, &port) != nil || port < 1 || port > 65535 {
			s.kept[key] = raw
			continue
		}
		a := Assignment{Key: key, Port: port, Width: 1}
		if e, ok := mine[key]; ok && e.Port == port {
			a.Manual, a.Pinned, a.Width = e.Manual, e.Pinned, max(e.Width, 1)
			for _, socket := range e.Sockets {
				a.Sockets = append(a.Sockets, ports.Socket(socket))
			}
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
	return slices.ContainsFunc(s.gone, func(c claim) bool { return c[key].Manual && c[key].Port == port })
}

// Foreign reports that the ports file has something else than a port for a key.
// It is never overwritten.
func (s *Store) Foreign(key string) bool {
	_, foreign := s.kept[key]
	return foreign
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
		err = errors.New("more follows")
	}
	if err != nil {
		return fmt.Errorf("%s: byte %d: %w JSON: %s", path, offset, ErrCorrupt, err.Error())
	}
	return nil
}

func (s *Store) mine() claim { return s.ledger.Checkouts[s.paths.Checkout][s.paths.Project] }

// readLedger reads what other checkouts hold; those whose folders are gone hold
// nothing any more.
func (s *Store) readLedger() error {
	s.ledger = ledger{Version: 1, Checkouts: map[string]map[string]claim{}}
	src, err := tree.Read(s.paths.Ledger, tree.MaxLedger)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%s: %w", s.paths.Ledger, say.Cause(err))
	}
	if err := decode(s.paths.Ledger, src, &s.ledger); err != nil {
		return err
	}
	if s.ledger.Version != 1 {
		return fmt.Errorf("%s: version %d: %w for this portmoor", s.paths.Ledger, s.ledger.Version, ErrCorrupt)
	}
	if s.ledger.Checkouts == nil {
		s.ledger.Checkouts = map[string]map[string]claim{}
	}
	if err := s.ledger.bound(); err != nil {
		return fmt.Errorf("%s: %w", s.paths.Ledger, err)
	}
	maps.DeleteFunc(s.ledger.Checkouts, func(folder string, claims map[string]claim) bool {
		_, err := os.Stat(folder)
		if !errors.Is(err, fs.ErrNotExist) {
			return false
		}
		s.gone = append(s.gone, slices.Collect(maps.Values(claims))...)
		return true
	})
	for _, folder := range slices.Sorted(maps.Keys(s.ledger.Checkouts)) {
		for _, project := range slices.Sorted(maps.Keys(s.ledger.Checkouts[folder])) {
			if folder == s.paths.Checkout && sameProject(project, s.paths.Project) {
				continue
			}
			owner := Owner{Kind: Checkout, Name: folder}
			if folder == s.paths.Checkout {
				name, _, _ := strings.Cut(project, " ")
				owner = Owner{Kind: Neighbour, Name: name}
			}
			s.claims(owner, s.ledger.Checkouts[folder][project])
		}
	}
	return nil
}

// maxClaims bounds the ports that a ledger may speak of.
const maxClaims = 1 << 20

// bound keeps the ports of each entry to those that there are.
func (l ledger) bound() error {
	total := 0
	for _, projects := range l.Checkouts {
		for _, c := range projects {
			for key, e := range c {
				if e.Port < 1 || e.Port > ports.Last {
					delete(c, key)
					continue
				}
				e.Width = min(max(e.Width, 0), ports.Last-e.Port+1)
				c[key] = e
				if total += max(e.Width, 1) * len(e.Sockets); total > maxClaims {
					return fmt.Errorf("%w: more than %d ports", ErrCorrupt, maxClaims)
				}
			}
		}
	}
	return nil
}

func sameProject(a, b string) bool {
	nameA, fileA, _ := strings.Cut(a, " ")
	nameB, fileB, _ := strings.Cut(b, " ")
	return nameA == nameB || fileA != "" && fileA == fileB
}

func (s *Store) claims(owner Owner, c claim) {
	for _, key := range slices.Sorted(maps.Keys(c)) {
		e := c[key]
		owner.Detail = key
		for _, socket := range e.Sockets {
			for port := e.Port; port < e.Port+max(e.Width, 1); port++ {
				s.Claims = append(s.Claims, Held{ports.Socket(socket), port, owner})
			}
		}
	}
}

// Backup copies the ports file beside itself and returns the copy's path, "" when
// there is nothing to copy.
func (s *Store) Backup() (string, error) {
	src, err := tree.Read(s.paths.Ports, tree.MaxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	backup := s.paths.Ports + ".bak"
	if err == nil {
		err = maybe.WriteFile(backup, src, 0o644)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", backup, say.Cause(err))
	}
	return backup, nil
}

// Save writes the assignments: first the ledger, so that nobody else takes what
// the ports file is about to say, then the ports file. Files that would not
// change are left alone.
func (s *Store) Save() error {
	mine := claim{}
	ports := maps.Clone(s.kept)
	for key, a := range s.Assigned {
		ports[key] = json.RawMessage(fmt.Sprint(a.Port))
		e := ledgerEntry{Port: a.Port, Manual: a.Manual, Pinned: a.Pinned, Sockets: []ledgerSocket{}}
		if a.Width > 1 {
			e.Width = a.Width
		}
		for _, socket := range a.Sockets {
			e.Sockets = append(e.Sockets, ledgerSocket(socket))
		}
		mine[key] = e
	}
	if s.ledger.Checkouts[s.paths.Checkout] == nil {
		s.ledger.Checkouts[s.paths.Checkout] = map[string]claim{}
	}
	s.ledger.Checkouts[s.paths.Checkout][s.paths.Project] = mine
	if len(mine) == 0 {
		delete(s.ledger.Checkouts[s.paths.Checkout], s.paths.Project)
	}
	if len(s.ledger.Checkouts[s.paths.Checkout]) == 0 {
		delete(s.ledger.Checkouts, s.paths.Checkout)
	}
	if err := write(s.paths.Ledger, s.ledger); err != nil {
		return err
	}
	return write(s.paths.Ports, ports)
}

// write puts a value into a file as JSON, sorted, with a newline at its end.
func write(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if old, err := tree.Read(path, tree.MaxLedger); err == nil && bytes.Equal(old, text) {
		return nil
	} else if errors.Is(err, fs.ErrNotExist) && string(text) == "{}\n" {
		return nil // nothing to remember needs no file
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("%s: %w", filepath.Dir(path), say.Cause(err))
	}
	if err := maybe.WriteFile(path, text, 0o644); err != nil {
		return fmt.Errorf("%s: %w", path, say.Cause(err))
	}
	return nil
}
