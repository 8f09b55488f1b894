package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

func (c *commands) env() *cli.Command {
	return &cli.Command{
		Name:  "env",
		Usage: "print the remembered ports as NAME=port lines",
		Flags: oneProjectFlags(
			&cli.BoolFlag{Name: "write", Aliases: []string{"w"}, Usage: "write them to .ports.env", DisableDefaultText: true},
			&cli.BoolFlag{Name: "args", Usage: "print the --env-file arguments for docker compose", DisableDefaultText: true},
		),
		Action: c.runEnv,
	}
}

func (c *commands) runEnv(ctx *cli.Context) error {
	to := reading
	if ctx.Bool("write") || ctx.Bool("args") {
		to = writing
	}
	s, err := c.openStack(ctx, to)
	if err != nil {
		return err
	}
	defer s.store.Close() //nolint:errcheck // the lock ends with the process
	switch {
	case ctx.Bool("write"):
		return s.writePortsEnv()
	case ctx.Bool("args"):
		if err := s.writePortsEnv(); err != nil {
			return err
		}
		return c.printArgs(s)
	default:
		for _, line := range s.portsEnv() {
			fmt.Fprintln(c.Out, line)
		}
	}
	return nil
}

// portsEnvHeader tells a file of ours from one that somebody else has written.
const portsEnvHeader = "# Host ports that portmoor found free on this machine. Do not edit: portmoor detect writes it.\n"

// writable refuses to keep ports in files that somebody else has written, or
// that are links, before anything is changed.
func (s *stack) writable() error {
	for _, path := range []string{s.portsEnvPath(), s.ports} {
		if tree.IsSymlink(path) {
			return say.Failf("put a file in its place; nothing was written", "%s: is a symlink, and stays as it is", s.Show(path))
		}
	}
	src, err := tree.Read(s.portsEnvPath(), tree.MaxFile)
	if errors.Is(err, fs.ErrNotExist) || err == nil && (len(src) == 0 || bytes.HasPrefix(src, []byte(portsEnvHeader))) {
		return nil
	}
	return say.Failf("move it away, or name another as ports_env_file in .portmoor.yaml; nothing was written", "%s: is not a file that portmoor has written", s.Show(s.portsEnvPath()))
}

// portsEnv are the variables of the assignments, sorted, but for those that an
// env file pins. The environment of the process changes nothing: it wins anyway.
func (s *stack) portsEnv() (lines []string) {
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

func (s *stack) portsEnvPath() string {
	return s.PortsEnvFile(s.project)
}

// printArgs prints the env files of the project in Compose's order, the
// remembered ports last: --env-file alone would drop .env.
func (c *commands) printArgs(s *stack) error {
	files := s.envFileList()
	if !tree.Exists(s.portsEnvPath()) {
		c.say("no port is remembered yet", "run portmoor detect")
	}
	args := make([]string, 0, len(files))
	for _, f := range files {
		name := f
		if breaks(name) { // from here the path may have nothing that breaks
			if rel, err := filepath.Rel(s.Dir, f); err == nil {
				name = rel
			}
		}
		if breaks(name) {
			return say.Failf("export COMPOSE_ENV_FILES='"+say.Visible(strings.Join(files, ","))+"'", "%s: the shell would take the path apart", say.Visible(f))
		}
		args = append(args, "--env-file "+name)
	}
	fmt.Fprintln(c.Out, strings.Join(args, " "))
	return nil
}

// envFileList are the env files that there are, in the order in which the last
// one wins.
func (s *stack) envFileList() (files []string) {
	for _, f := range s.project.EnvFiles {
		if f.File.Path != s.portsEnvPath() {
			files = append(files, f.File.Path)
		}
	}
	if tree.Exists(s.portsEnvPath()) {
		files = append(files, s.portsEnvPath())
	}
	return files
}

// breaks reports whether a shell that has no quotes around a text would make
// something else of it.
func breaks(text string) bool { return strings.ContainsAny(text, " \t\n*?[") }

// writePortsEnv writes the file unless it says the same already. Without any
// assignment there is none.
func (s *stack) writePortsEnv() error {
	lines := s.portsEnv()
	path := s.portsEnvPath()
	old, err := tree.Read(path, tree.MaxFile)
	if errors.Is(err, fs.ErrNotExist) && len(lines) == 0 {
		return nil
	}
	text := portsEnvHeader +
		"# Pass it with the project's other env files: docker compose $(portmoor env --args) up\n" +
		strings.Join(append(lines, ""), "\n")
	if string(old) == text {
		return nil
	}
	if err := rewrite.Write(path, []byte(text)); err != nil {
		return say.Failf("", "%s", err)
	}
	return nil
}
