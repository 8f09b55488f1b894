package compose

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/pattern"
)

// exampleName matches the names under which projects keep an env file to copy.
var exampleName = pattern.Lazy(`^(\.?env[._-](example|sample|dist|template|default)|(example|sample|default)\.env)$`)

var (
	// envName matches what people call env files, as .env.local and env.shared.
	envName = pattern.Lazy(`(?i)^(?:\.env(?:\..+)?|env\..+|.+\.env)$`)
	// otherName matches, of those, the names of programs and documents, as env.d.ts.
	otherName = pattern.Lazy(`(?i)\.(?:[cm]?[jt]sx?|py|rb|go|rs|php|sh|ya?ml|json|toml|md|html?)$`)
	// copyName matches the names of files to copy and of copies.
	copyName = pattern.Lazy(`(?i)[._-](?:examples?|samples?|dist|templates?|tpl|tmpl|defaults?|bak|backup|old|orig|save|sw[op]|enc|gpg|age|sops)(?:[._-]|$)|^(?:example|sample|default)\.|~$`)
)

// IsEnvFile reports the name of an env file, also of one to copy.
func IsEnvFile(name string) bool {
	return envName().MatchString(name) && !otherName().MatchString(name)
}

// IsCopy reports the name of an env file that nobody reads as it is: one to copy, or a
// copy.
func IsCopy(name string) bool { return copyName().MatchString(name) }

// Examples reads the example env files of a folder, sorted by name.
func (l *Loader) Examples(dir string) []variable.File {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var paths []string
	for _, e := range entries {
		if exampleName().MatchString(e.Name()) && !e.IsDir() {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	slices.Sort(paths)
	return l.Env(paths...).files
}
