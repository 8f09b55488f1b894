package discover

import (
	"bytes"
	"path/filepath"
	"slices"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

// Passed is a file that has a compose file's name or looks like one, but is none.
type Passed struct {
	Path string
	Why  Why
}

// Why is the reason for which a file is passed over.
type Why int

// The reasons for which a file is passed over. NoServices is that of a part of Compose for
// other files and Unlike that of other tools, which are expected; everybody should know of
// the rest.
const (
	NoServices Why = iota // it has keys of Compose's, but no services
	Template              // it has to be rendered before it is YAML
	Diff                  // it is a diff of a compose file
	Foreign               // it has no key of Compose's but name
	Unlike                // it is not called compose, and only some of it is Compose's
)

// Said reports what everybody should know, also who does not ask for everything.
func (p Passed) Said() bool { return p.Why != NoServices && p.Why != Unlike }

// passes puts aside the files of a folder that are called compose and are none.
func (d *discoverer) passes(path string) bool {
	if !composeName().MatchString(filepath.Base(path)) {
		return false
	}
	f, err := d.loader.File(path)
	if err != nil {
		return false
	}
	why := whyPassed(f)
	if why == NoServices || why == Foreign && slices.Contains(overrideNames, filepath.Base(path)) { // which Compose refuses
		return false
	}
	d.found.Passed = append(d.found.Passed, Passed{path, why})
	return true
}

// whyPassed is why a file that is called compose is certainly none; NoServices where it
// may be one.
func whyPassed(f *source.File) Why {
	switch {
	case f.Docs == nil && diffStart().Match(f.Src):
		return Diff
	case f.Docs == nil && template(f):
		return Template
	case foreign(f):
		return Foreign
	}
	return NoServices
}

// diffStart is how diffs begin, those of git format-patch and hunks without a header too.
var diffStart = pattern.Lazy(`^\s*(?:diff (?:--git|-\S+) |Index: \S|From [0-9a-f]{40} |--- \S[^\n]*\n\+\+\+ \S|\*\*\* \S[^\n]*\n--- \S|@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@)`)

type bracket struct{ open, close string }

// What template languages write, by how it begins and ends: Jinja, cookiecutter and Liquid,
// ERB and EJS, Terraform, Go and Handlebars.
var brackets = []bracket{{"{%", "%}"}, {"{#", "#}"}, {"<%", "%>"}, {"%{", "}"}, {"{{", "}}"}}

var (
	// A placeholder that begins with a dot is no mark by itself: it is one of Swarm's, such
	// as {{.Node.Hostname}}, or of docker's --format, whose quotes were forgotten; so is one that
	// begins with a function of theirs.
	certain   = pattern.Lazy(`^(?:\{%|\{#|<%|%\{ *(?:if|else|endif|for|endfor)\b|\{\{[-~]? *[A-Za-z_#/!>^{&$"'])`)
	formats   = pattern.Lazy(`^\{\{[-~]? *(?:config|env|index|join|json|len|lower|normalize|pad|print|printf|println|secret|slice|split|table|title|truncate|upper)\b`)
	statement = pattern.Lazy(`(?m)^[ \t]*(?:- +)?(?:\{%|<%|%\{|\{\{[-~]? *(?:[#/^]|(?:if|range|with|define|block)\b))`)
	alone     = pattern.Lazy(`(?m)^([ \t]*)(?:` + "\x00" + `[ \t]*)+(\r?)$`)
)

// maxTemplate bounds the files that are taken for templates: each is parsed a second time.
const maxTemplate = 1 << 20

// template reports a file that is not valid YAML because of what a template language
// writes: its first problem stands there, or it is valid once all of that is gone.
func template(f *source.File) bool {
	if len(f.Src) > maxTemplate {
		return false
	}
	all := marks(f.Src)
	sure := slices.DeleteFunc(slices.Clone(all), func(s source.Span) bool {
		text := f.Src[s.Start:s.End]
		return !certain().Match(text) || formats().Match(text)
	})
	for _, s := range sure {
		if at := f.Problems[0].Span.Start; s.Start <= at && at < s.End {
			return true
		}
	}
	return len(sure) > 0 && f.Problems[0].Syntax && (source.Valid(filled(f.Src, sure)) ||
		len(all) > len(sure) && statement().Match(f.Src) && source.Valid(filled(f.Src, all)))
}

// marks are the places of what a template language may have written, in order. All but a
// comment end on their line.
func marks(src []byte) (found []source.Span) {
	closes, newline := make([]int, len(brackets)), 0 // where each comes next, len(src) for nowhere
	for at := 0; at+1 < len(src); at++ {
		i := slices.IndexFunc(brackets, func(b bracket) bool { return string(src[at:at+2]) == b.open })
		if i < 0 {
			continue
		}
		if closes[i] < at+2 {
			closes[i] = len(src)
			if length := bytes.Index(src[at+2:], []byte(brackets[i].close)); length >= 0 {
				closes[i] = at + 2 + length
			}
		}
		if at >= newline {
			newline = len(src)
			if length := bytes.IndexByte(src[at:], '\n'); length >= 0 {
				newline = at + length
			}
		}
		if closes[i] == len(src) || brackets[i].open != "{#" && newline < closes[i] {
			continue
		}
		end := closes[i] + len(brackets[i].close)
		found = append(found, source.Span{Start: at, End: end})
		at = end - 1
	}
	return found
}

// filled is a text with a word in the place of marks, or a comment where they have their
// line to themselves, so that a script in a text keeps its indentation.
func filled(src []byte, marks []source.Span) []byte {
	var out []byte
	end := 0
	for _, s := range marks {
		out = append(append(out, src[end:s.Start]...), 0)
		end = s.End
	}
	out = append(out, src[end:]...)
	return bytes.ReplaceAll(alone().ReplaceAll(out, []byte("$1#$2")), []byte{0}, []byte("x"))
}

// foreign reports YAML without a key of Compose's but name: a workflow, a manifest, a list of
// tasks, nothing at all. One that is spelled like services, or has the services of format 1,
// is a compose file.
func foreign(f *source.File) bool {
	if f.Docs == nil && len(f.Problems) > 0 || compose.FormatOne(f) {
		return false
	}
	keys := 0
	for _, doc := range f.Docs {
		root := source.Deref(source.Root(doc))
		workflow := source.Value(root, "on") != nil && source.Value(root, "jobs") != nil
		for _, fd := range source.Fields(root) {
			if fd.Key.Value == "name" || workflow && fd.Key.Value == "jobs" {
				continue
			}
			keys++
			if compose.TopLevel(fd.Key.Value) || keys < 100 && say.Nearest(fd.Key.Value, []string{"services"}) != "" {
				return false
			}
		}
	}
	return true
}
