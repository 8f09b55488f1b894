package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

// output is standard output. It remembers that a write failed, so that a full
// disk does not pass for success where nobody looks at the error.
type output struct {
	io.Writer

	err error // nil while all is well
}

// written is the error of standard output, nil while all is well.
func (c *console) written() error {
	if o, ok := c.Out.(*output); ok {
		return o.err
	}
	return nil
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if err != nil && o.err == nil {
		cause := err
		if path, ok := errors.AsType[*fs.PathError](err); ok {
			cause = path.Err
		}
		o.err = fmt.Errorf("standard output: %w", cause)
	}
	if err != nil {
		err = o.err
	}
	return n, err
}

// terminal is the width of a writer that is a terminal, 0 for any other.
func terminal(w io.Writer) int {
	if o, ok := w.(*output); ok {
		w = o.Writer
	}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width == 0 { // one that does not know its size
		return 80
	}
	return width
}

// style is how standard output looks.
type style struct {
	color bool
	width int // of the terminal, 0 for none
}

// dumb reports a terminal that knows no control sequences.
func (c *console) dumb() bool { return c.variable("TERM") == "dumb" }

// style is coloured as --color says, else on terminals that know colours unless
// NO_COLOR is set (no-color.org).
func (c *console) style(ctx *cli.Context) style {
	s := style{width: terminal(c.Out)}
	switch ctx.String("color") {
	case "always":
		s.color = true
	case "auto", "":
		s.color = s.width > 0 && c.variable("NO_COLOR") == "" && !c.dumb()
	}
	return s
}
