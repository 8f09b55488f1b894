package discover

import (
	"path/filepath"

	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

var (
	// servicesLine is where services begin at the top level: without one, nothing of a file
	// is parsed.
	servicesLine = pattern.Lazy(`(?m)^\x{FEFF}?(?:services|"services"|'services')[ \t]*:`)
	imageLine    = pattern.Lazy(`(?m)^[ \t].*\b(?:image|build|extends)[ \t]*:`)
	serviceName  = pattern.Lazy(`^[a-zA-Z0-9._-]+$`)
)

// judge notes whether a file without a compose file's name is one by its content, if it looks
// like one. A link is none: what it leads to is found where it stands.
func (d *discoverer) judge(path string) {
	if tree.IsSymlink(path) {
		return
	}
	src, err := tree.Read(path, tree.MaxFile)
	if err != nil || !servicesLine().Match(src) {
		return
	}
	if f, err := d.loader.FileOf(path, src); err != nil {
		d.content.Store(path, err)
	} else if is := byContent(f); is || f.Docs != nil && imageLine().Match(src) {
		d.content.Store(path, is)
	}
}

// byContent reports a file that is a project of its own, whatever its name: every key is one
// of Compose's, and each service says what it runs. Other tools have services too, but keys
// of their own beside or in them; and what is laid over the services of another file is a
// part of that project.
func byContent(f *source.File) bool {
	services := 0
	for _, doc := range f.Docs {
		root := source.Deref(source.Root(doc))
		if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
			continue
		}
		if root.Kind != yaml.MappingNode {
			return false
		}
		for _, fd := range source.Fields(root) {
			if !compose.TopLevel(fd.Key.Value) {
				return false
			}
		}
		list := source.Value(root, "services")
		if list == nil {
			continue
		}
		if source.Deref(list).Kind != yaml.MappingNode {
			return false
		}
		for _, s := range source.Fields(list) {
			if !runs(s) {
				return false
			}
			services++
		}
	}
	return services > 0
}

// runs reports a service of Compose that says what it runs.
func runs(s source.Field) (says bool) {
	if !serviceName().MatchString(s.Key.Value) || source.Deref(s.Value).Kind != yaml.MappingNode {
		return false
	}
	for _, fd := range source.Fields(s.Value) {
		kind := source.Deref(fd.Value).Kind
		switch key := fd.Key.Value; {
		case !compose.ServiceKey(key), key == "image" && kind != yaml.ScalarNode, kind == yaml.SequenceNode && (key == "build" || key == "extends"):
			return false
		case key == "image" || key == "build" || key == "extends" || key == "provider":
			says = true
		}
	}
	return says
}

// known reports a file that is compose by its name or the configuration, or by its content
// where that counts and Git does not ignore it.
func (d *discoverer) known(path string) bool {
	if d.named(path) || d.options.Named {
		return d.named(path)
	}
	is, _ := d.content.Load(path)
	return is == true && !d.ignores(path)
}

// alternative is the project of a file that is compose by content: one of the folder's that
// does not run together with the others.
func alternative(path string) compose.Group {
	return compose.Group{Dir: filepath.Dir(path), Files: []string{path}, ByContent: true}
}
