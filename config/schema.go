package config

import (
	"encoding/json"
	"reflect"
	"slices"

	"github.com/portmoor/portmoor/ports"
)

// Schema is the JSON schema of the file (draft 2020-12), made from the types and
// their tags, for editors that complete and check it. Rules maps each rule's
// name to the names of its options, as for [Config.CheckRules].
func Schema(rules map[string][]string) ([]byte, error) {
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
	case t.Kind() == reflect.Struct:
		return structSchema(t)
	case t.Kind() == reflect.Map:
		return object{"type": "object", "additionalProperties": schemaOf(t.Elem(), f)}
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
