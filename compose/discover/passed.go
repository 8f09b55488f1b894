package discover

import (
	"bytes"
	"path/filepath"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

// Passed is a file that has a compose file's name but is none.
type Passed struct {
	Path string
	Why  Why
}

// Why is the reason for which a file is passed over.
type Why int

// The reasons for which a file is passed over. The zero value is that of a part of
// Compose for other files, which is expected; everybody should know of the others.
const (
	NoServices Why = iota // it has keys of Compose's, but no services
	Template              // it has to be rendered before it is YAML
	Diff                  // it is a diff of a compose file
	Foreign               // it has no key of Compose's at all
)

// Said reports what everybody should know, also who does not ask for everything.
func (p Passed) Said() bool { return p.Why != NoServices }

// passes puts aside the files of a folder that are called compose and are none.
func (d *discoverer) passes(path string) bool {
	if !composeName.MatchString(filepath.Base(path)) {
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
	case f.Docs == nil && diffStart.Match(f.Src):
		return Diff
	case f.Docs == nil && template(f):
		return Template
	case foreign(f):
		return Foreign
	}
	return NoServices
}

// diffStart is how diffs begin, those of git format-patch and hunks without a header too.
var diffStart = regexp.MustCompile(`^\s*(?:diff (?:--git|-\S+) |Index: \S|From [0-9a-f]{40} |--- \S[^\n]*\n\+\+\+ \S|\*\*\* \S[^\n]*\n--- \S|@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@)`)

// What template languages write: Jinja, cookiecutter and Liquid, ERB and EJS, Terraform, Go
// and Handlebars. A placeholder that begins with a dot is no mark by itself: it is one of
// Swarm's, such as {{.Node.Hostname}}, or of docker's --format, whose quotes were forgotten.
var (
	mark        = regexp.MustCompile(`(?s)\{%.*?%\}|\{#.*?#\}|<%.*?%>|%\{ *(?:if|else|endif|for|endfor)\b.*?\}|\{\{[-~]? *(?:if|else|end|range|with|define|template|block|include)\b.*?\}\}|\{\{[-~]? *[A-Za-z_#/!>^{&$"'].*?\}\}`)
	placeholder = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	statement   = regexp.MustCompile(`(?m)^[ \t]*(?:- +)?(?:\{%|<%|%\{|\{\{[-~]? *(?:[#/^]|(?:if|range|with|define|block)\b))`)
	alone       = regexp.MustCompile(`(?m)^([ \t]*)(?:` + "\x00" + `[ \t]*)+(\r?)$`)
	formats     = regexp.MustCompile(`^\{\{[-~]? *json\b`)
)

// template reports a file that is not valid YAML because of what a template language
// writes: its first problem stands there, or it is valid once all of that is gone.
func template(f *source.File) bool {
	for _, at := range marks(f.Src) {
		if p := f.Problems[0].Span; at[0] <= p.Start && p.Start < at[1] {
			return true
		}
	}
	if source.Valid(f.Src) {
		return false
	}
	rendered := cut(f.Src, marks(f.Src))
	all := cut(rendered, placeholder.FindAllIndex(rendered, -1))
	return rendered != nil && source.Valid(filled(rendered)) || all != nil && statement.Match(f.Src) && source.Valid(filled(all))
}

// marks are the places of what a template language writes.
func marks(src []byte) [][]int {
	return slices.DeleteFunc(mark.FindAllIndex(src, -1), func(at []int) bool { return formats.Match(src[at[0]:at[1]]) })
}

// cut replaces places of a text by a NUL each; nil where there is nothing to replace.
func cut(src []byte, places [][]int) (out []byte) {
	end := 0
	for _, at := range places {
		out = append(append(out, src[end:at[0]]...), 0)
		end = at[1]
	}
	if out != nil {
		out = append(out, src[end:]...)
	}
	return out
}

// filled is a text in which what was cut out is a word, or a comment where it had its line
// to itself, so that a script in a text keeps its indentation.
func filled(src []byte) []byte {
	return bytes.ReplaceAll(alone.ReplaceAll(src, []byte("$1#$2")), []byte{0}, []byte("x"))
}

// foreign reports YAML with keys of which none is Compose's: a workflow, a manifest. One
// that is spelled like services, or has the services of format 1, is a compose file.
func foreign(f *source.File) bool {
	if compose.FormatOne(f) {
		return false
	}
	keys := 0
	for _, doc := range f.Docs {
		root := source.Deref(source.Root(doc))
		if root == nil || root.Kind != yaml.MappingNode {
			return false
		}
		workflow := source.Value(root, "on") != nil && source.Value(root, "jobs") != nil
		for _, fd := range source.Fields(root) {
			if fd.Key.Value == "name" || workflow && fd.Key.Value == "jobs" {
				continue
			}
			if keys++; compose.TopLevel(fd.Key.Value) || say.Nearest(fd.Key.Value, []string{"services"}) != "" {
				return false
			}
		}
	}
	return keys > 0
}
