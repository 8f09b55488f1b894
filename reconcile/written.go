package reconcile

import (
	"fmt"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/reconcile/references"
)

// Written is a place outside of what defines the ports that writes the host port of a
// service, or may write it.
type Written struct {
	File    string `json:"file"` // relative to the repository, with slashes
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Port    int    `json:"port"`
	Text    string `json:"text"`    // the number with what makes it a port
	Service string `json:"service"` // whose it is; "" where people have to say
	Open    bool   `json:"open"`    // it may also mean something else
	Reason  string `json:"reason"`
}

// String is one line for people.
func (w Written) String() string {
	whose := "is the host port of service " + w.Service
	switch {
	case w.Service == "":
		whose = "may be the host port of a service"
	case w.Open:
		whose = "may be the host port of service " + w.Service
	}
	return fmt.Sprintf("%s:%d:%d: %s: %d %s: %s", w.File, w.Line, w.Column, w.Text, w.Port, whose, w.Reason)
}

// Written are the places of a tree that still write host ports which can be others now:
// those of mappings that a function names. Nothing is edited. Unseen are the files that
// nobody looked at.
func (inv *Inventory) Written(o Search, movable func(*compose.Mapping) bool) (all []Written, unseen []string) {
	var subjects []references.Subject
	for i, f := range inv.fixed {
		moves := f.Last <= f.Port.Port
		for _, m := range f.Mappings {
			moves = moves && movable(&m)
		}
		if moves {
			subjects = append(subjects, inv.subject(i, f.Port.Port, anyOther))
		}
	}
	if len(subjects) == 0 {
		return nil, nil
	}
	found := inv.search(o, subjects)
	for _, r := range found.References {
		if r.Verdict != references.Left {
			all = append(all, Written{inv.w.FromHome(r.Path), r.Line, r.Column, r.Port, r.Text, r.Service, r.Verdict == references.Open, r.Reason})
		}
	}
	for _, path := range append(found.TooLarge, found.Unreadable...) {
		unseen = append(unseen, inv.w.FromHome(path))
	}
	return all, unseen
}

// anyOther stands for a port that is not known yet.
const anyOther = 0
