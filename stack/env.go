package stack

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/dotenv"
	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
)

// oursEnv reports an env file that may be written anew: it has our header, or it says
// nothing but ports of the project's own variables.
func oursEnv(src []byte, p *compose.Project) bool {
	var mappings []compose.Mapping
	if p != nil { // what is left of one that is gone has no files
		mappings = p.Mappings
	}
	return bytes.HasPrefix(src, []byte(workspace.PortsEnvHeader)) ||
		variable.OnlyPorts(src, lists.Keys(mappings, func(m compose.Mapping) string { return m.HostPort.Var }))
}

// writable refuses to keep ports in files that somebody else has written, that are
// links, or that are not in the repository, before anything is changed.
func writable(s *Stack, env string) error {
	for _, path := range []string{env, s.paths.Ports} {
		reason := s.paths.Bounds.Refuses(path)
		switch {
		case reason == "":
			continue
		case !s.Bounds.Has(s.paths.Checkout):
			return say.Failf("name the compose files with -f; nothing was written", "%s: the project %s", s.paths.Checkout, s.Bounds.Outside())
		}
		return say.Failf("name a file of the repository in .portmoor.yaml, or --ports-file; nothing was written", "%s: %s, which is not written", path, reason)
	}
	if err := cmp.Or(s.MayCreate(s.paths.Ports, workspace.PortsRole), s.MayCreate(env, workspace.PortsEnvRole)); err != nil {
		return err
	}
	src, err := tree.ReadIf(env, tree.MaxFile)
	if err != nil {
		return say.Failf("mend it or move it away, or name another as ports_env_file in .portmoor.yaml; nothing was written", "%s: %s", env, say.Cause(err))
	}
	if !oursEnv(src, s.Project) {
		return say.Failf("move it away, or name another as ports_env_file in .portmoor.yaml; nothing was written", "%s: was not written by portmoor", env)
	}
	return nil
}

func (s *Stack) envPath() string { return s.PortsEnvFile(s.Project) }

// Env is the env file for Compose: the variables below a header; "" without any.
func (s *Stack) Env() string {
	variables := Variables(s)
	if variables == nil {
		return ""
	}
	return workspace.PortsEnvHeader +
		"# Pass it to docker compose with the project's other env files, as portmoor env --args prints them.\n" + dotenv.Lines(variables)
}

// Variables are those of the assignments, sorted, but for those that an env file pins. The
// environment of the process changes nothing: it wins anyway.
func Variables(s *Stack) (variables []dotenv.Variable) {
	for _, u := range s.units {
		a, known := s.store.Assigned[u.Key]
		if !known || u.Var == "" || u.Source == allocate.EnvFile {
			continue
		}
		ports := ports.From(a.Port, max(a.Width, u.Want.Width()))
		variables = append(variables, dotenv.Variable{Name: u.Var, Value: ports.String()})
	}
	slices.SortFunc(variables, func(a, b dotenv.Variable) int { return cmp.Compare(a.Name+"="+a.Value, b.Name+"="+b.Value) })
	return slices.Compact(variables)
}

// WriteEnv writes the env file for Compose.
func (s *Stack) WriteEnv() error {
	return Locked(s, s.writeEnv)
}

// Locked does something with the project as it is remembered, while nobody changes that.
func Locked(s *Stack, do func() error) error {
	return change(s, allocate.Change{Decide: func() error { return nil }, Write: do})
}

// writeEnv writes the file unless it says the same already. Without any
// assignment there is none.
func (s *Stack) writeEnv() error {
	text := s.Env()
	old, err := tree.Read(s.envPath(), tree.MaxFile)
	if text == "" && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if text == "" {
		text = workspace.PortsEnvHeader
	}
	if string(old) == text {
		return nil
	}
	return rewrite.WriteOurs(s.Bounds, s.envPath(), []byte(text))
}

// Start is the command of docker compose that starts the project, as about says of it,
// on its ports: one that asks for its arguments, unless a shell would take one apart.
func Start(s *Stack, about say.About) string {
	if _, err := s.args(about); err == nil {
		return about.Start()
	}
	about.Compose.EnvFiles = envFiles(s)
	return about.Docker("up")
}

// Args are the arguments for docker compose on one line, that make it see the project
// as it was seen here, with the assigned ports: the flags that were given, and the env
// files in Compose's order, since --env-file alone would drop .env. An error says that
// a shell would take one of them apart.
func (s *Stack) Args() (string, error) { return s.args(s.About) }

func (s *Stack) args(told say.About) (string, error) {
	told.Compose.EnvFiles = envFiles(s)
	args := told.Compose.Words()
	for i, arg := range args {
		if !say.Breaks(arg) {
			continue
		}
		// From here the path may have nothing that breaks.
		if rel, err := filepath.Rel(s.Dir, arg); err == nil && filepath.IsAbs(arg) && !say.Breaks(rel) {
			args[i] = rel
			continue
		}
		return "", say.Failf("write it in quotes: "+told.Docker("up"), "%s: the shell would split the path", say.Visible(arg))
	}
	return strings.Join(args, " "), nil
}

// Detected reports whether ports were assigned, so that there is an env file.
func (s *Stack) Detected() bool { return tree.Exists(s.envPath()) }

// envFiles are the env files that there are, in the order in which the last
// one wins.
func envFiles(s *Stack) []string {
	files := lists.Map(s.Project.EnvFiles, func(f variable.File) string { return f.File.Path })
	files = slices.DeleteFunc(files, func(path string) bool { return path == s.envPath() })
	if s.Detected() {
		files = append(files, s.envPath())
	}
	return files
}

// ComposeArgs are what docker compose needs to see the project as it was seen
// here, whatever said so: arguments, the environment, .env or the configuration.
func (s *Stack) ComposeArgs() (args []string) {
	for _, f := range slices.Concat(s.Project.Group.Files, s.Isolation.Overrides()) {
		args = append(args, "-f", f)
	}
	args = append(args, "-p", s.Project.Name)
	for _, profile := range s.Project.Group.Profiles {
		args = append(args, "--profile", profile)
	}
	for _, f := range envFiles(s) {
		args = append(args, "--env-file", f)
	}
	return args
}
