package mend

import (
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/workspace"
)

// Refusal is why no command edits a file.
type Refusal struct {
	// Reason is why a mapping of the file stays as it is: lower case, no full stop.
	Reason string
	// Problems are what is wrong, each at its place; nil where that is said already.
	Problems []say.Problem
}

// Refused are the files of a workspace that no command edits, by path: those that
// docker compose refuses, since what they mean can't be compared before and after;
// those that extend such a file; and links, and what is outside the repository.
// Broken is told of each project that a bug of ours keeps from being looked at.
func Refused(w *workspace.Workspace, broken func(*compose.Project, error)) map[string]Refusal {
	refused := map[string]Refusal{}
	for _, p := range w.Projects {
		for _, f := range p.Files {
			if p, no := w.Refuses(f.Path); no {
				refused[f.Path] = Refusal{"the file " + w.Bounds.Refuses(f.Path), []say.Problem{p}}
			}
		}
	}
	invalid := map[string][]say.Problem{}
	found, _ := Run(w.Projects, lint.Options{Only: []string{"invalid-compose"}, Broken: broken})
	for _, f := range found {
		if _, known := refused[f.File.Path]; w.Asked(f.File) && (!known || !f.File.Outside) {
			invalid[f.File.Path] = append(invalid[f.File.Path], say.Problem{Place: w.Place(f.File, f.Span), Message: f.Message, Hint: f.Hint})
		}
	}
	for path, problems := range invalid {
		refused[path] = Refusal{NotValid, problems}
	}
	for path := range unjudged(w) {
		if _, known := refused[path]; !known {
			refused[path] = Refusal{Reason: "the file extends one that is not valid"}
		}
	}
	return refused
}

// NotValid is the reason why nothing in a file changes that docker compose refuses.
const NotValid = "the file is not valid"

// unjudged are the paths of files with services that extend what is not valid: nobody
// knows what they mean.
func unjudged(w *workspace.Workspace) map[string]bool {
	unjudged := map[string]bool{}
	for _, p := range w.Projects {
		for _, f := range p.Unjudged {
			unjudged[f.Path] = true
		}
	}
	return unjudged
}
