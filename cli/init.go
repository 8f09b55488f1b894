package cli

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/migrate"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
)

func initCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:  "init",
		Usage: "write " + config.Name + ", the hooks of pre-commit and what Git should ignore",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "make", Usage: "also write targets for make", DisableDefaultText: true},
		},
		Action: c.runInit,
	}
}

const (
	initialConfig = `# Settings of portmoor, which keeps the host ports of this repository in order.
# yaml-language-server: $schema=https://raw.githubusercontent.com/portmoor/portmoor/main/docs/portmoor.schema.json
strategy: %s # hybrid, dynamic or auto
`
	preCommitHook = `  - repo: https://github.com/portmoor/portmoor
    rev: main
    hooks:
      - id: portmoor-lint
`
	makeHeader  = "# Written by portmoor init --make.\n"
	makeTargets = makeHeader + `.PHONY: ports-auto-detect ports-validate ports-show ports-reset first-run-multi-host

ports-auto-detect:
	portmoor detect

ports-validate:
	portmoor validate

ports-show:
	portmoor show

ports-reset:
	portmoor reset

first-run-multi-host:
	portmoor migrate --strategy auto --write
	portmoor validate
	docker compose $$(portmoor env --args) up -d
`
)

// ignoredByGit is what belongs to one machine.
var ignoredByGit = []string{".ports.env", ".ports.*.env", "**/data/ports.json", "**/data/ports.*.json", "**/data/ports*.json.bak"}

// runInit writes what is not there yet, and touches nothing else.
func (c *program) runInit(ctx *cli.Context) error {
	base, err := os.Getwd()
	if err != nil {
		return err
	}
	root := tree.Root(tree.Folder(base))
	w, _, err := workspace.Open(workspace.Request{Dir: root, Git: c.environ()})
	if err != nil {
		w = nil // there may be no compose file yet
	}
	steps := []func() (string, error){func() (string, error) { return writeConfig(root, w) }}
	if tree.InGit(root) {
		steps = append(steps, func() (string, error) { return addHook(root) }, func() (string, error) { return addIgnored(root, w) })
	}
	if ctx.Bool("make") {
		steps = append(steps, func() (string, error) { return addTargets(root) })
	}
	for _, step := range steps {
		said, err := step()
		if err != nil {
			return say.Failf("", "%s", err)
		}
		fmt.Fprintln(c.Err, said)
	}
	if !tree.InGit(root) {
		c.say("no hooks and no .gitignore are written: "+say.Path(base, root)+" is not in a Git repository", "")
	}
	return nil
}

// writeConfig writes the configuration, with the strategy that the files have; in one
// that is there it names that strategy, unless it names one or the files follow auto.
func writeConfig(root string, w *workspace.Workspace) (string, error) {
	path, strategy := filepath.Join(root, config.Name), strategies.Auto
	if w != nil {
		strategy = migrate.Present(w)
	}
	switch {
	case !tree.Exists(path):
		return fmt.Sprintf("%s: written, with strategy %s", config.Name, strategy), rewrite.Write(tree.BoundsOf(root), path, fmt.Appendf(nil, initialConfig, strategy))
	case w == nil || w.Config.Strategy != "" || strategy == strategies.Auto:
		return config.Name + ": exists already", nil
	}
	text, err := config.SetStrategy(w.Config.Src, string(strategy))
	if err != nil {
		return fmt.Sprintf("%s: exists already; add strategy: %s", config.Name, strategy), nil //nolint:nilerr // it is said what to do
	}
	return fmt.Sprintf("%s: strategy %s is added", config.Name, strategy), rewrite.Write(tree.BoundsOf(root), path, text)
}

// addHook adds the hook to pre-commit's configuration, whose last key has to be
// its list of repositories for that.
func addHook(root string) (string, error) {
	const name = ".pre-commit-config.yaml"
	path := filepath.Join(root, name)
	src, err := tree.ReadIf(path, tree.MaxFile)
	switch {
	case err != nil:
		return "", unreadable(name, err)
	case bytes.Contains(src, []byte("portmoor")):
		return name + ": has the hook already", nil
	case src == nil:
		return name + ": written", rewrite.Write(tree.BoundsOf(root), path, []byte("repos:\n"+preCommitHook))
	}
	last := ""
	for line := range strings.Lines(string(src)) {
		if line[0] != ' ' && line[0] != '-' && line[0] != '#' && strings.TrimSpace(line) != "" {
			last = strings.TrimRight(line, "\r\n")
		}
	}
	if strings.TrimSpace(last) != "repos:" {
		return name + ": add this under repos:\n" + strings.TrimRight(preCommitHook, "\n"), nil
	}
	out := append(ended(src), indentAs(src, preCommitHook)...)
	if !endsWithHook(out) {
		return name + ": add this under repos:\n" + strings.TrimRight(preCommitHook, "\n"), nil
	}
	return name + ": the hook is added", rewrite.Write(tree.BoundsOf(root), path, out)
}

// endsWithHook reports whether a configuration can be read, and its last
// repository is ours.
func endsWithHook(src []byte) bool {
	f := source.Parse(".pre-commit-config.yaml", src)
	if len(f.Docs) != 1 {
		return false
	}
	repos := source.Deref(source.Value(source.Root(f.Docs[0]), "repos"))
	if repos == nil || len(repos.Content) == 0 {
		return false
	}
	repo := source.Deref(source.Value(repos.Content[len(repos.Content)-1], "repo"))
	return repo != nil && repo.Value == "https://github.com/portmoor/portmoor"
}

// indentAs indents lines as the first entry of a list in a text is.
func indentAs(src []byte, text string) string {
	for line := range strings.Lines(string(src)) {
		if entry := strings.TrimLeft(line, " "); strings.HasPrefix(entry, "- repo:") {
			pad := line[:len(line)-len(entry)]
			return pad + strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(text, "  "), "\n"), "\n  ", "\n"+pad) + "\n"
		}
	}
	return text
}

// ignored are the patterns of what belongs to one machine, also of files that the
// configuration names.
func ignored(w *workspace.Workspace) []string {
	lines := slices.Clone(ignoredByGit)
	if w == nil {
		return lines
	}
	for _, name := range []string{w.Config.PortsFile, w.Config.PortsEnvFile} {
		name = path.Clean(filepath.ToSlash(name))
		if name == "." || path.IsAbs(name) || strings.HasPrefix(name, "../") {
			continue
		}
		ext := path.Ext(name)
		lines = lists.Union(lines, "**/"+name, "**/"+strings.TrimSuffix(name, ext)+".*"+ext)
	}
	return lines
}

func addIgnored(root string, w *workspace.Workspace) (string, error) {
	const name = ".gitignore"
	path := filepath.Join(root, name)
	src, err := tree.ReadIf(path, tree.MaxFile)
	if err != nil {
		return "", unreadable(name, err)
	}
	has := map[string]bool{}
	for line := range strings.Lines(string(src)) {
		has[strings.TrimSpace(line)] = true
	}
	out := ended(src)
	for _, line := range ignored(w) {
		if !has[line] {
			out = append(out, line+"\n"...)
		}
	}
	if len(out) == len(ended(src)) {
		return name + ": has the lines already", nil
	}
	return name + ": lines are added", rewrite.Write(tree.BoundsOf(root), path, out)
}

func addTargets(root string) (string, error) {
	path := filepath.Join(root, "portmoor.mk")
	switch old, err := tree.ReadIf(path, tree.MaxFile); {
	case err != nil:
		return "", unreadable("portmoor.mk", err)
	case old != nil && !bytes.HasPrefix(old, []byte(makeHeader)):
		return "portmoor.mk: exists already, and was not written by init", nil
	}
	if err := rewrite.Write(tree.BoundsOf(root), path, []byte(makeTargets)); err != nil {
		return "", err
	}
	makefile := filepath.Join(root, "Makefile")
	src, err := tree.ReadIf(makefile, tree.MaxFile)
	if err != nil {
		return "", unreadable("Makefile", err)
	}
	if bytes.Contains(src, []byte("portmoor.mk")) {
		return "Makefile: includes the targets already", nil
	}
	return "Makefile: includes portmoor.mk", rewrite.Write(tree.BoundsOf(root), makefile, append(ended(src), "include portmoor.mk\n"...))
}

// unreadable is why a file can't be read, by its name.
func unreadable(name string, err error) error {
	return fmt.Errorf("%s: can't be read: %w", name, say.Cause(err))
}

// ended is text that ends with a line break, unless it is empty.
func ended(src []byte) []byte {
	if len(src) > 0 && src[len(src)-1] != '\n' {
		return append(bytes.Clone(src), '\n')
	}
	return bytes.Clone(src)
}
