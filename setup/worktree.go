package setup

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

const (
	hookName   = "post-checkout"
	hookHeader = "#!/bin/sh\n# Written by portmoor init --worktree.\n"
	// hookBody runs in linked worktrees alone, where .git is a file, and when the checkout
	// before was none, which Git writes as zeros: then the worktree is new. A command that
	// fails is told of, and the checkout goes on.
	hookBody = `# A new worktree gets host ports of its own.
if [ -n "${1##*[!0]*}" ] && [ "$3" = 1 ] && [ -f .git ] && command -v portmoor >/dev/null 2>&1; then
%sfi
`
	hookLine = "  (%s) >&2 || echo \"portmoor: the new worktree has no ports yet\" >&2\n"
)

// checkoutHook plans the hook that Git runs after a checkout. Worktrees share the hooks of
// their repository. One that somebody else has written is left alone, and so is a folder
// of hooks for all repositories.
func (p *planner) checkoutHook() error {
	folder, named := tree.HooksFolder(p.root, p.w.Tree().Environ)
	if filepath.Base(folder) == "_" && filepath.Base(filepath.Dir(folder)) == ".husky" {
		folder = filepath.Dir(folder) // husky makes that one, and runs the hooks above it
	}
	path := filepath.Join(folder, hookName)
	body := p.hookBody()
	switch {
	case !tree.InGit(p.root):
		return p.keep(path, "is not written: this is no Git repository")
	case body == "":
		return p.keep(path, "is not written: no compose file is here or below that docker compose finds by itself")
	case named && !tree.Within(p.root, folder):
		return p.keep(path, "is not written, since core.hooksPath is outside the repository; add this to the hook:\n"+strings.TrimRight(body, "\n"))
	}
	p.w.Bounds = p.w.Bounds.And(path)
	src, err := p.read(path)
	text := hookHeader + body + "exit 0\n"
	switch {
	case err != nil:
		return err
	case string(src) == text, bytes.Contains(src, []byte(say.About{}.Portmoor("detect"))) && !bytes.HasPrefix(src, []byte(hookHeader)):
		return p.keep(path, "finds ports for a new worktree already")
	case src != nil && !bytes.HasPrefix(src, []byte(hookHeader)):
		return p.keep(path, "is there already; add this to it:\n"+strings.TrimRight(body, "\n"))
	}
	_ = p.write(path, src, []byte(text), "written")
	p.files[len(p.files)-1].asked = true
	return nil
}

// hookBody has a line for each project that people start, "" for none.
func (p *planner) hookBody() string {
	var lines strings.Builder
	for _, q := range p.started() {
		about := p.w.AboutFrom(p.root, q)
		about.Ours.Config = "" // the nearest one is found
		fmt.Fprintf(&lines, hookLine, about.Portmoor("detect"))
	}
	if lines.Len() == 0 {
		return ""
	}
	return fmt.Sprintf(hookBody, lines.String())
}
