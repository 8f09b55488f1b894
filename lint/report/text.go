package report

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
)

const (
	defaultWidth = 160
	minWidth     = 20
)

// The colours of Text, as parameters of the escape sequence.
const (
	bold   = "1"
	red    = "1;31"
	yellow = "1;33"
	blue   = "1;34"
)

// Text writes the findings for people, one block each, with an empty line
// between two:
//
//	compose.yml:12:10: error: host port 8080 is already published by db [host-port-conflict]
//	   |
//	12 |       - "8080:80"
//	   |          ^^^^
//	   = compose.yml:5:10: db publishes it here
//	   |
//	 5 |       - "8080:5432"
//	   |          ----
//	   = hint: give one of them another port
//
// What an equal finding in the file has said, its reason and its hint, is not said again.
// Of more than ten equal findings in a file three are shown, and a note says how to list the
// others; of so many that nobody reads them, a screen of examples. [Statistics] and what to
// do next follow where there is more than one rule, or more than is shown. Run.Full writes
// every block whole, and nothing behind them.
//
// A finding that is left out says "suppressed error:" and why, in the place of the hint; it
// is there if ShowSuppressed is set. Only the first line of a block starts with a path. A finding about a whole
// file is at 1:1 and shows no code. Nothing is written when there are no
// findings; [Summary] says so. The error is that of w.
func Text(w io.Writer, run Run) error {
	t := text{
		Writer: bufio.NewWriter(w),
		places: newPlaces(run.Base),
		color:  run.Color,
		width:  run.Width,
		room:   max(cmp.Or(run.Width, defaultWidth), minWidth),
	}
	b, before, blocks := briefly(run), &said{}, 0
	begin := func() {
		if blocks++; blocks > 1 {
			fmt.Fprintln(t)
		}
	}
	for _, i := range b.shown {
		begin()
		f := run.Findings[i]
		if !run.Full {
			f.Message, f.Hint = before.news(f)
		}
		margin := t.finding(f, "", b.examples)
		if n := b.more[i]; n > 0 {
			t.note(margin, "", fmt.Sprintf("%d more", n)+to(run.see(f.Rule, f.File)))
		}
	}
	for _, f := range run.suppressed() {
		if !run.ShowSuppressed {
			break
		}
		begin()
		t.finding(f.Finding, f.why(), false)
	}
	if !run.Full && needsCounts(run, b) {
		begin()
		statistics(t, run, b.shown)
	}
	return t.Flush() // which also returns what went wrong earlier
}

// to is a command behind what it is for, "" for none.
func to(command string) string {
	if command == "" {
		return ""
	}
	return ": " + command
}

// see is a command that lists findings, "" where there is none.
func (run Run) see(rule string, f *source.File) string {
	if run.See == nil {
		return ""
	}
	return say.Visible(run.See(rule, f))
}

// text is a report being written.
type text struct {
	*bufio.Writer

	places      places
	color       bool
	width, room int // of the terminal, 0 for none, and of lines of code
}

// finding writes a block, and returns how many columns its line numbers need; why says what
// leaves the finding out, "" for nothing. The other places of an example have no code.
func (t text) finding(f lint.Finding, why string, example bool) (margin int) {
	at := t.places.find(f.File, f.Span)
	last := at.line
	others := make([]place, len(f.Related))
	for i, r := range f.Related {
		others[i] = t.places.find(r.File, r.Span)
		if !example {
			last = max(last, others[i].line)
		}
	}
	margin = len(strconv.Itoa(last))

	color := severityColor(f.Severity)
	word := f.Severity.String()
	if why != "" {
		word, color = "suppressed "+word, blue
	}
	place := where(at) + ":"
	head := t.paint(bold, place) + " " + t.paint(color, word+":") + " "
	used := uniseg.StringWidth(place) + len(word) + len(" : ")
	fmt.Fprintln(t, head+say.Wrap(fmt.Sprintf("%s [%s]", say.Visible(f.Message), f.Rule), t.width, used, len("    ")))
	t.frame(margin, at.line, f.File, f.Span, "^", color)
	for i, r := range f.Related {
		t.note(margin, "", where(others[i])+": "+say.Visible(r.Message))
		if !example && (r.File != f.File || r.Span != f.Span) {
			t.frame(margin, others[i].line, r.File, r.Span, "-", blue)
		}
	}
	switch {
	case why != "":
		t.note(margin, "", say.Visible(why))
	case f.Hint != "":
		t.note(margin, "hint: ", say.Visible(f.Hint))
	}
	return margin
}

// where is how a place is named in text: terminals and editors open it.
func where(at place) string {
	return fmt.Sprintf("%s:%d:%d", say.Visible(at.path), at.line, at.column)
}

// note writes a line that belongs to the block above, with a word before it, "" for none;
// margin is the number of columns that the block's line numbers need.
func (t text) note(margin int, word, text string) {
	indent := margin + len(" = ")
	if word != "" {
		word, text = t.paint(bold, strings.TrimSpace(word))+" ", say.Wrap(text, t.width, indent+len(word), indent)
	} else {
		text = say.Wrap(text, t.width, indent, indent)
	}
	fmt.Fprintf(t, "%*s %s %s%s\n", margin, "", t.paint(blue, "="), word, text)
}

// portLine is the line of an env file that sets a variable to a port, which is no secret.
var portLine = pattern.Lazy(`^[ \t]*(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_]*[ \t]*=[ \t]*["']?[0-9]{1,5}(?:-[0-9]{1,5})?["']?[ \t]*$`)

// lineAt is the line that an offset is on.
func lineAt(src []byte, at int) []byte {
	start := bytes.LastIndexAny(src[:at], "\r\n") + 1
	if end := bytes.IndexAny(src[at:], "\r\n"); end >= 0 {
		return src[start : at+end]
	}
	return src[start:]
}

// frame writes the line of code that span starts on, with the span marked.
func (t text) frame(margin, line int, f *source.File, span source.Span, mark, color string) {
	if span == (source.Span{}) || f.Outside || f.Private && !portLine().Match(lineAt(f.Src, span.Start)) {
		return // it stands for the whole file, or nobody is to see it
	}
	shown := newFrame(f.Src, span, max(t.room-margin-len(" | "), minWidth))
	bar := t.paint(blue, "|")
	number := t.paint(blue, fmt.Sprintf("%*d", margin, line))
	fmt.Fprintf(t, "%*s %s\n", margin, "", bar)
	fmt.Fprintln(t, strings.TrimRight(number+" "+bar+" "+shown.code, " "))
	fmt.Fprintf(t, "%*s %s %*s%s\n", margin, "", bar, shown.indent, "", t.paint(color, strings.Repeat(mark, shown.marked)))
}

func (t text) paint(color, s string) string {
	if !t.color {
		return s
	}
	return "\x1b[" + color + "m" + s + "\x1b[0m"
}

func severityColor(s lint.Severity) string {
	switch s {
	case lint.Error:
		return red
	case lint.Warning:
		return yellow
	default:
		return blue
	}
}
