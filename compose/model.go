package compose

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/interpolation"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/tree"
	"github.com/compose-spec/compose-go/v2/types"

	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/source"
)

// ModelInput is what compose-go is given.
type ModelInput struct {
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

// LoadModel loads a project with compose-go, every profile enabled, and
// without what a clean clone may lack: env files, label files, consistency.
// Files that Parse refuses must not come here: compose-go panics, or takes
// minutes, on some of them (measured); a panic is returned as an error.
func LoadModel(in ModelInput) (project *types.Project, err error) {
	defer guarded(&err)
	details, options := in.forLoader(func(*loader.Options) {})
	return loader.LoadWithContext(context.Background(), details, options)
}

// LoadPorts is LoadModel for two models that are compared with each other, which takes half
// the time. The project has nothing but its services and jobs with their ports, and the x-
// keys of these and its own. The rest is as it is written: schema, defaults, the types of
// values that hold variables, paths and networks are left out. What LoadModel takes may be
// refused here.
func LoadPorts(in ModelInput) (project *types.Project, rest map[string]any, err error) {
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
func (in ModelInput) forLoader(change func(*loader.Options)) (types.ConfigDetails, func(*loader.Options)) {
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

// Environments are environments under which to try to load the project, one
// after the other: a clean clone may lack what it requires, so that behind the
// empty one come some that set every variable which the files mention.
func (p *Project) Environments() []map[string]string {
	numbers, mixed := map[string]string{}, map[string]string{}
	for i, name := range p.Variables() {
		numbers[name], mixed[name] = strconv.Itoa(i+1), "true" // equal ones could make one of two ports
	}
	for _, m := range p.Mappings {
		for _, name := range source.Variables(m.HostPort.Text + m.Target) {
			mixed[name] = numbers[name]
		}
		for _, name := range source.Variables(m.Address) {
			mixed[name] = "127.0.0.1"
		}
		if m.HostPort.Var != "" && m.Container.Width() > 1 {
			mixed[m.HostPort.Var] = m.Container.String() // both sides of a range are as wide
		}
	}
	return []map[string]string{nil, numbers, mixed}
}

// Variables lists every name that the project's files mention and that its
// env files set, sorted.
func (p *Project) Variables() []string {
	names := lists.Flat(p.Files, (*source.File).Variables)
	for _, f := range p.Env.files {
		names = slices.AppendSeq(names, maps.Keys(f.Vars))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Limits of what is taken and of what compose-go is given.
const (
	maxMappings = 10_000 // of one project, anchors followed
	maxLoaded   = 6_000  // values of one project, aliases followed; compose-go needs a third of a second for them
	maxRange    = 4096   // ports of one range; compose-go makes an entry of each
)

// ErrWithheld is returned for a project that compose-go must not see.
var ErrWithheld = errors.New("withheld from compose-go")

// Loadable reports whether compose-go may be called on the project: every
// file parses, it can be loaded within a second, and no range makes it build
// thousands of entries.
func (p *Project) Loadable() error {
	nodes := 0
	for _, f := range p.Files {
		if f.Docs == nil {
			return fmt.Errorf("%s: %w", f.Path, ErrWithheld)
		}
		if nodes += f.Nodes; nodes > maxLoaded {
			return fmt.Errorf("%s: more than %d values: %w", f.Path, maxLoaded, ErrWithheld)
		}
	}
	for _, f := range p.Files {
		if f.Longest > variable.MaxText {
			return fmt.Errorf("%s: a text longer than %d bytes: %w", f.Path, variable.MaxText, ErrWithheld)
		}
	}
	for _, m := range p.Mappings {
		nodes += max(m.Container.Width(), m.HostPort.Ports.Width())
	}
	if nodes > maxLoaded {
		return fmt.Errorf("more than %d values and ports: %w", maxLoaded, ErrWithheld)
	}
	wide := slices.ContainsFunc(p.Mappings, func(m Mapping) bool {
		return m.Container.Width() > maxRange || m.HostPort.Ports.Width() > maxRange || m.HostPort.DefaultPorts.Width() > maxRange
	})
	if wide {
		return fmt.Errorf("a range is wider than %d ports: %w", maxRange, ErrWithheld)
	}
	return nil
}
