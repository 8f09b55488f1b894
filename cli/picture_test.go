package cli

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"
)

// pictured are the commands of the picture in README.md.
var pictured = []string{"portmoor validate", "portmoor migrate", "portmoor migrate --write", "portmoor up"}

// palette is how a terminal looks: its ground, its text, and the colours by the codes that choose them.
type palette struct {
	ground, text, frame string
	codes               map[string]string
}

var palettes = map[string]palette{
	"terminal.svg":      {"#ffffff", "#24292f", "#d0d7de", map[string]string{"31": "#b3261e", "32": "#0a6640", "33": "#7d4e00", "34": "#0550ae", "36": "#0b6478", "90": "#57606a"}},
	"terminal-dark.svg": {"#0d1117", "#e6edf3", "#30363d", map[string]string{"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "34": "#79c0ff", "36": "#76e3ea", "90": "#8b949e"}},
}

const (
	columns    = 96 // of the terminal in the picture
	lineHeight = 19
	charWidth  = 843 // in hundredths, of 14 pixels in a font of one width
	margin     = 16
)

// TestPicture: docs/terminal.svg and docs/terminal-dark.svg, which README.md shows, are what
// the program prints: go test ./cli -run TestPicture -update
func TestPicture(t *testing.T) {
	dir := transcripts(t, "picture")
	var lines []string
	for i, command := range pictured {
		if i > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, "\x1b[90m$\x1b[0m \x1b[1m"+command+"\x1b[0m")
		args := strings.Fields(command)
		if strings.HasPrefix(command, "portmoor migrate") {
			args = append(args, "--color", "always")
		}
		cmd := exec.CommandContext(t.Context(), "portmoor", args[1:]...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); len(out) == 0 || code != exitOK && code != exitFindings {
			t.Fatalf("%s: %v: %s", command, err, out)
		}
		for line := range strings.Lines(string(out)) {
			lines = append(lines, wrapped(strings.TrimRight(line, "\n"))...)
		}
	}
	for name, p := range palettes {
		want := drawn(lines, p)
		for d := xml.NewDecoder(bytes.NewReader(want)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join("..", "docs", name)
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if diff := cmp.Diff(string(want), string(got)); err != nil || diff != "" {
			t.Errorf("%s is not what the program prints: .ci/run picture: %v (-printed +picture):\n%s", path, err, diff)
		}
	}
}

var control = regexp.MustCompile("\x1b\\[([0-9;]*)m")

// wrapped breaks a line where a terminal does. Lines with colours are short.
func wrapped(line string) []string {
	var all []string
	for !strings.Contains(line, "\x1b") && uniseg.StringWidth(line) > columns {
		all, line = append(all, line[:columns]), line[columns:]
	}
	return append(all, line)
}

// drawn is a picture of lines with their colours.
func drawn(lines []string, p palette) []byte {
	var b bytes.Buffer
	width, height := 2*margin+columns*charWidth/100, 2*margin+lineHeight*len(lines)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img" aria-label="%s">`+"\n", width, height, escaped(strings.Join(pictured, "; ")))
	b.WriteString("<style>text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, \"DejaVu Sans Mono\", monospace; white-space: pre; fill: " + p.text + " } .b { font-weight: 600 }</style>\n")
	fmt.Fprintf(&b, `<rect x="0.5" y="0.5" width="%d" height="%d" rx="8" fill="%s" stroke="%s"/>`+"\n", width-1, height-1, p.ground, p.frame)
	for i, line := range lines {
		if line == "" {
			continue
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d" xml:space="preserve">%s</text>`+"\n", margin, margin+lineHeight*i+14, spans(line, p))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// spans are the parts of a line in one style each.
func spans(line string, p palette) string {
	var b strings.Builder
	attributes := ""
	add := func(text string) {
		switch {
		case text == "":
		case attributes == "":
			b.WriteString(escaped(text))
		default:
			b.WriteString("<tspan" + attributes + ">" + escaped(text) + "</tspan>")
		}
	}
	end := 0
	for _, at := range control.FindAllStringSubmatchIndex(line, -1) {
		add(line[end:at[0]])
		attributes, end = "", at[1]
		for code := range strings.SplitSeq(line[at[2]:at[3]], ";") {
			if code == "1" {
				attributes += ` class="b"`
			} else if colour := p.codes[code]; colour != "" {
				attributes += ` style="fill:` + colour + `"`
			}
		}
	}
	add(line[end:])
	return b.String()
}

func escaped(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(text)
}
