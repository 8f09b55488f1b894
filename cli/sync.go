package cli

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/child"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/live"
	"github.com/portmoor/portmoor/registry/announce"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack"
	"github.com/portmoor/portmoor/stack/portfile"
)

func syncCommand(c *program) *cli.Command {
	return &cli.Command{
		Name:  "sync",
		Usage: "tell running services their host ports, in a file of each",
		Description: "A service that has " + portfile.Variable + ` in its environment finds its host port in the file that it names: a
number, or a line container/protocol=host for each of several. The image needs neither a
shell nor the folder.`,
		Flags: oneProjectFlags(
			&cli.BoolFlag{Name: "watch", Usage: "keep running, and tell services that are started or replaced later", DisableDefaultText: true},
			formatFlag("how to print what was written", formatNames...),
		),
		Action: c.runSync,
	}
}

// runSync tells each running service its ports, once or for as long as it runs.
func (c *program) runSync(ctx *cli.Context) error {
	s, err := c.openOne(ctx, stack.Options{})
	if err != nil {
		return err
	}
	engine, err := c.connect()
	if err != nil {
		return err
	}
	defer engine.Close() //nolint:errcheck // nothing is left to be sent
	watch, format := ctx.Bool("watch"), ctx.String("format")
	if watch {
		return syncer{c}.watchSync(ctx.Context, s, engine, format)
	}
	found, err := s.On(engine).Settled(ctx.Context)
	if err != nil {
		return err
	}
	if _, err := s.Answer(live.Question{}, found); err != nil {
		return err
	}
	files, err := syncer{c}.deliver(ctx.Context, engine, found, map[string]string{})
	c.tellAll(announce.Project(ctx.Context, s, found.On(engine)))
	if err == nil && len(files) == 0 {
		c.say("no running service of project "+s.Project.Name+" has "+portfile.Variable+" in its environment", "")
	}
	return errors.Join(syncer{c}.printFiles(s, files, format, false), err)
}

// syncer is the program at work for sync.
type syncer struct{ *program }

// watchSync tells services what is new, and says once what can't be told. That
// may be over the next time, and is no failure of the watch.
func (c syncer) watchSync(ctx context.Context, s *stack.Stack, engine *docker.Engine, format string) error {
	until, stop := signal.NotifyContext(ctx, child.Endings()...)
	defer stop()
	told := map[string]string{} // by container
	said := error(nil)
	tell := announce.Often(s)
	return engine.Follow(until, s.Project.Name, func(started []string) error {
		for _, id := range started {
			delete(told, id) // it may have lost its file
		}
		found, err := s.On(engine).Settled(until)
		if err != nil {
			return err
		}
		files, err := c.deliver(until, engine, found, told)
		c.tellAll(tell(until, found.On(engine)))
		if until.Err() != nil {
			return until.Err()
		}
		if fmt.Sprint(err) != fmt.Sprint(said) {
			for _, err := range say.Each(err) {
				problem := say.Of(err)
				c.say(problem.Error(), problem.Hint)
			}
			said = err
		}
		return errors.Join(c.printFiles(s, files, format, true), c.written())
	}, func(err error) {
		clear(told) // who was started meanwhile may have lost its file
		c.lost(err)
	})
}

// deliver gives the containers their files, and says which have nothing to be told.
func (c syncer) deliver(ctx context.Context, engine *docker.Engine, found stack.Found, told map[string]string) ([]portfile.File, error) {
	files, err := portfile.Deliver(ctx, engine, found.Containers, found.Ports, told)
	for _, f := range files {
		if f.Text == "" {
			c.say(fmt.Sprintf("service %s has %s, but no port that is bound", f.Container.Service, portfile.Variable), "")
		}
	}
	return files, err
}

// syncReport is the JSON of sync, version 1.
type syncReport struct {
	Version int        `json:"version"`
	Files   []portFile `json:"files"`
}

// portFile is a file that a service was given.
type portFile struct {
	Project   string `json:"project"`
	Service   string `json:"service"`
	Container string `json:"container"`
	Index     int    `json:"index"`
	File      string `json:"file"`
	Text      string `json:"text"`
}

func (c syncer) printFiles(s *stack.Stack, files []portfile.File, format string, watch bool) error {
	written := lists.Only(files, func(f portfile.File) bool { return f.Text != "" })
	report := syncReport{1, lists.Map(written, func(f portfile.File) portFile {
		return portFile{s.Project.Name, f.Container.Service, f.Container.Name, f.Container.Number, f.Path, f.Text}
	})}
	switch {
	case format == "json" && !watch:
		return say.JSON(c.Out, report, true)
	case len(report.Files) == 0:
		return nil
	case format == "json":
		return say.JSON(c.Out, report, false)
	}
	t := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	for _, f := range report.Files {
		fmt.Fprintf(t, "%s\t%s\t%s\n", say.Visible(f.Container), say.Visible(f.File), strings.Join(strings.Fields(f.Text), " "))
	}
	return t.Flush()
}
