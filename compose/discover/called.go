package discover

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/tree"
)

var (
	callerName = regexp.MustCompile(`^(?:[Mm]akefile|GNUmakefile|package\.json|.+\.(?:mk|sh))$`)
	// callsCompose is a call of Compose, and leads what may stand before it in a command: an
	// assignment of the call to a variable or of variables to it.
	callsCompose = regexp.MustCompile(`\b(?:docker|podman|nerdctl)[ -]compose\b`)
	leads        = regexp.MustCompile(`^[\s@+(-]*(?:(?:sudo|exec|time|command|env|export)\s+|[A-Za-z_][\w.-]*\s*[:?+]?=\s*(?:[^\s"']+\s+)?["']?)*$`)
	// goesElsewhere is a line after which a script is in another folder, or has a text in it.
	goesElsewhere = regexp.MustCompile(`^\s*(?:cd|pushd)\s|<<`)
)

// Of a folder's calls of docker compose and what they load together, no more count: far
// above any real folder.
const (
	maxCalls = 1000
	maxSets  = 100
)

// called are the sets of files of several folders that a Makefile or a script in a folder,
// by its name, has docker compose load together by -f, from that folder. Files of one
// folder are told apart by their names already. A command behind cd runs somewhere else, and is none.
func (d *discoverer) called(dir string, names []string) (sets []compose.Group) {
	calls := 0
	for _, name := range names {
		path := filepath.Join(dir, name)
		if !callerName.MatchString(name) {
			continue
		}
		src, err := tree.Read(path, tree.MaxFile)
		if err != nil || !callsCompose.Match(src) || d.ignores(path) {
			continue
		}
		for _, line := range linesOf(name, src) {
			if !callsCompose.MatchString(line) {
				continue
			}
			if calls++; calls > maxCalls || len(sets) == maxSets {
				return sets
			}
			if set, ok := d.calledBy(dir, line); ok && !slices.ContainsFunc(sets, func(s compose.Group) bool { return slices.Equal(s.Files, set.Files) }) {
				sets = append(sets, set)
			}
		}
	}
	return sets
}

// linesOf are the lines of a Makefile or a script, up to where it goes elsewhere, and the
// scripts of a package.json, without comments.
func linesOf(name string, src []byte) (lines []string) {
	if name == "package.json" {
		var described struct {
			Scripts map[string]string `json:"scripts"`
		}
		if json.Unmarshal(src, &described) != nil {
			return nil
		}
		return slices.Sorted(maps.Values(described.Scripts))
	}
	text := strings.ReplaceAll(string(src), "\r\n", "\n")
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		if strings.HasSuffix(name, ".sh") && goesElsewhere.MatchString(line) {
			break
		}
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

// calledBy is the set of the first command of a line that loads files of several folders.
func (d *discoverer) calledBy(dir, line string) (set compose.Group, ok bool) {
	for _, command := range commandEnd.Split(line, -1) {
		if strings.HasPrefix(strings.TrimLeft(command, " \t@-("), "cd ") {
			return set, false
		}
		command, _, _ = strings.Cut(command, " #")
		at := callsCompose.FindStringIndex(command)
		if at == nil || !leads.MatchString(command[:at[0]]) {
			continue
		}
		files := filesOf(strings.Fields(command[at[1]:]))
		if len(files) < 2 {
			continue
		}
		set, ok = d.together(dir, files)
		if ok && slices.ContainsFunc(set.Files, func(f string) bool { return filepath.Dir(f) != set.Dir }) {
			return set, true
		}
	}
	return compose.Group{}, false
}

// switches are the flags of docker compose that take no value.
var switches = []string{"--all-resources", "--compatibility", "--dry-run", "--verbose"}

// filesOf are the files that docker compose gets by -f before the word of its command,
// behind which a -f is another flag.
func filesOf(words []string) (files []string) {
	for i := 0; i < len(words) && strings.HasPrefix(words[i], "-"); i++ {
		flag, value, same := strings.Cut(words[i], "=")
		if value, attached := strings.CutPrefix(flag, "-f"); attached && value != "" {
			files = append(files, value)
			continue
		}
		if !same && !slices.Contains(switches, flag) {
			if i++; i == len(words) {
				break
			}
			value = words[i]
		}
		switch flag {
		case "-f", "--file":
			files = append(files, strings.Trim(value, `"'`))
		case "--project-directory":
			return nil // who knows what its paths mean
		}
	}
	return files
}
