package strategies

import (
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/ports"
)

// Kind is what should happen to a host port.
type Kind int

// The kinds of decision.
const (
	Keep         Kind = iota // it stays as it is; Reason says why
	Parameterize             // it becomes a variable with a default
	Ephemeral                // Docker picks it
	Fix                      // its text is corrected
)

// Decision is what a host port should become.
type Decision struct {
	Kind Kind
	// Var is the variable after the change, "" for none.
	Var string
	// Port is the host port or range that the variable has as its default, "" for none.
	Port string
	// Text is the host port's new text: "${WEB_HOST_PORT:-8080}", "0", or ""
	// where none is to be written.
	Text string
	// Address is the address that a mapping without one gets, "" for none.
	Address string
	// Reason says why, in a few words: lower case, no full stop.
	Reason string
	// Left reports a number that should become something else, and can't.
	Left bool
}

// Facts is what Decide needs to know besides the mapping.
type Facts struct {
	Names Names
	// Default is the host text that the configuration remembers for the
	// mapping, "" for none.
	Default string
	// Scaled reports that a service which has the mapping runs more than once.
	Scaled bool
	// PortFile reports that the service learns its port after start.
	PortFile bool
	// Unbound reports that the network of the service lets Docker bind no ports.
	Unbound bool
	// Merges reports that Compose would make one of this mapping and another,
	// or two of what it takes for one, if Docker picked the host port.
	Merges bool
	// Repeats reports that a wider mapping of the service has this one in it.
	Repeats bool
	// Repeated reports that it is such a wider mapping.
	Repeated bool
	// Spelled reports that another mapping is the same but for its spelling.
	Spelled bool
	// Pinned reports that Default was chosen, for people who want a fixed host port.
	Pinned bool
	// Shares reports that two mappings would clash by one variable here.
	Shares bool
}

// KeptNoDefault is the reason why a variable without a default stays.
const KeptNoDefault = "already a variable, without a default"

// Reasons why a mapping stays as it is.
const (
	keptPicked    = "Docker picks the host port, and there is no default to restore"
	keptVariable  = "already a variable"
	keptParts     = "the host port is made of several parts"
	keptDynamic   = "Docker picks the host port already"
	keptBothSides = "the same variable is on both sides"
	keptMerges    = "Compose would merge it with another mapping of this container port"
	keptTarget    = "the container port is a variable without a value"
	keptRepeats   = "it repeats a part of another mapping, and Compose treats the two as one"
	keptShares    = "its variable would be the host port of two mappings"
	keptUnfit     = "the default in the configuration is not a host port that fits"
	keptUnbound   = "the network_mode of its service lets Docker publish no ports"
)

// Decide says what a mapping becomes under a strategy. Auto is hybrid, but dynamic
// for a service that runs more than once or that learns its port after start.
//
//	now                        hybrid                                      dynamic
//	8080:80                    ${X_HOST_PORT:-8080}:80                     0:80
//	127.0.0.1:8080:80/udp      127.0.0.1:${X_HOST_PORT:-8080}:80/udp       127.0.0.1:0:80/udp
//	3000-3005:3000-3005        ${X_HOST_PORT_RANGE:-3000-3005}:3000-3005   3000-3005
//	8000-8010:80               ${X_HOST_PORT_RANGE:-8000-8010}:80          0:80
//	published: 8080            published: ${X_HOST_PORT:-8080}             published: 0
//	80, :80, 0:80              kept, or the text that is remembered        kept
//	80, :80, 0:80, pinned      ${X_HOST_PORT:-10000}:80                    kept
//	${V:-8080}:80              kept                                        0:80
//	${V}:80                    kept                                        0:80
//	${V:-127.0.0.1:8080}:80    kept: it holds an address                   kept
//	${V:-80}:${V:-80}          kept: one variable on both sides            kept
//	80${V}:80                  kept: it has several parts                  kept
//	${V}                       kept: it may hold all of the mapping        kept
//	8080:80 beside 8081:80     a variable each                             kept: one would merge into the other
//
// What is kept has a Reason. Text is spelled in bytes by package rewrite.
func Decide(m *compose.Mapping, s Strategy, facts Facts) Decision {
	d := decide(m, s, facts)
	d.Left = d.Kind == Keep && m.Invalid == "" && m.Locked != "" && !facts.Unbound && fixed(m)
	return d
}

func decide(m *compose.Mapping, s Strategy, facts Facts) Decision {
	dynamic := s == Dynamic || s == Auto && (facts.Scaled || facts.PortFile) && !facts.Pinned
	switch {
	case m.Invalid != "":
		return keep(m.Invalid)
	case facts.Unbound:
		return keep(keptUnbound)
	case picked(m) && dynamic:
		return keep(keptDynamic)
	case picked(m) && facts.Default == "":
		return keep(keptPicked)
	case m.Locked != "":
		return keep(m.Locked)
	case m.BothSides():
		return keep(keptBothSides)
	case facts.Repeats:
		return keep(keptRepeats)
	case facts.Spelled:
		return keep(keptMerges)
	case dynamic:
		return ephemeral(m, s, facts)
	case picked(m):
		return restore(m, facts)
	case !m.HostPort.Literal():
		return keep(variableReason(m.HostPort))
	case facts.Shares:
		return keep(keptShares)
	}
	return parameterize(facts.Names.Of(m), m.HostPort.Text, "a literal host port")
}

// fixed reports a host port that is a number, and no variable.
func fixed(m *compose.Mapping) bool { return m.HostPort.Literal() && !m.HostPort.Ports.Zero() }

// picked reports whether a mapping leaves its host port to Docker.
func picked(m *compose.Mapping) bool {
	return !m.Opaque && (m.HostPort.Text == "" || m.HostPort.Literal() && m.HostPort.Ports.Zero())
}

func keep(reason string) Decision { return Decision{Kind: Keep, Reason: reason} }

func parameterize(variable, port, reason string) Decision {
	if variable == "" {
		return keep("no variable name is free")
	}
	return Decision{Kind: Parameterize, Var: variable, Port: port, Text: "${" + variable + ":-" + port + "}", Reason: reason}
}

func variableReason(e variable.Expr) string {
	switch {
	case e.Var == "":
		return keptParts
	case defaultOf(e) == "":
		return KeptNoDefault
	}
	return keptVariable
}

// ephemeral leaves the choice to Docker. Compose takes 0 for one container
// port only: for several, no host port is written at all.
func ephemeral(m *compose.Mapping, s Strategy, facts Facts) Decision {
	if m.Container.Zero() {
		return keep(keptTarget)
	}
	if m.HostPort.Var == "" && !m.HostPort.Literal() {
		return keep(keptParts) // one of them may be an address
	}
	if facts.Merges || facts.Repeated {
		return keep(keptMerges)
	}
	d := Decision{Kind: Ephemeral, Text: "0", Reason: "the strategy is dynamic"}
	if s == Auto {
		d.Reason = "the service learns its port after start"
		if facts.Scaled {
			d.Reason = "the service runs more than once"
		}
	}
	if m.Container.Width() > 1 {
		d.Text = ""
	}
	return d
}

// restore gives a mapping back the host port that the configuration remembers.
func restore(m *compose.Mapping, facts Facts) Decision {
	reason := "the configuration has a default"
	if facts.Pinned {
		reason = "it gets a default"
	}
	text, e := facts.Default, variable.Parse(facts.Default)
	if e.Literal() {
		e.Default, e.Op = text, ":-"
	}
	port := defaultOf(e)
	literal := port != "" && !strings.Contains(port, "$")
	if host, ok := parsePorts(port); literal && (!ok && e.Var == "" || m.Container.Width() > 1 && host.Width() != m.Container.Width()) {
		return keep(keptUnfit)
	}
	if facts.Shares && facts.Pinned {
		return keep(keptShares)
	}
	if facts.Shares && e.Literal() {
		return Decision{Kind: Fix, Port: port, Text: text, Reason: reason}
	}
	switch taken := e.Var != "" && facts.Names.heldByOther(e, m); {
	case e.Literal(), taken && literal:
		return parameterize(facts.Names.Of(m), port, reason)
	case taken:
		return keep("variable " + strconv.Quote(e.Var) + " now belongs to another mapping")
	}
	return Decision{Kind: Parameterize, Var: e.Var, Port: port, Text: text, Reason: reason}
}

// defaultOf is what a variable stands for while it is unset, "" for nothing:
// behind the other operators is a message, or what it stands for while set.
func defaultOf(e variable.Expr) string {
	if e.Op == ":-" || e.Op == "-" {
		return e.Default
	}
	return ""
}

// parsePorts reads a port or a range of ports as it is written in a host port;
// 0 is none.
func parsePorts(text string) (ports.Range, bool) {
	r, err := ports.Parse(text)
	return r, err == nil && !r.Zero()
}
