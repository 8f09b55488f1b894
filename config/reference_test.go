package config

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/lint"
	"github.com/portmoor/portmoor/ports"
)

const referenceHead = `# Configuration

Which keys ` + "`.portmoor.yaml`" + ` has, with an example for each.

Portmoor reads the nearest ` + "`.portmoor.yaml`" + `, up to the root of the Git repository. Everything in it is optional, and paths are
relative to it. ` + "`portmoor init`" + ` writes one. A key that is unknown or wrong is an error with its line, its column and the nearest known key.

Editors complete and check the file by [portmoor.schema.json](portmoor.schema.json), if its first line is:

` + "```yaml" + `
# yaml-language-server: $schema=https://raw.githubusercontent.com/portmoor/portmoor/main/docs/portmoor.schema.json
strategy: auto
` + "```" + `

This page is made from the types of package ` + "`config`" + `.

| key | what it is |
|---|---|
`

// TestReference: docs/configuration.md says what the types say, and each key of it has an
// example that is read, and that sets the key.
func TestReference(t *testing.T) {
	var b strings.Builder
	b.WriteString(referenceHead)
	root := reflect.TypeFor[Config]()
	for _, f := range fields(root) {
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s |\n", f.name, f.name, f.doc)
	}
	for _, f := range fields(root) {
		field := root.Field(f.index)
		example := exampleOf(t, field, f)
		fmt.Fprintf(&b, "\n## %s\n\n%s. %s.\n\n```yaml\n%s```\n", f.name, capital(f.doc), capital(kindOf(field.Type, f)), example)
		inner := field.Type
		for inner.Kind() == reflect.Slice || inner.Kind() == reflect.Map {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && inner != reflect.TypeFor[ports.Range]() {
			b.WriteString("\n| key | what it is | kind |\n|---|---|---|\n")
			for _, key := range fields(inner) {
				name, kind := "`"+key.name+"`", kindOf(inner.Field(key.index).Type, key)
				switch {
				case key.rest:
					name, kind = "others", "`true` or `false`: "+ruleOptions()
				case !regexp.MustCompile(`\b` + key.name + `: `).MatchString(example):
					t.Errorf("the example of %s has no %s", f.name, key.name)
				}
				if key.required {
					kind += "; has to be there"
				}
				fmt.Fprintf(&b, "| %s | %s | %s |\n", name, key.doc, kind)
			}
		}
		c, err := Parse(Name, []byte(example))
		if err != nil || reflect.ValueOf(c).Field(f.index).IsZero() {
			t.Errorf("%s: %v:\n%s", f.name, err, example)
		}
	}
	const path = "../docs/configuration.md"
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(path)
	if diff := cmp.Diff(b.String(), string(committed)); err != nil || diff != "" {
		t.Errorf("%s is out of date: go test ./config -update: %v (-want +got):\n%s", path, err, diff)
	}
}

// exampleOf is a file that sets one key: what its tag says, else the keys of its struct.
func exampleOf(t *testing.T, field reflect.StructField, f field) string {
	t.Helper()
	if text := field.Tag.Get("example"); text != "" {
		return f.name + ": " + text + "\n"
	}
	if field.Type.Kind() != reflect.Struct {
		t.Fatalf("%s has no example", f.name)
	}
	text := f.name + ":\n"
	for _, key := range fields(field.Type) {
		text += "  " + exampleOf(t, field.Type.Field(key.index), key)
	}
	return text
}

// kindOf says what may stand under a key.
func kindOf(of reflect.Type, f field) string {
	switch {
	case of == reflect.TypeFor[ports.Range]():
		return "a port or a range"
	case of.Kind() == reflect.Bool:
		return "`true` or `false`"
	case of.Kind() == reflect.Struct:
		return "a mapping"
	case of.Kind() == reflect.Map && of.Elem().Kind() == reflect.Map:
		return "a mapping of mappings"
	case of.Kind() == reflect.Map:
		return "a mapping"
	case of.Kind() == reflect.Slice && f.alone != "":
		return "a list, or `" + f.alone + "`"
	case of.Kind() == reflect.Slice && of.Elem().Kind() == reflect.Slice:
		return "a list of lists"
	case of.Kind() == reflect.Slice:
		return "a list"
	case f.values != nil:
		return "one of `" + strings.Join(f.values, "`, `") + "`"
	}
	return "a text"
}

// ruleOptions are the options of all rules.
func ruleOptions() string {
	var all []string
	options := lint.RuleOptions()
	for _, rule := range slices.Sorted(maps.Keys(options)) {
		for _, option := range options[rule] {
			all = append(all, "`"+option+"` of `"+rule+"`")
		}
	}
	return strings.Join(all, ", ")
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
