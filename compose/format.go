package compose

import (
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/source"
)

// topLevel are the keys of a compose file, besides those that begin with x-.
var topLevel = []string{"configs", "include", "jobs", "models", "name", "networks", "secrets", "services", "version", "volumes"}

// TopLevel reports a key that a compose file has at its top level.
func TopLevel(key string) bool { return slices.Contains(topLevel, key) || strings.HasPrefix(key, "x-") }

// serviceKeys are the keys of a service, besides those that begin with x-.
var serviceKeys = sync.OnceValue(func() map[string]bool {
	keys := map[string]bool{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[types.ServiceConfig]()) {
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		keys[key] = f.Name != "Name" // which is the service's own key
	}
	return keys
})

// ServiceKey reports a key that a service of a compose file has.
func ServiceKey(key string) bool { return serviceKeys()[key] || strings.HasPrefix(key, "x-") }

// FormatOne reports a file of which a document is in Compose file format 1.
func FormatOne(f *source.File) bool {
	return slices.ContainsFunc(f.Docs, func(doc *yaml.Node) bool { return formatOne(source.Root(doc)) })
}

// formatOne reports a document that has services where later formats have keys: each is
// a mapping, and at least one has what starts a container. A pipeline of GitLab looks
// alike, but its jobs have scripts.
func formatOne(root *yaml.Node) bool {
	starts := false
	for _, s := range source.Fields(root) {
		v := source.Deref(s.Value)
		if TopLevel(s.Key.Value) || v.Kind != yaml.MappingNode || source.Value(v, "script") != nil {
			return false
		}
		for _, key := range []string{"image", "build", "extends"} {
			starts = starts || source.Value(v, key) != nil
		}
	}
	return starts
}
