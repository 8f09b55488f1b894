package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
	"golang.org/x/tools/txtar"

	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/ports"
)

var update = flag.Bool("update", false, "write what is generated")

// TestConfigSchema: the committed schema is made from the types, accepts every
// configuration of the documentation, and refuses what the decoder refuses.
func TestConfigSchema(t *testing.T) {
	text, err := schemaFile(lint.RuleOptions())
	if err != nil {
		t.Fatal(err)
	}
	const path = "../docs/portmoor.schema.json"
	if *update {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(path)
	if diff := cmp.Diff(string(text), string(committed)); err != nil || diff != "" {
		t.Errorf("%s is out of date: go test ./config -update: %v (-want +got):\n%s", path, err, diff)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("portmoor.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("portmoor.json")
	if err != nil {
		t.Fatal(err)
	}
	accepted := 0
	check := func(src string) {
		_, decoded := Parse("x", []byte(src))
		var v any
		if err := yaml.Unmarshal([]byte(src), &v); err != nil {
			t.Fatal(err)
		}
		err := schema.Validate(v)
		if (err == nil) != (decoded == nil) {
			t.Errorf("the schema says %v, the decoder %v of:\n%s", err, decoded, src)
		}
		if err == nil {
			accepted++
		}
	}
	for _, f := range fields(reflect.TypeFor[Config]()) {
		check(exampleOf(t, reflect.TypeFor[Config]().Field(f.index), f))
	}
	for _, r := range lint.Rules() {
		for _, f := range txtar.Parse([]byte(r.Bad)).Files {
			if f.Name == Name {
				check(string(f.Data))
			}
		}
	}
	for _, src := range []string{
		"strategie: hybrid", "strategy: best", "isolate: true", "isolate: false", "isolate: \"true\"", "isolate: yes", "isolate: [true]", "isolate: 1", "range: 0", "range: 1-2", "range: [1]", "reserved: [9100-9199, 7000]", "reserved: 7000",
		"groups: {data: {range: 3000-3999, services: [postgres*]}}", "groups: {data: {range: 3000-3999}}",
		"defaults: {stacks/app: {\"web:80\": \"${WEB_PORT:-8080}\", \"web:81\": 81}}", "rules: {unquoted-port: {all: true}}",
		"rules: {unquoted-port: off}", "rules: {unquoted-port: {severity: info}}", "projects: [{files: [a.yaml]}]", "alternatives: [[cpu, gpu]]", "alternatives: [cpu, gpu]", "files: by-name", "files: [by-name, a/*.yml]", "files: by-names", "env_files: by-name", "projects: [{name: a}]",
		"sources: [{path: a, key: b}]", "registry: {listen: \"127.0.0.1:8100\"}", "registry: {backend: nats, bucket: a}", "reconcile: {keep: [a], ranges: {a: 5000-5999}}",
		"env: {API_URL: 'http://{api:8000}/{{x}}'}",
	} {
		check(src)
	}
	if accepted < 12 {
		t.Errorf("only %d configurations are accepted", accepted)
	}
}

// schemaFile is the JSON schema of the file (draft 2020-12), made from the types and
// their tags, for editors that complete and check it. Rules maps each rule's
// name to the names of its options, as for [Config.CheckRules].
func schemaFile(rules map[string][]string) ([]byte, error) {
	root := schemaOf(reflect.TypeFor[Config](), field{})
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = Name
	root["description"] = "Settings of portmoor, which keeps the host ports of Docker Compose projects in order."
	properties, _ := root["properties"].(object)
	known := object{}
	for name, options := range rules {
		known[name] = ruleSchema(options)
	}
	if all, ok := properties["rules"].(object); ok {
		all["properties"], all["additionalProperties"] = known, false
	}
	text, err := json.MarshalIndent(root, "", "  ")
	return append(text, '\n'), err
}

type object = map[string]any

// schemaOf is the schema of a type; f restricts a scalar.
func schemaOf(t reflect.Type, f field) object {
	switch {
	case t == reflect.TypeFor[ports.Range]():
		return object{"anyOf": []any{
			object{"type": "integer", "minimum": 1, "maximum": 65535},
			object{"type": "string", "pattern": "^[0-9]+(-[0-9]+)?$"},
		}}
	case t.Kind() == reflect.Bool:
		return object{"type": "boolean"}
	case t.Kind() == reflect.Struct:
		return structSchema(t)
	case t.Kind() == reflect.Map:
		return object{"type": "object", "additionalProperties": schemaOf(t.Elem(), f)}
	case t.Kind() == reflect.Slice && f.alone != "":
		return object{"anyOf": []any{object{"const": f.alone}, schemaOf(t, field{})}}
	case t.Kind() == reflect.Slice:
		return object{"type": "array", "items": schemaOf(t.Elem(), f)}
	case f.values != nil:
		return object{"enum": f.values}
	case f.check == "host":
		return object{"type": []string{"string", "integer"}}
	default:
		return object{"type": "string", "minLength": 1}
	}
}

func structSchema(t reflect.Type) object {
	properties := object{}
	var required []string
	var short object
	for _, f := range fields(t) {
		if f.rest {
			continue
		}
		s := schemaOf(t.Field(f.index).Type, f)
		s["description"] = f.doc
		properties[f.name] = s
		if f.required {
			required = append(required, f.name)
		}
		if f.short {
			short = schemaOf(t.Field(f.index).Type, f)
		}
	}
	s := object{"type": "object", "properties": properties, "additionalProperties": false}
	if required != nil {
		s["required"] = required
	}
	if short != nil {
		return object{"anyOf": []any{short, s}}
	}
	return s
}

// ruleSchema is that of one rule, with its options.
func ruleSchema(options []string) object {
	s := schemaOf(reflect.TypeFor[Rule](), field{})
	alternatives, _ := s["anyOf"].([]any)
	for _, a := range alternatives {
		a, _ := a.(object)
		properties, ok := a["properties"].(object)
		if !ok {
			continue // the severity alone
		}
		for _, o := range slices.Sorted(slices.Values(options)) {
			properties[o] = object{"type": "boolean"}
		}
	}
	return s
}
