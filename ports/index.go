package ports

import (
	"iter"
	"slices"
)

// Index finds which of many ranges share a port with another, without looking at all:
// in a tree of intervals, each half as wide as the one above it. A range stands in the
// few intervals that it is made of, however wide it is. The zero value is empty.
type Index struct {
	n         int // ranges so far
	intervals map[interval]*shelf

	asked int   // how often Overlapping was
	met   []int // by range, the last time that it was found
}

// interval is 1<<level ports from at<<level.
type interval struct{ level, at int }

// shelf has the ranges of an interval, by their number: those that have all of it, and
// those that have only a part.
type shelf struct{ whole, part []int }

// widest is the level of the interval of all ports.
const widest = 16

// pieces yields the intervals that make up a range.
func pieces(r Range) iter.Seq[interval] {
	return func(yield func(interval) bool) {
		for level, first, behind := 0, r.First, r.Last+1; first < behind; level, first, behind = level+1, first/2, behind/2 {
			if first%2 == 1 {
				if !yield(interval{level, first}) {
					return
				}
				first++
			}
			if behind%2 == 1 {
				if behind--; !yield(interval{level, behind}) {
					return
				}
			}
		}
	}
}

func (i interval) above() interval { return interval{i.level + 1, i.at / 2} }

func (x *Index) shelf(i interval) *shelf {
	if x.intervals == nil {
		x.intervals = map[interval]*shelf{}
	}
	s := x.intervals[i]
	if s == nil {
		s = &shelf{}
		x.intervals[i] = s
	}
	return s
}

// Add adds a range that is not zero. Ranges are numbered from 0.
func (x *Index) Add(r Range) {
	n := x.n
	x.n++
	x.met = append(x.met, 0)
	for i := range pieces(r) {
		s := x.shelf(i)
		s.whole = append(s.whole, n)
		for i.level < widest {
			i = i.above()
			if s = x.shelf(i); len(s.part) > 0 && s.part[len(s.part)-1] == n {
				break // and above it too
			}
			s.part = append(s.part, n)
		}
	}
}

// Lists yields the numbers of the ranges that share a port with one, as lists of
// rising numbers. One may be in several lists. Nobody modifies them.
func (x *Index) Lists(r Range) iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		done := map[interval]bool{}
		for i := range pieces(r) {
			if s := x.intervals[i]; s != nil && (len(s.part) > 0 && !yield(s.part) || len(s.whole) > 0 && !yield(s.whole)) {
				return
			}
			for i.level < widest && !done[i.above()] {
				i = i.above()
				done[i] = true
				if s := x.intervals[i]; s != nil && len(s.whole) > 0 && !yield(s.whole) {
					return
				}
			}
		}
	}
}

// Overlapping are the numbers of some ranges that share a port with one, each once and
// rising: all of them if they are at most so many.
func (x *Index) Overlapping(r Range, most int) []int {
	x.asked++
	var found []int
	for list := range x.Lists(r) {
		for _, n := range list[:min(len(list), most)] {
			if x.met[n] != x.asked {
				x.met[n] = x.asked
				found = append(found, n)
			}
		}
		if len(found) >= most {
			break
		}
	}
	slices.Sort(found)
	return found[:min(len(found), most)]
}
