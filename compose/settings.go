package compose

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/compose/dotenv"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

// Setting is a value that services are given: a variable of an environment, an
// argument of a build, a label, a part of a command, or a line of an env file.
type Setting struct {
	File *source.File
	Span source.Span // with its quotes, in a list and in an env file with its name
	Name string
	// Service is who is given it, and Key where its compose file says so:
	// environment, args, labels, command or entrypoint. Both are "" for a line of an env
	// file.
	Service, Key string
}

// Settings are the values that the project's files and its env files give services,
// but for what is asked inside of a container only, as by a healthcheck.
// Of the env files that services name, those are read that stand in the repository.
func (p *Project) Settings() []Setting { return p.settings().all }

// ServiceEnvFiles are the env files that services name, whether or not they are read.
func (p *Project) ServiceEnvFiles() (paths []string) {
	for f, fd := range p.written() {
		if named := source.Value(fd.Value, "env_file"); named != nil {
			paths = append(paths, p.envPaths(f, named)...)
		}
	}
	return paths
}

func (p *Project) settings() settings {
	c := settings{project: p, root: tree.Root(p.Dir), seen: map[string]bool{}}
	for _, f := range p.Env.files {
		c.envFile(f.File)
	}
	for f, fd := range p.written() {
		c.service(f, source.Deref(fd.Key).Value, fd.Value)
	}
	return c
}

// written yields the services as each file of the project writes them.
func (p *Project) written() func(yield func(*source.File, source.Field) bool) {
	return func(yield func(*source.File, source.Field) bool) {
		for _, f := range p.Files {
			for _, doc := range f.Docs {
				for _, fd := range source.Fields(source.Value(source.Root(doc), "services")) {
					if !yield(f, fd) {
						return
					}
				}
			}
		}
	}
}

type settings struct {
	project *Project
	root    string
	seen    map[string]bool // env files
	all     []Setting
}

func (c *settings) service(f *source.File, name string, n *yaml.Node) {
	for _, fd := range source.Fields(n) {
		switch key := source.Deref(fd.Key).Value; key {
		case "environment", "labels":
			c.values(f, name, key, fd.Value)
		case "deploy":
			c.values(f, name, "labels", source.Value(fd.Value, "labels"))
		case "build":
			c.values(f, name, "args", source.Value(fd.Value, "args"))
			c.values(f, name, "labels", source.Value(fd.Value, "labels"))
		case "command", "entrypoint":
			c.words(f, Setting{Service: name, Key: key, Name: key}, fd.Value)
		case "env_file":
			for _, path := range c.project.envPaths(f, fd.Value) {
				target, err := filepath.EvalSymlinks(path)
				if c.seen[path] || err != nil || !tree.Within(c.root, target) {
					continue // it is read once, and not where it is outside of the repository
				}
				if src, err := tree.Read(path, tree.MaxFile); err == nil {
					c.envFile(&source.File{Path: path, Src: src, Private: true})
				}
			}
		}
	}
}

// values are those of a mapping, or of a list of NAME=value.
func (c *settings) values(f *source.File, service, key string, n *yaml.Node) {
	if n = source.Deref(n); n == nil {
		return
	}
	for _, fd := range source.Fields(n) {
		c.value(f, Setting{Service: service, Key: key, Name: source.Deref(fd.Key).Value}, fd.Value)
	}
	if n.Kind == yaml.SequenceNode {
		for _, item := range n.Content {
			name, _, _ := strings.Cut(source.Deref(item).Value, "=")
			c.value(f, Setting{Service: service, Key: key, Name: name}, item)
		}
	}
}

// words are a text, or a list of several.
func (c *settings) words(f *source.File, s Setting, n *yaml.Node) {
	n = source.Deref(n)
	if c.value(f, s, n); n.Kind == yaml.SequenceNode {
		for _, item := range n.Content {
			c.value(f, s, item)
		}
	}
}

func (c *settings) value(f *source.File, s Setting, n *yaml.Node) {
	if n = source.Deref(n); n.Kind == yaml.ScalarNode {
		s.File, s.Span = f, f.Span(n)
		c.all = append(c.all, s)
	}
}

// envPaths are the env files that a service names in a file.
func (p *Project) envPaths(f *source.File, n *yaml.Node) (paths []string) {
	n = source.Deref(n)
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	dir := filepath.Dir(f.Path)
	if slices.Contains(p.Group.Files, f.Path) {
		dir = p.Dir
	}
	for _, item := range items {
		if path := source.Value(item, "path"); path != nil {
			item = path
		}
		name, err := variable.Expand(source.Deref(item).Value, p.Env.Lookup)
		if err != nil || name == "" {
			continue
		}
		paths = append(paths, tree.Absolute(dir, name)[0])
	}
	return paths
}

// envFile adds the lines of a file, once.
func (c *settings) envFile(f *source.File) {
	if c.seen[f.Path] {
		return
	}
	c.seen[f.Path] = true
	at := 0
	for line := range bytes.Lines(dotenv.Blank(f.Src)) {
		text := bytes.TrimSpace(line)
		if name, _, sets := strings.Cut(string(text), "="); sets && !strings.HasPrefix(name, "#") {
			start := at + bytes.Index(line, text)
			end := start + len(text)
			if comment := bytes.Index(text, []byte(" #")); comment >= 0 && !bytes.ContainsAny(text[:comment], `"'`) {
				end = start + comment
			}
			c.all = append(c.all, Setting{File: f, Span: source.Span{Start: start, End: end}, Name: strings.TrimSpace(strings.TrimPrefix(name, "export "))})
		}
		at += len(line)
	}
}

// Named is where the name of a network, a volume or the like stands: its name, else
// its key, in the last file that has it; the start of the first file for one that is
// in none.
func (p *Project) Named(section, key string) (at Text) {
	at.File = p.Files[0]
	for _, f := range p.Files {
		for _, doc := range f.Docs {
			for _, fd := range source.Fields(source.Value(source.Root(doc), section)) {
				if source.Deref(fd.Key).Value != key {
					continue
				}
				at = Text{f, f.Span(fd.Key), key, key}
				if name := source.Value(fd.Value, "name"); name != nil {
					at = Text{f, f.Span(source.Deref(name)), source.Deref(name).Value, source.Deref(name).Value}
				}
			}
		}
	}
	return at
}
