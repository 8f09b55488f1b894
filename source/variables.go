package source

import "strings"

// Variables lists the names that the file mentions, each once, in order.
func (f *File) Variables() []string {
	f.namesOnce.Do(func() {
		seen := map[string]bool{}
		for _, name := range Variables(string(f.Src)) {
			if !seen[name] {
				name = strings.Clone(name) // which does not keep the whole text
				seen[name] = true
				f.names = append(f.names, name)
			}
		}
	})
	return f.names
}

// Variables lists the names that text mentions, in order, repeats included.
// It reads bytes rather than YAML: a name in a comment counts too, which is
// right for asking whether a name is still free.
func Variables(text string) []string {
	var names []string
	for {
		dollar := strings.IndexByte(text, '$')
		if dollar < 0 || dollar+1 >= len(text) {
			return names
		}
		text = text[dollar+1:]
		switch text[0] {
		case '$':
			text = text[1:]
			continue
		case '{':
			text = text[1:]
		}
		if n := NameLen(text); n > 0 {
			names = append(names, text[:n])
			text = text[n:]
		}
	}
}

// NameLen is the length of the variable name that opens text.
func NameLen(text string) int {
	for i := range len(text) {
		switch c := text[i]; {
		case c == '_', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', i > 0 && '0' <= c && c <= '9':
		default:
			return i
		}
	}
	return len(text)
}
