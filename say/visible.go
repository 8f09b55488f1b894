package say

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Visible is a text on one line, with every character that a terminal would not
// simply show written out: \n, \x1b, \u202e. Bytes that are not UTF-8 become \xff, and
// what GitHub would take for a command at the beginning of a line, or anywhere in it,
// is broken by one: \x3a:error::, #\x23[.
func Visible(s string) string {
	s = strings.ReplaceAll(visible(s, ""), "##[", `#\x23[`)
	text := strings.TrimLeft(s, " ")
	if len(text) < 3 || text[:2] != "::" || !unicode.IsLetter(rune(text[2])) || net.ParseIP(text) != nil {
		return s
	}
	return s[:len(s)-len(text)] + `\x3a` + text[1:]
}

// VisibleLines is a text of several lines, such as a diff, made visible: line
// breaks and tabs stay, the carriage return of a CRLF is dropped, and any other is
// written out.
func VisibleLines(s string) string { return visible(strings.ReplaceAll(s, "\r\n", "\n"), "\n\t") }

func visible(s, kept string) string {
	hides := func(r rune) bool { return Hidden(r) && !strings.ContainsRune(kept, r) }
	if strings.IndexFunc(s, hides) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case hides(r):
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

// Hidden reports whether r moves the cursor, changes the direction of the
// text, or has no look of its own: controls, formats, separators of lines,
// private and unassigned characters.
func Hidden(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d' // parts of Persian words and of emoji
	return !unicode.IsGraphic(r) && r != joiner && r != nonJoiner
}

// Text is a text that may have bytes which are not UTF-8, for JSON, which can't have
// them: they become \xff, as in [Visible]. Any other text is itself.
func Text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&b, `\x%02x`, s[i])
		} else {
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// JSON writes a value as JSON with a line break behind it, indented by two blanks
// or all on one line, for who reads several. Characters that a terminal would obey
// are JSON escapes. The error is that of the encoder or of w.
func JSON(w io.Writer, v any, indent bool) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if indent {
		encoder.SetIndent("", "  ")
	}
	if err := encoder.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(escapeJSON(b.Bytes()))
	return err
}

// escapeJSON escapes what encoding/json leaves raw and a terminal obeys. All
// of it can only stand inside a string, where JSON allows the escape.
func escapeJSON(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		switch {
		case bytes.HasPrefix(b, []byte("##[")): // a command of GitHub, anywhere in a line
			out = append(out, `\u0023`...)
		case r == '\n' || !Hidden(r):
			out = append(out, b[:size]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		b = b[size:]
	}
	return out
}
