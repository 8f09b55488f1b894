package compose

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

// Env is where a project's variables come from. The zero Env sets none.
type Env struct {
	files   []variable.File   // later ones win
	environ map[string]string // the process environment, which wins over all; nil for lint
}

// Lookup is a variable's value under the environment.
func (e Env) Lookup(name string) (string, bool) {
	if v, ok := e.environ[name]; ok {
		return v, true
	}
	_, v, ok := e.Setter(name)
	return v, ok
}

// Files are the env files that were read, in order; later ones win.
func (e Env) Files() []variable.File { return e.files }

// Setter is the env file that sets a variable, and the value; the process
// environment is not asked.
func (e Env) Setter(name string) (variable.File, string, bool) {
	for _, f := range slices.Backward(e.files) {
		if v, ok := f.Vars[name]; ok {
			return f, v, true
		}
	}
	return variable.File{}, "", false
}

// Under are the host ports that a mapping of the project has where, of its env files, only
// some are read: of those paths.
func (p *Project) Under(read []string, m *Mapping) ports.Range {
	name := m.HostPort.Var
	left := func(f variable.File) bool { return !slices.Contains(read, f.File.Path) }
	_, environ := p.Env.environ[name]
	setter, set := m.Setter(name)
	if environ || !set || !slices.ContainsFunc(p.EnvFiles, func(f variable.File) bool { return f.File.Path == setter.File.Path && left(f) }) {
		return m.HostPort.Ports
	}
	for _, f := range slices.Backward(p.EnvFiles) {
		if port, err := strconv.Atoi(f.Vars[name]); err == nil && !left(f) {
			return ports.From(port, m.HostPort.Ports.Width())
		}
	}
	return m.HostPort.DefaultPorts
}

// Env reads env files by themselves: what is wrong with them is passed over.
func (l *Loader) Env(paths ...string) Env {
	var problems []source.Problem
	return l.env(paths, variable.Unset, &problems)
}

// env reads env files in order; those that do not exist are passed over.
func (l *Loader) env(paths []string, outer variable.Lookup, problems *[]source.Problem) Env {
	var e Env
	for _, path := range paths {
		src, err := tree.Read(path, tree.MaxFile)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				*problems = append(*problems, source.Problem{File: &source.File{Path: path, Private: true}, Message: say.Cause(err).Error(), Unreadable: true})
			}
			continue
		}
		if known, ok := l.plain.Load(path); ok {
			if known, ok := known.(variable.File); ok && bytes.Equal(known.File.Src, src) {
				e.files = append(e.files, known)
				continue
			}
		}
		file, plain, problem := variable.ParseFile(path, src, func(name string) (string, bool) {
			if v, ok := outer(name); ok {
				return v, true
			}
			return e.Lookup(name)
		})
		if problem != nil {
			*problems = append(*problems, *problem)
			continue
		}
		if plain {
			l.plain.Store(path, file)
		}
		e.files = append(e.files, file)
	}
	return e
}

// projectName is what Compose makes of a name: lower case, without the
// characters that it does not allow (loader.NormalizeProjectName).
func projectName(name string) string {
	kept := strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(name))
	return strings.TrimLeft(kept, "_-")
}
