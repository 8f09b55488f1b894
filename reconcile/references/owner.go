package references

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/lists"
)

// owner is whose a number is, and how one knows.
type owner struct {
	subject  int // -1 when that is open
	evidence string
}

// owner attributes a number: to a name on its line, to what encloses it, to the
// folder it is in, to a name near it, to its column. A closer name beats the
// folder, since folders mention neighbours.
func (f *finder) owner(d *document, h hit, hits []hit) owner {
	a := attribution{f, d, d.context(h), h, hits, f.namesOf[h.port], f.home(d, h.port)}
	for _, look := range []func() (owner, bool){
		a.byPath,
		func() (owner, bool) { return a.onLine(false) },
		a.inKey,
		func() (owner, bool) { return a.inColumn(false) },
		a.atHome,
		a.aliasOnLine,
		a.near,
		a.inParagraph,
		func() (owner, bool) { return a.besideSentence(true) },
		a.ofSeveral,
		func() (owner, bool) { return a.enclosed(false) },
		func() (owner, bool) { return a.besideSentence(false) },
		a.inFolder,
		func() (owner, bool) { return a.inColumn(true) },
		a.nearAlias,
		func() (owner, bool) { return a.enclosed(true) },
	} {
		if o, found := look(); found {
			return o
		}
	}
	return owner{-1, "nothing near it says whose it is: " + f.list(f.rivals[h.port])}
}

type attribution struct {
	*finder
	doc   *document
	at    context
	hit   hit
	hits  []hit
	names []name
	home  int // the subject whose folder it is in, -1 for none
}

// list names subjects as a choice.
func (f *finder) list(subjects []int) string {
	names := lists.Map(subjects, func(i int) string { return f.Subjects[i].Name })
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// subjects are those that are named. Of several with one name it is the one whose
// folder the file is in, if there is one.
func (a attribution) subjects(all []mention) []int {
	subjects := subjectsOf(all)
	if len(subjects) < 2 || !slices.Contains(subjects, a.home) {
		return subjects
	}
	return slices.DeleteFunc(subjects, func(i int) bool { return i != a.home && a.Subjects[i].called() == a.Subjects[a.home].called() })
}

func subjectsOf(all []mention) (subjects []int) {
	for _, m := range all {
		subjects = lists.Union(subjects, m.subject)
	}
	return subjects
}

// onLine is whose name the line has. Of several names and as many numbers that
// take turns, each has its own.
func (a attribution) onLine(alias bool) (owner, bool) {
	text, number := a.line()
	all := mentions(text, a.names, alias)
	switch subjects := a.subjects(all); len(subjects) {
	case 0:
		return owner{}, false
	case 1:
		return owner{subjects[0], namedOnLine}, true
	default:
		if i, paired := a.paired(all, number, a.at.line, a.at.line); paired {
			return owner{i, namedOnLine}, true
		}
		if o, found := a.inParagraph(); found && !alias {
			return o, true
		}
		return owner{-1, "the line names " + a.list(subjects)}, true
	}
}

// What is said of how one knows an owner, and asked again.
const (
	namedOnLine = "named on the line"
	inItsFolder = "in its folder"
	namedFile   = "in a file that is named after it"
)

// keyed is what may stand between a word in a key and the value.
var keyed = lazy("^\\w*[\"'`\\]\\)]*\\s*(?:[:?+]?=|[:,(]|=>|->)")

// inKey is the one alias in what the number is assigned to: DEPTH_URL=…
func (a attribution) inKey() (owner, bool) {
	found := subjectsOf(lists.Only(mentions(a.at.before, a.names, true), func(m mention) bool {
		return keyed().MatchString(a.at.before[m.end:])
	}))
	if len(found) != 1 {
		return owner{}, false
	}
	return owner{found[0], namedOnLine}, true
}

// atHome is the owner of the folder, if the line has its alias.
func (a attribution) atHome() (owner, bool) {
	text, _ := a.line()
	subjects := a.subjects(mentions(text, a.names, true))
	if a.home < 0 || len(subjects) != 1 || subjects[0] != a.home {
		return owner{}, false
	}
	return owner{a.home, inItsFolder}, true
}

// aliasOnLine is onLine for aliases, which are words that the text of somebody
// else's folder may have.
func (a attribution) aliasOnLine() (owner, bool) {
	o, found := a.onLine(true)
	if found && a.home >= 0 && o.subject >= 0 && o.subject != a.home {
		return owner{-1, fmt.Sprintf("it is in the folder of %s, but the line mentions %s", a.Subjects[a.home].Name, a.Subjects[o.subject].Name)}, true
	}
	return o, found
}

// inColumn is whose name the title of the column has, or the box that the
// number is drawn in.
func (a attribution) inColumn(alias bool) (owner, bool) {
	if !isRow(a.at.before + a.at.after) {
		return owner{}, false
	}
	column := len(bars(a.at.before+"x")) - 1
	for _, text := range append(a.at.boxed(), a.at.title(column)) {
		if subjects := a.subjects(mentions(text, a.names, alias)); len(subjects) == 1 {
			return owner{subjects[0], "named in its column"}, true
		}
	}
	return owner{}, false
}

// near is whose name a line of the same block has. In a folder of somebody
// else's it leaves the question open.
func (a attribution) near() (owner, bool) {
	subject := a.nearest(false, a.home < 0)
	switch {
	case subject < 0:
		return owner{}, false
	case a.home >= 0 && a.home != subject:
		return owner{-1, fmt.Sprintf("it is in the folder of %s, but %s is named beside it", a.Subjects[a.home].Name, a.Subjects[subject].Name)}, true
	}
	return owner{subject, "named in the lines around it"}, true
}

func (a attribution) nearAlias() (owner, bool) {
	subject := a.nearest(true, true)
	return owner{subject, "named in the lines around it"}, subject >= 0
}

// nearest is the one name of the nearest line that has names: in the block
// above it, above the statement that it is part of, or below it if that is asked
// for. A line with a port of its own has used its name up.
func (a attribution) nearest(alias, andBelow bool) int {
	above, below := a.doc.block(a.at.line)
	blocks := [][]int{above}
	if i := a.doc.opener(a.at.line); i >= 0 {
		above, _ := a.doc.block(i)
		blocks = append(blocks, append([]int{i}, above...))
	}
	if andBelow {
		blocks = append(blocks, below)
	}
	for _, lines := range blocks {
		for _, i := range lines {
			switch subjects := a.subjects(mentions(a.doc.text(i), a.names, alias)); {
			case a.usedUp(i):
			case len(subjects) == 1:
				return subjects[0]
			case len(subjects) > 1:
				return -1
			}
		}
	}
	return -1
}

// usedUp reports a line whose names belong to a number on it, or that is one of
// a row of lines like the number's own.
func (a attribution) usedUp(line int) bool {
	text, own := a.doc.text(line), a.doc.text(a.at.line)
	if comment().MatchString(text) || a.doc.prose && !a.doc.fenced[line] {
		return aPort().MatchString(text) && !comment().MatchString(text)
	}
	alike := firstWord().FindString(text) == firstWord().FindString(own) && strings.Contains(text, "://") && strings.Contains(own, "://")
	return aPort().MatchString(text) || alike
}

var (
	aPort     = lazy(`(?:^|[^\w.])[1-9]\d{3,4}(?:[^\w]|$)`)
	firstWord = lazy(`\w+`)
	comment   = lazy(`^\s*(?:#|//|--|;|/?\*)`)
)

// enclosed is whose name the nearest heading, class or key has that has one.
func (a attribution) enclosed(alias bool) (owner, bool) {
	for _, i := range a.doc.enclosing(a.at.line) {
		text := a.doc.text(i)
		switch subjects := a.subjects(mentions(text, a.names, alias)); {
		case len(subjects) == 1:
			return owner{subjects[0], "under " + quoted(text)}, true
		case len(subjects) > 1:
			return owner{-1, "it is under " + quoted(text)}, true
		}
		if subject := a.labelled(i, alias); subject >= 0 {
			return owner{subject, "in what is named after it"}, true
		}
	}
	return owner{}, false
}

// label is a key that names what the other keys beside it are about.
var label = lazy("(?i)^[\\s{-]*[\"']?(?:name|id|\\w*_name|service|app|title|label)s?[\"']?\\s*[:=]")

// labelled is the subject that a label beside a line of data names, -1 for none.
func (a attribution) labelled(line int, alias bool) int {
	above, below := a.doc.block(line)
	for _, i := range slices.Concat(above, below) {
		text := a.doc.text(i)
		if subjects := a.subjects(mentions(text, a.names, alias)); label().MatchString(text) && len(subjects) == 1 && !aPort().MatchString(text) {
			return subjects[0]
		}
	}
	return -1
}

func quoted(text string) string {
	text = strings.Trim(text, " \t\"'`")
	if !plain(text) {
		text = ""
	}
	if runes := []rune(text); len(runes) > 40 {
		text = string(runes[:39]) + "…"
	}
	return "“" + text + "”"
}

func (a attribution) inFolder() (owner, bool) {
	if a.home >= 0 {
		return owner{a.home, inItsFolder}, true
	}
	rel, err := filepath.Rel(a.Root, a.doc.file.Path)
	if err != nil {
		return owner{}, false
	}
	for _, alias := range []bool{false, true} {
		if subjects := a.subjects(mentions(rel, a.names, alias)); len(subjects) == 1 {
			return owner{subjects[0], namedFile}, true
		}
	}
	return owner{}, false
}

// home is the one rival whose own folder a file is in, the innermost; -1 for
// none.
func (f *finder) home(d *document, port int) int {
	best, depth := -1, 0
	for _, i := range f.rivals[port] {
		switch dir := f.Subjects[i].Dir; {
		case !f.own(d, i) || len(dir) < depth:
		case len(dir) == depth:
			best = -1 // they share it
		default:
			best, depth = i, len(dir)
		}
	}
	return best
}
