package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/live"
	"github.com/portmoor/portmoor/say"
)

// portFileVariable is what a service declares to be told its host port: the
// path of a file in its container.
const portFileVariable = "SERVICE_PORT_FILE"

func (c *commands) sync() *cli.Command {
	return &cli.Command{
		Name:  "sync",
		Usage: "tell running services their host ports, in the file that " + portFileVariable + " names",
		Description: `A service that has the variable in its environment finds its host port in that file: a
number, or a line container/protocol=host for each of several. The image needs neither a
shell nor the folder.`,
		Flags: oneProjectFlags(
			&cli.BoolFlag{Name: "watch", Usage: "go on, and tell what is started or replaced later", DisableDefaultText: true},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "how to print what was written, `FORMAT` is " + say.Or(formatNames)},
		),
		Action: c.runSync,
	}
}

func (c *commands) runSync(ctx *cli.Context) error {
	if err := oneOf(ctx, "format", formatNames); err != nil {
		return err
	}
	s, err := c.openStack(ctx, reading)
	if err != nil {
		return err
	}
	engine, err := c.connect()
	if err != nil {
		return err
	}
	defer engine.Close() //nolint:errcheck // nothing is left to be sent
	if ctx.Bool("watch") {
		return c.watchSync(ctx, s, engine)
	}
	found, err := c.settled(ctx.Context, s, engine)
	if err != nil {
		return err
	}
	if _, err := (question{}).answer(s, found); err != nil {
		return err
	}
	files, asked, err := c.deliver(ctx.Context, s, engine, found, map[string]string{})
	if err == nil && asked == 0 {
		c.say("no running service of project "+s.project.Name+" has "+portFileVariable+" in its environment", "")
	}
	return errors.Join(c.printFiles(ctx, files), err)
}

// watchSync tells services what is new, and says once what can't be told. That
// may be over the next time, and is no failure of the watch.
func (c *commands) watchSync(ctx *cli.Context, s *stack, engine *docker.Engine) error {
	until, stop := signal.NotifyContext(ctx.Context, os.Interrupt, syscall.SIGTERM)
	defer stop()
	told := map[string]string{} // by container
	said := error(nil)
	return engine.Follow(until, s.project.Name, func(started []string) error {
		for _, id := range started {
			delete(told, id) // it may have lost its file
		}
		found, err := c.settled(until, s, engine)
		if err != nil {
			return err
		}
		files, _, err := c.deliver(until, s, engine, found, told)
		if until.Err() != nil {
			return until.Err()
		}
		if fmt.Sprint(err) != fmt.Sprint(said) {
			for _, err := range say.Each(err) {
				p := say.Of(err)
				c.say(p.Error(), p.Hint)
			}
			said = err
		}
		return errors.Join(c.printFiles(ctx, files), c.written())
	})
}

// settled looks up the ports of a project until each running container has
// those of its mappings, which the engine sometimes tells a moment later.
func (c *commands) settled(ctx context.Context, s *stack, engine *docker.Engine) (livePorts, error) {
	patience := time.After(grace)
	for {
		found, err := c.lookUp(ctx, engine, s)
		if err != nil || !found.starting() {
			return found, err
		}
		select {
		case <-patience:
			return found, nil
		case <-ctx.Done():
			return found, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// starting reports whether a container runs and has not all its ports.
func (l livePorts) starting() bool {
	return slices.ContainsFunc(l.ports, func(p live.Port) bool { return p.Container.Running() && p.HostPort == 0 })
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

// deliver gives each running container its file, unless it was told the same
// before, and counts those that ask for one. What fails for one does not keep
// the others from theirs.
func (c *commands) deliver(ctx context.Context, s *stack, engine *docker.Engine, found livePorts, told map[string]string) (files []portFile, asked int, err error) {
	var problems []error
	for _, to := range found.containers {
		text := portText(found.ports, to)
		if before, known := told[to.ID]; !to.Running() || known && before == text {
			continue
		}
		file, err := engine.Deliver(ctx, to, portFileVariable, text)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		told[to.ID] = text
		if file == "" {
			continue
		}
		asked++
		if text == "" {
			c.say(fmt.Sprintf("service %s has %s, but no port that is bound", to.Service, portFileVariable), "")
			continue
		}
		files = append(files, portFile{s.project.Name, to.Service, to.Name, to.Number, file, text})
	}
	return files, asked, errors.Join(problems...)
}

// portText is what a container is told: its host port, or a line for each.
func portText(ports []live.Port, to docker.Container) string {
	var lines []string
	for _, p := range live.Bound(live.Shown(ports)) {
		if p.Container.ID == to.ID {
			lines = append(lines, fmt.Sprintf("%s=%d\n", p.Target(), p.HostPort))
		}
	}
	if len(lines) == 1 {
		_, port, _ := strings.Cut(lines[0], "=")
		return port
	}
	return strings.Join(lines, "")
}

func (c *commands) printFiles(ctx *cli.Context, files []portFile) error {
	watch, asJSON := ctx.Bool("watch"), ctx.String("format") == "json"
	report := struct {
		Version int        `json:"version"`
		Files   []portFile `json:"files"`
	}{1, append([]portFile{}, files...)}
	switch {
	case asJSON && !watch:
		return say.JSON(c.Out, report, true)
	case len(files) == 0:
		return nil
	case asJSON:
		return say.JSON(c.Out, report, false)
	}
	t := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	for _, f := range files {
		fmt.Fprintf(t, "%s\t%s\t%s\n", say.Visible(f.Container), say.Visible(f.File), strings.Join(strings.Fields(f.Text), " "))
	}
	return t.Flush()
}
