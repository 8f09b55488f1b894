package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
)

var missingDefault = Rule{
	Name:     "missing-default",
	Title:    "The host port is a variable without a default",
	Severity: Warning,
	Doc: `The host port is a variable without a default. If nothing sets it, as in a fresh clone, Docker picks a new
port at every start, and no file says which. Give it a default, ${WEB_PORT:-8080}, or make it required,
${WEB_PORT:?}. A variable that an env file in the repository sets is not reported; one that Compose is given by
--env-file has to be listed under env_files in the configuration. It is an error if docker compose refuses the project
while the variable is not set, as where the container port is one too. --fix takes the default from an example env file
of the project, such as .env.example.`,
	Check: func(p *Pass) {
		if p.run.inner[p.index] {
			return // what includes it may give it an env file, and shows the same mappings
		}
		dynamic := map[compose.Place]bool{} // that become so
		for _, c := range p.plan().Changes {
			if c.Decision.Kind == strategies.Ephemeral {
				dynamic[c.Mapping.Place()] = true
			}
		}
		for m := range p.written() {
			e := asksForPort(m)
			switch {
			case m.Unset != "":
				p.refusedUnset(m)
			case e.Var == "" || !emptyUnset(e) || p.setInRepository(e.Var):
			case dynamic[m.Place()]: // a default would be dropped again
			default:
				p.missingDefault(m, e)
			}
		}
	},
}

// asksForPort is the variable that leaves the host port to Docker while it is unset; of
// one that holds an address before another, as in ${ADDR:-}${PORT}, the other. It is zero
// where there is no such variable.
func asksForPort(m *compose.Mapping) (e variable.Expr) {
	if m.HostPort.Var != "" || !m.HostPort.DefaultPorts.Zero() {
		return m.HostPort
	}
	all := variable.Expressions(m.HostPort.Text)
	if len(all) == 0 || !emptyUnset(all[len(all)-1]) {
		return e
	}
	for _, one := range all { // the last, but rather one that nobody made empty on purpose
		if emptyUnset(one) && (one.Op == "" || e.Op != "" || e.Var == "") {
			e = one
		}
	}
	return e
}

// emptyUnset reports a variable that is nothing while it is unset, and not asked for.
func emptyUnset(e variable.Expr) bool {
	return e.Op == ":+" || e.Op == "+" || e.Default == "" && e.Op != "?" && e.Op != ":?"
}

// missingDefault reports a host port that is a variable without a default.
func (p *Pass) missingDefault(m *compose.Mapping, e variable.Expr) {
	f := aboutHost(m)
	f.Message = fmt.Sprintf("variable %s has no default: if it is not set, Docker picks a new host port at every start", e.Var)
	if !e.Settable() {
		hint := fmt.Sprintf("write ${%s:-%s} if the port should always be there", cmp.Or(p.names().Of(m), e.Var), e.Default)
		p.reportf(f, hint, "variable %s only switches the host port on: if it is not set, Docker picks a new one at every start", e.Var)
		return
	}
	p.setElsewhere(&f, e.Var, cmp.Or(m.Container.String(), "8080"))
	if port, from := p.example(e.Var); port != "" {
		f.Hint = fmt.Sprintf("write ${%s:-%s}", e.Var, port)
		f.Related = append(f.Related, relatedLine(from, e.Var, "its example value is here"))
		if m.Locked == "" && m.HostPort.Var == e.Var && !slices.Contains(source.Variables(m.Target), e.Var) {
			f.Fix = []rewrite.Edit{rewrite.Replace(m, "${"+e.Var+":-"+port+"}")}
		}
	}
	p.Report(f)
}

// refusedUnset reports a mapping that is none while a variable is unset.
func (p *Pass) refusedUnset(m *compose.Mapping) {
	parts := m.Target // which Compose can't do without
	if m.Unset == compose.NoAddress || !strings.Contains(parts, "$") {
		parts = m.Address + m.HostPort.Text
	}
	for _, e := range variable.Expressions(parts) {
		if !emptyUnset(e) || p.setInRepository(e.Var) {
			continue
		}
		f := about(m)
		if slices.Contains(source.Variables(m.HostPort.Text), e.Var) {
			f = aboutHost(m)
		}
		f.Severity = Error
		f.Message = fmt.Sprintf("variable %s has no default: if it is not set, docker compose refuses the project: %s", e.Var, m.Unset)
		example := cmp.Or(m.Container.String(), "8080")
		switch {
		case e.Default != "":
			example = e.Default
		case m.Opaque:
			example = "8080:80"
		case m.Unset == compose.NoAddress:
			example = "127.0.0.1"
		}
		p.setElsewhere(&f, e.Var, example)
		p.Report(f)
		return
	}
}

// setElsewhere says what default a variable could have, and where it is set for one
// machine only.
func (p *Pass) setElsewhere(f *Finding, variable, example string) {
	f.Hint = fmt.Sprintf("give it a default, such as ${%s:-%s}", variable, example)
	if file, _, set := p.Project.Env.Setter(variable); set {
		f.Related = []Related{relatedLine(file, variable, "it is set here, but Git ignores this file")}
	}
}

// setInRepository reports whether an env file that everyone has sets a variable.
func (p *Pass) setInRepository(name string) bool {
	return slices.ContainsFunc(p.Project.Env.Files(), func(f variable.File) bool {
		return f.Vars[name] != "" && p.Facts.Tracked[f.File.Path]
	})
}

// example is a variable's port in the project's example env files, "" for none.
func (p *Pass) example(name string) (string, variable.File) {
	for _, f := range p.Facts.Examples[p.Project.Dir] {
		if port := strings.TrimSpace(f.Vars[name]); isPort(port) {
			return port, f
		}
	}
	return "", variable.File{}
}

// isPort reports a port or a range that can stand as a default.
func isPort(text string) bool {
	first, last, isRange := strings.Cut(text, "-")
	for _, n := range []string{first, last} {
		if n == "" && !isRange {
			continue
		}
		if port, err := strconv.Atoi(n); err != nil || port < 1 || port > 65535 {
			return false
		}
	}
	return first != ""
}
