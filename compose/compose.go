// Package compose finds the host ports of Docker Compose projects: what each
// mapping means, as compose-go would have it, and where it stands, as byte
// offsets into the file it was read from.
//
// The model: a [Loader] loads the projects that package discover finds, and every
// published entry of every service's ports becomes a [Mapping] that knows its
// span. Files are never modified here; whoever rewrites them splices spans.
//
//	loader := compose.NewLoader(compose.LoadOptions{})
//	found, err := discover.Find(loader, []string{"."}, discover.Options{})
//	projects := loader.Load(found.Groups)
package compose

import (
	"iter"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/source"
)

// Syntax is how a mapping is written.
type Syntax int

// The two forms of the Compose specification.
const (
	Short Syntax = iota // "8080:80", or a bare number
	Long                // {target: 80, published: 8080}
)

// Quote is how the scalar that holds the host port is quoted.
type Quote int

// The scalar styles in which a host port can be rewritten.
const (
	Plain Quote = iota
	Single
	Double
)

// Key identifies a mapping within its naming family.
type Key struct {
	Service string
	// Container is the container port as written after interpolation, such as
	// "80" or "3000-3005"; the raw text when a variable in it has no value.
	Container string
	Protocol  string // tcp, udp or sctp
	// N counts the different host ports of one container port from 1.
	N int
}

// Mapping is one published entry of one service's ports.
type Mapping struct {
	File    *source.File
	Service string
	// List is where the list that holds the entry starts, in bytes.
	List int
	// Index is the entry's place in that list, from 0.
	Index  int
	Syntax Syntax
	Quote  Quote // of the scalar that holds the host port
	Flow   bool  // whether that scalar stands in a flow collection, as in JSON
	// Entry is what a finding about the mapping points at: the short form's
	// scalar with its quotes, the long form's first key.
	Entry source.Span
	// Scalar is the scalar that holds the host port, with its quotes. It is
	// Entry in the short form, the value of published in the long form, and
	// empty in a long form without published.
	Scalar source.Span
	// Anchor is where the scalar stands that an alias under published repeats, zero where
	// there is no alias. While the alias stays, so must that scalar.
	Anchor Place
	// Host is the host port's text inside Scalar. It is empty, and the place
	// to write one, where none is written.
	Host source.Span
	// Address is HostIP as written, with brackets or variables; "" for none.
	Address string
	// HostIP is the address without brackets; "" means all of them.
	HostIP   string
	HostPort variable.Expr
	// Target is the container port as written, variables included, and TargetAt where
	// the long form has it; empty in the short form.
	Target    string
	TargetAt  source.Span
	Container ports.Range // zero when a variable in it has no value
	Protocol  string      // tcp, udp or sctp
	Name      string      // the long form's name, "" if none
	// AppProtocol is the long form's app_protocol, such as http; "" if none.
	AppProtocol string
	// Mode is the long form's mode, host or ingress; "" if none.
	Mode string
	Key  Key
	// Shared reports that the same bytes serve other services too, through an
	// anchor, a merge key or extends.
	Shared bool
	// Inherited reports that the bytes belong to another service or template;
	// of the mappings that share bytes exactly one is not inherited.
	Inherited bool
	// Extends is where the service says that it extends the one which has the entry; zero for
	// an entry of its own.
	Extends Text
	// Dropped says why Compose does not publish this entry: another entry
	// repeats it, or an override replaces it. "" when it is published.
	Dropped Drop
	// Library is the file whose service has the entry, where that is only there to
	// be extended; nil for the project's own services.
	Library *source.File
	// Number reports that the host port is a number to YAML, and not a text. Compose
	// never takes the two for one.
	Number bool
	// Locked says why the host port can't be spliced; "" when it can.
	Locked string
	// Invalid says why Compose refuses the entry; "" when it does not.
	Invalid string
	// Unset says why Compose refuses the entry while no variable is set but those
	// that are required; "" when it does not.
	Unset string
	// Opaque reports that a variable holds, or may hold, several parts of the entry:
	// nobody can say where in it the host port is.
	Opaque bool

	envFiles [][]variable.File // that its variables are looked up in, the outermost first
	zero     bool              // the host port is written as 0, not left out
	identity string            // compose-go's key for dropping repeated entries
	scalar   *yaml.Node
}

// Place is where a mapping's host port stands.
type Place struct {
	Path  string
	Start int // in bytes
}

// Place is where the scalar that holds the host port stands, or the entry where
// there is none. Mappings with equal places are written as one. The entry alone
// does not tell: a long form that merges another has its own first key, and the
// other's host port.
func (m *Mapping) Place() Place {
	if m.Scalar.Empty() {
		return Place{m.File.Path, m.Entry.Start}
	}
	return Place{m.File.Path, m.Scalar.Start}
}

// Socket is what the mapping binds, on whatever host port.
func (m *Mapping) Socket() ports.Socket { return ports.Socket{Address: m.HostIP, Protocol: m.Protocol} }

// BothSides reports whether a variable of the host port is also in the container port, so
// that moving one would move the other.
func (m *Mapping) BothSides() bool {
	inside := source.Variables(m.Target)
	return slices.ContainsFunc(source.Variables(m.HostPort.Text), func(v string) bool { return slices.Contains(inside, v) })
}

// Written is where to show the mapping's text: the scalar that holds the host port,
// of a long form that has none the container port, else the entry.
func (m *Mapping) Written() source.Span {
	switch {
	case !m.Scalar.Empty():
		return m.Scalar
	case !m.TargetAt.Empty():
		return m.TargetAt
	}
	return m.Entry
}

// Setter is the env file that gives a variable of the mapping its value.
func (m Mapping) Setter(name string) (variable.File, bool) {
	for _, files := range m.envFiles {
		if f, _, ok := (Env{files: files}).Setter(name); ok {
			return f, true
		}
	}
	return variable.File{}, false
}

// Drop is why an entry of the source is not in the merged project.
type Drop int

// The ways an entry can go missing in a merge.
const (
	Published  Drop = iota // it is in the merged project
	Duplicate              // a later entry with the same key takes its place
	Overridden             // !override or !reset in a later file removes it
	Extended               // its service is not in the project, only extended by one that is
)

// Service is what a project says of one service besides its ports.
type Service struct {
	Name string
	File *source.File
	// Span is the service's name where it is first defined.
	Span     source.Span
	Profiles []string // sorted; nil when the service always starts
	// Scale is the number of containers; 1 when nothing says otherwise, and
	// when a variable without a value does.
	Scale int
	// ScaleText is what says so; zero where nothing does.
	ScaleText Text
	// Replicas is what deploy.replicas says beside scale; zero where it is not both.
	Replicas Text
	// Image is what image says, with its variables replaced; "" where it is not set.
	Image string
	// PortFile reports that the service declares SERVICE_PORT_FILE in its
	// environment, so that it can learn its host port after start.
	PortFile bool
	// NetworkMode is what network_mode says; zero where it is not set.
	NetworkMode Text
	// Networks is where the service names networks; zero where it names none.
	Networks Text
	// ContainerName is what container_name says; zero where it is not set. Extends is where the
	// service says that it extends the one which sets it; zero for one that sets it itself.
	ContainerName, NameExtends Text
}

// Base is a service that another one extends, in its own file or from another.
type Base struct {
	File    *source.File
	Service string
}

// Vain is a !reset or !override of ports in a file that is included. Compose loads
// an include by itself, so that such a tag replaces nothing of the other files.
type Vain struct {
	File    *source.File
	Span    source.Span // the key that has the tag
	Service string
	Tag     string // !reset or !override
}

// Text is a value as it stands in a file. The zero Text is none.
type Text struct {
	File  *source.File
	Span  source.Span
	Value string // with its variables replaced
	// Written is the value without that, for messages: what variables hold may be secret.
	Written string
}

// Project is what docker compose would load together.
type Project struct {
	// Name is the project name that Compose would choose.
	Name string
	// Renamed reports that -p or the environment of the process chose it.
	Renamed bool
	Dir     string // absolute
	// Family names the naming family: projects with equal values share
	// their variable names.
	Family string
	// Files are the project's files as they are reached: the Own files of the
	// group and, behind the one that names them, those it includes or extends.
	Files []*source.File
	// Group is what the project was loaded from.
	Group Group
	// Mappings are in load order: file by file, from top to bottom.
	Mappings []Mapping
	Services []Service // sorted by name
	// Env is what variables were resolved with: the project's env files.
	Env Env
	// EnvFiles are those of the project itself, not of what it includes; the
	// last one wins.
	EnvFiles []variable.File
	// Bases are the services that others extend, in the order in which they are met.
	Bases []Base
	// Includes are the lines that include files, in the order in which they are met.
	Includes []Load
	// Vain are the tags that replace nothing, where they stand in included files.
	Vain []Vain
	// Stack reports that the project is deployed as a stack of a swarm, as the configuration or
	// the name of a file says, which begins with docker-stack.
	Stack bool
	// Swarm reports that it is, or may well be: it has what only docker stack deploy heeds, an
	// overlay network or a service with endpoint_mode, placement, update_config or
	// rollback_config, and the configuration does not say otherwise.
	Swarm bool
	// Problems are what stops docker compose from loading the project, those
	// of its files included.
	Problems []source.Problem
	// Unseen are files that nobody could read as the project needs them, each with what that
	// means: remote ones, with the file that names them, and ones that others extend and that
	// are not valid.
	Unseen []source.Problem
	// Unjudged are files with services that extend what is not valid.
	Unjudged []*source.File
	// Partial reports that what the project seems to lack may be in a file that is remote,
	// missing or not valid.
	Partial bool

	watch  func(step, path string)
	chosen map[string]bool // its profiles
	hidden map[string]bool // by profile, whether only variables hold its name
	// alternatives are lists of profiles of which one runs at a time.
	alternatives [][]string
	numbered     [][]int // the mappings whose host ports were told apart together
}

// Each leads to the mappings, in order.
func (p *Project) Each() iter.Seq[*Mapping] {
	return func(yield func(*Mapping) bool) {
		for i := range p.Mappings {
			if !yield(&p.Mappings[i]) {
				return
			}
		}
	}
}
