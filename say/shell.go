package say

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Shell is an argument as one word of a command that people copy into bash: in single
// quotes where the shell would take it for anything else, and with escapes where a
// terminal would not simply show it, so that nobody has to escape it again.
func Shell(arg string) string {
	const special = " \t\r\n'\"\\$&;|<>()`*?[]{}#~!"
	switch {
	case Visible(arg) != arg:
		return escaped(arg)
	case arg != "" && !strings.ContainsAny(arg, special):
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// Breaks reports whether a shell that has no quotes around a text would make something
// else of it.
func Breaks(text string) bool {
	return strings.ContainsAny(text, " *?[") || strings.ContainsFunc(text, Hidden)
}

// escaped is an argument with escapes, which bash reads in $'…'.
func escaped(arg string) string {
	var b strings.Builder
	b.WriteString("$'")
	for i := 0; i < len(arg); {
		r, size := utf8.DecodeRuneInString(arg[i:])
		switch {
		case r == '\'' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n' || r == '\t' || r == '\r':
			b.WriteString(spell(r))
		case r == utf8.RuneError && size == 1 || Hidden(r):
			for _, c := range []byte(arg[i : i+size]) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		default:
			b.WriteRune(r)
		}
		i += size
	}
	b.WriteString("'")
	return b.String()
}
