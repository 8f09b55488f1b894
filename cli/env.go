package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/rewrite"
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
	s, err := c.openStack(ctx, ctx.Bool("write") || ctx.Bool("args"))
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
		args := s.envArgs()
		for _, arg := range args {
			if strings.ContainsAny(arg, " \t\n*?[") {
				return problem{exitFailure, fmt.Sprintf("%q: the shell would take the path apart", arg), "set COMPOSE_ENV_FILES to the files, with commas between them"}
			}
		}
		fmt.Fprintln(c.Out, strings.Join(args, " "))
	default:
		for _, line := range s.portsEnv() {
			fmt.Fprintln(c.Out, line)
		}
	}
	return nil
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
	return filepath.Join(s.project.Dir, filepath.FromSlash(cmp.Or(s.config.PortsEnvFile, ".ports.env")))
}

// envArgs are the env files of the project in Compose's order, the remembered
// ports last: --env-file alone would drop .env.
func (s *stack) envArgs() (args []string) {
	for _, f := range s.project.Env.Files() {
		if f.File.Path != s.portsEnvPath() {
			args = append(args, "--env-file", f.File.Path)
		}
	}
	return append(args, "--env-file", s.portsEnvPath())
}

// writePortsEnv writes the file unless it says the same already. Without any
// assignment there is none.
func (s *stack) writePortsEnv() error {
	lines := s.portsEnv()
	path := s.portsEnvPath()
	old, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && len(lines) == 0 {
		return nil
	}
	text := "# Host ports that portmoor found free on this machine. Do not edit: portmoor detect writes it.\n" +
		"# Pass it with the project's other env files: docker compose $(portmoor env --args) up\n" +
		strings.Join(append(lines, ""), "\n")
	if string(old) == text {
		return nil
	}
	if err := rewrite.Write(path, []byte(text)); err != nil {
		return problem{exitFailure, s.shorten(err.Error()), ""}
	}
	return nil
}
