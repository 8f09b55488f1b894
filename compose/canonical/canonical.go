// Package canonical loads projects as docker compose does, with compose-go: for whoever has
// to know what Compose would make of files, whole or as far as ports go.
//
//	project, err := canonical.Load(canonical.Input{Dir: dir, Files: files})
package canonical

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/compose-spec/compose-go/v2/interpolation"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/tree"
	"github.com/compose-spec/compose-go/v2/types"
)

// Input is what compose-go is given.
type Input struct {
	// Dir is the project's folder, absolute.
	Dir string
	// Files are absolute paths in load order.
	Files []string
	// Content replaces the bytes of files named in it; others are read from disk.
	Content map[string][]byte
	// Name is the project's; "" for one that says nothing.
	Name string
	// Environ resolves variables; nil sets none. It is not modified.
	Environ map[string]string
}

// Load loads a project with compose-go, every profile enabled, and
// without what a clean clone may lack: env files, label files, consistency.
// Files that source.Parse refuses must not come here: compose-go panics, or takes
// minutes, on some of them (measured); a panic is returned as an error.
func Load(in Input) (project *types.Project, err error) {
	defer guarded(&err)
	details, options := in.forLoader(func(*loader.Options) {})
	return loader.LoadWithContext(context.Background(), details, options)
}

// Ports is Load for two models that are compared with each other, which takes half
// the time. The project has nothing but its services and jobs with their ports, and the x-
// keys of these and its own. The rest is as it is written: schema, defaults, the types of
// values that hold variables, paths and networks are left out. What Load takes may be
// refused here.
func Ports(in Input) (project *types.Project, rest map[string]any, err error) {
	defer guarded(&err)
	details, options := in.forLoader(func(o *loader.Options) {
		o.SkipValidation, o.SkipNormalization, o.SkipDefaultValues, o.ResolvePaths = true, true, true, false
		o.Interpolate.TypeCastMapping = map[tree.Path]interpolation.Cast{}
	})
	rest, err = loader.LoadModelWithContext(context.Background(), details, options)
	if err != nil {
		return nil, nil, err
	}
	ports := extensions(rest)
	for _, kind := range []string{"services", "jobs"} {
		all, _ := rest[kind].(map[string]any)
		cut := map[string]any{}
		for name, v := range all {
			if service, ok := v.(map[string]any); ok {
				own := extensions(service)
				if list, has := service["ports"]; has {
					own["ports"] = list
					delete(service, "ports")
				}
				cut[name] = own
			}
		}
		if all != nil {
			ports[kind] = cut
		}
	}
	project, err = loader.ModelToProject(ports, loader.ToOptions(&details, []func(*loader.Options){options}), details)
	return project, rest, err
}

// extensions takes the x- keys out of a mapping.
func extensions(m map[string]any) map[string]any {
	taken := map[string]any{}
	for key, v := range m {
		if strings.HasPrefix(key, "x-") {
			taken[key] = v
			delete(m, key)
		}
	}
	return taken
}

// guarded makes an error of a panic.
func guarded(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("compose-go panics: %v", r)
	}
}

// forLoader is the input as compose-go has it.
func (in Input) forLoader(change func(*loader.Options)) (types.ConfigDetails, func(*loader.Options)) {
	details := types.ConfigDetails{WorkingDir: in.Dir, Environment: maps.Clone(in.Environ)}
	if details.Environment == nil {
		details.Environment = map[string]string{}
	}
	for _, path := range in.Files {
		details.ConfigFiles = append(details.ConfigFiles, types.ConfigFile{Filename: path, Content: in.Content[path]})
	}
	return details, func(o *loader.Options) {
		o.SkipConsistencyCheck = true
		o.SkipResolveEnvironment = true
		o.SkipResolveLabels = true
		o.Profiles = []string{"*"}
		o.SetProjectName(cmp.Or(in.Name, "project"), true)
		change(o)
		o.Interpolate.Substitute = func(text string, lookup template.Mapping) (string, error) {
			return template.SubstituteWithOptions(text, lookup, template.WithoutLogging)
		}
	}
}
