package compose

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/source"
)

// describe is a mapping in one line: the service, the source text of its
// spans, and how they may be edited. The scalar is left out where it is the
// entry.
func describe(m Mapping) string {
	text := func(s source.Span) string { return string(m.File.Src[s.Start:s.End]) }
	line := m.Service + ": " + text(m.Entry)
	if m.Scalar != m.Entry {
		line += " scalar " + text(m.Scalar)
	}
	line += fmt.Sprintf(" host <%s> %s", text(m.Host), []string{"plain", "single", "double"}[m.Quote])
	for _, flag := range []struct {
		set  bool
		name string
	}{{m.Flow, "flow"}, {m.Shared, "shared"}, {m.Inherited, "inherited"}} {
		if flag.set {
			line += " " + flag.name
		}
	}
	if m.Locked != "" {
		line += ", locked: " + m.Locked
	}
	return line
}

// describeAll is a project's mappings, a line each, and then its problems
// with their places.
func describeAll(p *Project) string {
	var lines []string
	for _, m := range p.Mappings {
		line := describe(m)
		if m.Dropped != Published {
			line += ", " + []string{"", "duplicate", "overridden", "extended"}[m.Dropped]
		}
		lines = append(lines, line)
	}
	for _, q := range p.Problems {
		line, column := q.File.Position(q.Span.Start)
		lines = append(lines, fmt.Sprintf("%s:%d:%d: %s", filepath.Base(q.File.Path), line, column, q.Message))
	}
	return strings.Join(lines, "\n")
}

// loadFile loads one file's bytes as a project of its own.
func loadFile(src []byte) *Project {
	path := filepath.Join(string(filepath.Separator), "app", "compose.yaml")
	l := NewLoader(LoadOptions{})
	l.Add(path, src)
	return l.Load([]Group{{Dir: filepath.Dir(path), Files: []string{path}}})[0]
}

// folder writes files below a new folder. The archive names each in a line of
// its own: "-- compose.yaml --".
func folder(t testing.TB, archive string) string {
	t.Helper()
	dir := t.TempDir()
	for part := range strings.SplitSeq("\n"+archive, "\n-- ") {
		name, text, ok := strings.Cut(part, " --\n")
		if !ok {
			continue
		}
		write(t, filepath.Join(dir, filepath.FromSlash(name)), text+"\n")
	}
	return dir
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// loadTree loads files of an archive as one project; compose.yaml when none is named.
func loadTree(t testing.TB, options LoadOptions, archive string, files ...string) *Project {
	t.Helper()
	return loadIn(folder(t, archive), options, files...)
}

func loadIn(dir string, options LoadOptions, files ...string) *Project {
	if len(files) == 0 {
		files = []string{"compose.yaml"}
	}
	group := Group{Dir: dir}
	for _, f := range files {
		group.Files = append(group.Files, filepath.Join(dir, filepath.FromSlash(f)))
	}
	return NewLoader(options).Load([]Group{group})[0]
}

// spread lists a mapping's ports the way compose-go's model does.
func spread(m Mapping) (out []string) {
	host := m.HostPort.Ports
	for i := range m.Container.Width() {
		published := ""
		switch {
		case m.Container.Width() == 1:
			published = host.String()
		case !host.Zero():
			published = fmt.Sprint(host.First + i)
		}
		if published == "" && m.zero {
			published = "0"
		}
		out = append(out, fmt.Sprintf("%s:%s:%d/%s", m.HostIP, published, m.Container.First+i, m.Protocol))
	}
	return out
}

// Spread is spread, for tests that need what imports this package.
var Spread = spread
