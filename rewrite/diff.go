package rewrite

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/portmoor/portmoor/pattern"
)

// contextLines is what diff, git and patch are used to.
const contextLines = 3

// Diff returns the edits as a unified diff that `git apply` and `patch -p1`
// turn into exactly what Apply returns: line endings, a byte order mark and a
// missing final newline included. Name is the file's path relative to where
// the patch is applied, with slashes. The diff is "" when nothing changes. It
// holds the file's bytes as they are; use say.VisibleLines to show it on a terminal.
// Edits that Apply refuses are an error.
func Diff(name string, before []byte, edits []Edit) (string, error) {
	edits, err := inOrder(before, edits)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	var changed []udiff.Edit
	for _, e := range edits {
		at := e.Span.Start
		// An edit of many lines is narrowed to the lines that differ.
		for _, l := range udiff.Lines(string(before[at:e.Span.End]), e.New) {
			changed = append(changed, udiff.Edit{Start: at + l.Start, End: at + l.End, New: l.New})
		}
	}
	diff, err := udiff.ToUnified(patchName("a/"+name), patchName("b/"+name), string(before), changed, contextLines)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return renumber(diff), nil
}

var hunkHead = pattern.Lazy(`(?m)^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@$`)

// renumber sets the line at which each hunk starts in the new file. udiff does
// not count the unchanged lines between two changes of one hunk (v0.4.1), and
// git apply, led by that number, patches the wrong one of two equal places.
func renumber(diff string) string {
	grown := 0
	return hunkHead().ReplaceAllStringFunc(diff, func(head string) string {
		m := hunkHead().FindStringSubmatch(head)
		from, before, after := number(m[1]), number(cmp.Or(m[2], "1")), number(cmp.Or(m[4], "1"))
		if before == 0 || after == 0 {
			return head // an empty file, old or new, is one hunk and starts at 0 by custom
		}
		to := from + grown
		grown += after - before
		return fmt.Sprintf("@@ -%s +%s @@", lines(from, before), lines(to, after))
	})
}

// number reads digits that a pattern has matched already.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

func lines(first, count int) string {
	if count == 1 {
		return strconv.Itoa(first)
	}
	return fmt.Sprintf("%d,%d", first, count)
}

// cEscapes are the letters that git uses in quoted names; other bytes are octal.
var cEscapes = map[byte]string{
	'\a': `\a`, '\b': `\b`, '\t': `\t`, '\n': `\n`, '\v': `\v`, '\f': `\f`, '\r': `\r`, '"': `\"`, '\\': `\\`,
}

// patchName writes a name as git does in a patch: in C's quotes when it holds
// anything but printable ASCII, and with a tab after it when it holds a blank,
// which would otherwise end the name for patch.
func patchName(name string) string {
	var b strings.Builder
	quoted := false
	for _, c := range []byte(name) {
		switch esc, ok := cEscapes[c]; {
		case ok:
			b.WriteString(esc)
			quoted = true
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\%03o`, c)
			quoted = true
		default:
			b.WriteByte(c)
		}
	}
	out := b.String()
	if quoted {
		out = `"` + out + `"`
	}
	if strings.Contains(name, " ") {
		out += "\t"
	}
	return out
}
