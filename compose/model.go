package compose

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/source"
)

// Environments are environments under which to try to load the project, one
// after the other: a clean clone may lack what it requires, so that behind the
// empty one come some that set every variable which the files mention.
func (p *Project) Environments() []map[string]string {
	numbers, mixed := map[string]string{}, map[string]string{}
	for i, name := range p.Variables() {
		numbers[name], mixed[name] = strconv.Itoa(i+1), "true" // equal ones could make one of two ports
	}
	for _, m := range p.Mappings {
		for _, name := range source.Variables(m.HostPort.Text + m.Target) {
			mixed[name] = numbers[name]
		}
		for _, name := range source.Variables(m.Address) {
			mixed[name] = "127.0.0.1"
		}
		if m.HostPort.Var != "" && m.Container.Width() > 1 {
			mixed[m.HostPort.Var] = m.Container.String() // both sides of a range are as wide
		}
	}
	return []map[string]string{nil, numbers, mixed}
}

// Variables lists every name that the project's files mention and that its
// env files set, sorted.
func (p *Project) Variables() []string {
	names := lists.Flat(p.Files, (*source.File).Variables)
	for _, f := range p.Env.files {
		names = slices.AppendSeq(names, maps.Keys(f.Vars))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Limits of what is taken and of what compose-go is given.
const (
	maxMappings = 10_000 // of one project, anchors followed
	maxLoaded   = 6_000  // values of one project, aliases followed; compose-go needs a third of a second for them
	maxRange    = 4096   // ports of one range; compose-go makes an entry of each
)

// ErrWithheld is returned for a project that compose-go must not see.
var ErrWithheld = errors.New("withheld from compose-go")

// Loadable reports whether compose-go may be called on the project: every
// file parses, it can be loaded within a second, and no range makes it build
// thousands of entries.
func (p *Project) Loadable() error {
	nodes := 0
	for _, f := range p.Files {
		if f.Docs == nil {
			return fmt.Errorf("%s: %w", f.Path, ErrWithheld)
		}
		if nodes += f.Nodes; nodes > maxLoaded {
			return fmt.Errorf("%s: more than %d values: %w", f.Path, maxLoaded, ErrWithheld)
		}
	}
	for _, f := range p.Files {
		if f.Longest > variable.MaxText {
			return fmt.Errorf("%s: a text longer than %d bytes: %w", f.Path, variable.MaxText, ErrWithheld)
		}
	}
	for _, m := range p.Mappings {
		nodes += max(m.Container.Width(), m.HostPort.Ports.Width())
	}
	if nodes > maxLoaded {
		return fmt.Errorf("more than %d values and ports: %w", maxLoaded, ErrWithheld)
	}
	wide := slices.ContainsFunc(p.Mappings, func(m Mapping) bool {
		return m.Container.Width() > maxRange || m.HostPort.Ports.Width() > maxRange || m.HostPort.DefaultPorts.Width() > maxRange
	})
	if wide {
		return fmt.Errorf("a range is wider than %d ports: %w", maxRange, ErrWithheld)
	}
	return nil
}
