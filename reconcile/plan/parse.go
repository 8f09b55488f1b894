package plan

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/say"
)

// Decided is what a plan says is to be done, read from its document.
type Decided struct {
	Rows    []Row
	Changes []Change // Reason and Kind are not read
	Left    []Place  // those that stay
	kept    []Place  // of these, those that people have moved there from a step
	Inputs  []Input
	Date    string
	// Edited reports that people have changed the document.
	Edited bool
}

// Row is a service of the table.
type Row struct {
	Service      string
	Current, New int
	Line         int
}

// wrong is an error about a line of the document, from 1; 0 for the whole of it.
func wrong(line int, hint, format string, args ...any) error {
	p := say.Problem{Kind: say.Usage, Message: fmt.Sprintf(format, args...), Hint: hint}
	if line > 0 {
		p.Place = strconv.Itoa(line)
	}
	return p
}

// Is reports a document that is a plan, by its first line.
func Is(src []byte) bool {
	return bytes.HasPrefix(bytes.TrimPrefix(src, []byte("\ufeff")), []byte(Title))
}

var (
	bullet        = pattern.Lazy(`^\s*[-*+] (?:\[[ xX]\] )?`)
	updateHeading = pattern.Lazy(`^### \d+\. Update (.+)$`)
	dateLine      = pattern.Lazy(`^\*\*Date:\*\* (.+?)\s*$`)
)

// Parse reads a plan. The error, a [say.Problem] whose place is the line, is about a
// document that is none, or that contradicts itself: a change whose number is not
// that of the table, or two for one place.
func Parse(src []byte) (Decided, error) {
	if !Is(src) {
		return Decided{}, wrong(0, "name a file that portmoor reconcile --plan has written", "is not a plan")
	}
	var d Decided
	d.Edited = edited(src)
	chapter, service, left, head := "", "", false, 0
	for i, line := range strings.Split(string(src), "\n") {
		line = strings.TrimSuffix(line, "\r")
		var err error
		switch {
		case strings.HasPrefix(line, "## "):
			chapter, service, left = line[3:], "", false
		case strings.HasPrefix(line, "### "):
			service, left = "", line == "### "+leftAlone
			if m := updateHeading().FindStringSubmatch(line); m != nil {
				service = unescape(m[1])
			}
		case dateLine().MatchString(line) && d.Date == "":
			d.Date = dateLine().FindStringSubmatch(line)[1]
		case chapter == "Proposed Port Assignments" && service == "" && strings.HasPrefix(line, "|"):
			if head++; head > 2 { // the titles, and the line below them
				err = d.row(line, i+1)
			}
		case chapter == "Implementation Steps" && service != "" && bullet().MatchString(line):
			err = d.change(bullet().ReplaceAllString(line, ""), service, i+1)
		case left && bullet().MatchString(line):
			d.leave(bullet().ReplaceAllString(line, ""))
		case chapter == "Appendix: Inputs" && strings.HasPrefix(line, "| `"):
			err = d.input(line, i+1)
		}
		if err != nil {
			return Decided{}, err
		}
	}
	return d, d.check()
}

// leave reads a place that stays.
func (d *Decided) leave(line string) {
	if place, rest, ok := placeAt(line); ok {
		d.Left = append(d.Left, place)
		if strings.Contains(rest, "→") {
			d.kept = append(d.kept, d.Left[len(d.Left)-1])
		}
	}
}

// Leaves reports whether a plan says that what is at a place stays.
// One that people have moved there is known by its text too, wherever it is in its
// file now.
func (d *Decided) Leaves(path, text string, line, column int) bool {
	there := func(p Place) bool {
		return p.Path == path && p.Line == line && p.Column <= column && column < p.Column+len([]rune(p.Text))
	}
	same := func(p Place) bool { return p.Path == path && p.Text == text }
	return slices.ContainsFunc(d.Left, there) || slices.ContainsFunc(d.kept, same)
}

// row reads a row of the table of services.
func (d *Decided) row(line string, at int) error {
	cells := splitRow(line)
	if len(cells) < 4 {
		return wrong(at, "correct the row, or plan again", "is no row of the table of services")
	}
	current, err1 := strconv.Atoi(cells[1])
	next, err2 := strconv.Atoi(cells[2])
	if err1 != nil || err2 != nil || next < 1 || next > 65535 {
		return wrong(at, "correct the row, or plan again", "row of %s: ports are numbers from 1 to 65535", cells[0])
	}
	d.Rows = append(d.Rows, Row{cells[0], current, next, at})
	return nil
}

// splitRow are the cells of a row of a Markdown table, without emphasis.
func splitRow(line string) (cells []string) {
	line = strings.Trim(strings.TrimSpace(line), "|")
	start := 0
	for i := 0; i <= len(line); i++ {
		if i == len(line) || line[i] == '|' && (i == 0 || line[i-1] != '\\') {
			cell := strings.TrimSpace(line[start:i])
			if bare, ok := strings.CutPrefix(cell, "**"); ok {
				cell = strings.TrimSuffix(bare, "**")
			}
			cells, start = append(cells, unescape(cell)), i+1
		}
	}
	return cells
}

var unescaper = strings.NewReplacer(`\\`, "\\", `\|`, "|", `\*`, "*", "\\`", "`", `\<`, "<")

func unescape(text string) string { return unescaper.Replace(text) }

// codeSpan takes code from the start of a text.
func codeSpan(text string) (inside, rest string, ok bool) {
	fence := len(text) - len(strings.TrimLeft(text, "`"))
	if fence == 0 {
		return "", text, false
	}
	for i := fence; i < len(text); i++ {
		if text[i] != '`' {
			continue
		}
		n := len(text[i:]) - len(strings.TrimLeft(text[i:], "`"))
		if n != fence {
			i += n - 1
			continue
		}
		inside = text[fence:i]
		if len(inside) > 2 && inside[0] == ' ' && inside[len(inside)-1] == ' ' {
			inside = inside[1 : len(inside)-1]
		}
		return inside, text[i+n:], true
	}
	return "", text, false
}

var placeText = pattern.Lazy(`^(.+):(\d+):(\d+)$`)

// placeAt takes a place with its text from the start of a line.
func placeAt(line string) (p Place, rest string, ok bool) {
	at, rest, ok := codeSpan(line)
	text, rest, ok2 := codeSpan(strings.TrimLeft(rest, ": "))
	m := placeText().FindStringSubmatch(at)
	if !ok || !ok2 || m == nil {
		return p, rest, false
	}
	number, err1 := strconv.Atoi(m[2])
	column, err2 := strconv.Atoi(m[3])
	return Place{m[1], number, column, text}, rest, err1 == nil && err2 == nil
}

// change reads a line such as
//
//	`README.md:3:10`: `port 5002` → `port 5003` (named on the line)
func (d *Decided) change(line, service string, at int) error {
	bad := wrong(at, "write it as `file:line:column`: `old` → `new`, or plan again", "is no change of a place")
	place, rest, ok1 := placeAt(line)
	arrow := strings.Index(rest, "→")
	if arrow >= 0 && strings.Contains(rest[:arrow], "(") { // a line that was open has its reason before the arrow
		arrow = strings.LastIndex(rest, "→")
	}
	if !ok1 || arrow < 0 {
		return bad
	}
	next, _, ok2 := codeSpan(strings.TrimLeft(rest[arrow+len("→"):], " "))
	if !ok2 || strings.ContainsAny(place.Text+next, "\r\n") {
		return bad
	}
	d.Changes = append(d.Changes, Change{Place: place, New: next, Service: service, line: at})
	return nil
}

func (d *Decided) input(line string, at int) error {
	file, rest, ok := codeSpan(strings.TrimPrefix(line, "| "))
	digest, _, ok2 := codeSpan(strings.TrimLeft(rest, " |"))
	if !ok || !ok2 || len(digest) != 64 {
		return wrong(at, "plan again", "is no input with its digest")
	}
	d.Inputs = append(d.Inputs, Input{file, digest})
	return nil
}

// check finds what the table and the steps disagree about.
func (d *Decided) check() error {
	if len(d.Rows) == 0 {
		return wrong(0, "plan again", "has no table of services")
	}
	rows, owners := map[string]Row{}, map[int]string{}
	for _, r := range d.Rows {
		if _, twice := rows[r.Service]; twice {
			return wrong(r.Line, "take one of the rows out", "%s is in the table twice", r.Service)
		}
		rows[r.Service] = r
		if r.New != r.Current {
			owners[r.New] = r.Service
		}
	}
	for _, r := range d.Rows {
		if owner := owners[r.New]; owner != "" && owner != r.Service {
			return wrong(r.Line, "give one of them another port, in its steps too", "%s and %s would both get port %d", owner, r.Service, r.New)
		}
	}
	places := map[Place]bool{}
	for _, c := range d.Changes {
		r, known := rows[c.Service]
		place := Place{c.Path, c.Line, c.Column, ""}
		switch {
		case !known:
			return wrong(c.line, "plan again", "%s has steps, but is not in the table", c.Service)
		case r.New == r.Current:
			return wrong(c.line, "correct the table, or take the steps out", "%s has steps, but keeps its port %d", c.Service, r.New)
		case places[place]:
			return wrong(c.line, "take one of the lines out", "%s:%d:%d is changed twice", c.Path, c.Line, c.Column)
		case !c.fits(r):
			return wrong(c.line, "make the two agree", "%s:%d:%d: %q → %q does not change the port as the table does for %s: %d → %d", c.Path, c.Line, c.Column, c.Text, c.New, c.Service, r.Current, r.New)
		}
		places[place] = true
	}
	return nil
}

// fits reports a change of nothing but the old port into the new one, and of the
// blanks behind it.
func (c Change) fits(r Row) bool {
	old, next := strconv.Itoa(r.Current), strconv.Itoa(r.New)
	for i := 0; ; i++ {
		at := strings.Index(c.Text[i:], old)
		if at < 0 {
			return false
		}
		i += at
		before, behind := c.Text[:i], c.Text[i+len(old):]
		whole := (before == "" || !isDigit(before[i-1])) && (behind == "" || !isDigit(behind[0]))
		if whole && (c.New == before+next+behind || strings.TrimRight(c.New, " ") == before+next && strings.TrimRight(behind, " ") == "") {
			return true
		}
	}
}

// Moves are the rows whose port changes.
func (d *Decided) Moves() []Row {
	return slices.DeleteFunc(slices.Clone(d.Rows), func(r Row) bool { return r.New == r.Current })
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }
