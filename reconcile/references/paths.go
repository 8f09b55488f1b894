package references

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/tree"
)

// common are paths that every service may have, listed or not.
var common = lazy(`^/(?:api|v\d+|health\w*|livez|readyz?|ping|status|version|metrics|docs|openapi\.\w+|info)$`)

var (
	specName   = lazy(`(?i)api[-_]?spec|openapi|swagger`)
	readmeName = lazy(`(?i)^readme\b`)
	route      = lazy(`(?:\b(?:GET|POST|PUT|DELETE|PATCH|HEAD|WS)\b[\s|*"'` + "`" + `]+|^\s+["']?)(/[\w./{}-]*\w)`)
)

// routes are the paths of subjects' APIs: path → subjects.
type routes map[string][]int

func (r routes) add(path string, subject int) {
	if path != "" && !slices.Contains(r[path], subject) && !common().MatchString(path) {
		r[path] = append(r[path], subject)
	}
}

// routesOf are the paths that the documents in the subjects' own folders give
// their APIs: those behind a method or as a key, and, which says less, those of
// URLs in a README.
func (f *finder) routesOf() (listed, used routes) {
	listed, used = routes{}, routes{}
	for i, s := range f.Subjects {
		if s.Dir == "" {
			continue
		}
		tree.Files(s.Dir, f.Options, func(path string, _ os.DirEntry) {
			readme := readmeName().MatchString(filepath.Base(path))
			if !readme && !specName().MatchString(filepath.Base(path)) {
				return
			}
			src, err := tree.Read(path, MaxSize)
			if err != nil {
				return
			}
			for line := range strings.Lines(string(src)) {
				for _, m := range route().FindAllStringSubmatch(line, -1) {
					listed.add(m[1], i)
				}
				if readme {
					used.add(f.ownURL(line, i), i)
				}
			}
		})
	}
	return listed, used
}

// ownURL is the path of a URL with a subject's port, on a line that names no
// rival; "" for none.
func (f *finder) ownURL(line string, subject int) string {
	_, after, found := strings.Cut(line, ":"+digits(f.Subjects[subject].Was))
	names := f.namesOf[f.Subjects[subject].Was]
	for _, alias := range []bool{false, true} {
		found = found && !slices.ContainsFunc(mentions(line, names, alias), func(m mention) bool { return m.subject != subject })
	}
	if !found {
		return ""
	}
	return urlPath().FindString(after)
}

var urlPath = lazy(`^/[\w./{}-]*\w`)

const itsAPI = "its API has "

// byPath is the one rival whose API has the path of a URL, the longest that
// there is.
func (a attribution) byPath() (owner, bool) {
	for _, routes := range []routes{a.listed, a.used} {
		for path := urlPath().FindString(a.at.after); len(path) > 1; path = path[:strings.LastIndexByte(path, '/')] {
			switch has := lists.Only(routes[path], func(i int) bool { return slices.Contains(a.rivals[a.hit.port], i) }); {
			case len(has) == 1:
				return owner{has[0], itsAPI + path}, true
			case len(has) > 1:
				return owner{}, false
			}
		}
	}
	return owner{}, false
}
