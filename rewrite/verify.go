package rewrite

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"
	"golang.org/x/sync/errgroup"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/canonical"
	"github.com/portmoor/portmoor/compose/fixed"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/strategies"
)

// Result is what verified edits make of files.
type Result struct {
	After map[string][]byte // the new bytes, by path
	// Uncompared are the projects that compose-go can't load as they stand, or not
	// in time: their files are verified as YAML only.
	Uncompared []*compose.Project
}

// Verified applies edits in memory and compares every file that they touch, and
// every project that has one, with what it was: nothing but the changes, and the
// fixed names that edits take out, may differ. A document that is no YAML is only applied. The error is the first, by
// path and then by project, of what is not as planned.
func Verified(projects []*compose.Project, edits map[*source.File][]Edit, changes []Change) (Result, error) {
	r := Result{After: map[string][]byte{}}
	planned := map[string][]Change{} // by path
	for _, c := range changes {
		planned[c.Mapping.File.Path] = append(planned[c.Mapping.File.Path], c)
	}
	byPath := func(a, b *source.File) int { return cmp.Compare(a.Path, b.Path) }
	out := removed(edits)
	for _, f := range slices.SortedFunc(maps.Keys(edits), byPath) {
		src, err := Apply(f.Src, edits[f])
		if err == nil && f.Docs != nil {
			err = verifyTree(f, src, planned[f.Path], out)
		}
		if err != nil {
			return r, err
		}
		r.After[f.Path] = src
	}
	compared, errs := make([]bool, len(projects)), make([]error, len(projects))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	touched := func(f *source.File) bool { return r.After[f.Path] != nil }
	for i, p := range projects {
		if compared[i] = !slices.ContainsFunc(p.Files, touched); compared[i] {
			continue
		}
		g.Go(func() error {
			if bug := say.Guard(func() {
				compared[i], errs[i] = verifyModel(p, r.After, lists.Flat(p.Files, func(f *source.File) []Change { return planned[f.Path] }), out)
			}); bug != nil {
				errs[i] = fmt.Errorf("%s: %w", p.Group.Files[0], bug)
			}
			return nil
		})
	}
	_ = g.Wait()
	for i, err := range errs {
		if err != nil {
			return r, err
		}
		if !compared[i] {
			r.Uncompared = append(r.Uncompared, projects[i])
		}
	}
	return r, nil
}

// Unplanned is the failure of a run whose result is not what was planned.
func Unplanned(err error) error {
	return say.Failf("nothing was written; this is a bug in portmoor, please report it with the file", "%s", err)
}

// Touched are the mappings that edits touch, as changes to verify: a literal
// must keep its port, as the default of a variable that is new; a variable without
// a default gets one.
func Touched(projects []*compose.Project, edits map[*source.File][]Edit) []Change {
	var changes []Change
	for _, p := range projects {
		for m := range p.Each() {
			for _, e := range edits[m.File] {
				if e.Span.Start < m.Scalar.Start || e.Span.End > m.Scalar.End {
					continue
				}
				d := strategies.Decision{Kind: strategies.Fix, Var: m.HostPort.Var, Port: m.HostPort.Text, Text: m.HostPort.Text}
				if e.Span.Empty() && strings.HasPrefix(e.New, "127.0.0.1:") {
					d.Address = "127.0.0.1"
				}
				if !m.HostPort.Literal() {
					d.Port = "${}" // whatever it is now
				}
				for _, name := range source.Variables(e.New) {
					if !slices.Contains(source.Variables(string(m.File.Src[m.Scalar.Start:m.Scalar.End])), name) {
						d.Var = name
					}
				}
				changes = append(changes, Change{p, m, d, e})
				break
			}
		}
	}
	return changes
}

// verifyTree parses a file's new bytes and compares them with the old: the
// same nodes must be there, and only the planned scalars may read differently.
// The error says what else would change.
func verifyTree(before *source.File, after []byte, changes []Change, out removals) error {
	got := source.Parse(before.Path, after)
	if got.Docs == nil {
		return fmt.Errorf("%s: the result is not valid: %s", before.Path, got.Problems[0].Message)
	}
	c := comparison{before: before, planned: map[int]bool{}, removed: out}
	for _, ch := range changes {
		if ch.Mapping.File.Path == before.Path {
			c.planned[ch.Mapping.Scalar.Start] = true
		}
	}
	if len(got.Docs) != len(before.Docs) {
		return fmt.Errorf("%s: the result has %d documents instead of %d", before.Path, len(got.Docs), len(before.Docs))
	}
	for i := range got.Docs {
		if err := c.equal(before.Docs[i], got.Docs[i]); err != nil {
			return err
		}
	}
	return nil
}

// comparison walks two trees side by side.
type comparison struct {
	before  *source.File
	planned map[int]bool // starts of scalars that may differ
	removed removals
}

func (c comparison) equal(a, b *yaml.Node) error {
	content := c.without(a)
	if len(content) == 0 && len(a.Content) > 0 && b.Tag == "!!null" && a.Anchor == "" && b.Anchor == "" {
		return nil // it had nothing but a name
	}
	if a.Kind == b.Kind && a.Value == b.Value && a.Tag == b.Tag && a.Anchor == b.Anchor && len(content) == len(b.Content) {
		for i := range content {
			if err := c.equal(content[i], b.Content[i]); err != nil {
				return err
			}
		}
		return nil
	}
	span := c.before.Span(a)
	if c.planned[span.Start] && b.Kind == yaml.ScalarNode && a.Anchor == b.Anchor {
		return nil
	}
	line, column := c.before.Position(span.Start)
	return fmt.Errorf("%s:%d:%d: the change would alter %q, which is not planned", c.before.Path, line, column, a.Value)
}

// verifyModel loads a project with compose-go before and after the changes,
// with no variable set, and compares: everything must be equal, but for the
// published ports of the mappings whose change plans that. after holds the new
// bytes by path. A project that compose-go can't load as it stands is not
// compared; the result says whether it was.
func verifyModel(p *compose.Project, after map[string][]byte, changes []Change, out removals) (compared bool, err error) {
	if len(out) > 0 { // names say nothing of ports
		return verifyModels(p, after, changes, out, whole)
	}
	return verifyModels(p, after, changes, nil, portsOnly, whole)
}

// Whether models have what says nothing of ports. Without it they are made in half the
// time, and where they are as planned the whole ones are, since nothing of a port goes into
// the rest; a test over the corpus holds that. The whole models decide where they are not.
const (
	whole     = false
	portsOnly = true
)

func verifyModels(p *compose.Project, after map[string][]byte, changes []Change, out removals, details ...bool) (compared bool, err error) {
	if p.Loadable() != nil {
		return false, nil
	}
	load, done, err := loaders(p, after)
	if err != nil {
		return false, err
	}
	defer done()
	refused, unlike := false, false
	for _, environ := range environments(p, after, changes) {
		for _, ports := range details {
			if ports && unlike {
				continue // they were not as planned under other variables, and may not be so only here
			}
			was, err := load(nil, environ, ports)
			if err != nil {
				continue
			}
			is, err := load(after, environ, ports)
			if err != nil {
				refused = refused || !ports // or a required variable came back, which the next one sets
				continue
			}
			names := out.unnamed(p)
			if err = forget(was.project, is.project, names); err != nil {
				err = fmt.Errorf("%s: %w", p.Group.Files[0], err)
			} else {
				err = compareModels(p, was, is, expectations(p, changes, environ), names)
			}
			if err == nil || !ports {
				return true, err
			}
			unlike = true
		}
	}
	if refused {
		return true, fmt.Errorf("%s: docker compose would refuse the result", p.Group.Files[0])
	}
	return false, nil
}

// environments are those of the project, which also set the variables that only
// the new bytes mention, and give those of host ports something that fits.
func environments(p *compose.Project, after map[string][]byte, changes []Change) []map[string]string {
	all := p.Environments()
	next := 30000
	for _, f := range p.Files {
		for _, name := range source.Variables(string(after[f.Path])) {
			for _, environ := range all[1:] {
				if environ[name] == "" {
					next++
					environ[name] = strconv.Itoa(next)
				}
			}
		}
	}
	for _, c := range changes {
		for _, name := range source.Variables(c.Decision.Text) {
			fits := all[1][name]
			if c.Mapping.Container.Width() > 1 {
				fits = c.Mapping.Container.String() // both sides are as wide
			}
			for _, environ := range all[1:] {
				environ[name] = fits
			}
		}
	}
	return all
}

// model is a project as compose-go has it, and what else its files say where that has
// only ports.
type model struct {
	project *types.Project
	rest    map[string]any
}

// load loads a project, or only its ports and the rest as it is written.
func load(in canonical.Input, ports bool) (m model, err error) {
	if ports {
		m.project, m.rest, err = canonical.Ports(in)
	} else {
		m.project, err = canonical.Load(in)
	}
	return m, err
}

// loadFunc is load with given contents.
type loadFunc func(content map[string][]byte, environ map[string]string, ports bool) (model, error)

// loaders returns what loads the project with given contents. Files that are
// included or extended are read from disk by compose-go itself, so that a
// project which has changed ones is mirrored into a temporary folder.
func loaders(p *compose.Project, after map[string][]byte) (loadFunc, func(), error) {
	inner := slices.ContainsFunc(p.Files, func(f *source.File) bool {
		return after[f.Path] != nil && !slices.Contains(p.Group.Files, f.Path)
	})
	if !inner {
		return func(content map[string][]byte, environ map[string]string, ports bool) (model, error) {
			all := map[string][]byte{}
			for _, f := range p.Files {
				all[f.Path] = f.Src
				if content[f.Path] != nil {
					all[f.Path] = content[f.Path]
				}
			}
			return load(canonical.Input{Dir: p.Dir, Files: p.Group.Files, Content: all, Environ: environ}, ports)
		}, func() {}, nil
	}
	m, err := newMirror(p)
	if err != nil {
		return nil, nil, err
	}
	return m.load, m.remove, nil
}

// expectation is how the published port of some container ports may differ.
type expectation struct {
	container ports.Range // zero when it holds a variable
	published string      // what it must be afterwards; unchecked when it holds a variable
	address   string      // that it gets, "" for none
}

// container identifies what expectations are about. Target is 0 for those that
// are about several container ports, or about one that is not known.
type container struct {
	service, protocol string
	target            int
}

// expectations are the planned differences between the models. A literal that
// becomes a variable with the same default is none. A variable that environ sets
// hides what is written.
func expectations(p *compose.Project, changes []Change, environ map[string]string) map[container][]expectation {
	changed := lists.By(changes, func(c Change) compose.Place { return c.Mapping.Place() })
	expected := map[container][]expectation{}
	for _, m := range p.Mappings {
		c, ok := changed[m.Place()]
		_, set := environ[c.Decision.Var]
		if !ok || c.Decision.Port != "" && c.Decision.Port == m.HostPort.Text && !set && c.Decision.Address == "" {
			continue
		}
		published := c.Decision.Port
		if c.Decision.Var == "" {
			published = c.Decision.Text
		}
		if set {
			published = "$" + c.Decision.Var
		}
		e := expectation{m.Container, published, c.Decision.Address}
		if strings.Contains(m.Target, "$") {
			e.container = ports.Range{} // the models may have another value for it
		}
		at := container{m.Service, m.Protocol, 0}
		if e.container.Width() == 1 {
			at.target = e.container.First
		}
		expected[at] = append(expected[at], e)
	}
	return expected
}

func compareModels(p *compose.Project, x, y model, expected map[container][]expectation, unnamed []fixed.Name) error {
	was, is := x.project, y.project
	before, after := was.AllServices(), is.AllServices()
	ports, now := portsOf(before), portsOf(after)
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if err := comparePorts(name, ports[name], now[name], expected); err != nil {
			return fmt.Errorf("%s: %w", p.Group.Files[0], err)
		}
	}
	if !sameTemplate(nameless(cutPorts(was), unnamed), nameless(cutPorts(is), unnamed), len(expected) > 0) || !reflect.DeepEqual(was, is) || !reflect.DeepEqual(x.rest, y.rest) {
		return fmt.Errorf("%s: the change would alter more than ports", p.Group.Files[0])
	}
	return nil
}

// cutPorts removes what compareModels looks at by itself: the ports, and the
// x- keys, which it returns.
func cutPorts(p *types.Project) map[string]any {
	cut := map[string]any{"": map[string]any(p.Extensions)}
	p.Extensions = nil
	for kind, services := range map[string]types.Services{"service ": p.Services, "disabled ": p.DisabledServices} {
		for name, s := range services {
			cut[kind+name] = map[string]any(s.Extensions)
			s.Ports, s.Extensions = nil, nil
			services[name] = s
		}
	}
	for kind, jobs := range map[string]types.Jobs{"job ": p.Jobs, "disabled job ": p.DisabledJobs} {
		for name, j := range jobs {
			cut[kind+name] = map[string]any(j.Extensions)
			j.Ports, j.Extensions = nil, nil
			jobs[name] = j
		}
	}
	return cut
}

// sameTemplate compares what stands below x- keys, where the text of a template
// that services merge shows in the model too: the number 8080 may have become
// the text of a variable whose default it is, and any scalar another one where
// ports are planned to move.
func sameTemplate(a, b any, moves bool) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for key := range a {
			if _, ok := b[key]; !ok || !sameTemplate(a[key], b[key], moves) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, func(x, y any) bool { return sameTemplate(x, y, moves) })
	default:
		switch b.(type) {
		case map[string]any, []any:
			return false
		}
		return moves || fmt.Sprint(a) == fmt.Sprint(b)
	}
}

// portsOf lists each service's ports, all of them: never may one become none because
// it is like another.
func portsOf(services types.Services) map[string][]types.ServicePortConfig {
	ports := map[string][]types.ServicePortConfig{}
	for _, s := range services {
		for _, port := range s.Ports {
			port.Extensions, port.Protocol = nil, strings.ToLower(port.Protocol)
			if port.HostIP == "" {
				port.HostIP = "0.0.0.0" // one and the same to Compose
			}
			ports[s.Name] = append(ports[s.Name], port)
		}
	}
	return ports
}

func identity(port types.ServicePortConfig) string { return fmt.Sprintf("%#v", port) }

// comparePorts matches a service's ports before and after: first those that
// are equal, then those that only differ in what is published.
func comparePorts(service string, was, is []types.ServicePortConfig, expected map[container][]expectation) error {
	if len(was) != len(is) {
		return fmt.Errorf("service %s would have %d ports instead of %d", service, len(is), len(was))
	}
	is = unmatched(is, was)
	moved := map[string]int{}
	for _, port := range unmatched(was, is) {
		port.Published = ""
		moved[identity(port)]++
	}
	for _, port := range is {
		bare := port
		bare.Published = ""
		key := identity(bare)
		if bare.HostIP = "0.0.0.0"; moved[key] == 0 {
			key = identity(bare) // it got an address
		}
		if moved[key] > 0 && planned(service, port, expected) {
			moved[key]--
			continue
		}
		return fmt.Errorf("service %s would publish container port %d on %q, which is not planned", service, port.Target, port.Published)
	}
	return nil
}

// unmatched are the ports that have no equal among others.
func unmatched(ports, others []types.ServicePortConfig) []types.ServicePortConfig {
	has := lists.Keys(others, identity)
	return lists.Only(ports, func(port types.ServicePortConfig) bool { return !has[identity(port)] })
}

// planned reports whether the plan publishes a container port like this.
func planned(service string, port types.ServicePortConfig, expected map[container][]expectation) bool {
	target := int(port.Target)
	fits := func(e expectation) bool {
		switch {
		case e.address != "" && e.address != port.HostIP:
			return false
		case e.container.Zero():
			return true
		case target < e.container.First || target > e.container.Last:
			return false
		default:
			return e.container.Width() > 1 || strings.Contains(e.published, "$") || strategies.SameDefault(port.Published, e.published)
		}
	}
	return slices.ContainsFunc(expected[container{service, port.Protocol, target}], fits) ||
		slices.ContainsFunc(expected[container{service, port.Protocol, 0}], fits)
}
