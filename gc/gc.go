// Package gc sets Go's garbage collector for a program that is over in a moment. Go's
// own setting is made for one that stays: it collects whenever the heap has doubled,
// from 4 MB on, which costs a short run a quarter of its time.
//
//   - While packages are initialised, nothing is collected: what they make is less than
//     what [Percent] starts at, and stays for the whole run.
//   - A command that stays has Go's own setting from the first collection on, before which
//     one that asks the engine and prints is over.
//   - A command that reads files, decides and prints has [Batch].
//
// What GOGC or GOMEMLIMIT say goes before all of it.
package gc

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Percent and Room are the setting of [Batch]: garbage may be four times what is in use
// as long as both fit in the room; what is in use beyond half of it is collected as Go does.
const (
	Percent = 400
	Room    = 128 << 20
)

// usual is the percentage that is in force without this package. To be of use it has to
// be read before the packages of others are initialised, which Go does in the order of
// their paths as soon as what they import is there: the test of the start sees to it.
var usual = start()

// standard is what Go has without GOGC.
const standard = 100

// start is the setting until [Usual] or [Batch] is called. It returns what was in force.
func start() int {
	was := debug.SetGCPercent(Percent)
	if was != standard {
		debug.SetGCPercent(was) // as GOGC says
	}
	return was
}

// Usual is for a command that stays, or that has little to do: what was made at the start
// is collected once, when a short command is over already, and then as Go does.
func Usual() {
	runtime.AddCleanup(new([1]*byte), func(percent int) { debug.SetGCPercent(percent) }, usual)
}

// Batch is for a command that reads, decides, prints and ends.
func Batch() {
	if usual == standard {
		debug.SetGCPercent(Percent)
		watch()
	}
}

// watch fits the percentage to what is in use whenever garbage was collected.
func watch() {
	runtime.AddCleanup(new([1]*byte), func(struct{}) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		debug.SetGCPercent(fitting(live[0].Value.Uint64()))
		watch()
	}, struct{}{})
}

// fitting is the percentage for so many bytes in use.
func fitting(live uint64) int {
	if live >= Room/2 {
		return standard
	}
	return min(Percent, int(100*(Room-live)/max(live, 1))) //nolint:gosec // it is at most Percent
}
