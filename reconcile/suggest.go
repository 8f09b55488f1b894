package reconcile

import (
	"fmt"
	"strings"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/reconcile/contest"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/workspace"
)

// SuggestSources is what the configuration of a workspace could name under sources, as
// YAML, with what it names already; "" where nothing looks like one service a folder.
func SuggestSources(w *workspace.Workspace) string {
	var known []contest.Source
	for _, s := range w.Config.Sources {
		known = append(known, contest.Source(s))
	}
	found := contest.Suggest(w.Home, w.Tree(), known, w.Tree().Ignored())
	if len(found) == 0 {
		return ""
	}
	var text strings.Builder
	text.WriteString("sources:\n")
	for _, s := range known {
		fmt.Fprintf(&text, "  - {path: %s, key: %s}\n", quote(s.Path), quote(s.Key))
	}
	for _, s := range found {
		fmt.Fprintf(&text, "  - {path: %s, key: %s} # %s\n", quote(s.Path), quote(s.Key), say.Visible(portsOf(s.Ports)))
	}
	return text.String()
}

// portsOf names some services with their ports, in one line.
func portsOf(ports []contest.Port) string {
	return strings.Join(say.First(lists.Map(ports, func(p contest.Port) string { return fmt.Sprintf("%s %d", p.Service, p.Port) })), ", ")
}

var plainText = pattern.Lazy(`^[A-Za-z_][\w./*-]*$`)

// quote is text as a value of YAML within braces.
func quote(text string) string {
	if plainText().MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}
