package workspace

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/config"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

// PortsFileVariable names the ports file in the environment of the process.
const PortsFileVariable = "PORTMOOR_PORTS_FILE"

// PortsEnvHeader begins an env file that Portmoor has written, which tells it from one
// that somebody else has.
const PortsEnvHeader = "# Host ports that portmoor found free on this machine. Do not edit: portmoor detect writes it.\n"

// Role is what a file is to Portmoor or to docker compose, in words that follow "is".
type Role string

// The roles of files. Portmoor makes files of the first six; a path that has another
// role already is none of them.
const (
	PortsRole    Role = "the ports file"
	PortsEnvRole Role = "the file of the ports for docker compose"
	OverrideRole Role = "the override file"
	BaselineRole Role = "a baseline"
	PlanRole     Role = "a plan"
	DocumentRole Role = "a document"
	configRole   Role = "the configuration"
	composeRole  Role = "a compose file"
	envRole      Role = "an env file"
	ledgerRole   Role = "the ledger"
)

// MayCreate refuses to make a path what it is not: one that has another role already,
// whether or not there is a file yet. What the file holds is for the caller to look at.
func (w *Workspace) MayCreate(path string, as Role) error {
	abs, will := tree.Absolute(w.Dir, path)[0], string(as)
	role := roles{w}.otherRole(abs, as)
	if role == "" && as == PortsRole {
		path, will = path+".bak", "the copy of "+will // that reset leaves
		role = roles{w}.otherRole(abs+".bak", as)
	}
	if role == "" {
		return nil
	}
	p := say.Problem{Kind: say.Usage, Place: path, Message: fmt.Sprintf("is %s, and can't be %s", role, will), Hint: "name a new file"}
	if key, configured := map[Role]string{PortsRole: "ports_file in " + config.Name + ", or with --ports-file", PortsEnvRole: "ports_env_file in " + config.Name}[as]; configured {
		p.Kind, p.Hint = say.Failure, "name another as "+key+"; nothing was written"
	}
	return p
}

// roles tells what paths are to a workspace.
type roles struct{ *Workspace }

// otherRole is what a path is besides the role that it is to have, "" for nothing.
func (w roles) otherRole(path string, as Role) Role {
	for _, r := range []struct {
		role Role
		has  func(string, Role) bool
	}{{configRole, w.isConfig}, {envRole, w.isEnv}, {composeRole, w.isCompose}, {ledgerRole, w.isLedger}, {PortsRole, w.isPorts}, {PortsEnvRole, w.isPortsEnv}} {
		if r.role != as && r.has(path, as) {
			return r.role
		}
	}
	return ""
}

func (w roles) isConfig(path string, _ Role) bool {
	return named(path, config.Name) || w.Config.Path != "" && tree.SamePlace(path, w.Config.Path)
}

// isEnv reports an env file of docker compose. One that is listed may be ours.
func (w roles) isEnv(path string, as Role) bool {
	return named(path, ".env") || among(path, w.envFiles()) && (as != PortsEnvRole || !mayBeOurs(path))
}

// envFiles are those that a project or the configuration names.
func (w roles) envFiles() []string {
	listed := w.Absolute(w.Config.EnvFiles...)
	for _, p := range w.all() {
		listed = append(listed, p.Group.EnvFiles...)
		listed = append(listed, p.ServiceEnvFiles()...)
		for _, f := range slices.Concat(p.EnvFiles, p.Env.Files()) {
			listed = append(listed, f.File.Path)
		}
	}
	return listed
}

// Private returns what tells files whose lines are not shown, since they may hold
// secrets: env files, by their name or because a project reads them.
func (w *Workspace) Private() func(path string) bool {
	listed := lists.Set(roles{w}.envFiles())
	return func(path string) bool { return compose.IsEnvFile(filepath.Base(path)) || listed[path] }
}

// mayBeOurs reports an env file that is not there yet, or that Portmoor has written.
func mayBeOurs(path string) bool {
	src, err := tree.ReadIf(path, tree.MaxFile)
	return err == nil && (src == nil || strings.HasPrefix(string(src), PortsEnvHeader))
}

// isCompose reports a compose file. An override is one, and what it replaces is looked at
// by who writes it, but docker compose must not start from it.
func (w roles) isCompose(path string, as Role) bool {
	byName, base := discover.Named(path)
	if as == OverrideRole {
		return base
	}
	listed := lists.Flat(w.configured(), func(g compose.Group) []string { return g.Files })
	for _, p := range w.all() {
		listed = append(listed, p.Group.Files...)
		for _, f := range p.Files {
			listed = append(listed, f.Path)
		}
	}
	return byName || among(path, listed)
}

// isLedger reports the machine's file of ports, or its lock.
func (w roles) isLedger(path string, _ Role) bool {
	ledger, err := Ledger(w.Dir, w.processEnviron())
	return err == nil && among(path, []string{ledger, ledger + ".lock"})
}

// isPorts reports the ports file of a project, or the copy that reset leaves of it.
func (w roles) isPorts(path string, _ Role) bool {
	return slices.ContainsFunc(w.all(), func(p *compose.Project) bool {
		file := w.PortsFile(p)
		return among(path, []string{file, file + ".bak"})
	})
}

func (w roles) isPortsEnv(path string, _ Role) bool {
	return among(path, lists.Map(w.all(), w.PortsEnvFile))
}

// all are the projects of the workspace, and those around them.
func (w roles) all() []*compose.Project { return slices.Concat(w.Projects, w.Neighbours) }

func among(path string, all []string) bool {
	return slices.ContainsFunc(all, func(other string) bool { return tree.SamePlace(path, other) })
}

// named reports a file by its name, which some systems take in any case.
func named(path, name string) bool { return strings.EqualFold(filepath.Base(path), name) }

// processEnviron is the environment of the process; nil where nothing of it is known.
func (w roles) processEnviron() map[string]string {
	if w.environ != nil {
		return w.environ
	}
	return w.git
}

// Ledger is the machine's file of ports, of an environment.
func Ledger(dir string, environ map[string]string) (string, error) {
	if named := environ["PORTMOOR_LEDGER"]; named != "" {
		return tree.Absolute(dir, named)[0], nil
	}
	home := cmp.Or(environ["HOME"], environ["USERPROFILE"])
	state := cmp.Or(environ["XDG_STATE_HOME"], filepath.Join(home, ".local", "state"))
	if !filepath.IsAbs(state) {
		return "", say.Failf("set PORTMOOR_LEDGER to a file", "there is no home folder to keep the ledger in")
	}
	return filepath.Join(state, "portmoor", "ledger.json"), nil
}
