package workspace

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
)

func note(message, hint string) say.Problem {
	return say.Problem{Kind: say.Note, Message: message, Hint: hint}
}

// found is what there is to say about what discovery came upon.
func (w *Workspace) found(r Request, found discover.Found) (notes []say.Problem) {
	for _, err := range found.Failures {
		notes, w.Unseen = append(notes, say.Of(err)), append(w.Unseen, say.Of(err))
	}
	for _, dir := range found.Repositories {
		w.Unseen = append(w.Unseen, say.Problem{Kind: say.Note, Place: dir, Message: "is a repository of its own, and passed over"})
	}
	for _, p := range found.Passed {
		if p.Said() {
			w.Unseen = append(w.Unseen, say.Problem{Kind: say.Note, Place: p.Path, Message: passedOver(p.Why, 1)})
		}
	}
	for _, path := range found.Ignored {
		w.Unseen = append(w.Unseen, say.Problem{Kind: say.Note, Place: path, Message: "the configuration ignores it"})
	}
	for _, n := range found.Notes {
		notes = append(notes, note(n, ""))
	}
	notes = append(notes, w.repositories(r, found.Repositories)...)
	for _, why := range []discover.Why{discover.Template, discover.Diff, discover.Foreign, discover.NoServices, discover.Unlike} {
		var paths []string
		for _, p := range found.Passed {
			if p.Why == why && (p.Said() || r.Verbose) {
				paths = append(paths, p.Path)
			}
		}
		if len(paths) > 0 {
			notes = append(notes, note(strings.Join(w.Few(paths, r.Verbose), ", ")+": "+passedOver(why, len(paths)), ""))
		}
	}
	if r.Verbose {
		for _, p := range found.Ignored {
			notes = append(notes, note(p+": the configuration ignores it", ""))
		}
	}
	return notes
}

// repositories names the repositories that were passed over, several in one line
// where there are many.
func (w *Workspace) repositories(r Request, dirs []string) (notes []say.Problem) {
	if names := w.Few(dirs, r.Verbose); len(names) < len(dirs) {
		return []say.Problem{note(strings.Join(names, ", ")+": are repositories of their own, and passed over", "")}
	}
	for _, dir := range dirs {
		notes = append(notes, note(dir+": is a repository of its own, and passed over", ""))
	}
	return notes
}

// Few are paths as users see them, as words of a list: of many the first, and how many
// more there are, unless all are to be said.
func (w *Workspace) Few(paths []string, all bool) []string {
	names := lists.Map(paths, w.Show)
	if all {
		return names
	}
	return say.First(names)
}

// loaded is what there is to say about the projects, each line once, and about
// files that are compose by content but were neither taken nor reached by one
// that was.
func (w *Workspace) loaded(r Request, unrecognized []string) (notes []say.Problem) {
	said, reached := map[string]bool{}, map[string]bool{}
	for _, p := range w.Projects {
		for _, q := range p.Unseen {
			n := say.Problem{Kind: say.Note, Place: q.File.Path, Message: q.Message}
			if !said[n.Error()] {
				said[n.Error()] = true
				notes, w.Unseen = append(notes, n), append(w.Unseen, n)
			}
		}
		for _, f := range p.Files {
			reached[f.Path] = true
		}
	}
	unrecognized = slices.DeleteFunc(slices.Clone(unrecognized), func(p string) bool { return reached[p] })
	for _, path := range unrecognized {
		w.Unseen = append(w.Unseen, say.Problem{Kind: say.Note, Place: path, Message: "is compose by content but not by name, not taken"})
	}
	if len(unrecognized) == 0 {
		return notes
	}
	are := "1 file is"
	if n := len(unrecognized); n > 1 {
		are = fmt.Sprintf("%d files are", n)
	}
	return append(notes, note(
		fmt.Sprintf("%s: %s compose by content but not by name, not taken", strings.Join(w.Few(unrecognized, r.Verbose), ", "), are),
		"name them as arguments, or list them under files in "+config.Name))
}

// passedOver is why a file, or several, are passed over.
func passedOver(why discover.Why, n int) string {
	words := map[discover.Why][2]string{
		discover.Template:   {"looks like a template", "look like templates"},
		discover.Diff:       {"is a diff", "are diffs"},
		discover.Foreign:    {"has no key of Compose", "have no key of Compose"},
		discover.NoServices: {"has no services", "have no services"},
		discover.Unlike:     {"has services without an image, or keys that Compose does not know", "have services without an image, or keys that Compose does not know"},
	}[why]
	if n == 1 {
		return words[0] + ", passed over"
	}
	return fmt.Sprintf("%d files %s, passed over", n, words[1])
}
