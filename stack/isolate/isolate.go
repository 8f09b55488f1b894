// Package isolate is what has to change of a compose project so that it runs beside
// another checkout of the same files: its host ports, and whatever has a fixed name. It
// is pure: a project comes in, and the text of an override file and notes go out.
//
// The model: a [Plan] says what changes, and [Plan.Override] writes a compose file that
// does that on top of the project's own. The file is held against compose-go before
// anybody sees it: with it the project is what it was, but for what the plan changes.
//
//	o, err := isolate.Plan{Header: header, To: to, Name: "shop-1a2b3c4d", Apart: true}.Override(project, files, path)
package isolate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/canonical"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/stack/model"
)

// Plan is what an override is to change.
type Plan struct {
	// Header begins the file, with a line break at its end.
	Header string
	// To is the host ports that a mapping moves to, zero for one that stays.
	To func(compose.Mapping) ports.Range
	// Name is the name of the project where more than ports may change, "" where not.
	Name string
	// Apart has whatever has a fixed name get one of the project's.
	Apart bool
	// Replicas is in how many containers a service runs, as up is told; nil for what the
	// files say.
	Replicas func(compose.Service) int
	// Root is the checkout; host paths outside of it are shared with others.
	Root string
	// Read is what a file holds, nil for one that can't be read. It is asked for
	// Dockerfiles.
	Read func(path string) []byte
}

// Override is an override file and what it can't do.
type Override struct {
	// Text is the file; nil when nothing has to change.
	Text []byte
	// Shared are notes about what can't be isolated, or is less than before.
	Shared []say.Problem
}

// Override is the text of a compose file that does what is planned: its path is where it
// will be, files those that it comes behind. The error is what docker compose refuses of
// the project, or that the text would do something else.
func (plan Plan) Override(p *compose.Project, files []string, path string) (Override, error) {
	project, environ, err := plan.load(p, files)
	if err != nil {
		return Override{}, err
	}
	f := fork{Plan: plan, project: p, model: project, top: node{}}
	for name, lines := range moves(p, plan.To, project) {
		f.set("!override\n      - "+strings.Join(lines, "\n      - "), "services", name, "ports")
	}
	move(p, plan.To, project)
	if plan.Name != "" {
		f.shared()
	}
	if plan.Apart {
		other := plan
		other.Name += "x"
		if f.other, _, err = other.load(p, files); err != nil {
			return Override{}, err
		}
		f.containers()
		f.images()
		f.resources()
	}
	slices.SortStableFunc(f.notes, func(a, b say.Problem) int { return strings.Compare(a.Message, b.Message) })
	o := Override{Shared: f.notes}
	if len(f.top) == 0 {
		return o, nil
	}
	o.Text = f.text()
	in := canonical.Input{Dir: p.Dir, Files: append(slices.Clone(files), path), Environ: environ, Name: plan.Name, Content: map[string][]byte{path: o.Text}}
	if err := same(project, in); err != nil {
		return Override{}, say.Failf("it was not written; this is a bug in portmoor, please report it with the compose file", "%s: %s", path, say.Shown(p.Dir, err.Error()))
	}
	return o, nil
}

// load loads the project: under its own environment where its names count, else under the
// first that does not lack what the files require.
func (plan Plan) load(p *compose.Project, files []string) (*types.Project, map[string]string, error) {
	if plan.Name == "" {
		return model.Load(p, files)
	}
	environ := map[string]string{}
	for _, name := range p.Variables() {
		if value, set := p.Env.Lookup(name); set {
			environ[name] = value
		}
	}
	project, err := canonical.Load(canonical.Input{Dir: p.Dir, Files: files, Environ: environ, Name: plan.Name})
	if err != nil {
		return nil, nil, say.Failf("", "%s: docker compose refuses the project", files[0])
	}
	return project, environ, nil
}

// same loads the project with the file on top, and holds it against what it should be.
func same(want *types.Project, in canonical.Input) error {
	got, err := canonical.Load(in)
	if err != nil {
		return err
	}
	for _, project := range []*types.Project{want, got} {
		for _, svc := range project.Services {
			slices.SortFunc(svc.Ports, func(a, b types.ServicePortConfig) int {
				return strings.Compare(fmt.Sprintf("%+v", a), fmt.Sprintf("%+v", b))
			})
		}
	}
	for name, svc := range want.Services {
		if equal, err := equal(svc, got.Services[name]); err != nil || !equal {
			return fmt.Errorf("service %q would be another than planned", name)
		}
	}
	if equal, err := equal(want, got); err != nil || !equal {
		return fmt.Errorf("the project would be another than planned")
	}
	return nil
}

// equal compares two parts of models as JSON, in which nothing and an empty list are one.
func equal(a, b any) (bool, error) {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	if errX != nil {
		return false, errX
	}
	return bytes.Equal(x, y), errY
}

// node is a mapping of the override: other nodes, and values as YAML.
type node map[string]any

// fork is the work on one override. The model becomes what it should be with it.
type fork struct {
	Plan

	project *compose.Project
	model   *types.Project
	other   *types.Project // as it would be under another name
	top     node
	notes   []say.Problem
}

// set says what a key is to be, as YAML. The names of what people have named are
// every second key of the first three.
func (f *fork) set(value string, keys ...string) {
	at := f.top
	for _, key := range keys[:len(keys)-1] {
		next, ok := at[key].(node)
		if !ok {
			next = node{}
			at[key] = next
		}
		at = next
	}
	at[keys[len(keys)-1]] = value
}

// text is the file.
func (f *fork) text() []byte {
	var b bytes.Buffer
	b.WriteString(f.Header)
	var write func(n node, indent string)
	write = func(n node, indent string) {
		for _, key := range slices.Sorted(maps.Keys(n)) {
			spelled := key
			if !plainKey(key) || len(indent) == 2 {
				spelled = quoted(key)
			}
			switch value := n[key].(type) {
			case node:
				fmt.Fprintf(&b, "%s%s:\n", indent, spelled)
				write(value, indent+"  ")
			default:
				fmt.Fprintf(&b, "%s%s: %s\n", indent, spelled, value)
			}
		}
	}
	write(f.top, "")
	return b.Bytes()
}

func plainKey(key string) bool {
	return strings.Trim(key, "abcdefghijklmnopqrstuvwxyz_0123456789") == "" && key != "" && key[0] > '9'
}

// quoted is a text as YAML has it.
func quoted(text string) string {
	src, err := json.Marshal(text)
	if err != nil {
		return fmt.Sprintf("%q", text)
	}
	return string(src)
}

// value is a text as a value, in which a dollar begins no variable.
func value(text string) string { return quoted(strings.ReplaceAll(text, "$", "$$")) }

func list(values []string) string {
	var b strings.Builder
	for i, v := range values {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(value(v))
	}
	return "[" + b.String() + "]"
}

const reset = "!reset null"

func (f *fork) note(hint, format string, args ...any) {
	n := say.Problem{Kind: say.Note, Message: fmt.Sprintf(format, args...), Hint: hint}
	if !slices.ContainsFunc(f.notes, func(o say.Problem) bool { return o.Message == n.Message }) {
		f.notes = append(f.notes, n)
	}
}
