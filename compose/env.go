package compose

import (
	"bytes"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"

	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

// EnvFile is one env file that variables are resolved from.
type EnvFile struct {
	File *source.File // bytes and path; never parsed as YAML
	Vars map[string]string
}

// Env is where a project's variables come from. The zero Env sets none.
type Env struct {
	files   []EnvFile         // later ones win
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
func (e Env) Files() []EnvFile { return e.files }

// Setter is the env file that sets a variable, and the value; the process
// environment is not asked.
func (e Env) Setter(name string) (EnvFile, string, bool) {
	for _, f := range slices.Backward(e.files) {
		if v, ok := f.Vars[name]; ok {
			return f, v, true
		}
	}
	return EnvFile{}, "", false
}

// Line is the span of the line that sets a variable, empty when it does not.
func (f EnvFile) Line(name string) source.Span {
	at := regexp.MustCompile(`(?m)^[ \t]*(?:export[ \t]+)?`+regexp.QuoteMeta(name)+`[ \t]*[=:][^\r\n]*`).FindAllIndex(f.File.Src, -1)
	if len(at) == 0 {
		return source.Span{}
	}
	last := at[len(at)-1]
	blanks := len(f.File.Src[last[0]:last[1]]) - len(bytes.TrimLeft(f.File.Src[last[0]:last[1]], " \t"))
	return source.Span{Start: last[0] + blanks, End: last[1]}
}

// Env reads env files by themselves: what is wrong with them is passed over.
func (l *Loader) Env(paths ...string) Env {
	var problems []source.Problem
	return l.env(paths, unset, &problems)
}

// env reads env files in order; those that do not exist are passed over.
func (l *Loader) env(paths []string, outer Lookup, problems *[]source.Problem) Env {
	var e Env
	for _, path := range paths {
		src, err := tree.Read(path, tree.MaxFile)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				*problems = append(*problems, source.Problem{File: &source.File{Path: path}, Message: say.Cause(err).Error(), Unreadable: true})
			}
			continue
		}
		vars, err := dotenv.ParseWithLookup(bytes.NewReader(src), func(name string) (string, bool) {
			if v, ok := outer(name); ok {
				return v, true
			}
			return e.Lookup(name)
		})
		if err != nil {
			*problems = append(*problems, source.Problem{
				File: &source.File{Path: path, Src: src}, Message: "not a valid env file: " + strings.ReplaceAll(err.Error(), "\n", " "),
				Hint: "docker compose refuses it: write NAME=value lines",
			})
			continue
		}
		e.files = append(e.files, EnvFile{File: &source.File{Path: path, Src: src}, Vars: vars})
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
