package rewrite

import (
	"strings"

	"github.com/portmoor/portmoor/compose"
)

// Replace is the edit that gives a mapping another host port. It changes as few
// bytes as it can: the host port alone, the colon behind it where there was
// none or is none any more, and the whole scalar only where the new text
// needs quotes.
func Replace(m *compose.Mapping, text string) Edit {
	src := m.File.Src
	span, host := m.Host, text
	if m.Syntax == compose.Short {
		colon := m.Host.End < len(src) && src[m.Host.End] == ':'
		switch {
		case text == "" && m.Address == "" && colon:
			span.End++ // "3000-3005:3000-3005" becomes "3000-3005"
		case text != "" && !colon:
			host += ":" // "80" becomes "8080:80"
		}
	}
	if m.Quote == compose.Plain && needsQuotes(host, m.Flow) {
		inner := string(src[m.Scalar.Start:span.Start]) + host + string(src[span.End:m.Scalar.End])
		return Edit{m.Scalar, `"` + escape(inner, compose.Double) + `"`}
	}
	return Edit{span, escape(host, m.Quote)}
}

// needsQuotes reports whether a text inside a plain scalar would end it or
// make it something else. Braces and commas do so in flow collections only.
func needsQuotes(text string, flow bool) bool {
	return flow && strings.ContainsAny(text, "{}[],") ||
		strings.Contains(text, ": ") || strings.Contains(text, " #") || strings.ContainsAny(text, "\"'\n\t")
}

var doubleQuoted = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func escape(text string, quote compose.Quote) string {
	switch quote {
	case compose.Single:
		return strings.ReplaceAll(text, "'", "''")
	case compose.Double:
		return doubleQuoted.Replace(text)
	default:
		return text
	}
}
