package stack

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

// envHeader tells a file of ours from one that somebody else has written.
const envHeader = "# Host ports that portmoor found free on this machine. Do not edit: portmoor detect writes it.\n"

// writable refuses to keep ports in files that somebody else has written, or
// that are links, before anything is changed.
func writable(s *Stack) error {
	for _, path := range []string{s.envPath(), s.paths.Ports} {
		if tree.IsSymlink(path) {
			return say.Failf("put a file in its place; nothing was written", "%s: is a symlink, which is not written", path)
		}
	}
	src, err := tree.Read(s.envPath(), tree.MaxFile)
	if errors.Is(err, fs.ErrNotExist) || err == nil && (len(src) == 0 || bytes.HasPrefix(src, []byte(envHeader))) {
		return nil
	}
	return say.Failf("move it away, or name another as ports_env_file in .portmoor.yaml; nothing was written", "%s: was not written by portmoor", s.envPath())
}

func (s *Stack) envPath() string { return s.PortsEnvFile(s.Project) }

// Env are the variables of the assignments as NAME=port, sorted, but for those that
// an env file pins. The environment of the process changes nothing: it wins anyway.
func (s *Stack) Env() (lines []string) {
	for _, u := range s.units {
		a, known := s.store.Assigned[u.Key]
		if !known || u.Var == "" || u.Source == allocate.EnvFile {
			continue
		}
		value := fmt.Sprint(a.Port)
		if width := max(a.Width, u.Want.Width()); width > 1 {
			value = fmt.Sprintf("%d-%d", a.Port, a.Port+width-1)
		}
		lines = append(lines, u.Var+"="+value)
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// WriteEnv writes the env file for Compose.
func (s *Stack) WriteEnv() error {
	return change(s, allocate.Change{Decide: func() error { return nil }, Write: s.writeEnv})
}

// writeEnv writes the file unless it says the same already. Without any
// assignment there is none.
func (s *Stack) writeEnv() error {
	lines := s.Env()
	old, err := tree.Read(s.envPath(), tree.MaxFile)
	if errors.Is(err, fs.ErrNotExist) && len(lines) == 0 {
		return nil
	}
	text := envHeader +
		"# Pass it with the project's other env files: docker compose $(portmoor env --args) up\n" +
		strings.Join(append(lines, ""), "\n")
	if string(old) == text {
		return nil
	}
	return rewrite.WriteOurs(s.envPath(), []byte(text))
}

// EnvArgs are the --env-file arguments for docker compose on one line: the env files
// of the project in Compose's order, the assigned ports last, since --env-file alone
// would drop .env. An error says that a shell would take a path apart.
func (s *Stack) EnvArgs() (string, error) {
	files := s.envFiles()
	args := make([]string, 0, len(files))
	for _, f := range files {
		name := f
		if breaks(name) { // from here the path may have nothing that breaks
			if rel, err := filepath.Rel(s.Dir, f); err == nil {
				name = rel
			}
		}
		if breaks(name) {
			return "", say.Failf("export COMPOSE_ENV_FILES='"+strings.Join(files, ",")+"'", "%s: the shell would split the path", say.Visible(f))
		}
		args = append(args, "--env-file "+name)
	}
	return strings.Join(args, " "), nil
}

// Detected reports whether ports were assigned, so that there is an env file.
func (s *Stack) Detected() bool { return tree.Exists(s.envPath()) }

// envFiles are the env files that there are, in the order in which the last
// one wins.
func (s *Stack) envFiles() (files []string) {
	for _, f := range s.Project.EnvFiles {
		if f.File.Path != s.envPath() {
			files = append(files, f.File.Path)
		}
	}
	if s.Detected() {
		files = append(files, s.envPath())
	}
	return files
}

// breaks reports whether a shell that has no quotes around a text would make
// something else of it.
func breaks(text string) bool { return strings.ContainsAny(text, " \t\n*?[") }

// ComposeArgs are what docker compose needs to see the project as it was seen
// here, whatever said so: arguments, the environment, .env or the configuration.
func (s *Stack) ComposeArgs() (args []string) {
	for _, f := range s.Project.Group.Files {
		args = append(args, "-f", f)
	}
	args = append(args, "-p", s.Project.Name)
	for _, profile := range s.Project.Group.Profiles {
		args = append(args, "--profile", profile)
	}
	for _, f := range s.envFiles() {
		args = append(args, "--env-file", f)
	}
	return args
}
