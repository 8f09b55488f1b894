package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
)

// hintAt says how a value is written that is often of the wrong kind.
func hintAt(path []string) string {
	switch n := len(path); {
	case n == 3 && path[0] == "services" && path[2] == "ports":
		return "write each mapping after a dash"
	case n == 2 && path[0] == "services":
		return "indent its keys below its name"
	case n == 1 && path[0] == "services":
		return "write one service name per line, each with a colon"
	case n == 1 && path[0] == "include":
		return "write each path after a dash"
	}
	return "see the Compose specification"
}

// speller finds the known key that a misspelt one is nearest to, for the first
// few: looking is slow.
type speller struct{ asked int }

const maxNearest = 100

func (s *speller) nearest(key string, known map[string]bool) string {
	if s.asked++; s.asked > maxNearest {
		return ""
	}
	others := slices.DeleteFunc(slices.Sorted(maps.Keys(known)), func(k string) bool { return k == key })
	return say.Nearest(key, others)
}

func unknownKeys(path, keys []string, names *speller) []Violation {
	var found []Violation
	for _, key := range slices.Sorted(slices.Values(keys)) {
		if slices.Equal(path, []string{"services"}) {
			found = append(found, Violation{
				path: append(slices.Clone(path), key), key: true,
				Message: "service name " + strconv.Quote(key) + " has characters that are not allowed",
				Hint:    "use letters, digits, dots, underscores and dashes",
			})
			continue
		}
		where, known := "at the top level", topKeys()
		if len(path) > 0 {
			where, known = "in "+dotted(path), knownKeys()
		}
		hint := "remove it, or put x- before it"
		if near := names.nearest(key, known); near != "" {
			hint = "did you mean " + near + "?"
		}
		found = append(found, Violation{
			path: append(slices.Clone(path), key), key: true,
			Message: fmt.Sprintf("unknown key %s %s", strconv.Quote(key), where), Hint: hint,
		})
	}
	return found
}

// dotted is a path as users write it: services.web.ports[0].
func dotted(path []string) string {
	var b strings.Builder
	for i, p := range path {
		if _, err := strconv.Atoi(p); err == nil && i > 0 {
			fmt.Fprintf(&b, "[%s]", p)
			continue
		}
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(p)
	}
	return b.String()
}

// kinds are the words of YAML for the types of JSON.
var kinds = map[string]string{
	"object": "a mapping", "array": "a list", "string": "text", "number": "a number",
	"integer": "a whole number", "boolean": "true or false", "null": "empty",
}

func article(kind string) string {
	if k, ok := kinds[kind]; ok {
		return k
	}
	return kind
}

func alternatives(want []string) string {
	return strings.Join(lists.Union(nil, lists.Map(want, article)...), " or ")
}

func values(want []any) string {
	words := make([]string, 0, len(want))
	for _, w := range want {
		b, err := json.Marshal(w)
		if err != nil {
			continue
		}
		words = append(words, string(b))
	}
	return strings.Join(words, ", ")
}
