package references

import (
	"strings"
	"unicode/utf8"
)

var (
	cellMarks = " \t`*_\"'~✓"
	portTitle = lazy(`(?i)\bports?\b`)
)

// bars splits a line of a table, in Markdown or drawn, at its bars.
func bars(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == '|' || r == '│' || r == '┃' || r == '║' })
}

func isRow(text string) bool { return strings.ContainsAny(text, "|│┃║") }

// isRule reports a line of a table that only separates.
func isRule(text string) bool {
	return strings.ContainsAny(text, "-─═━=") && strings.Trim(text, " \t|+-=:─━═│┃║┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬┏┓┗┛┣┫┳┻╋╞╡╪╟╢╫╤╧") == ""
}

// cell reports a number that is alone in a cell whose column, or whose row, is
// titled as one of ports.
func (c context) cell() bool {
	if !isRow(c.before+c.after) || strings.Trim(lastCell(c.before), cellMarks) != "" || strings.Trim(firstCell(c.after), cellMarks) != "" {
		return false
	}
	row := c.doc.text(c.line)
	column := len(bars(c.before+"x")) - 1
	first := ""
	if cells := bars(row); len(cells) > 0 {
		first = strings.Trim(cells[0], cellMarks)
	}
	return portTitle().MatchString(c.title(column)) || column > 0 && portTitle().MatchString(first)
}

// padding is how many blanks fill a cell behind a number that ends it.
func (c context) padding() int {
	cell := firstCell(c.after)
	if len(cell) == len(c.after) || strings.Trim(cell, " ") != "" {
		return 0
	}
	return len(cell)
}

func lastCell(before string) string {
	if i := strings.LastIndexAny(before, "|│┃║"); i >= 0 {
		return strings.TrimLeft(before[i:], "|│┃║")
	}
	return before
}

func firstCell(after string) string {
	if i := strings.IndexAny(after, "|│┃║"); i >= 0 {
		return after[:i]
	}
	return after
}

// title is the cell of the table's first row in a column, "" where there is no
// table.
func (c context) title(column int) string {
	top := c.line
	for top > 0 && (isRow(c.doc.text(top-1)) || isRule(c.doc.text(top-1))) {
		top--
	}
	for top < c.line && isRule(c.doc.text(top)) {
		top++
	}
	cells := bars(c.doc.text(top))
	if top == c.line || column >= len(cells) {
		return ""
	}
	return cells[column]
}

// boxed are the texts straight above and below a number in the box that it is
// drawn in, the nearest first; nil where there is no box.
func (c context) boxed() (texts []string) {
	const far = 4
	left := strings.LastIndexAny(c.before, "│┃║") // a table in Markdown has a title
	if left < 0 || len(c.before) == longest {
		return nil
	}
	from := utf8.RuneCountInString(c.before[:left])
	to := utf8.RuneCountInString(c.before+c.number) + utf8.RuneCountInString(firstCell(c.after))
	for _, step := range []int{-1, 1} {
		for n, i := 0, c.line+step; n < far && i >= 0 && i < len(c.doc.starts); n, i = n+1, i+step {
			row := []rune(c.doc.text(i))
			if len(row) < to || !isRow(string(row[from:from+1])) {
				break
			}
			texts = append(texts, string(row[from:to]))
		}
	}
	return texts
}
