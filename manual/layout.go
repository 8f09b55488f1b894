package manual

import (
	"cmp"
	"strings"

	"github.com/portmoor/portmoor/lists"
)

// writer lays text out in a width of columns.
type writer struct {
	strings.Builder

	width int
}

// Wrap breaks a text into lines of a width in columns at its blanks, each of which
// begins with an indent: first is that of the first line. A word that is wider stays
// whole. A width that is 0 is for an output that is no terminal, and none is wider than
// [Width]. The text is of one column a byte, as all of the manual is; what is not is
// broken early.
func Wrap(text string, width int, first, next string) string {
	width = fit(width)
	var b strings.Builder
	line := first
	empty := true
	for word := range strings.FieldsSeq(text) {
		if !empty && len(line)+1+len(word) > width {
			b.WriteString(line + "\n")
			line, empty = next, true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	if !empty {
		b.WriteString(line + "\n")
	}
	return b.String()
}

func (w *writer) wrap(text, first, next string) { w.WriteString(Wrap(text, w.width, first, next)) }

// gap is an empty line before what follows.
func (w *writer) gap() { w.WriteString("\n") }

func (w *writer) heading(title string) {
	w.gap()
	w.WriteString(title + ":\n")
}

func (w *writer) paragraphs(text string) {
	if text == "" {
		return
	}
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		w.gap()
		w.wrap(paragraph, "", "")
	}
}

// examples are each a comment for people and a line for the shell, which stays whole:
// it is there to be copied.
func (w *writer) examples(all []Example) {
	if len(all) == 0 {
		return
	}
	w.heading("Examples")
	for _, e := range all {
		w.wrap(e.Says, "  # ", "  # ")
		w.WriteString("  " + e.Line + "\n")
	}
}

// flags are the command's own first, then each group in the order of its first.
func (w *writer) flags(all []Flag) {
	own := lists.Only(all, func(f Flag) bool { return f.Group == "" })
	shared := lists.Only(all, func(f Flag) bool { return f.Group != "" })
	for _, group := range append([][]Flag{own}, lists.Group(shared, func(f Flag) string { return f.Group })...) {
		if len(group) == 0 {
			continue
		}
		w.heading(cmp.Or(group[0].Group, "Flags"))
		w.table(lists.Map(group, func(f Flag) [2]string { return [2]string{f.spelled(), f.text()} }))
	}
}

// spelled is how the flag is typed, the short name first.
func (f Flag) spelled() string {
	long := "    --" + f.Names[0]
	for _, name := range f.Names[1:] {
		if len(name) == 1 {
			long = "-" + name + ", --" + f.Names[0]
		}
	}
	if f.Value != "" {
		long += " " + f.Value
	}
	return long
}

func (f Flag) text() string {
	if f.Default == "" {
		return f.Says
	}
	return f.Says + " (default: " + f.Default + ")"
}

// table has two columns, of which the second is wrapped below itself. A first that is
// wide has a line of its own.
func (w *writer) table(rows [][2]string) {
	const widest = 22
	column := 0
	for _, row := range rows {
		if n := len(row[0]); n <= widest {
			column = max(column, n)
		}
	}
	next := strings.Repeat(" ", 2+column+2)
	for _, row := range rows {
		first := "  " + pad(row[0], column) + "  "
		if len(row[0]) > column {
			w.WriteString("  " + row[0] + "\n")
			first = next
		}
		w.wrap(row[1], first, next)
	}
}

func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-len(text)))
}
