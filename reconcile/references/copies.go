package references

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/portmoor/portmoor/tree"
)

// Copy is a file outside the repository that a script installs or a unit reads.
type Copy struct {
	Path         string // as the script has it
	File         string // the script, absolute
	Line, Column int    // from 1
}

// Copies are those that the scripts and units in a service's own folder name, each
// once, sorted by path.
func Copies(dir string, options tree.Options) (copies []Copy) {
	found := map[string]Copy{}
	tree.Files(dir, options, func(path string, _ os.DirEntry) {
		src, _, err := read(path, nil)
		if err != nil || binary(src) || !isScript(path, src) {
			return
		}
		for _, c := range copiesIn(string(src)) {
			c.File = path
			if _, known := found[c.Path]; !known {
				found[c.Path] = c
			}
		}
	})
	for _, path := range slices.Sorted(maps.Keys(found)) {
		copies = append(copies, found[path])
	}
	return copies
}

var installerName = lazy(`(?i)^(?:un)?install|^setup.*\.sh$|\.(?:service|socket|timer|container)$`)

func isScript(path string, src []byte) bool {
	return installerName().MatchString(filepath.Base(path)) || filepath.Base(path) == "Makefile" || bytes.HasPrefix(src, []byte("#!")) && !strings.HasSuffix(path, ".py")
}

var (
	shellValue = lazy(`^\s*(?:export\s+|readonly\s+|local\s+)?([A-Za-z_]\w*)=["']?([^"'\s#]+)`)
	variables  = lazy(`\$(?:\{(\w+)(?::?-[^}]*)?\}|(\w+))`)
	elsewhere  = lazy(`(?:^|[\s"'=])((?:/(?:etc|opt|usr|var|srv)|~|\$\{\w+:-[^}]*\}|\$\{?HOME\}?|%h)/[\w./@${}~-]*\.(?:ya?ml|json|toml|conf|ini|env|service|socket))\b`)
	installs   = lazy(`\b(?:install|cp|rsync|ln|mv)\b`)
)

// copiesIn are the files outside the repository that a script writes or a unit
// reads, with the variables that the script itself sets filled in.
func copiesIn(src string) (copies []Copy) {
	values := map[string]string{}
	number := 0
	for line := range strings.Lines(src) {
		number++
		filled := fill(line, values)
		if m := shellValue().FindStringSubmatch(filled); m != nil {
			values[m[1]] = m[2]
		}
		for _, loc := range elsewhere().FindAllStringSubmatchIndex(filled, -1) {
			path := filled[loc[2]:loc[3]]
			column := 1
			if before, _, found := strings.Cut(line, path); found {
				column = utf8.RuneCountInString(before) + 1
			}
			copies = append(copies, Copy{Path: path, Line: number, Column: column})
		}
		copies = append(copies, intoFolder(filled, number)...)
	}
	return copies
}

// intoFolder are the copies of the files that a line installs to a folder.
func intoFolder(line string, number int) (copies []Copy) {
	words := strings.Fields(strings.NewReplacer(`"`, "", "'", "").Replace(line))
	if len(words) > 0 && (words[0] == "sudo" || words[0] == "doas") {
		words = words[1:]
	}
	if len(words) < 3 || !installs().MatchString(words[0]) {
		return nil
	}
	to := words[len(words)-1]
	for _, from := range words[1 : len(words)-1] {
		if path := to + filepath.Base(from); strings.HasSuffix(to, "/") && elsewhere().MatchString(path) {
			copies = append(copies, Copy{Path: path, Line: number, Column: 1})
		}
	}
	return copies
}

// fill puts values in the place of variables; those without one stay.
func fill(line string, values map[string]string) string {
	return variables().ReplaceAllStringFunc(line, func(v string) string {
		m := variables().FindStringSubmatch(v)
		if value, set := values[m[1]+m[2]]; set {
			return value
		}
		return v
	})
}
