package say

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/lists"
)

// About is what a command is about, for the commands that it prints: each of them is
// about the same. The zero value is what commands without flags are about.
type About struct {
	// In is the folder that commands about one project run in; "" for the working
	// folder.
	In string
	// Ours are the flags of Portmoor's commands about one project, and Compose those
	// that docker compose needs to see the same one.
	Ours, Compose Flags
	// Search are the flags of the commands that search for projects, lint, migrate and
	// reconcile, and Paths is what they search; nil for the working folder.
	Search Flags
	Paths  []string
	// Isolated reports a project that only Portmoor can tell docker compose about.
	Isolated bool
}

// Flags say which project it is. The zero value is none.
type Flags struct {
	Config             string
	Files              []string
	Name               string
	Profiles, EnvFiles []string
	PortsFile          string
	Strategy           string
}

// searching are the commands that search for projects.
var searching = []string{"lint", "migrate", "reconcile"}

// Portmoor is a command of Portmoor with its own words, for a shell.
func (a About) Portmoor(command string, words ...string) string {
	if slices.Contains(searching, command) {
		return strings.TrimSpace(Words(slices.Concat([]string{"portmoor", command}, words)) + " " + a.Searching())
	}
	return line(a.In, slices.Concat([]string{"portmoor", command}, a.Ours.Words(), words))
}

// Migrate is the command that turns the literals of the project into variables, where
// no flag says otherwise. It assigns no ports where flags that it does not have say
// whose they would be.
func (a About) Migrate(flags ...string) string {
	if flags != nil {
		a.Search.Strategy = "" // they have another
	}
	if a.Ours.Name != "" || a.Ours.EnvFiles != nil || a.Ours.PortsFile != "" {
		flags = append(slices.Clone(flags), "--detect=false")
	}
	return a.Portmoor("migrate", append(slices.Clone(flags), "--write")...)
}

// Pin is the command that gives the host ports which Docker picks a default, those of some
// services or of all that are not scaled.
func (a About) Pin(services ...string) string {
	paths := slices.Clone(a.Paths)
	for i, path := range paths {
		if !IsPath(path) {
			paths[i] = "./" + path
		}
	}
	a.Paths = paths
	return a.Portmoor("migrate", append([]string{"--pin"}, services...)...)
}

// IsPath reports a word that is a path where it could be the name of a service too.
func IsPath(word string) bool {
	return strings.ContainsAny(word, "/\\") || word == "." || word == ".." || strings.HasSuffix(word, ".yml") || strings.HasSuffix(word, ".yaml")
}

// Searching are the flags and paths of a command that searches for projects, for a
// shell.
func (a About) Searching() string { return Words(slices.Concat(a.Search.Words(), Paths(a.Paths...))) }

// Docker is a command of docker compose, for a shell.
func (a About) Docker(words ...string) string {
	if a.Isolated {
		return a.Portmoor("compose", append([]string{"--"}, words...)...)
	}
	return line(a.In, slices.Concat([]string{"docker", "compose"}, a.Compose.Words(), words))
}

// Start is the command of docker compose that starts the project on the ports that
// Portmoor remembers, for a shell.
func (a About) Start() string {
	args := Words(slices.Concat([]string{"portmoor", "env", "--args"}, a.Ours.Words()))
	return line(a.In, []string{"docker", "compose"}) + " $(" + args + ") up"
}

// Words are the flags as words of a command.
func (f Flags) Words() (words []string) {
	add := func(flag string, values ...string) {
		for _, v := range values {
			if v != "" {
				words = append(words, flag, v)
			}
		}
	}
	add("--config", Paths(f.Config)...)
	add("--file", Paths(f.Files...)...)
	add("--project-name", f.Name)
	add("--profile", f.Profiles...)
	add("--env-file", Paths(f.EnvFiles...)...)
	add("--ports-file", Paths(f.PortsFile)...)
	add("--strategy", f.Strategy)
	return words
}

// Paths are paths as words of a command: with slashes, and no flags.
func Paths(all ...string) (words []string) {
	for _, path := range all {
		if path = filepath.ToSlash(path); strings.HasPrefix(path, "-") {
			path = "./" + path
		}
		words = append(words, path)
	}
	return words
}

// Words are words of a command, quoted for a shell.
func Words(words []string) string {
	return strings.Join(lists.Map(words, Shell), " ")
}

// line is a command in a folder, quoted for a shell.
func line(in string, words []string) string {
	command := Words(words)
	if in != "" {
		command = "cd " + Shell(Paths(in)[0]) + " && " + command
	}
	return command
}
