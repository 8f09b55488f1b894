package workspace

import (
	"path/filepath"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/tree"
)

// stackFiles are what people call the file of a stack.
var stackFiles = []string{"docker-stack.yml", "docker-stack.yaml"}

// openStack opens the project of a stack. Its files are those of -f, else the docker-stack.yml
// of the folder, else those of the project that has its name. An engine knows a stack without
// any file: then the project has a name, and nothing else.
func openStack(r Request) (*Workspace, *compose.Project, error) {
	name := r.Stack
	r.Stack, r.Name = "", name
	for _, file := range stackFiles {
		if len(r.Files) == 0 && tree.Exists(filepath.Join(r.Dir, file)) {
			r.Files = []string{file}
		}
	}
	if len(r.Files) > 0 {
		return OpenOne(r)
	}
	r.Name = ""
	if _, _, err := r.findOne(); err == nil {
		if w, p, err := OpenOne(r); err != nil || p.Name == name {
			return w, p, err
		}
	}
	w := &Workspace{
		Dir: r.Dir, Home: r.Dir, About: r.Command(), Bounds: r.bounds(r.Dir), alone: true,
		environ: r.Environ, git: r.Git, context: map[string]bool{}, ignored: map[string]bool{},
	}
	p := &compose.Project{Name: name, Dir: r.Dir, Group: compose.Group{Dir: r.Dir, Files: []string{filepath.Join(r.Dir, "compose.yaml")}}}
	w.Projects = []*compose.Project{p}
	return w, p, nil
}
