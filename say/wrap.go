package say

import (
	"slices"
	"strings"

	"github.com/rivo/uniseg"
)

// leastRoom is how many columns a line has in any case, so that text on a terminal of ten
// columns is still words.
const leastRoom = 20

// Wrap breaks a text between words, so that its lines take at most width columns. The first
// one stands behind used columns that are taken already, and the others are indented. A word
// that is longer than a line is not cut, nor is a command, which people copy. It is the text
// itself where width is 0, as it is for what is no terminal.
func Wrap(text string, width, used, indent int) string {
	if width <= 0 || used+uniseg.StringWidth(text) <= width {
		return text
	}
	width = max(width, indent+leastRoom)
	var b strings.Builder
	column, first := used, true
	for _, word := range units(text) {
		n := uniseg.StringWidth(word)
		switch {
		case first && (column <= indent || column+n <= width):
		case !first && column+1+n <= width:
			b.WriteByte(' ')
			column++
		default:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		}
		b.WriteString(word)
		column, first = column+n, false
	}
	return b.String()
}

// programs begin a command within a text, where a colon stands before it.
var programs = []string{"portmoor", "docker", "cd", "git"}

// units are the words of a text, and each command as one.
func units(text string) (all []string) {
	inside := false
	for word := range strings.SplitSeq(text, " ") {
		last := len(all) - 1
		begins := slices.Contains(programs, word) && last >= 0 && strings.HasSuffix(all[last], ":")
		if inside {
			all[last] += " " + word
		} else {
			all = append(all, word)
		}
		inside = (inside || begins) && !strings.HasSuffix(word, ";")
	}
	return all
}
