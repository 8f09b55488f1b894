package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/lint/mend"
	"github.com/portmoor/portmoor/manual"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/welcome"
	"github.com/portmoor/portmoor/workspace"
)

// greeter is the program at work where no command is named.
type greeter struct{ *program }

// patience is how long the engine is waited for: nobody has asked for it.
const patience = time.Second

// welcome says what is here and what to do next. It is help, and never fails; what is
// wrong with a file is a part of it.
func (c greeter) welcome(ctx context.Context, usage string) error {
	width := terminal(c.Out)
	w, err := welcome.Open(workspace.Request{Dir: c.dir, Environ: c.environ(), Git: c.environ(), Rules: lint.RuleOptions()})
	var l *mend.Linter
	if err == nil {
		l, _, err = mend.New(w, nil)
	}
	if err == nil {
		err = l.LeaveOutKnown()
	}
	var text string
	switch absent, none := errors.AsType[*workspace.Absent](err); {
	case none:
		text = manual.Short(usage, width) + "\n" + c.spoken(absent.Problem, width)
	case err != nil:
		text = c.spoken(say.Of(err), width) + "\n" + manual.Short(usage, width)
	default:
		s := welcome.See(w, l.Find())
		s.Silent = c.look(ctx, &s)
		text = s.Text(width)
	}
	_, err = io.WriteString(c.Out, text)
	return err
}

// spoken is a problem as help has it: it is data here.
func (c greeter) spoken(p say.Problem, width int) string {
	text := manual.Wrap(say.Visible(say.Shown(c.dir, p.Error())), width, "", "  ")
	if p.Hint != "" {
		text += manual.Wrap(say.Visible(p.Hint), width, "hint: ", "  ")
	}
	return text
}

// look notes what is up, or returns why that is not known.
func (c greeter) look(ctx context.Context, s *welcome.Sight) error {
	engine, err := c.connect()
	if err != nil {
		return err
	}
	defer engine.Close() //nolint:errcheck // nothing is left to be sent
	engine.Timeout = min(cmp.Or(engine.Timeout, patience), patience)
	containers, err := engine.Containers(ctx)
	if err != nil {
		return fmt.Errorf("%w: what is up is not known", err)
	}
	s.Ask(containers, engine.Remote)
	return nil
}
