package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/portmoor/portmoor/registry"
	"github.com/portmoor/portmoor/registry/api"
)

// schemaVariable names the file of the schemas that what a command prints as JSON is held
// against, in scripts.
const schemaVariable = "PORTMOOR_TEST_SCHEMAS"

// schemas are the definitions of docs/json.schema.json, by name. The file lets keys be
// added later; here a key that it does not have is wrong.
func schemas(path string) (map[string]*jsonschema.Schema, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(src))
	if err != nil {
		return nil, err
	}
	closeObjects(doc)
	c := jsonschema.NewCompiler()
	if err := c.AddResource("json.schema.json", doc); err != nil {
		return nil, err
	}
	definitions := doc.(map[string]any)["$defs"].(map[string]any)
	compiled := map[string]*jsonschema.Schema{}
	for name := range definitions {
		if compiled[name], err = c.Compile("json.schema.json#/$defs/" + name); err != nil {
			return nil, err
		}
	}
	return compiled, nil
}

// closeObjects lets objects with known keys have no others.
func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, known := v["properties"].(map[string]any); known {
			v["additionalProperties"] = false
		}
		for _, value := range v {
			closeObjects(value)
		}
	case []any:
		for _, value := range v {
			closeObjects(value)
		}
	}
}

// formatOf is the definition for what a command line prints, "" when that is no JSON of ours.
func formatOf(args []string) string {
	at := slices.IndexFunc(args, func(a string) bool { return !strings.HasPrefix(a, "-") })
	line := " " + strings.Join(args, " ") + " "
	if at < 0 || !strings.Contains(line, " --format json ") && !strings.Contains(line, " --format=json ") {
		return ""
	}
	has := func(flag string) bool {
		return slices.ContainsFunc(args, func(a string) bool { return a == flag || strings.HasPrefix(a, flag+"=") })
	}
	switch command := args[at]; {
	case command == "lint" && has("--statistics"):
		return "lint-statistics"
	case command == "migrate" && has("--references"):
		return "references"
	case command == "reconcile" && has("--verify"):
		return "reconcile-verify"
	case command == "reconcile" && has("--apply"):
		return "reconcile-apply"
	case command == "validate":
		return "detect"
	case command == "up":
		return "port"
	default:
		return command
	}
}

// fits says whether each JSON value of an output is what the format allows.
func fits(all map[string]*jsonschema.Schema, format string, out []byte) error {
	schema := all[format]
	if schema == nil {
		return fmt.Errorf("docs/json.schema.json does not define %s", format)
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var raw json.RawMessage
		if err := d.Decode(&raw); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("%s: %w", format, err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err == nil {
			err = schema.Validate(v)
		}
		if err != nil {
			return fmt.Errorf("%s is not as docs/json.schema.json says: %w\n%s", format, err, raw)
		}
	}
}

// runHeld runs a command as main does, and holds the JSON that it prints against its
// schema: what does not fit ends with 99.
func runHeld(p Process) int {
	path, format := os.Getenv(schemaVariable), formatOf(p.Args[1:])
	if path == "" || format == "" {
		return Run(p)
	}
	var out bytes.Buffer
	p.Out = io.MultiWriter(p.Out, &out)
	code := Run(p)
	all, err := schemas(path)
	if err == nil && (code == exitOK || code == exitFindings) {
		err = fits(all, format, out.Bytes())
	}
	if err != nil {
		fmt.Fprintln(p.Err, err)
		return 99
	}
	return code
}

// TestSchemas: each example of docs/json.md is of the schema of its command, each schema
// has one that is held against what the command prints, and refuses what is not.
func TestSchemas(t *testing.T) {
	all, err := schemas("../docs/json.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]bool{}
	heading := regexp.MustCompile("(?ms)^## ([a-z, -]+)$.*?^```json\n(.*?)^```$")
	for _, m := range heading.FindAllStringSubmatch(string(page), -1) {
		for name := range strings.SplitSeq(m[1], ", ") {
			format := formatOf(append(strings.Fields(name), "--format", "json"))
			described[format] = true
			if err := fits(all, format, []byte(m[2])); err != nil {
				t.Error(err)
			}
			if err := fits(all, format, []byte(`{"version":2}`)); err == nil {
				t.Errorf("the schema of %s takes anything", format)
			}
		}
	}
	if missing := slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(name string) bool { return described[name] }); len(missing) > 0 {
		t.Errorf("docs/json.md has no example of %v", missing)
	}
}

// TestPrintedJSON holds what each command prints against its schema, with a project of each kind of
// port that runs; the scripts do for what they print.
func TestPrintedJSON(t *testing.T) {
	all, err := schemas("../docs/json.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := stackHere(t)
	put(t, filepath.Join(dir, "compose.yaml"), stackFiles)
	record(t, dir, hereRuns()...)
	composeScript(t, "exit 0")
	reg := registry.New(registry.Options{Host: "elsewhere"})
	reg.Set(registry.Remote, "shop", []registry.Service{{Name: "web", Host: "elsewhere", Port: 80, State: registry.Up, Health: registry.Healthy}})
	server := httptest.NewServer(api.New(reg, api.Options{Listen: api.DefaultListen}))
	defer server.Close()
	seen := map[string]bool{}
	for _, line := range []string{
		"lint", "lint --statistics", "lint --show-suppressed", "migrate", "migrate --isolate", "migrate --references", "detect", "validate", "show", "port", "port web 80", "port dyn", "up", "env", "env --live", "list", "list --all", "list --port 28500", "doctor", "sync",
		"services --registry " + server.URL, "reconcile", "reconcile --verify", "reconcile --verify --health",
		"reconcile " + root + "/examples/hailo", "reconcile --verify " + root + "/examples/hailo", "reconcile --apply " + root + "/examples/hailo/plan.md " + root + "/examples/hailo", "lint " + root + "/examples", "migrate " + root + "/examples",
	} {
		args := append(strings.Fields(line), "--format", "json")
		code, out, errs := here(args...)
		if code != exitOK && code != exitFindings || out == "" {
			t.Errorf("%s: exit %d: %s", line, code, errs)
			continue
		}
		format := formatOf(args)
		seen[format] = true
		if err := fits(all, format, []byte(out)); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	for name := range all {
		if !seen[name] {
			t.Errorf("nothing is printed as %s", name)
		}
	}
}
