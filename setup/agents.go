package setup

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

// agentsName is the file that agents read before they work on a repository, and what is
// between the markers in it is ours.
const (
	agentsName  = "AGENTS.md"
	agentsBegin = "<!-- portmoor:agents -->"
	agentsEnd   = "<!-- /portmoor:agents -->"
)

// agentsText is the section.
func agentsText() string {
	ours := func(command string, words ...string) string {
		return "`" + say.About{}.Portmoor(command, words...) + "`"
	}
	return agentsBegin + `
## Host ports

Each checkout of this repository has host ports of its own, which Portmoor assigns. Never write a host port into code, tests,
commands or documents, and never guess one: ask for it.

- Where a service listens that runs: ` + ours("port", "SERVICE", "CONTAINER_PORT") + `, or ` + ours("port", "--format", "json") + ` for all, with their URLs.
- Which host port a service gets at its next start: ` + ours("get", "SERVICE") + `.
- To start the project on ports that are free: ` + ours("up") + `. Which checkouts of this machine run, and where: ` + ours("list") + `.
- A port that is new in a compose file is a variable with a default, such as ` + "`${WEB_HOST_PORT:-8080}:80`" + `. To see what is wrong: ` + ours("lint") + `.
` + agentsEnd + "\n"
}

// agents adds the section to AGENTS.md, or brings it up to date: what is outside of the
// markers keeps its bytes. Where the file is a link, it is the one that the link leads to.
func (p *planner) agents() error {
	path := filepath.Join(p.root, agentsName)
	if tree.IsSymlink(path) {
		path = tree.Resolved(path)
	}
	src, err := p.read(path)
	if err != nil {
		return err
	}
	ending := "\n"
	if bytes.Contains(src, []byte("\r\n")) {
		ending = "\r\n"
	}
	text := []byte(strings.ReplaceAll(agentsText(), "\n", ending))
	begin, end := bytes.Index(src, []byte(agentsBegin)), bytes.Index(src, []byte(agentsEnd))
	switch {
	case !utf8.Valid(src):
		return p.keep(path, "is not UTF-8, and gets no section")
	case bytes.Count(src, []byte(agentsBegin)) > 1 || bytes.Count(src, []byte(agentsEnd)) > 1 || (begin < 0) != (end < 0) || end < begin:
		return p.keep(path, "has one of "+agentsBegin+" and "+agentsEnd+" without the other, or twice; take them out first")
	case begin < 0 && src == nil:
		return p.write(path, nil, text, "written")
	case begin < 0:
		gap := strings.Repeat(ending, 2-endingBreaks(src))
		return p.write(path, src, slices.Concat(src, []byte(gap), text), "the section about host ports is added")
	}
	out := bytes.Join([][]byte{src[:begin], bytes.TrimRight(text, "\r\n"), src[end+len(agentsEnd):]}, nil)
	if bytes.Equal(src, out) {
		return p.keep(path, "has the section about host ports already")
	}
	return p.write(path, src, out, "the section about host ports is brought up to date")
}

// endingBreaks is how many line breaks a text ends with, two at most: an empty one has
// what it takes for a section to begin.
func endingBreaks(src []byte) int {
	lines := strings.ReplaceAll(string(src), "\r\n", "\n")
	switch {
	case strings.Trim(lines, "\n\ufeff") == "", strings.HasSuffix(lines, "\n\n"):
		return 2
	case strings.HasSuffix(lines, "\n"):
		return 1
	}
	return 0
}
