// Command man prints Portmoor's pages for man, in section 1, from the manual that help
// shows: portmoor for the program, and portmoor-lint for its command lint. Without an
// argument it lists the pages that there are.
//
// It is no part of the program: who starts that pays for nothing of it.
package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/cli"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/manual"
)

func main() {
	about, all := cli.Manual()
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stdout, strings.Join(append([]string{"portmoor"}, lists.Map(all, title)...), "\n"))
		return
	}
	at := slices.IndexFunc(all, func(p manual.Page) bool { return title(p) == os.Args[1] })
	switch {
	case os.Args[1] == "portmoor":
		fmt.Fprint(os.Stdout, overview(about, all))
	case at >= 0:
		fmt.Fprint(os.Stdout, page(all[at]))
	default:
		fmt.Fprintln(os.Stderr, os.Args[1]+": there is no such page")
		os.Exit(1)
	}
}

func title(p manual.Page) string { return "portmoor-" + p.Name }

// roff is a page as it is written.
type roff struct{ strings.Builder }

// request writes a request with its argument, in which blanks are no borders.
func (r *roff) request(name, argument string) {
	r.WriteString(strings.TrimSpace("."+name+" "+escape(argument)) + "\n")
}

// text writes lines of text, which are no requests however they begin.
func (r *roff) text(text string) {
	for line := range strings.Lines(text + "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			r.WriteString(".PP\n")
			continue
		}
		if line[0] == '.' || line[0] == '\'' {
			r.WriteString(`\&`)
		}
		r.WriteString(escape(line) + "\n")
	}
}

// head begins a page.
func (r *roff) head(name, says, synopsis string) {
	r.WriteString(".\\\" Made from portmoor --help.\n")
	fmt.Fprintf(r, ".TH %s 1 \"\" Portmoor Portmoor\n.nh\n.ad l\n.SH NAME\n%s \\- %s\n.SH SYNOPSIS\n.B %s\n", escape(strings.ToUpper(name)), escape(name), escape(says), escape(synopsis))
}

// examples writes command lines as they are.
func (r *roff) examples(all []manual.Example) {
	if len(all) > 0 {
		r.request("SH", "EXAMPLES")
	}
	for _, e := range all {
		r.request("PP", "")
		r.text(e.Says + ":")
		r.WriteString(".PP\n.RS\n.nf\n")
		r.text(e.Line)
		r.WriteString(".fi\n.RE\n")
	}
}

// flags writes flags below the heading of their group, the command's own first.
func (r *roff) flags(all []manual.Flag) {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b manual.Flag) int { return lists.Behind(a.Group != "") - lists.Behind(b.Group != "") })
	for _, group := range lists.Group(all, func(f manual.Flag) string { return f.Group }) {
		heading := strings.ToUpper(group[0].Group)
		if heading == "" {
			heading = "FLAGS"
		}
		r.request("SH", heading)
		for _, f := range group {
			names := lists.Map(f.Names, func(n string) string { return `\fB` + escape(strings.Repeat("-", min(len(n), 2))+n) + `\fR` })
			spelled := strings.Join(names, ", ")
			if f.Value != "" {
				spelled += ` \fI` + escape(f.Value) + `\fR`
			}
			r.WriteString(".TP\n" + spelled + "\n")
			says := f.Says
			if f.Default != "" {
				says += " (default: " + f.Default + ")"
			}
			r.text(says)
		}
	}
}

// also ends a page with where more stands.
func (r *roff) also(pages []string) string {
	r.request("SH", "SEE ALSO")
	for i, p := range pages {
		r.WriteString(".BR " + escape(p) + " (1)" + strings.Repeat(",", min(1, len(pages)-1-i)) + "\n")
	}
	return r.String()
}

// page is the page of a command.
func page(p manual.Page) string {
	var r roff
	line := "portmoor " + p.Name
	if len(p.Flags) > 0 {
		line += " [FLAGS]"
	}
	r.head(title(p), p.Usage, strings.TrimSpace(line+" "+p.Args))
	if p.Description != "" {
		r.request("SH", "DESCRIPTION")
		r.text(p.Description)
	}
	r.flags(p.Flags)
	r.examples(p.Examples)
	r.request("SH", "EXIT STATUS")
	for _, e := range p.Exits {
		fmt.Fprintf(&r, ".TP\n%d\n", e.Code)
		r.text(e.Means)
	}
	return r.also([]string{"portmoor"})
}

// overview is the page of the program: its commands by their job.
func overview(about string, all []manual.Page) string {
	var r roff
	r.head("portmoor", about, "portmoor COMMAND [FLAGS] [ARGUMENTS]")
	rest := slices.Clone(all)
	command := func(p manual.Page) {
		r.WriteString(".TP\n.BR " + escape(title(p)) + " (1)\n")
		r.text(p.Usage)
	}
	for i, job := range manual.Jobs {
		r.request("SH", strings.ToUpper(job.Title))
		for _, name := range job.Commands {
			if at := slices.IndexFunc(rest, func(p manual.Page) bool { return p.Name == name }); at >= 0 {
				command(rest[at])
				rest = slices.Delete(rest, at, at+1)
			}
		}
		if i == len(manual.Jobs)-1 {
			for _, p := range rest {
				command(p)
			}
		}
	}
	r.examples(manual.Examples)
	return r.also(lists.Map(all, title))
}

// escape writes text as roff reads it: a dash stays a dash that can be copied.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(s)
}
