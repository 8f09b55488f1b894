package references

import (
	"fmt"
	"slices"
	"strings"
)

// line is what is looked at of the number's line, and where the number is in it.
func (a attribution) line() (text string, number int) {
	before, after := a.at.before, a.at.after
	if strings.Contains(before, "://") {
		after = afterURL(after) // a path may hold any word
	}
	if a.doc.prose && !a.doc.fenced[a.at.line] && !isRow(before+after) {
		if ends := sentenceEnd().FindAllStringSubmatchIndex(before, -1); ends != nil {
			end := ends[len(ends)-1][3]
			before = strings.Repeat(" ", end) + before[end:]
		}
		if end := sentenceEnd().FindStringIndex(after); end != nil {
			after = after[:end[0]]
		}
	}
	return before + strings.Repeat(" ", len(a.at.number)) + after, len(before)
}

// sentenceEnd is where a sentence ends and another one begins.
var sentenceEnd = lazy("([.!?][)\"'`*]*\\s+)[A-Z`(*]")

// besideSentence is whose name another sentence on the line has. In a folder of
// somebody else's it leaves the question open; that alone is asked with doubt.
func (a attribution) besideSentence(doubt bool) (owner, bool) {
	if !a.doc.prose {
		return owner{}, false
	}
	subjects := a.subjects(mentions(a.at.before+strings.Repeat(" ", len(a.at.number))+a.at.after, a.names, false))
	foreign := len(subjects) == 1 && a.home >= 0 && a.home != subjects[0]
	switch {
	case len(subjects) != 1 || doubt && !foreign:
		return owner{}, false
	case foreign:
		return owner{-1, fmt.Sprintf("it is in the folder of %s, but the next sentence is about %s", a.Subjects[a.home].Name, a.Subjects[subjects[0]].Name)}, true
	}
	return owner{subjects[0], "named beside it"}, true
}

var severalServices = lazy(`(?i)\b(?:both|any|either|each|every|all)(?: of)?(?: the| these| them)?(?: \w+)? services?\b|\b(?:services|both)\b[^.]{0,24}$`)

// ofSeveral reports a number that a sentence gives to more than one service.
func (a attribution) ofSeveral() (owner, bool) {
	if !a.doc.prose || !severalServices().MatchString(a.at.before) {
		return owner{}, false
	}
	return owner{-1, "the sentence is about several services: " + a.list(a.rivals[a.hit.port])}, true
}

// inParagraph is the one name of a sentence that goes over several lines.
func (a attribution) inParagraph() (owner, bool) {
	if !a.doc.prose || a.doc.fenced[a.at.line] {
		return owner{}, false
	}
	above, below := a.doc.block(a.at.line)
	first, last := a.at.line-len(above), a.at.line+len(below)
	start := a.doc.starts[first]
	if a.doc.end(last)-start > longest*len(above)+longest*len(below)+longest {
		return owner{}, false // no sentence
	}
	all := mentions(string(a.doc.file.Src[start:a.doc.end(last)]), a.names, false)
	subject, paired := a.paired(all, a.hit.span.Start-start, first, last)
	return owner{subject, "named in the sentence"}, paired
}

// afterURL is what follows the path of a URL, in its place.
func afterURL(after string) string {
	end := strings.IndexAny(after, " \t\"'`)<>|,;")
	if end < 0 {
		end = len(after)
	}
	return strings.Repeat(" ", end) + after[end:]
}

// paired finds the name that belongs to a number where names and numbers take
// turns on some lines. number is where it is in the text that has the names.
func (a attribution) paired(all []mention, number, first, last int) (subject int, found bool) {
	all = slices.CompactFunc(slices.Clone(all), func(m, n mention) bool { return m.start == n.start && a.sameName(m, n) })
	offset := a.hit.span.Start - number // of the text
	var numbers []int
	for _, h := range a.hits {
		at := h.span.Start - offset
		if line := a.doc.line(h.span.Start); first <= line && line <= last && slices.Equal(a.rivals[h.port], a.rivals[a.hit.port]) && at >= 0 {
			numbers = append(numbers, at)
		}
	}
	if len(numbers) != len(all) || len(all) == 0 {
		return 0, false
	}
	namesFirst := all[0].start < numbers[0]
	for i := range numbers {
		if namesFirst && (all[i].start > numbers[i] || i > 0 && all[i].start < numbers[i-1]) ||
			!namesFirst && (all[i].start < numbers[i] || i > 0 && numbers[i] < all[i-1].start) {
			return 0, false
		}
		if numbers[i] == number {
			subject, found = all[i].subject, true
		}
	}
	return subject, found
}

// sameName reports mentions of one name, of which the first is to count: that of
// the folder's owner.
func (a attribution) sameName(m, n mention) bool {
	return a.Subjects[m.subject].called() == a.Subjects[n.subject].called() && m.subject == a.home
}
