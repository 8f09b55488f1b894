package allocate

import (
	"errors"
	"io/fs"

	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
)

// Change is something that is decided about what is remembered, and then written.
type Change struct {
	// Read is given what is remembered, each time before something is decided.
	Read func(*Store)
	// Decide decides about that, and Write writes what was decided.
	Decide, Write func() error
	// Ahead tries more ports than it takes to decide, for a second decision; nil where
	// no port is tried.
	Ahead func(n int)
	// Before is what was remembered when it was read last; nil for nothing.
	Before *Store
	// Table is what the machine has told.
	Table *Table
}

// aheadFirst is how many ports are tried ahead of a second decision; four times as many
// ahead of each that follows.
const aheadFirst = 64

// errLacks is why nothing can be decided under the lock.
var errLacks = errors.New("a port was not tried")

// Do decides without the lock, and writes under it. When another run has written in
// between, it decides again under the lock, unless a port has to be tried for that.
// While others have the lock is the time to try more.
func (c Change) Do(paths Paths) error {
	for n := 0; ; n = max(aheadFirst, 4*n) {
		store, err := reread(paths, c.Before)
		if err != nil {
			return Explain(err)
		}
		c.Read(store)
		if err := c.Decide(); err != nil {
			return err
		}
		try := func() {
			if c.Ahead != nil {
				c.Ahead(max(aheadFirst, n))
			}
		}
		if n > 0 {
			try()
		}
		locked := false
		err = store.Commit(try, func(changed bool) error {
			locked = true
			if changed {
				if err := c.again(store); err != nil {
					return err
				}
			}
			return c.Write()
		})
		switch {
		case err != nil && !locked:
			return Explain(err)
		case !errors.Is(err, errLacks):
			return err
		}
	}
}

// again decides by what the store holds now and what was tried before.
func (c Change) again(store *Store) error {
	c.Table.Sealed, c.Table.Lacked = true, false
	defer func() { c.Table.Sealed = false }()
	c.Read(store)
	if err := c.Decide(); err != nil {
		return err
	}
	if c.Table.Lacked {
		return errLacks
	}
	return nil
}

// Explain says what to do about files that can't be read or written.
func Explain(err error) error {
	var all []error
	for _, e := range say.Each(err) {
		hint := "put that right first; nothing was changed"
		switch {
		case errors.Is(e, errHeld), errors.Is(e, rewrite.ErrMeanwhile):
			hint = "run it again; nothing was changed"
		case errors.Is(e, ErrCorrupt):
			hint = "fix the file, or move it away; it was not changed, and no port was assigned"
		case errors.Is(e, fs.ErrPermission):
			hint = "name files that you may write: --ports-file for the assignments, PORTMOOR_LEDGER for the ledger"
		}
		all = append(all, say.Problem{Message: e.Error(), Hint: hint, Err: e})
	}
	return errors.Join(all...)
}
