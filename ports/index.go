package ports

import (
	"iter"
	"slices"
)

// Index finds which of many ranges share a port with another, without looking at all:
// in a tree of intervals, each half as wide as the one above it. A range stands in the
// few intervals that it is made of, however wide it is. A few ranges need no tree. The
// zero value is empty.
type Index struct {
	few       []Range // all ranges, while there is no tree
	n         int     // ranges so far
	intervals map[interval]*shelf

	asked int   // how often Overlapping was
	met   []int // by range, the last time that it was found
}

// interval is 1<<level ports from at<<level.
type interval struct{ level, at int }

// shelf has the ranges of an interval, by their number: those that have all of it, and
// those that have only a part.
type shelf struct{ whole, part []int }

// fewest is how many ranges are looked at one by one, without a tree.
const fewest = 32

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

func (x *Index) shelf(i interval) *shelf {
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
	if n < fewest {
		x.few = append(x.few, r)
		return
	}
	if x.intervals == nil {
		x.intervals = map[interval]*shelf{}
		for i, one := range x.few {
			x.plant(i, one)
		}
		x.few = nil
	}
	x.plant(n, r)
}

// plant puts a range into the tree.
func (x *Index) plant(n int, r Range) {
	for i := range pieces(r) {
		s := x.shelf(i)
		s.whole = append(s.whole, n)
		for i.level < widest {
			i = interval{i.level + 1, i.at / 2}
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
		if x.intervals == nil {
			if found := x.amongFew(r); len(found) > 0 {
				yield(found)
			}
			return
		}
		for i := range pieces(r) {
			if s := x.intervals[i]; s != nil && (len(s.part) > 0 && !yield(s.part) || len(s.whole) > 0 && !yield(s.whole)) {
				return
			}
		}
		for i := range around(r) {
			if s := x.intervals[i]; s != nil && len(s.whole) > 0 && !yield(s.whole) {
				return
			}
		}
	}
}

func (x *Index) amongFew(r Range) (found []int) {
	for n, one := range x.few {
		if one.Overlaps(r) {
			found = append(found, n)
		}
	}
	return found
}

// around yields the intervals that have a part of a range and ports beside it, each once:
// those that have its first port or its last.
func around(r Range) iter.Seq[interval] {
	return func(yield func(interval) bool) {
		for level := 1; level <= widest; level++ {
			first, last := r.First>>level, r.Last>>level
			for at := first; ; at = last {
				within := at<<level >= r.First && (at+1)<<level-1 <= r.Last
				if !within && !yield(interval{level, at}) {
					return
				}
				if at == last {
					break
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
