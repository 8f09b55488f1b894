package setup

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/lint/mend"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/migrate"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/strategies"
	"github.com/portmoor/portmoor/workspace"
)

const (
	initialConfig = `# Settings of portmoor, which keeps the host ports of this repository in order.
# yaml-language-server: $schema=https://raw.githubusercontent.com/portmoor/portmoor/main/docs/portmoor.schema.json
strategy: %s # hybrid, dynamic or auto
`
	baselineName = ".portmoor-baseline.json"
)

// configuration is written with the strategy that the files have; one that is there
// gets that strategy, unless it names one or the files follow auto.
func (p *planner) configuration() error {
	path, strategy := p.home(), migrate.Present(p.w)
	src, err := p.read(path)
	switch {
	case err != nil:
		return err
	case src == nil:
		text, err := config.SetProjects(fmt.Appendf(nil, initialConfig, strategy), p.called)
		if err != nil {
			return err
		}
		if p.known != "" {
			text = fmt.Appendf(text, "baseline: %s\n", p.known)
		}
		said := "written, with strategy " + string(strategy)
		if p.called != nil {
			said += ", what the commands here load under projects"
		}
		if listed := p.listed(); len(listed) > 0 {
			if text, err = config.AddEnvFiles(text, listed); err != nil {
				return err
			}
			said += " and " + say.And(listed) + " under env_files"
		}
		return p.write(path, nil, text, said)
	}
	out, said := src, []string(nil)
	if p.called != nil {
		if out, err = config.SetProjects(out, p.called); err != nil {
			return p.keep(path, "exists already; add under projects: "+strings.Join(p.called[0].Files, ", "))
		}
		said = append(said, "what the commands here load is added under projects")
	}
	if p.w.Config.Strategy == "" && strategy != strategies.Auto {
		if out, err = config.SetStrategy(out, string(strategy)); err != nil {
			return p.keep(path, fmt.Sprintf("exists already; add strategy: %s", strategy))
		}
		said = append(said, fmt.Sprintf("strategy %s is added", strategy))
	}
	if p.known != "" && p.w.Config.Baseline == "" {
		if out, err = config.SetBaseline(out, p.known); err != nil {
			return p.keep(path, "exists already; add baseline: "+p.known)
		}
		said = append(said, "the baseline is added")
	}
	if listed := p.listed(); len(listed) > 0 {
		if out, err = config.AddEnvFiles(out, listed); err != nil {
			return p.keep(path, "exists already; add to env_files: "+say.And(listed))
		}
		said = append(said, say.And(listed)+" under env_files is added")
	}
	if said == nil {
		return p.keep(path, "exists already")
	}
	return p.write(path, src, out, say.And(said))
}

// listed are the env files that the configuration is to list, as it names them.
func (p *planner) listed() []string {
	return lists.Map(p.options.EnvFiles, func(f string) string { return say.Path(filepath.Dir(p.home()), f) })
}

// home is the configuration of the repository.
func (p *planner) home() string {
	return cmp.Or(p.w.Config.Path, filepath.Join(p.w.Home, config.Name))
}

// baseline is what lint has against the files today, where it would fail.
func (p *planner) baseline() error {
	if !p.options.Baseline {
		return nil
	}
	path := filepath.Join(filepath.Dir(p.home()), baselineName)
	if p.w.Config.Baseline != "" {
		path = p.w.Absolute(p.w.Config.Baseline)[0]
		if there, err := p.read(path); err != nil || there != nil {
			return cmp.Or(err, p.keep(path, "is there already"))
		}
	}
	if p.w.Config.Strategy == "" {
		strategy := migrate.Present(p.w)
		for _, project := range p.w.Projects {
			if _, _, set := project.Env.Setter(workspace.StrategyVariable); !set {
				p.w.Strategies[project] = strategy
			}
		}
	}
	l, _, err := mend.New(p.w, nil)
	if err != nil {
		return err
	}
	findings := l.Find()
	if !slices.ContainsFunc(findings, func(f lint.Finding) bool { return f.Severity >= lint.Warning }) {
		return p.keep(path, "is not needed: lint passes")
	}
	text, before, err := l.Baseline(path, findings)
	if err != nil {
		return err
	}
	p.known = baselineName
	return p.write(path, before, text, fmt.Sprintf("written, with %s that lint leaves out from now on", say.Count(len(findings), "finding")))
}
