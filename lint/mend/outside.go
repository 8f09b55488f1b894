package mend

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/source"
)

// Run is [lint.RunAll] without the text of files outside the repository.
func Run(projects []*compose.Project, options lint.Options) (findings, ignored []lint.Finding) {
	findings, ignored = lint.RunAll(projects, options)
	words := privateWords(append(slices.Clone(projects), options.Neighbours...))
	return hush(findings, words), hush(ignored, words)
}

// hush takes out of findings whatever is the text of files outside the repository: who
// sends a change may include any file that only the reader of the report may see. What
// is found in such a file is one finding a rule, which names the file.
func hush(findings []lint.Finding, private map[string]bool) []lint.Finding {
	for i := range findings {
		f := &findings[i]
		related := slices.ContainsFunc(f.Related, func(r lint.Related) bool { return r.File.Outside })
		switch {
		case f.File.Outside:
			f.Span, f.Service, f.Reason, f.Related, f.Fix = source.Span{}, "", "", nil, nil
			f.Message = f.Rule + " finds something in this file, which is outside the repository: its text is not shown"
			f.Hint = "to see it: name the file to lint, and of a link what it leads to"
		case related || mentions(f.Message+" "+f.Hint, private):
			f.Message = f.Rule + " finds something here, in which a file outside the repository has a part: its text is not shown"
			f.Hint, f.Fix = "", nil
		}
		f.Related = slices.Clone(f.Related)
		for j, r := range f.Related {
			if r.File.Outside {
				f.Related[j] = lint.Related{File: r.File, Message: "outside the repository"}
			} else if mentions(r.Message, private) {
				f.Related[j].Message = "here"
			}
		}
		f.Related = slices.CompactFunc(f.Related, func(a, b lint.Related) bool { return a.File == b.File && a.File.Outside })
	}
	return once(findings)
}

// once leaves one finding of each rule about a file outside the repository, the worst.
func once(findings []lint.Finding) []lint.Finding {
	type key struct{ path, rule string }
	at := map[key]int{}
	var left []lint.Finding
	for _, f := range findings {
		first, seen := at[key{f.File.Path, f.Rule}]
		switch {
		case !f.File.Outside:
		case seen:
			left[first].Severity = max(left[first].Severity, f.Severity)
			continue
		default:
			at[key{f.File.Path, f.Rule}] = len(left)
		}
		left = append(left, f)
	}
	return left
}

// privateWords are the names that only files outside the repository have; nil when no
// file is there.
func privateWords(projects []*compose.Project) map[string]bool {
	words, known := map[string]bool{}, map[string]bool{}
	for _, p := range projects {
		for _, f := range p.Files {
			to := known
			if f.Outside {
				to = words
			}
			for _, name := range f.Variables() {
				to[name] = true
			}
		}
		for _, s := range p.Services {
			if s.File != nil && s.File.Outside {
				words[s.Name] = true
			} else {
				known[s.Name] = true
			}
			if c := s.ContainerName; c.File != nil && c.File.Outside {
				words[c.Written] = true
			}
		}
	}
	for word := range known {
		delete(words, word)
	}
	return words
}

// mentions reports a text that has one of some words.
func mentions(text string, words map[string]bool) bool {
	if len(words) == 0 {
		return false
	}
	part := func(r rune) bool {
		return r != '_' && r != '-' && r != '.' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}
	if slices.ContainsFunc(strings.FieldsFunc(text, part), func(w string) bool { return words[strings.Trim(w, ".-")] || words[w] }) {
		return true
	}
	for word := range words { // of what is no plain name any part counts
		if strings.ContainsFunc(word, part) && (strings.Contains(text, word) || strings.Contains(text, fmt.Sprintf("%q", word))) {
			return true
		}
	}
	return false
}
