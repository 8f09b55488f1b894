package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/source"
)

// State is how far a file is.
type State int

// The states of a file.
const (
	Due    State = iota // as it was when the plan was made
	Done                // the changes are made, and nothing else
	Other               // something else
	Astray              // as it was, but the changes are not of its texts
)

// Edits are the changes of one file as edits of its bytes, which are those that
// the plan was made from when same says so. There are none of a file in which
// they are made already, nor of one that is neither. Without same the texts alone
// tell.
func Edits(file *source.File, changes []Change, same func(src []byte) bool) ([]rewrite.Edit, State) {
	changes = slices.Clone(changes)
	slices.SortFunc(changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if same == nil || same(file.Src) {
		if edits, ok := locate(file, changes); ok {
			return edits, Due
		}
		if same != nil {
			return nil, Astray
		}
	}
	undo := make([]Change, len(changes))
	shift := 0
	for i, c := range changes {
		if i > 0 && changes[i-1].Line != c.Line {
			shift = 0
		}
		undo[i] = Change{Place: Place{c.Path, c.Line, c.Column + shift, c.New}, New: c.Text}
		shift += len([]rune(c.New)) - len([]rune(c.Text))
	}
	if edits, ok := locate(file, undo); ok {
		if before, err := rewrite.Apply(file.Src, edits); err == nil && (same == nil || same(before)) {
			return nil, Done
		}
	}
	if same == nil {
		return nil, Astray
	}
	return nil, Other
}

// locate finds the texts of changes, sorted, in a file.
func locate(file *source.File, changes []Change) (edits []rewrite.Edit, ok bool) {
	for _, c := range changes {
		start := offset(file, c.Place)
		if start < 0 || len(edits) > 0 && edits[len(edits)-1].Span.End > start {
			return nil, false
		}
		edits = append(edits, rewrite.Edit{Span: source.Span{Start: start, End: start + len(c.Text)}, New: c.New})
	}
	return edits, true
}

// offset is where a place's text stands, -1 when it does not.
func offset(file *source.File, p Place) int {
	src := string(file.Src)
	for i := 0; ; i++ {
		next := strings.Index(src[i:], p.Text)
		i += max(next, 0)
		switch line, column := file.Position(i); {
		case next < 0 || line > p.Line:
			return -1
		case line == p.Line && column == p.Column:
			return i
		}
	}
}

// WithoutOverlaps cuts the texts of changes so that none overlaps another; their numbers
// never do.
func WithoutOverlaps(changes []Change) []Change {
	order := make([]*Change, len(changes))
	for i := range changes {
		order[i] = &changes[i]
	}
	slices.SortStableFunc(order, func(a, b *Change) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column+a.same(), b.Column+b.same()))
	})
	for i := 1; i < len(order); i++ {
		last, c := order[i-1], order[i]
		if last.Path != c.Path || last.Line != c.Line {
			continue
		}
		if over := last.Column + len([]rune(last.Text)) - c.Column; over > 0 {
			cut := min(over, c.same())
			c.Column, c.Text, c.New = c.Column+cut, string([]rune(c.Text)[cut:]), string([]rune(c.New)[cut:])
			last.shorten(over - cut)
		}
	}
	return changes
}

// same is how many characters a text and its change have in common at the start.
func (c *Change) same() (n int) {
	was, is := []rune(c.Text), []rune(c.New)
	for n < len(was) && n < len(is) && was[n] == is[n] {
		n++
	}
	for n > 0 && was[n-1] >= '0' && was[n-1] <= '9' {
		n-- // the number begins there
	}
	return n
}

// shorten takes characters off the end.
func (c *Change) shorten(n int) {
	was, is := []rune(c.Text), []rune(c.New)
	c.Text, c.New = string(was[:len(was)-n]), string(is[:len(is)-n])
}
