package strategies

import (
	"fmt"
	"strings"
)

func (u *unit) suffix() string {
	if u.isRange {
		return "_RANGE"
	}
	return ""
}

// candidates are the names that a unit may have, best first.
func (u *unit) candidates(plain bool) []string {
	protocol := strings.ToUpper(u.key.Protocol)
	second := ""
	if u.key.N > 1 {
		second = fmt.Sprint(u.key.N)
	}
	var names []string
	if plain {
		names = append(names, VariableName(u.key.Service, protocol)+u.suffix())
	}
	if part := namePart(u.name); part != "" {
		names = append(names, VariableName(u.key.Service, part, second, protocol)+u.suffix())
	}
	return append(names, VariableName(u.key.Service, namePart(u.key.Container), second, protocol)+u.suffix())
}

// has reports a name that a file of the family uses, or an env file sets.
func (b *builder) has(name string) bool {
	if b.taken[name] {
		return true
	}
	for _, vars := range b.set {
		if _, is := vars[name]; is {
			return true
		}
	}
	return false
}

// free is the first candidate that is not taken; behind the last come that
// one with _2, _3 and so on.
func (b *builder) free(candidates []string) string {
	for _, c := range candidates {
		if !b.has(c) {
			return c
		}
	}
	last := candidates[len(candidates)-1]
	for i := 2; ; i++ {
		if c := fmt.Sprintf("%s_%d", last, i); !b.has(c) {
			return c
		}
	}
}

// VariableName is the variable for a service's host port, or for that of a further
// container port: SERVICE[_PART…]_HOST_PORT without a leading digit.
func VariableName(service string, parts ...string) string {
	name := sanitize(service)
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "_" + name
	}
	for _, p := range parts {
		if p != "" {
			name += "_" + p
		}
	}
	return name + "_HOST_PORT"
}

func namePart(text string) string { return strings.Trim(sanitize(text), "_") }

// sanitize is text in upper case with every run of other characters than
// letters and digits of ASCII as one underscore.
func sanitize(text string) string {
	var b strings.Builder
	gap := false
	for _, r := range text {
		if r >= 'a' && r <= 'z' {
			r += 'A' - 'a'
		}
		word := r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		switch {
		case word:
			b.WriteRune(r)
		case !gap:
			b.WriteByte('_')
		}
		gap = !word
	}
	return b.String()
}
