package cli

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/plan"
	"github.com/portmoor/portmoor/strategies"
)

// outside finds what the services of a contest have outside the repository:
// copies of files that are installed, and systemd units.
func (w *workspace) outside(p *plan.Plan) {
	contested := map[string]bool{}
	for _, c := range p.Contests {
		for _, s := range c.Services {
			contested[s.Name] = true
		}
	}
	for _, s := range p.Services {
		if s.Dir == "" || s.Dir == w.home || !contested[s.Name] {
			continue
		}
		if s.New != s.Port.Port {
			p.Copies = append(p.Copies, w.installed(s)...)
		}
		p.Units = append(p.Units, w.units(s.Port)...)
	}
	slices.Sort(p.Units)
	p.Units = slices.Compact(p.Units)
}

// installed are the files outside the repository that a service's own scripts
// and units name.
func (w *workspace) installed(s plan.Service) (copies []plan.Copy) {
	found := map[string]plan.Copy{}
	compose.Files(s.Dir, compose.DiscoverOptions{Base: w.home, Ignore: w.config.Ignore}, func(path string, e os.DirEntry) {
		info, err := e.Info()
		if err != nil || info.Size() > 1<<18 {
			return
		}
		src, err := os.ReadFile(path)
		if err != nil || bytes.IndexByte(src, 0) >= 0 || !isScript(path, src) {
			return
		}
		for _, c := range copiesIn(string(src)) {
			c.Service, c.From.Path = s.Name, w.fromHome(path)
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

// units are the systemd units in the folder of a service.
func (w *workspace) units(p strategies.Port) (units []string) {
	if p.Dir != "" && p.Dir != w.home {
		compose.Files(p.Dir, compose.DiscoverOptions{Base: w.home, Ignore: w.config.Ignore}, func(_ string, e os.DirEntry) {
			if unit, is := strings.CutSuffix(e.Name(), ".service"); is {
				units = append(units, unit)
			}
		})
	}
	return units
}

func isScript(path string, src []byte) bool {
	return installerName.MatchString(filepath.Base(path)) || filepath.Base(path) == "Makefile" || bytes.HasPrefix(src, []byte("#!")) && !strings.HasSuffix(path, ".py")
}

var (
	shellValue = regexp.MustCompile(`^\s*(?:export\s+|readonly\s+|local\s+)?([A-Za-z_]\w*)=["']?([^"'\s#]+)`)
	variables  = regexp.MustCompile(`\$(?:\{(\w+)(?::?-[^}]*)?\}|(\w+))`)
	elsewhere  = regexp.MustCompile(`(?:^|[\s"'=])((?:/(?:etc|opt|usr|var|srv)|~|\$\{\w+:-[^}]*\}|\$\{?HOME\}?|%h)/[\w./@${}~-]*\.(?:ya?ml|json|toml|conf|ini|env|service|socket))\b`)
	installs   = regexp.MustCompile(`\b(?:install|cp|rsync|ln|mv)\b`)
)

// copiesIn are the files outside the repository that a script writes or a unit
// reads, with the variables that the script itself sets filled in.
func copiesIn(src string) (copies []plan.Copy) {
	values := map[string]string{}
	number := 0
	for line := range strings.Lines(src) {
		number++
		filled := fill(line, values)
		if m := shellValue.FindStringSubmatch(filled); m != nil {
			values[m[1]] = m[2]
		}
		for _, loc := range elsewhere.FindAllStringSubmatchIndex(filled, -1) {
			path := filled[loc[2]:loc[3]]
			column := 1
			if before, _, found := strings.Cut(line, path); found {
				column = utf8.RuneCountInString(before) + 1
			}
			copies = append(copies, plan.Copy{Path: path, From: plan.Place{Line: number, Column: column}})
		}
		copies = append(copies, intoFolder(filled, number)...)
	}
	return copies
}

// intoFolder are the copies of the files that a line installs to a folder.
func intoFolder(line string, number int) (copies []plan.Copy) {
	words := strings.Fields(strings.NewReplacer(`"`, "", "'", "").Replace(line))
	if len(words) > 0 && (words[0] == "sudo" || words[0] == "doas") {
		words = words[1:]
	}
	if len(words) < 3 || !installs.MatchString(words[0]) {
		return nil
	}
	to := words[len(words)-1]
	for _, from := range words[1 : len(words)-1] {
		if path := to + filepath.Base(from); strings.HasSuffix(to, "/") && elsewhere.MatchString(path) {
			copies = append(copies, plan.Copy{Path: path, From: plan.Place{Line: number, Column: 1}})
		}
	}
	return copies
}

// fill puts values in the place of variables; those without one stay.
func fill(line string, values map[string]string) string {
	return variables.ReplaceAllStringFunc(line, func(v string) string {
		m := variables.FindStringSubmatch(v)
		if value, set := values[m[1]+m[2]]; set {
			return value
		}
		return v
	})
}
