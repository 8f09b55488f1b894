// Package welcome says what Portmoor sees of a folder, and which command is the next.
//
// The model: a [Sight] is what is known of the projects, of their ports and of what
// runs; [Sight.Next] is the law of what comes next, one command for each sight.
//
//	s := welcome.See(w, findings)
//	s.Ask(containers)
//	fmt.Print(s.Text(80))
package welcome

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/manual"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/strategies"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
)

// Sight is what is seen of a folder. The zero value sees no project.
type Sight struct {
	Projects []Project
	// Conflicts are the host ports that two mappings have, each in words with its place.
	Conflicts []string
	// Ports is how many mappings have a host port, each once though two projects have its file.
	Ports int
	// Movable is how many host ports are fixed that migrate would make variables, and
	// Files how many compose files there are.
	Movable, Files int
	// Broken are the files that can't be read as compose files, each once.
	Broken []string
	// Strategy is what host ports should be written as, and From what says so.
	Strategy, From string
	// Silent is why the engine did not say what is up; nil where it did.
	Silent error

	about say.About // of a command about all of them
}

// Project is one project that is seen.
type Project struct {
	Name string
	// Places are its compose files, relative to the working folder.
	Places []string
	// Ports is how many of its mappings have a host port, and Fixed how many of those no
	// variable moves.
	Ports, Fixed int
	// Running and Containers are how many of its containers run, and how many there are.
	Running, Containers int
	// Elsewhere is the folder of another checkout that runs under its name; "" for none.
	Elsewhere string

	dir   string
	about say.About
}

// Open finds the projects that a request is about: in a repository those of the working
// folder and below it, as lint does, and where there are none, and elsewhere, the one that
// docker compose finds, since nobody wants a home folder searched. The error is a
// [workspace.Absent] where there is none.
func Open(r workspace.Request) (*workspace.Workspace, error) {
	if tree.InGit(r.Dir) {
		all := r
		all.Environ, all.Empty = nil, true
		w, _, err := workspace.Open(all)
		if err != nil || len(w.Projects) > 0 {
			return w, err
		}
	}
	w, _, err := workspace.OpenOne(r)
	return w, err
}

// See is what the files of a workspace say, with what lint finds in them; what is up is
// not known yet.
func See(w *workspace.Workspace, findings []lint.Finding) Sight {
	s := Sight{Files: w.FilesAsked(), Strategy: cmp.Or(w.Config.Strategy, string(strategies.Auto)), From: "since nothing says another", about: w.About}
	broken, seen := map[string]bool{}, map[string]bool{}
	for _, p := range compose.Main(w.Projects) {
		one := Project{Name: p.Name, Places: lists.Map(p.Group.Files, w.Show), dir: p.Dir, about: w.AboutOne(p)}
		for _, m := range p.Mappings {
			if m.HostPort.Ports.Zero() && m.HostPort.Var == "" {
				continue // docker picks
			}
			if entry := w.Place(m.File, m.Written()); !seen[entry] {
				seen[entry] = true
				s.Ports++
			}
			one.Ports++
			one.Fixed += lists.Behind(m.HostPort.Var == "")
		}
		for _, q := range p.Problems {
			if path := w.Show(q.File.Path); !broken[path] {
				broken[path], s.Broken = true, append(s.Broken, path)
			}
		}
		s.Projects = append(s.Projects, one)
		if strategy, known := w.Strategies[p]; known {
			s.Strategy = string(strategy)
		}
	}
	switch {
	case w.Config.Strategy != "" && w.Config.Strategy == s.Strategy:
		s.From = "as " + w.Show(w.Config.Path) + " says"
	case s.Strategy != string(strategies.Auto):
		s.From = "as " + workspace.StrategyVariable + " says"
	}
	for _, f := range findings {
		switch place := w.Show(f.File.Path); {
		case f.Rule == "host-port-conflict":
			s.Conflicts = append(s.Conflicts, w.Place(f.File, f.Span)+": "+f.Message)
		case f.Rule == "hardcoded-host-port" && f.Fix != nil:
			s.Movable++
		case f.Rule == "invalid-compose" && !broken[place]:
			broken[place], s.Broken = true, append(s.Broken, place)
		}
	}
	return s
}

// Ask notes what is up of the projects. The folders of another machine say nothing.
func (s *Sight) Ask(containers []docker.Container, remote bool) {
	for i := range s.Projects {
		p := &s.Projects[i]
		for _, c := range containers {
			here := tree.Same(c.WorkingDir, p.dir)
			switch {
			case c.Project == "" || c.OneOff:
			case here || remote && c.Project == p.Name:
				p.Containers++
				p.Running += lists.Behind(c.Running())
			case c.Project == p.Name && c.Running():
				p.Elsewhere = c.WorkingDir
			}
		}
	}
}

// Next is the one command that comes next, and what it is good for; "" where no project
// is seen.
func (s Sight) Next() (command, why string) {
	up := lists.Only(s.Projects, func(p Project) bool { return p.Running > 0 })
	switch {
	case len(s.Projects) == 0:
		return "", ""
	case len(s.Broken) > 0:
		return s.about.Portmoor("lint"), "says what is wrong with " + say.And(say.First(s.Broken))
	case s.Movable > 0:
		return s.about.Portmoor("migrate"), "shows how " + say.Count(s.Movable, "fixed host port") + " can become " + noun(s.Movable, "a variable", "variables") + " with the same default; it writes nothing"
	case len(s.Conflicts) > 0:
		return s.about.Portmoor("lint"), "says who has the ports that are in conflict, and what to do"
	case s.Silent != nil:
		return s.about.Portmoor("doctor"), "says why docker does not answer, and what to do"
	case len(s.Projects) > 1 && len(up) > 0:
		return s.about.Portmoor("list"), "says where everything is that runs"
	case len(up) > 0:
		return s.Projects[0].about.Portmoor("port"), "says where its services are"
	case s.Projects[0].Elsewhere != "":
		return s.Projects[0].about.Portmoor("up", "--isolate"), "starts it beside the checkout in " + s.Projects[0].Elsewhere
	}
	return s.Projects[0].about.Portmoor("up"), "finds free ports, and starts " + cmp.Or(s.Projects[0].Name, "the project")
}

// most is how many projects are named one by one.
const most = 8

// Text is the sight for a terminal of a width in columns, 0 for none, and ends with the
// next command.
func (s Sight) Text(width int) string {
	var b strings.Builder
	line := func(text, first, next string) { b.WriteString(manual.Wrap(say.Visible(text), width, first, next)) }
	line(fmt.Sprintf("%s in %s, with %s", say.Count(len(s.Projects), "project"), say.Count(s.Files, "compose file"), say.Count(s.Ports, "host port")), "", "")
	for i, p := range s.Projects {
		if i == most && len(s.Projects) > most+1 {
			line(fmt.Sprintf("and %d more", len(s.Projects)-most), "  ", "  ")
			break
		}
		line(p.text(s.Silent != nil), "  ", "    ")
	}
	b.WriteString("\n")
	line(s.Strategy+", "+s.From, "strategy:  ", "           ")
	conflicts := "none"
	if n := len(s.Conflicts); n > 0 {
		conflicts = fmt.Sprintf("%d: %s", n, s.Conflicts[0])
	}
	line(conflicts, "conflicts: ", "           ")
	if s.Silent != nil {
		line(s.Silent.Error(), "engine:    ", "           ")
	}
	if command, why := s.Next(); command != "" {
		b.WriteString("\nnext: " + say.Visible(command) + "\n")
		line("it "+why, "      ", "      ")
	}
	return b.String()
}

func (p Project) text(silent bool) string {
	text := p.Name + " (" + strings.Join(p.Places, " + ") + "): " + say.Count(p.Ports, "host port")
	if p.Fixed > 0 {
		text += fmt.Sprintf(", %d of them fixed", p.Fixed)
	}
	switch {
	case p.Running > 0:
		text += fmt.Sprintf("; up: %d of %s", p.Running, say.Count(p.Containers, "container"))
	case p.Elsewhere != "":
		text += "; up from another folder, " + p.Elsewhere
	case !silent:
		text += "; down"
	}
	return text
}

func noun(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
