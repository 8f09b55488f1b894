// Package plan is the document that settles contested ports: people review it as
// Markdown, and the tool reads the same bytes back and does what they say.
//
// The model: a [Plan] is values, and its Markdown is the document. [Parse] reads what
// has consequences, which is [Decided]: the table of services, the places to change
// and those that stay, and the digests of the files that the plan was made from.
// Everything else is for people. [Edits] are the changes as edits of a file's bytes,
// and say whether they are made already.
//
//	document, err := p.Markdown("plan.md")
//	decided, err := plan.Parse(document)
//	edits, state := plan.Edits(file, decided.Changes, nil)
package plan

import (
	"fmt"
	"path/filepath"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/reconcile/contest"
	"github.com/portmoor/portmoor/say"
)

// Title is the first line of every plan.
const Title = "# Service Port Reconciliation Plan"

// Plan is what is to be done about contested ports. Paths are relative to the
// folder of the configuration, with slashes.
type Plan struct {
	Date, Author string // "" when nobody says
	Services     []Service
	Contests     []contest.Contest
	Ranges       []string // that new ports were chosen from
	Changes      []Change
	Open         []Note   // places that people have to decide about
	Left         []Note   // places that stay, with the reason
	Unseen       []string // files that nobody looked at, and why
	Copies       []Copy   // outside the repository
	Units        []string // systemd units of services that move, or whose port is contested
	Inputs       []Input
}

// Service is a row of the plan's table.
type Service struct {
	contest.Settled
	Health string // the path of its health check
	// Place is where its port is defined.
	Place string
	// Holder is who has its new port on this machine, "" for nobody.
	Holder string
}

// Change is a place whose number becomes another.
type Change struct {
	Place
	New     string // what Text becomes
	Service string
	Reason  string
	// Kind is what sort of file it is in.
	Kind Kind

	line int // of the document it was read from
}

// Place is a text in a file.
type Place struct {
	Path         string
	Line, Column int // from 1, the column in characters
	Text         string
}

// Note is a place that is not changed.
type Note struct {
	Place
	Reason string
	More   int // how many more of the file have the same reason, and are not listed
}

// Copy is a path outside the repository that a file installs to.
type Copy struct {
	Service, Path string
	From          Place
}

// Input is a file that the plan was made from.
type Input struct{ Path, Digest string }

// Kind is what sort of file a place is in.
type Kind int

// The kinds, in the order in which the plan shows them.
const (
	Definition Kind = iota // the place that gives the service its port
	Specification
	Installer
	Client
	Documentation
)

var (
	specificationName = pattern.Lazy(`(?i)api[-_]?spec|openapi|swagger`)
	installerName     = pattern.Lazy(`(?i)^(?:un)?install|^setup.*\.sh$|\.(?:service|socket|timer|container)$`)
	documentName      = pattern.Lazy(`(?i)\.(?:md|markdown|mdx|rst|adoc|txt|org|html?)$`)
)

// IsInstaller reports a script that installs something, or a unit of systemd.
func IsInstaller(path string) bool { return installerName().MatchString(filepath.Base(path)) }

// KindOf is the kind of a file that defines no port.
func KindOf(path string) Kind {
	switch base := filepath.Base(path); {
	case specificationName().MatchString(base):
		return Specification
	case IsInstaller(base):
		return Installer
	case documentName().MatchString(base):
		return Documentation
	}
	return Client
}

// String is the heading of the kind.
func (k Kind) String() string {
	return [...]string{"Configuration", "API specification", "Installers and systemd units", "Clients, scripts and tests", "Documentation"}[k]
}

// moves are the services that get another port, in the order of the table.
func (p Plan) moves() []Service {
	return lists.Only(p.Services, func(s Service) bool { return s.Outcome == contest.Changed })
}

// Held are notes about new ports that somebody has on this machine.
func (p Plan) Held() (notes []say.Problem) {
	for _, s := range p.Services {
		if s.Holder != "" {
			notes = append(notes, say.Problem{
				Kind: say.Note, Message: fmt.Sprintf("port %d, which %s would get, is held by %s", s.New, s.Name, s.Holder),
				Hint: "stop that before the plan is carried out, or choose another range under reconcile: ranges",
			})
		}
	}
	return notes
}

// Conflicts are how many ports are contested, and by how many services.
func (p Plan) Conflicts() (ports, services int) {
	for _, c := range p.Contests {
		services += len(c.Services)
	}
	return len(p.Contests), services
}
