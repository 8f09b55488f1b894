package lint

import (
	"maps"
	"testing"

	"github.com/portmoor/portmoor/compose"
)

func corpusProjects(t testing.TB) []*compose.Project {
	t.Helper()
	dir := corpus(t)
	l := compose.NewLoader(compose.LoadOptions{})
	found, err := l.Discover([]string{dir}, compose.DiscoverOptions{Base: dir, Files: []string{"*.yml", "*.yaml"}})
	if err != nil {
		t.Fatal(err)
	}
	return l.Load(found.Groups)
}

// TestVerdicts holds invalid-compose and invalid-port against compose-go on
// every real project: what the one refuses, the other must.
func TestVerdicts(t *testing.T) {
	projects := corpusProjects(t)
	refused := map[*compose.File]string{}
	for _, f := range Run(projects, Options{Only: []string{"invalid-compose", "invalid-port"}}) {
		refused[f.File] = f.Message
	}
	agree := 0
	for _, p := range projects {
		ours := ""
		for _, f := range p.Files {
			if refused[f] != "" {
				ours = f.Path + ": " + refused[f]
			}
		}
		if p.Loadable() != nil {
			if ours == "" {
				t.Errorf("%s: withheld from compose-go, and nothing said", p.Group.Files)
			}
			continue
		}
		var theirs error
		examples := map[string]string{}
		for _, e := range compose.NewLoader(compose.LoadOptions{}).Examples(p.Dir) {
			maps.Copy(examples, e.Vars)
		}
		for _, environ := range append(p.Environments(), examples) {
			if _, theirs = compose.LoadModel(compose.ModelInput{Dir: p.Dir, Files: p.Group.Files, Environ: environ}); theirs == nil {
				break
			}
		}
		switch {
		case theirs == nil && ours != "":
			t.Errorf("only we refuse %s", ours)
		case theirs != nil && ours == "":
			t.Errorf("only compose-go refuses %s: %v", p.Group.Files, theirs)
		default:
			agree++
		}
	}
	t.Logf("%d of %d agree", agree, len(projects))
	if agree < 700 {
		t.Errorf("only %d projects compared", agree)
	}
}
