package plan

import (
	"strings"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/reconcile/contest"
)

// Report is a plan for programs; docs/json.md says what its keys mean.
type Report struct {
	Version   int              `json:"version"`
	Services  []serviceReport  `json:"services"`
	Conflicts []conflictReport `json:"conflicts"`
	Changes   []changeReport   `json:"changes"`
	Open      []noteReport     `json:"open"`
	Left      []noteReport     `json:"left"`
	Unseen    []string         `json:"unseen"`
	Summary   summary          `json:"summary"`
}

type serviceReport struct {
	Service   string          `json:"service"`
	File      string          `json:"file"`
	Current   int             `json:"current"`
	New       int             `json:"new"`
	Status    contest.Outcome `json:"status"`
	Standing  string          `json:"standing"`
	Rationale string          `json:"rationale"`
	HeldBy    string          `json:"held_by,omitempty"`
}

type conflictReport struct {
	Port     int     `json:"port"`
	Services []rival `json:"services"`
}

type rival struct {
	Service  string `json:"service"`
	Standing string `json:"standing"`
}

type position struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

type changeReport struct {
	position

	Before  string `json:"before"`
	After   string `json:"after"`
	Service string `json:"service"`
	Kind    string `json:"kind"`
	Reason  string `json:"reason"`
}

type noteReport struct {
	position

	Text   string `json:"text"`
	Reason string `json:"reason"`
	More   int    `json:"more"`
}

type summary struct {
	Ports    int `json:"ports"`
	Services int `json:"services"`
	Changes  int `json:"changes"`
	Open     int `json:"open"`
	Left     int `json:"left"`
}

// Report is the plan for programs.
func (p Plan) Report() Report {
	ports, services := p.Conflicts()
	return Report{
		Version: 1,
		Services: lists.Map(p.Services, func(s Service) serviceReport {
			return serviceReport{s.Name, s.Place, s.Port.Port, s.New, s.Outcome, s.Status.String(), s.Rationale, s.Holder}
		}),
		Conflicts: lists.Map(p.Contests, func(c contest.Contest) conflictReport {
			return conflictReport{c.Port, lists.Map(c.Services, func(s contest.Port) rival { return rival{s.Name, s.Status.String()} })}
		}),
		Changes: lists.Map(p.Changes, func(c Change) changeReport {
			return changeReport{c.position(), c.Text, c.New, c.Service, strings.ToLower(c.Kind.String()), c.Reason}
		}),
		Open: notes(p.Open), Left: notes(p.Left), Unseen: append([]string{}, p.Unseen...),
		Summary: summary{ports, services, len(p.Changes), quantity(p.Open), quantity(p.Left)},
	}
}

func (p Place) position() position { return position{p.Path, p.Line, p.Column} }

func notes(all []Note) []noteReport {
	return lists.Map(all, func(n Note) noteReport { return noteReport{n.position(), n.Text, n.Reason, n.More} })
}

// quantity is how many places notes are about.
func quantity(all []Note) (n int) {
	for _, note := range all {
		n += 1 + note.More
	}
	return n
}
