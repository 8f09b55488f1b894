package mend

import (
	"bytes"
	"cmp"
	"errors"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lint/around"
	"github.com/portmoor/portmoor/lint/table"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
	"github.com/portmoor/portmoor/workspace"
)

// Tables are what the documents of a workspace become when their tables say which ports
// its projects publish: those that the configuration lists, which are made where they are
// not there, and each README.md that has markers. Where that is none, it is the
// README.md beside the projects, if they are in one folder. The notes are about documents
// that are left as they are. The error is a usage error where no document is known.
func Tables(w *workspace.Workspace) (outputs []rewrite.Output, notes []say.Problem, err error) {
	listed := w.Absolute(w.Config.Docs...)
	users := map[string][]*compose.Project{} // by document
	for _, p := range w.Projects {
		for _, path := range Documents(w, p) {
			users[path] = append(users[path], p)
		}
	}
	files := reader{files: map[string]*source.File{}, mark: w.Mark}
	has := func(path string) bool {
		doc := files.read(path)
		return doc != nil && slices.ContainsFunc(table.Find(doc.Src), table.Table.Marked)
	}
	documents := lists.Only(slices.Sorted(maps.Keys(users)), func(path string) bool { return slices.Contains(listed, path) || has(path) })
	if len(documents) == 0 {
		beside := lists.Union(nil, lists.Map(compose.Main(w.Projects), func(p *compose.Project) string { return Documents(w, p)[0] })...)
		if len(beside) != 1 {
			return nil, nil, say.Usagef("list one under docs in .portmoor.yaml, or write "+table.Start+" and "+table.End+" where the table should be", "portmoor docs: no document is to have a table of ports")
		}
		documents = beside
	}
	for _, path := range documents {
		doc := files.read(path)
		if p, refused := w.Refuses(path); refused {
			notes = append(notes, p)
			continue
		}
		if doc == nil && tree.Exists(path) {
			continue // that it can't be read is noted
		}
		var before []byte
		if doc != nil {
			before = doc.Src
		}
		after, err := written(w, path, before, compose.Main(users[path]))
		if err != nil {
			n := say.Of(err)
			notes = append(notes, say.Problem{Kind: say.Note, Place: path, Message: n.Message, Hint: n.Hint})
		} else if !bytes.Equal(after, before) {
			outputs = append(outputs, rewrite.Output{Path: path, Before: before, After: after})
		}
	}
	return outputs, append(notes, files.notes...), nil
}

// written is a document with what its users publish. The error is why it stays as it is.
func written(w *workspace.Workspace, path string, src []byte, users []*compose.Project) ([]byte, error) {
	private := func(s compose.Service) bool { return s.File != nil && s.File.Outside }
	for _, p := range users {
		if p.Partial || slices.ContainsFunc(p.Services, private) {
			return nil, say.Failf("", "is left as it is: not all files of its projects can be read, or shown")
		}
	}
	if err := w.MayCreate(path, workspace.DocumentRole); err != nil {
		return nil, err
	}
	if src != nil && !slices.Contains([]string{".md", ".markdown", ".mdx"}, filepath.Ext(path)) && len(table.Find(src)) == 0 {
		return nil, say.Failf("write "+table.Start+" and "+table.End+" where the table should be", "is left as it is: it has no markers, and is not called .md")
	}
	text, err := table.Write(src, services(w, users))
	if errors.Is(err, table.ErrUnmarked) {
		err = say.Failf("write "+table.Start+" above it and "+table.End+" below it to have it corrected", "%s", err)
	}
	return text, err
}

// services are those of projects, in the order of their files, with the ports that they publish.
func services(w *workspace.Workspace, users []*compose.Project) (all []table.Service) {
	published, done := around.Documented(users), map[string]bool{}
	for _, p := range users {
		labels := categories(p)
		inOrder := slices.SortedStableFunc(slices.Values(p.Services), func(a, b compose.Service) int {
			return cmp.Or(slices.Index(p.Files, a.File)-slices.Index(p.Files, b.File), a.Span.Start-b.Span.Start)
		})
		for _, s := range inOrder {
			if done[s.Name] {
				continue
			}
			done[s.Name] = true
			t := table.Service{Name: s.Name, Category: cmp.Or(labels[s.Name], w.Config.GroupOf(s.Name))}
			seen := map[table.Port]bool{}
			for _, m := range published[s.Name] {
				port := table.Port{Host: around.DefaultPorts(m).String(), Container: m.Key.Container}
				if !seen[port] {
					seen[port], t.Ports = true, append(t.Ports, port)
				}
			}
			all = append(all, t)
		}
	}
	return all
}

// categories are what the labels of services say they are, by service: the label
// portmoor.category, or another that ends with category.
func categories(p *compose.Project) map[string]string {
	said := map[string]string{}
	for _, f := range p.Files {
		for _, doc := range f.Values() {
			root, _ := doc.(map[string]any)
			written, _ := root["services"].(map[string]any)
			for name, service := range written {
				fields, _ := service.(map[string]any)
				said[name] = cmp.Or(category(fields["labels"]), said[name])
			}
		}
	}
	return said
}

// category is what labels say, "" where they say nothing or only a variable tells.
func category(labels any) string {
	all := map[string]string{}
	switch labels := labels.(type) {
	case map[string]any:
		for name, value := range labels {
			all[name], _ = value.(string)
		}
	case []any:
		for _, label := range labels {
			text, _ := label.(string)
			name, value, _ := strings.Cut(text, "=")
			all[name] = value
		}
	}
	for _, name := range append([]string{"portmoor.category"}, slices.Sorted(maps.Keys(all))...) {
		if value := all[name]; path.Ext("."+name) == ".category" && value != "" && !strings.Contains(value, "$") {
			return value
		}
	}
	return ""
}
