// Package schema says where a compose file breaks the schema of the Compose
// specification, and what docker compose could not convert, in words for
// people who write compose files rather than schemas.
//
//	for _, v := range schema.Violations(file, file.Values()) {
//		fmt.Println(v.Message)
//	}
package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	composeschema "github.com/compose-spec/compose-go/v2/schema"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/portmoor/portmoor/source"
)

// compiled is the schema of the Compose specification that compose-go
// embeds and validates with, compiled when a document first needs it:
// that takes as long as reading a hundred files.
var compiled = sync.OnceValue(func() *jsonschema.Schema {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(composeschema.Schema))
	if err != nil {
		return nil
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("compose-spec.json", doc); err != nil {
		return nil
	}
	s, err := c.Compile("compose-spec.json")
	if err != nil {
		return nil
	}
	return s
})

// Violation is one place where a document breaks the schema.
type Violation struct {
	Span source.Span
	// Service is the service it stands in, "" when none.
	Service string
	Message string // one line, lower case, no full stop
	Hint    string // what to do

	path []string
	key  bool // whether it is about the key rather than its value
}

// Violations validates a file's documents, which are its Values.
func Violations(f *source.File, documents []any) []Violation {
	var all []Violation
	var names speller
	for i, doc := range documents {
		for _, v := range append(judge(doc, reduced(doc), &names), unreadable(doc)...) {
			v.Span = f.At(i, v.path, v.key)
			if len(v.path) > 1 && v.path[0] == "services" {
				v.Service = v.path[1]
			}
			all = append(all, v)
		}
	}
	return all
}

// judge validates the part of a document that needs it.
func judge(doc, part any, names *speller) []Violation {
	if part == nil {
		return nil
	}
	s := compiled()
	if s == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(s.Validate(part), &invalid) {
		return nil
	}
	var found []Violation
	failing := map[string]bool{}
	noteFailing(invalid, failing)
	for _, leaf := range leaves(invalid, doc) {
		if _, unevaluated := leaf.ErrorKind.(*kind.FalseSchema); unevaluated && misjudged(leaf, failing) {
			continue
		}
		found = append(found, explain(leaf, names)...)
	}
	return found
}

// misjudged reports a key that only counts as unknown because a part of the
// schema failed on a neighbour: keys are then unevaluated, in JSON Schema's
// terms, though the specification has them.
func misjudged(key *jsonschema.ValidationError, failing map[string]bool) bool {
	path := key.InstanceLocation
	return len(path) > 0 && knownKeys()[path[len(path)-1]] && failing[joined(path[:len(path)-1])]
}

// noteFailing notes the places below which a part of the schema fails.
func noteFailing(e *jsonschema.ValidationError, failing map[string]bool) {
	for _, c := range e.Causes {
		noteFailing(c, failing)
	}
	if _, unevaluated := e.ErrorKind.(*kind.FalseSchema); len(e.Causes) == 0 && !unevaluated {
		for n := len(e.InstanceLocation) - 1; n >= 0 && !failing[joined(e.InstanceLocation[:n])]; n-- {
			failing[joined(e.InstanceLocation[:n])] = true
		}
	}
}

func joined(path []string) string { return strings.Join(path, "\x00") }

// foldedLists are the lists in which compose-go drops what stands twice before
// it validates (override.EnforceUnicity, v2.16.2).
var foldedLists = []string{
	"networks.*.labels", "networks.*.ipam.options", "services.*.annotations", "services.*.build.additional_contexts",
	"services.*.build.args", "services.*.build.labels", "services.*.build.platform", "services.*.build.tags",
	"services.*.cap_add", "services.*.cap_drop", "services.*.configs", "services.*.deploy.labels", "services.*.devices",
	"services.*.dns", "services.*.dns_opt", "services.*.dns_search", "services.*.env_file", "services.*.environment",
	"services.*.expose", "services.*.labels", "services.*.links", "services.*.networks.*.aliases",
	"services.*.networks.*.link_local_ips", "services.*.ports", "services.*.profiles", "services.*.secrets",
	"services.*.sysctls", "services.*.tmpfs", "services.*.volumes",
}

func folded(list []string) bool {
	return slices.ContainsFunc(foldedLists, func(pattern string) bool {
		return slices.EqualFunc(list, strings.Split(pattern, "."), func(key, want string) bool { return want == "*" || want == key })
	})
}

// topKeys are the names of the properties at the top level.
var topKeys = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	var doc struct {
		Properties map[string]any `json:"properties"`
	}
	if err := json.Unmarshal([]byte(composeschema.Schema), &doc); err == nil {
		for name := range doc.Properties {
			known[name] = true
		}
	}
	return known
})

// knownKeys are the names of all properties in the schema.
var knownKeys = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	var collect func(v any)
	collect = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, c := range v {
				collect(c)
			}
		case map[string]any:
			if properties, ok := v["properties"].(map[string]any); ok {
				for name := range properties {
					known[name] = true
				}
			}
			for _, c := range v {
				collect(c)
			}
		}
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(composeschema.Schema))
	if err == nil {
		collect(doc)
	}
	return known
})

// leaves are the independent errors below one, each at its deepest place. Of
// alternatives that all fail, the one that got furthest is what the author meant.
// An alternative that only fails on values which hold a variable does not fail.
func leaves(e *jsonschema.ValidationError, doc any) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		if excused(e, doc) {
			return nil
		}
		return []*jsonschema.ValidationError{e}
	}
	var all []*jsonschema.ValidationError
	_, anyOf := e.ErrorKind.(*kind.AnyOf)
	_, oneOf := e.ErrorKind.(*kind.OneOf)
	alternative := anyOf || oneOf
	for _, c := range e.Causes {
		found := leaves(c, doc)
		if len(found) == 0 && alternative {
			return nil
		}
		all = append(all, found...)
	}
	if !alternative {
		return all
	}
	// The validator goes through mappings in any order; of equals the first by name is taken.
	slices.SortStableFunc(all, func(a, b *jsonschema.ValidationError) int {
		return slices.Compare(a.InstanceLocation, b.InstanceLocation)
	})
	best := slices.MaxFunc(all, func(a, b *jsonschema.ValidationError) int { return reach(a) - reach(b) })
	if slices.ContainsFunc(all, func(o *jsonschema.ValidationError) bool {
		return o != best && sameTypeError(o, best)
	}) {
		return []*jsonschema.ValidationError{joinTypes(all, best)}
	}
	return []*jsonschema.ValidationError{best}
}

// reach is how deep an error got; an unknown key is one step deeper than the
// mapping that it is in.
func reach(e *jsonschema.ValidationError) int {
	if _, ok := e.ErrorKind.(*kind.AdditionalProperties); ok {
		return len(e.InstanceLocation) + 1
	}
	return len(e.InstanceLocation)
}

// sameTypeError reports two errors that say of one value that it is of a wrong type.
func sameTypeError(a, b *jsonschema.ValidationError) bool {
	_, x := a.ErrorKind.(*kind.Type)
	_, y := b.ErrorKind.(*kind.Type)
	return x && y && slices.Equal(a.InstanceLocation, b.InstanceLocation)
}

// joinTypes makes one error of alternatives that each want another type.
func joinTypes(all []*jsonschema.ValidationError, best *jsonschema.ValidationError) *jsonschema.ValidationError {
	joined := *best
	wanted := &kind.Type{}
	for _, e := range all {
		if t, ok := e.ErrorKind.(*kind.Type); ok && sameTypeError(e, best) {
			wanted.Got = t.Got
			wanted.Want = append(wanted.Want, t.Want...)
		}
	}
	slices.Sort(wanted.Want)
	wanted.Want = slices.Compact(wanted.Want)
	joined.ErrorKind = wanted
	return &joined
}

// excused reports an error about a value that Compose would still change
// before it validates: one that holds a variable, a text that it turns into the
// number or boolean which is wanted, or a list from which it drops repeats.
func excused(e *jsonschema.ValidationError, doc any) bool {
	if _, twice := e.ErrorKind.(*kind.UniqueItems); twice {
		return folded(e.InstanceLocation)
	}
	text, ok := valueAt(doc, e.InstanceLocation).(string)
	if !ok {
		return false
	}
	if strings.Contains(text, "$") {
		return true
	}
	kind := scalarAt(e.InstanceLocation)
	return kind != nil && kind.valid(text)
}

func valueAt(v any, path []string) any {
	for _, p := range path {
		switch c := v.(type) {
		case map[string]any:
			v = c[p]
		case []any:
			i, err := strconv.Atoi(p)
			if err != nil || i < 0 || i >= len(c) {
				return nil
			}
			v = c[i]
		default:
			return nil
		}
	}
	return v
}

// explain says in our words what is wrong; the library's are for people who
// read schemas.
func explain(e *jsonschema.ValidationError, names *speller) []Violation {
	path := e.InstanceLocation
	name := "the file"
	if len(path) > 0 {
		name = dotted(path)
	}
	about := func(format string, args ...any) []Violation {
		return []Violation{{path: path, Message: name + " " + fmt.Sprintf(format, args...), Hint: hintAt(path)}}
	}
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		return unknownKeys(path, k.Properties, names)
	case *kind.FalseSchema:
		return unknownKeys(path[:max(len(path)-1, 0)], path[max(len(path)-1, 0):], names)
	case *kind.Type:
		return about("is %s, not %s", article(k.Got), alternatives(k.Want))
	case *kind.Required:
		return about("lacks %s", strings.Join(k.Missing, " and "))
	case *kind.Enum:
		return about("is not one of %s", values(k.Want))
	case *kind.Const:
		return about("is not %v", k.Want)
	case *kind.Format:
		return about("is not a valid %s", k.Want)
	case *kind.Pattern:
		return about("does not have the form %s", k.Want)
	case *kind.UniqueItems:
		return about("has the same item twice")
	case *kind.Minimum:
		return about("is less than %s", k.Want.RatString())
	case *kind.Maximum:
		return about("is more than %s", k.Want.RatString())
	case *kind.MinItems, *kind.MinProperties, *kind.MinLength:
		return about("is empty or too short")
	case *kind.MaxItems, *kind.MaxProperties, *kind.MaxLength:
		return about("is too long")
	case *kind.PropertyNames:
		return about("has a key that is not allowed: %s", k.Property)
	default:
		return about("is not allowed here")
	}
}
