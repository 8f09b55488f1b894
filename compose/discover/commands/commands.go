// Package commands reads how people call docker compose: in Makefiles, scripts,
// workflows, package.json and env files. Nothing is executed.
//
// The model: [Read] gives the calls of one file in order, each with the compose files
// that it names and the folder in which it runs. Text that depends on what nobody can
// know, such as the output of a program, is not certain, and a call whose files or
// place are not certain is left out. A variable that nothing sets has its default.
//
//	for _, c := range commands.Read("/shop/Makefile", src) {
//		fmt.Println(c.Files, c.Starts)
//	}
package commands

import (
	"bytes"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/dotenv"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/source"
)

// Command is one call of docker compose.
type Command struct {
	// Files are those of -f, or of COMPOSE_FILE, as they are written; nil where Compose
	// looks for them itself.
	Files []string
	// In is the folder in which it runs, as it is written; [Here] and [Top] may stand
	// before it.
	In string
	// Dir is what --project-directory says, Name what -p or COMPOSE_PROJECT_NAME says, and
	// EnvFiles what --env-file says; zero for nothing.
	Dir, Name string
	EnvFiles  []string
	// Profiles are those that it chooses, as far as that is known.
	Profiles []string
	// Starts reports that it starts services, those of its profiles or only Services where
	// there are any, and Stops that it stops some, in every run of its unit.
	Starts, Stops bool
	Services      []string
	// Waits reports that it runs for as long as what it starts.
	Waits bool
	// Unit names what runs as one: a rule of a Makefile, a script, a job. Apart reports
	// that the units of its file are for different machines.
	Unit  string
	Apart bool
	// At is where it stands, in bytes.
	At int
}

// What may stand at the beginning of a path: the folder of the file itself, and the root
// of the repository. Without one, a path begins where somebody calls the file.
const (
	Here = "\x01"
	Top  = "\x02"
)

// unsure stands in texts in the place of what nobody can know.
const unsure = "\x00"

// Of a file's commands and their words, no more are read: far above any real one.
const (
	maxCommands = 1000
	maxWords    = 256
	maxText     = 4096
)

var (
	envFileLine = pattern.Lazy(`(?m)^[ \t]*(?:export[ \t]+)?COMPOSE_FILE[ \t]*=[ \t]*(.*?)[ \t\r]*$`)
	separator   = pattern.Lazy(`(?m)^[ \t]*(?:export[ \t]+)?COMPOSE_PATH_SEPARATOR[ \t]*=[ \t]*["']?(.)["']?[ \t\r]*$`)
)

// Named reports a file that may have commands, by its folder and name.
func Named(dir, name string) bool { return kindOf(dir, name) != nil }

// kindOf is how the calls of a file are read, by its folder and name; nil for none.
func kindOf(dir, name string) func(path string, src []byte) []Command {
	switch extension := filepath.Ext(name); {
	case slices.Contains([]string{"Makefile", "makefile", "GNUmakefile"}, name), extension == ".mk":
		return readMake
	case extension == ".sh", extension == ".bash":
		return script
	case name == "package.json":
		return scripts
	case compose.IsEnvFile(name):
		return envFile
	case (extension == ".yml" || extension == ".yaml") && strings.HasSuffix(filepath.ToSlash(dir), ".github/workflows"):
		return workflow
	}
	return nil
}

// Read is what a file calls, in its order.
func Read(path string, src []byte) []Command {
	read := kindOf(filepath.Dir(path), filepath.Base(path))
	if read == nil || !bytes.Contains(src, []byte("compose")) && !bytes.Contains(src, []byte("COMPOSE_FILE")) {
		return nil
	}
	found := read(path, src)
	return found[:min(len(found), maxCommands)]
}

func script(path string, src []byte) []Command {
	return within(string(src), filepath.Base(path), "", nil)
}

// envFile is the project that an env file names.
func envFile(_ string, src []byte) []Command {
	src = dotenv.Blank(src)
	all := envFileLine().FindAllSubmatchIndex(src, 2)
	if len(all) != 1 {
		return nil
	}
	value := strings.Trim(string(src[all[0][2]:all[0][3]]), `"'`)
	if strings.ContainsAny(value, "$#`\"' ") {
		return nil
	}
	by := ":"
	if m := separator().FindSubmatch(src); m != nil {
		by = string(m[1])
	}
	files := strings.Split(value, by)
	if slices.Contains(files, "") {
		return nil
	}
	return []Command{{Files: files, In: Here, Unit: "env", Apart: true, At: all[0][0]}}
}

// scripts are the calls of the scripts of a package.json.
func scripts(path string, src []byte) (found []Command) {
	f := source.Parse(path, src)
	for _, doc := range f.Docs {
		for _, s := range source.Fields(source.Value(source.Root(doc), "scripts")) {
			if s.Value.Kind != yaml.ScalarNode {
				continue
			}
			for _, c := range within(s.Value.Value, s.Key.Value, Here, nil) {
				c.At = f.Span(s.Key).Start
				found = append(found, c)
			}
		}
	}
	return found
}

// within are the calls of a text that is run in a folder.
func within(text, unit, in string, env map[string]string) []Command {
	s := newShell(text, unit)
	s.in = in
	maps.Copy(s.exported, env)
	s.run()
	return s.found
}

// workflow is what the steps of a workflow run.
func workflow(path string, src []byte) (found []Command) {
	f := source.Parse(path, src)
	for _, doc := range f.Docs {
		root := source.Root(doc)
		for _, job := range source.Fields(source.Value(root, "jobs")) {
			steps := source.Deref(source.Value(job.Value, "steps"))
			if steps == nil || steps.Kind != yaml.SequenceNode {
				continue
			}
			for _, step := range steps.Content {
				if len(found) < maxCommands {
					found = append(found, ofStep(f, root, job, source.Deref(step))...)
				}
			}
		}
	}
	return found
}

// ofStep are the calls of one step of a job.
func ofStep(f *source.File, root *yaml.Node, job source.Field, step *yaml.Node) (found []Command) {
	run := source.Deref(source.Value(step, "run"))
	if run == nil || run.Kind != yaml.ScalarNode || !strings.Contains(run.Value, "compose") {
		return nil
	}
	in, env := Top, map[string]string{}
	for _, level := range []*yaml.Node{root, job.Value, step} {
		settings := step
		if level != step {
			settings = source.Value(source.Value(level, "defaults"), "run")
		}
		if dir := source.Deref(source.Value(settings, "working-directory")); dir != nil {
			in = Top + "/" + open(dir.Value)
		}
		for _, v := range source.Fields(source.Value(level, "env")) {
			if value := source.Deref(v.Value); strings.HasPrefix(v.Key.Value, "COMPOSE_") && value != nil {
				env[v.Key.Value] = open(value.Value)
			}
		}
	}
	start := f.Span(run).Start
	for _, c := range within(open(run.Value), job.Key.Value, in, env) {
		line := 0
		if run.Style&yaml.LiteralStyle != 0 {
			line = 1 + strings.Count(open(run.Value)[:c.At], "\n")
		}
		c.At, c.Apart = start, true
		for ; line > 0; line-- {
			c.At += bytes.IndexByte(f.Src[c.At:], '\n') + 1
		}
		c.Starts = c.Starts && source.Value(step, "if") == nil
		found = append(found, c)
	}
	return found
}

// template is what a workflow puts into a text when it runs.
var template = pattern.Lazy(`\$\{\{[^\n]*?\}\}`)

// open is a text of a workflow in which such places are not certain.
func open(text string) string { return template().ReplaceAllString(text, unsure) }
