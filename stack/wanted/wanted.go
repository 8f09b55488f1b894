// Package wanted is the law of the host port that a mapping should have.
//
//	port, from, unfit := wanted.Port(wanted.Facts{Written: ports.One(8080), Resolved: ports.One(8080), Variable: true})
package wanted

import (
	"fmt"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/ports"
)

// Facts are what is known of the host port of one mapping.
type Facts struct {
	// Written is the port of the compose file when no variable is set, and Resolved the
	// one under the process environment and the env files; zero for none.
	Written, Resolved ports.Range
	// Variable reports that the port is a variable, and not a literal.
	Variable bool
	// Movable reports that another port can be given to it.
	Movable bool
	// Setter is who sets the variable; [allocate.Default] for nobody.
	Setter allocate.Source
	// Remembered is its assignment, if it has one. A width of 0 is that of the mapping.
	Remembered allocate.Assignment
	Assigned   bool
	// Foreign reports that the ports file has something under its key that is no port.
	Foreign bool
}

// Port is the law of the port that a mapping should have, and of who says so. The
// first of these that there is decides:
//
//	process environment > env file > assignment > default
//
// Who sets the variable pins it: the port is never moved, and an assignment is not
// asked for. An assignment that a person made ([allocate.Manual]) is never moved
// either. An assignment says nothing about a literal, unless that may move; nor one
// that only repeats what an env file said ([allocate.Assignment.Pinned]). A variable
// of the environment whose value is the port that was assigned anyway is no pin: it may
// come from our own env file. unfit says why no port is right; "" when one is.
func Port(f Facts) (want ports.Range, from allocate.Source, unfit string) {
	assigned := ports.From(f.Remembered.Port, max(f.Resolved.Width(), f.Written.Width()))
	own := f.Assigned && f.Resolved == assigned && !f.Remembered.Pinned && f.Setter != allocate.EnvFile
	pinned := f.Variable && f.Setter != allocate.Default && !own
	repeats := !f.Variable && f.Remembered.Pinned // the number of the file, which may be another one now
	from = allocate.Default
	if pinned {
		from = f.Setter
	}
	switch {
	case f.Foreign:
		return f.Resolved, from, "is not a port"
	case f.Assigned && assigned.Last > ports.Last:
		return f.Resolved, from, fmt.Sprintf("has no room for %d ports", assigned.Width())
	case pinned:
		return f.Resolved, from, ""
	case f.Assigned && f.Movable && !repeats && f.Remembered.Manual:
		return assigned, allocate.Manual, ""
	case f.Assigned && f.Movable && !repeats:
		return assigned, allocate.Assigned, ""
	case f.Resolved.Zero():
		return f.Written, allocate.Default, ""
	case !f.Variable && f.Resolved != f.Written:
		return f.Resolved, allocate.EnvFile, "" // some variable in a text of several parts
	}
	return f.Resolved, allocate.Default, ""
}
