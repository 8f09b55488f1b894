package report

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/source"
)

const (
	// alike is how many equal findings of a file are all shown, and few how many of them
	// where there are more.
	alike, few = 10, 3
	// bearable is how many lines of findings people read. Where there are more, screen of
	// them are shown, so that all ends on about a screen.
	bearable, screen = 100, 40
)

// brief is which findings of a run Text shows.
type brief struct {
	shown []int       // of the run's findings, in their order
	more  map[int]int // how many equal ones are not shown, by the last that is
	// examples reports findings that are only examples: their other places have no code.
	examples bool
}

// briefly chooses what is shown of a run: of equal findings in one file the first few, and
// where that is still more than people read, the first of each rule and of the others the
// worst, as many as a screen has room for.
func briefly(run Run) brief {
	b := brief{more: map[int]int{}}
	if run.Full || run.All {
		b.shown = indices(run.Findings)
		return b
	}
	of, groups := lists.Map(run.Findings, groupOf), map[group][]int{}
	for i, g := range of {
		groups[g] = append(groups[g], i)
	}
	lines := 0
	for i, f := range run.Findings {
		equal := groups[of[i]]
		if len(equal) > alike && i > equal[few-1] {
			continue
		}
		if len(equal) > alike && i == equal[few-1] {
			b.more[i] = len(equal) - few
		}
		b.shown = append(b.shown, i)
		lines += height(f, 4)
	}
	if lines > bearable {
		return brief{shown: worst(run.Findings), examples: true}
	}
	return b
}

// group is what equal findings have in common.
type group struct {
	file     *source.File
	rule     string
	severity lint.Severity
	shape    string
}

func groupOf(f lint.Finding) group { return group{f.File, f.Rule, f.Severity, shape(f.Message)} }

// worst chooses findings for a screen: the worst of each rule first, then the worst of those
// that are left, of each rule from as many files as possible.
func worst(findings []lint.Finding) (shown []int) {
	order := indices(findings)
	slices.SortStableFunc(order, func(a, b int) int { return int(findings[b].Severity - findings[a].Severity) })
	ofRule, inFile, seen := make([]int, len(findings)), make([]int, len(findings)), map[[2]string]int{}
	for _, i := range order {
		rule, file := [2]string{findings[i].Rule}, [2]string{findings[i].Rule, findings[i].File.Path}
		ofRule[i], inFile[i] = seen[rule], seen[file]
		seen[rule]++
		seen[file]++
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(
			min(ofRule[a], 1)-min(ofRule[b], 1), int(findings[b].Severity-findings[a].Severity),
			inFile[a]-inFile[b], ofRule[a]-ofRule[b],
		)
	})
	left := screen
	for _, i := range order {
		if n := height(findings[i], 1); n <= left || len(shown) == 0 {
			shown, left = append(shown, i), left-n
		} else if ofRule[i] > 0 {
			break
		}
	}
	slices.Sort(shown)
	return shown
}

func indices(findings []lint.Finding) []int {
	all := make([]int, len(findings))
	for i := range all {
		all[i] = i
	}
	return all
}

// height is about how many lines a finding takes, and an empty one; related is how many each
// of its other places does.
func height(f lint.Finding, related int) int {
	n := 2 + 3 + related*len(f.Related)
	if f.Hint != "" {
		n++
	}
	return n
}

// shape is what texts have in common that speak of other names and numbers: their words in
// lower case, up to a command.
func shape(text string) string {
	var words []string
	quoted := false
	for word := range strings.SplitSeq(text, " ") {
		opens := !quoted && strings.HasPrefix(word, `"`)
		within := quoted || opens
		if n := strings.Count(word, `"`) - strings.Count(word, `\"`); n%2 == 1 {
			quoted = !quoted
		}
		word = strings.Trim(word, ",;:()?")
		if word == "portmoor" {
			break
		}
		plain := func(r rune) bool { return unicode.IsLower(r) || r == '-' || r == '\'' }
		if within || word == "" || slices.Contains(numerous, word) || strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) {
			continue
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// numerous are words that only tell one from several.
var numerous = []string{"a", "and", "are", "is", "it", "more", "or", "port", "ports", "them"}

// said is what was said of the rules in the file that is being written, so that it is not
// said again.
type said struct {
	file  *source.File
	hints map[[3]string]bool // by rule and the shapes of message and hint
	tails map[[2]string]string
}

// ofOne finds numbers and names in the reason behind a colon, which is about one finding then.
var ofOne = pattern.Lazy(`[0-9"]|[A-Z_]{2}`)

// news is a finding's message and hint without what an equal one in the file has said: the
// reason behind a colon, if the one before had the same, and a hint that differs only in names.
func (s *said) news(f lint.Finding) (message, hint string) {
	if s.file != f.File {
		*s = said{f.File, map[[3]string]bool{}, map[[2]string]string{}}
	}
	message, hint = f.Message, f.Hint
	head, tail, _ := strings.Cut(f.Message, ": ")
	if about := [3]string{f.Rule, shape(head), shape(f.Hint)}; s.hints[about] {
		hint = ""
	} else {
		s.hints[about] = true
	}
	if ofOne().MatchString(tail) {
		tail = ""
	}
	about := [2]string{f.Rule, shape(head)}
	if tail != "" && tail == s.tails[about] {
		message = head
	}
	s.tails[about] = tail
	return message, hint
}
