package references

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/portmoor/portmoor/lists"
)

// name is a way to write the name of a subject.
type name struct {
	subject int
	// alias is the name without what all names begin with, which is weaker.
	alias   bool
	pattern *regexp.Regexp
	length  int
}

// called is what texts call a subject.
func (s Subject) called() string { return cmp.Or(s.Service, s.Name) }

var separators = lazy(`[-_./: ]+`)

// namesOf are the names of all subjects, the longest first: one may contain
// another.
func namesOf(subjects []Subject) (names []name) {
	prefix := commonPrefix(subjects)
	patterns := map[string]*regexp.Regexp{} // a service may be several subjects
	for i, s := range subjects {
		words := wordsOf(s.called())
		if len(words) == 0 || !utf8.ValidString(s.called()) {
			continue // no text can be told to speak of it
		}
		names = append(names, newName(patterns, i, words, false))
		if rest := words[min(prefix, len(words)-1):]; prefix > 0 && len(strings.Join(rest, "")) > 2 {
			names = append(names, newName(patterns, i, rest, true))
		}
	}
	slices.SortStableFunc(names, func(a, b name) int { return cmp.Compare(b.length, a.length) })
	return names
}

// wordsOf are the words of a name, none of which is empty.
func wordsOf(called string) []string {
	return slices.DeleteFunc(separators().Split(called, -1), func(w string) bool { return w == "" })
}

// commonPrefix is how many words all names begin with.
func commonPrefix(subjects []Subject) int {
	distinct := lists.Keys(subjects, Subject.called)
	for n := 0; len(distinct) > 1; n++ {
		first := ""
		for _, s := range subjects {
			words := wordsOf(s.called())
			if len(words) <= n+1 || first != "" && words[n] != first {
				return n
			}
			first = words[n]
		}
	}
	return 0
}

func newName(patterns map[string]*regexp.Regexp, subject int, words []string, alias bool) name {
	text := strings.Join(lists.Map(words, regexp.QuoteMeta), `[-_./ ]?`)
	if patterns[text] == nil {
		patterns[text] = regexp.MustCompile(`(?i)` + text)
	}
	return name{subject, alias, patterns[text], len(strings.Join(words, "-"))}
}

// mention is a name in a text.
type mention struct {
	subject    int
	start, end int
}

// mentions are the names in a text, in order: full ones, or aliases. A name
// inside a longer one does not count.
func mentions(text string, names []name, alias bool) (all []mention) {
	used := make([]int, len(text)) // the length of the name there
	for _, n := range names {
		if n.alias && !alias {
			continue
		}
		for _, loc := range n.pattern.FindAllStringIndex(text, -1) {
			if used[loc[0]] > n.length || used[loc[1]-1] > n.length || !whole(text, loc[0], loc[1]) {
				continue
			}
			for i := loc[0]; i < loc[1]; i++ {
				used[i] = n.length
			}
			if n.alias == alias {
				all = append(all, mention{n.subject, loc[0], loc[1]})
			}
		}
	}
	slices.SortFunc(all, func(a, b mention) int { return cmp.Compare(a.start, b.start) })
	return all
}

// whole reports text that is a word of its own, also within a name that is
// written in camel case.
func whole(text string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:start])
	after, _ := utf8.DecodeRuneInString(text[end:])
	first, _ := utf8.DecodeRuneInString(text[start:])
	last, _ := utf8.DecodeLastRuneInString(text[:end])
	begins := start == 0 || !wordy(before) || unicode.IsLower(before) && unicode.IsUpper(first)
	ends := end == len(text) || !wordy(after) || unicode.IsLower(last) && unicode.IsUpper(after)
	return begins && ends
}

func wordy(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

var nameThenPort = lazy("^[\"'`*\\]\\)]*\\s*(?:[=!]==?|[:=,|(]|=>|->|→|│)?\\s*[\"'`*(\\[]*$")

// afterName is where a name begins that a number follows as its port, -1 if
// none does.
func afterName(before string, names []name) int {
	for _, alias := range []bool{false, true} {
		all := mentions(before, names, alias)
		if len(all) == 0 {
			continue
		}
		if last := all[len(all)-1]; nameThenPort().MatchString(before[last.end:]) {
			return last.start
		}
	}
	return -1
}

// ownValue is what may stand between a name and the number that is its own.
var ownValue = lazy("^(?i:(?:[_-]?(?:host|http|tcp|api|service|server|listen|default|base))*[_-]?(?:port|url|uri|addr|address|endpoint)?)[\"'`*\\]\\)]*" +
	"\\s*(?:[:?+]?[=:]=?|:-|[,|(│]|=>|->|→)\\s*[\"'`*(\\[]*(?:https?://(?:localhost|127\\.0\\.0\\.1):)?$")

// direct reports a number that is written as the value of a subject's name.
func direct(before string, names []name, subject int) bool {
	return slices.ContainsFunc(mentions(before, names, false), func(m mention) bool {
		return m.subject == subject && ownValue().MatchString(before[m.end:])
	})
}
