package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escape is s with every character that a terminal would not simply show
// written out: \n, \x1b, \u202e; bytes that are not UTF-8 become \xff.
func escape(s string) string {
	if strings.IndexFunc(s, hidden) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case hidden(r):
			b.WriteString(spell(r))
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

func spell(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	default:
		return fmt.Sprintf(`\U%08x`, r)
	}
}

// hidden reports whether r moves the cursor, changes the direction of the
// text, or has no look of its own: controls, formats, separators of lines,
// private and unassigned characters.
func hidden(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d' // parts of Persian words and of emoji
	return !unicode.IsGraphic(r) && r != joiner && r != nonJoiner
}
