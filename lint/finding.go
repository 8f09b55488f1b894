package lint

import (
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/source"
)

// Severity says how bad a finding is. The zero value is Off.
type Severity int

// Severities in rising order.
const (
	Off Severity = iota
	Info
	Warning
	Error
)

// Finding is one thing that is wrong, at one place.
type Finding struct {
	Rule     string
	Severity Severity
	File     *source.File
	// Span is where it is, in File.Src; both ends 0 when it concerns the whole file.
	Span source.Span
	// Service is the service it concerns, "" when none.
	Service string
	// Message says what is wrong: one line, lower case, no full stop.
	Message string
	// Hint says what to do; it may be empty.
	Hint string
	// Related are the other places that the finding speaks of.
	Related []Related
	// Fix holds the edits of File that mend it; nil when there is no safe fix.
	Fix []rewrite.Edit
	// Reason is why a finding that was expected is not told, in the words of the comment that
	// ignores it; "" where it has none.
	Reason string

	entry origin // of the mapping it is about; an ignore there counts too
}

// origin is where an entry is written.
type origin struct {
	file *source.File
	span source.Span
}

// Related is another place that a finding speaks of, such as the other end of a conflict.
type Related struct {
	File    *source.File
	Span    source.Span
	Message string

	entry origin // as in Finding
}

// relatedTo is a mapping's host port as a related place.
func relatedTo(m *compose.Mapping, message string) Related {
	f := aboutHost(m)
	return Related{File: f.File, Span: f.Span, Message: message, entry: f.entry}
}

// causes are the lines of env files that make a mapping's address, or its host port another
// one than what is written.
func causes(m *compose.Mapping) []Related {
	if m.HostPort.Ports == m.HostPort.DefaultPorts {
		return setters(m, m.Address)
	}
	return setters(m, m.Address+m.HostPort.Text)
}

// setters are the lines of env files that set the variables of a mapping's text.
func setters(m *compose.Mapping, text string) (lines []Related) {
	for _, v := range source.Variables(text) {
		if file, ok := m.Setter(v); ok {
			lines = append(lines, relatedLine(file, v, v+" is set here"))
		}
	}
	return lines
}

// saidBy is where a text stands that makes a finding, with the lines of env files that set
// its variables; nothing for the zero text.
func saidBy(p *compose.Project, t compose.Text, message string) (places []Related) {
	if t.File == nil {
		return nil
	}
	places = []Related{{File: t.File, Span: t.Span, Message: message}}
	for _, v := range source.Variables(string(t.File.Src[t.Span.Start:t.Span.End])) {
		if file, _, ok := p.Env.Setter(v); ok {
			places = append(places, relatedLine(file, v, v+" is set here"))
		}
	}
	return places
}

// relatedLine is the line of an env file that sets a variable.
func relatedLine(e variable.File, variable, message string) Related {
	return Related{File: e.File, Span: e.Line(variable), Message: message}
}

// String is the severity as users write it.
func (s Severity) String() string { return [...]string{"off", "info", "warning", "error"}[s] }

// ParseSeverity reads a severity as users write it.
func ParseSeverity(name string) (s Severity, ok bool) {
	for s := Off; s <= Error; s++ {
		if s.String() == name {
			return s, true
		}
	}
	return Off, false
}
