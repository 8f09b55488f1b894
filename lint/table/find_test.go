package table

import (
	"strings"
	"testing"
)

// TestFind: markers count where they are markup, and in code they are text.
func TestFind(t *testing.T) {
	const rows = "\n| Service | Port |\n|---|---|\n| web | 80 |\n"
	whole := Start + rows + End + "\n"
	for name, c := range map[string]struct {
		src  string
		want int
	}{
		"a table":                      {whole, 1},
		"markers on the table's lines": {Start + " | Service | Port |\n| web | 80 | " + End, 1},
		"a marker in a line of text":   {"Write `" + Start + "` above.\n\n" + whole, 1},
		"both in a line of text":       {"Between `" + Start + "` and `" + End + "` stands\n\n" + whole, 1},
		"in two backticks":             {"Write `` " + Start + " ` `` above.\n\n" + whole, 1},
		"over two lines":               {"Write `a\n" + Start + "` above.\n\n" + whole, 1},
		"a backtick alone":             {"A ` alone, " + Start + rows + End, 1},
		"backticks of two paragraphs":  {"A ` alone\n\n" + whole + "\nand a ` alone\n", 1},
		"fenced":                       {"```md\n" + whole + "```\n" + whole, 1},
		"fenced by tildes":             {"~~~\n```\n" + whole + "~~~\n" + whole, 1},
		"fenced by more":               {"````\n```\n" + whole + "```\n````\n" + whole, 1},
		"code in one line of three":    {"```a```\n" + whole, 1},
		"code in cells":                {Start + strings.ReplaceAll(rows, "web", "`web`") + End, 1},
		"two":                          {whole + whole, 2},
	} {
		found := Find([]byte(c.src))
		if len(found) != c.want {
			t.Errorf("%s: %d tables, want %d", name, len(found), c.want)
			continue
		}
		for _, f := range found {
			if rows, ok := Read([]byte(c.src), f); !ok || len(rows) != 1 || rows[0].Service != "web" {
				t.Errorf("%s: read as %v, %v", name, rows, ok)
			}
		}
	}
}
