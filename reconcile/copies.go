package reconcile

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/reconcile/contest"
	"github.com/portmoor/portmoor/reconcile/plan"
	"github.com/portmoor/portmoor/reconcile/references"
	"github.com/portmoor/portmoor/tree"
)

// outside finds what the services of a contest have outside the repository:
// copies of files that are installed, and systemd units.
func (inv *Inventory) outside(p *plan.Plan) {
	contested := map[string]bool{}
	for _, c := range p.Contests {
		for _, s := range c.Services {
			contested[s.Name] = true
		}
	}
	for _, s := range p.Services {
		if s.Dir == "" || s.Dir == inv.w.Home || !contested[s.Name] {
			continue
		}
		if s.New != s.Port.Port {
			p.Copies = append(p.Copies, inv.copies(s)...)
		}
		p.Units = append(p.Units, inv.units(s.Port)...)
	}
	slices.Sort(p.Units)
	p.Units = slices.Compact(p.Units)
}

// copies are the files outside the repository that the scripts and units in a
// service's own folder name, each once, sorted by path.
func (inv *Inventory) copies(s plan.Service) (copies []plan.Copy) {
	tree.Files(s.Dir, inv.w.Tree(), func(path string, _ os.DirEntry) {
		src, err := tree.Read(path, references.MaxSize)
		if err != nil || bytes.IndexByte(src[:min(len(src), 8000)], 0) >= 0 || !isScript(path, src) {
			return
		}
		for _, c := range copiesIn(string(src)) {
			if !slices.ContainsFunc(copies, func(known plan.Copy) bool { return known.Path == c.Path }) {
				c.Service, c.From.Path = s.Name, inv.w.FromHome(path)
				copies = append(copies, c)
			}
		}
	})
	slices.SortFunc(copies, func(a, b plan.Copy) int { return strings.Compare(a.Path, b.Path) })
	return copies
}

// units are the systemd units in the folder of a service.
func (inv *Inventory) units(p contest.Port) (units []string) {
	if p.Dir != "" && p.Dir != inv.w.Home {
		tree.Files(p.Dir, inv.w.Tree(), func(_ string, e os.DirEntry) {
			if unit, is := strings.CutSuffix(e.Name(), ".service"); is {
				units = append(units, unit)
			}
		})
	}
	return units
}

func isScript(path string, src []byte) bool {
	return plan.IsInstaller(path) || filepath.Base(path) == "Makefile" || bytes.HasPrefix(src, []byte("#!")) && !strings.HasSuffix(path, ".py")
}

var (
	shellValue = pattern.Lazy(`^\s*(?:export\s+|readonly\s+|local\s+)?([A-Za-z_]\w*)=["']?([^"'\s#]+)`)
	variables  = pattern.Lazy(`\$(?:\{(\w+)(?::?-[^}]*)?\}|(\w+))`)
	elsewhere  = pattern.Lazy(`(?:^|[\s"'=])((?:/(?:etc|opt|usr|var|srv)|~|\$\{\w+:-[^}]*\}|\$\{?HOME\}?|%h)/[\w./@${}~-]*\.(?:ya?ml|json|toml|conf|ini|env|service|socket))\b`)
	installs   = pattern.Lazy(`\b(?:install|cp|rsync|ln|mv)\b`)
)

// copiesIn are the files outside the repository that a script writes or a unit
// reads, with the variables that the script itself sets filled in.
func copiesIn(src string) (copies []plan.Copy) {
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
	if len(words) < 3 || !installs().MatchString(words[0]) {
		return nil
	}
	to := words[len(words)-1]
	for _, from := range words[1 : len(words)-1] {
		if path := to + filepath.Base(from); strings.HasSuffix(to, "/") && elsewhere().MatchString(path) {
			copies = append(copies, plan.Copy{Path: path, From: plan.Place{Line: number, Column: 1}})
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
