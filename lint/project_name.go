package lint

// projectName is the variable that names the project to Compose.
const projectName = "COMPOSE_PROJECT_NAME"

var trackedProjectName = Rule{
	Name:     "tracked-project-name",
	Title:    "Every checkout gets one project name",
	Severity: Warning,
	Doc: `An env file that Git does not ignore sets COMPOSE_PROJECT_NAME, so that every checkout of the repository is the
same project to Compose, and docker compose up in one takes over the containers of the other. Without
it Compose takes the name of the folder. Remove the line, or have Git ignore the file.`,
	Check: func(p *Pass) {
		for _, e := range p.Project.EnvFiles {
			path := e.File.Path
			if e.Vars[projectName] != "" && p.Facts.Tracked[path] && p.run.envUsers()[path][0] == p.index {
				p.Report(Finding{File: e.File, Span: e.Line(projectName), Message: projectName + " gives every checkout the same project name", Hint: "remove it, and Compose takes the name of the folder; or have Git ignore the file"})
			}
		}
	},
}
