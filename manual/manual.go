// Package manual is what help says of each command beside its flags: what job it is
// for, examples, and what its exit codes mean. It lays pages out for a terminal; who
// writes manual pages for man, or completes commands, has the same [Page] as data.
//
//	page := manual.Of("lint")
//	page.Usage, page.Flags = "report what is wrong", flags
//	fmt.Print(page.Text(80))
//
// It knows no flag and no command line: package cli fills in what those say.
package manual

import (
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/lists"
)

// Width is how wide help is where nobody says: what every terminal shows.
const Width = 80

// narrowest is the width below which nothing is laid out: a line breaks where it has to.
const narrowest = 40

// Page is the manual of one command.
type Page struct {
	Name string
	// Usage says in one clause what the command does, and Args what follows its flags;
	// "" for a command that takes nothing.
	Usage, Args string
	// Description says more, in paragraphs with an empty line between them; a line break
	// within one is a blank. "" where Usage says it all.
	Description string
	Flags       []Flag
	Examples    []Example
	// Exits are the exit codes, ascending. Each command has 0, 2 and 3.
	Exits []Exit
}

// Flag is a flag of a command.
type Flag struct {
	// Names are without dashes, the long one first.
	Names []string
	// Value is what its value is called, such as FILE; "" for a flag without one.
	Value string
	// Says what it does, and Default what it is when it is not given; "" for nothing.
	Says, Default string
	// Group is the heading that it stands under; "" for flags of the command's own.
	Group string
}

// Example is a command line, and what it is good for.
type Example struct{ Says, Line string }

// Exit is an exit code, and what it means.
type Exit struct {
	Code  int
	Means string
}

// Job is what people have in mind, and the commands that do it.
type Job struct {
	Title    string
	Commands []string // by name, the most wanted first
}

// Text is the page for a terminal of a width in columns, with a line break behind it;
// 0 is for an output that is none.
func (p Page) Text(width int) string {
	w := writer{width: width}
	w.wrap("portmoor "+p.Name+": "+p.Usage, "", "  ")
	line := "Usage: portmoor " + p.Name
	if len(p.Flags) > 0 {
		line += " [FLAGS]"
	}
	w.gap()
	w.wrap(strings.TrimSpace(line+" "+p.Args), "", "    ")
	w.paragraphs(p.Description)
	w.examples(p.Examples)
	w.flags(p.Flags)
	w.heading("Exit codes")
	w.table(lists.Map(p.Exits, func(e Exit) [2]string { return [2]string{strconv.Itoa(e.Code), e.Means} }))
	return w.String()
}

// Overview is the help of the program for a terminal of a width, as in [Page.Text]: all
// commands by their job, the flags that go without one, and examples. A command that no
// job has stands under the last.
func Overview(usage string, pages []Page, flags []Flag, width int) string {
	w := writer{width: width}
	w.wrap("portmoor "+usage, "", "  ")
	w.gap()
	w.wrap("Usage: portmoor COMMAND [FLAGS] [ARGUMENTS]", "", "    ")
	w.examples(Examples)
	column := 0
	for _, p := range pages {
		column = max(column, len(p.Name))
	}
	rest := slices.Clone(pages)
	for i, job := range Jobs {
		var rows [][2]string
		row := func(p Page) { rows = append(rows, [2]string{pad(p.Name, column), p.Usage}) }
		for _, name := range job.Commands {
			if at := slices.IndexFunc(rest, func(p Page) bool { return p.Name == name }); at >= 0 {
				row(rest[at])
				rest = slices.Delete(rest, at, at+1)
			}
		}
		if i == len(Jobs)-1 {
			for _, p := range rest {
				row(p)
			}
		}
		w.heading(job.Title)
		w.table(rows)
	}
	w.flags(flags)
	w.gap()
	w.wrap("portmoor COMMAND --help says all of one command.", "", "")
	return w.String()
}

// Short is what the program is for, and where to begin, for who has called it without a
// command.
func Short(usage string, width int) string {
	w := writer{width: width}
	w.wrap("portmoor "+usage, "", "  ")
	w.examples(Examples)
	w.gap()
	w.wrap("portmoor --help lists all commands, by what they are for.", "", "")
	return w.String()
}

// fit is the width that is written for: no more than [Width], since long lines are hard
// to read.
func fit(width int) int {
	if width <= 0 {
		return Width
	}
	return max(narrowest, min(width, Width))
}
