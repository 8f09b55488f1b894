package rewrite

import (
	"fmt"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/fixed"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/source"
)

// removals are the spans of a file that edits take out, by path.
type removals map[string][]source.Span

func removed(edits map[*source.File][]Edit) removals {
	r := removals{}
	for f, all := range edits {
		for _, e := range all {
			if e.New == "" && !e.Span.Empty() {
				r[f.Path] = append(r[f.Path], e.Span)
			}
		}
	}
	return r
}

// has reports a span that is taken out whole.
func (r removals) has(path string, span source.Span) bool {
	for _, out := range r[path] {
		if out.Start <= span.Start && span.End <= out.End {
			return true
		}
	}
	return false
}

// without is the content of a mapping but for the names that are taken out of it.
func (c comparison) without(n *yaml.Node) []*yaml.Node {
	if n.Kind != yaml.MappingNode || len(c.removed[c.before.Path]) == 0 {
		return n.Content
	}
	var left []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if name := k.Value == "container_name" || k.Value == "name"; !name || !c.removed.has(c.before.Path, c.before.Span(k)) || !c.removed.has(c.before.Path, c.before.Span(v)) {
			left = append(left, k, v)
		}
	}
	return left
}

// unnamed are the fixed names of a project that are taken out.
func (r removals) unnamed(p *compose.Project) (names []fixed.Name) {
	if len(r) == 0 {
		return nil
	}
	for _, n := range fixed.Names(p) {
		if r.has(n.File.Path, n.Span) {
			names = append(names, n)
		}
	}
	return names
}

// forget makes the two models of a project the same where names are taken out. The error is
// about one that is not what Compose makes without it.
func forget(was, is *types.Project, names []fixed.Name) error {
	for _, n := range names {
		made := is.Name + "_" + n.Key
		var now string
		switch n.Kind {
		case fixed.Container:
			made = ""
			for _, services := range []types.Services{was.Services, was.DisabledServices} {
				if s, there := services[n.Key]; there {
					s.ContainerName = ""
					services[n.Key] = s
				}
			}
			now = is.Services[n.Key].ContainerName + is.DisabledServices[n.Key].ContainerName
		case fixed.Network:
			now = is.Networks[n.Key].Name
			if v, there := was.Networks[n.Key]; there {
				v.Name = now
				was.Networks[n.Key] = v
			}
		case fixed.Volume:
			now = is.Volumes[n.Key].Name
			if v, there := was.Volumes[n.Key]; there {
				v.Name = now
				was.Volumes[n.Key] = v
			}
		case fixed.Config:
			now = is.Configs[n.Key].Name
			if v, there := was.Configs[n.Key]; there {
				v.Name = now
				was.Configs[n.Key] = v
			}
		case fixed.Secret:
			now = is.Secrets[n.Key].Name
			if v, there := was.Secrets[n.Key]; there {
				v.Name = now
				was.Secrets[n.Key] = v
			}
		}
		if now != made {
			return fmt.Errorf("%s %s would be called %q, which is not planned", n.Kind, n.Key, now)
		}
	}
	return nil
}

// nameless is what stands below x- keys without the names that are taken out: those of a
// template show there too. What the file has is held against what it had by itself.
func nameless(template any, names []fixed.Name) any {
	if len(names) == 0 {
		return template
	}
	switch template := template.(type) {
	case map[string]any:
		left := make(map[string]any, len(template))
		for key, value := range template {
			named := func(n fixed.Name) bool { return value == n.Value }
			if _, text := value.(string); !text || key != "container_name" && key != "name" || !slices.ContainsFunc(names, named) {
				left[key] = nameless(value, names)
			}
		}
		return left
	case []any:
		return lists.Map(template, func(value any) any { return nameless(value, names) })
	}
	return template
}
