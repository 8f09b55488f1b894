package rewrite

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/portmoor/portmoor/source"
)

// Edit replaces the bytes of a span by other text.
type Edit struct {
	// Span is in bytes of the unedited source. An empty span inserts.
	Span source.Span
	// New is the text that takes the span's place; "" deletes it.
	New string
}

// Apply returns src with the edits made, always as a new slice; src and edits
// stay as they are. Edits may come in any order. An insertion goes before a
// replacement that starts at the same byte. Edits that overlap or reach outside
// src, and two insertions at one byte, whose order nothing would decide, are
// an error that names their offsets.
func Apply(src []byte, edits []Edit) ([]byte, error) {
	edits, err := inOrder(src, edits)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(src))
	done := 0
	for _, e := range edits {
		out = append(out, src[done:e.Span.Start]...)
		out = append(out, e.New...)
		done = e.Span.End
	}
	return append(out, src[done:]...), nil
}

// inOrder returns a copy of the edits in the order of their spans, an insertion
// first where two start together, or says why they do not fit src.
func inOrder(src []byte, edits []Edit) ([]Edit, error) {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b Edit) int {
		return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.Span.End, b.Span.End))
	})
	for i, e := range edits {
		s := e.Span
		if s.Start < 0 || s.Start > s.End || s.End > len(src) {
			return nil, fmt.Errorf("bytes %d-%d: edit outside the %d bytes of the source", s.Start, s.End, len(src))
		}
		if i == 0 {
			continue
		}
		switch last := edits[i-1].Span; {
		case s.Start < last.End:
			return nil, fmt.Errorf("bytes %d-%d: edit overlaps the one at %d-%d", s.Start, s.End, last.Start, last.End)
		case s == last && s.Empty():
			return nil, fmt.Errorf("byte %d: two insertions at one place", s.Start)
		}
	}
	return edits, nil
}
