package config

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type defaults = map[string]map[string]string

func TestSetDefaults(t *testing.T) {
	web := defaults{"app": {"web:80": "${WEB_PORT:-8080}"}}
	two := defaults{"app": {"web:80": "${W}", "api:80/udp@127.0.0.1": "8000-8010"}, "a b": {"x:1": "1"}}
	for _, test := range []struct {
		name string
		src  string
		set  defaults
		want string
	}{
		{"no file", "", web, header + "\ndefaults:\n  app:\n    \"web:80\": \"${WEB_PORT:-8080}\"\n"},
		{"sorted", "", two, header + "\ndefaults:\n  \"a b\":\n    \"x:1\": 1\n  app:\n    \"api:80/udp@127.0.0.1\": 8000-8010\n    \"web:80\": \"${W}\"\n"},
		{"nothing to set", "# x", defaults{"app": {}}, "# x"},
		{"comments", "# x", web, "# x\ndefaults:\n  app:\n    \"web:80\": \"${WEB_PORT:-8080}\""},
		{"other keys, four blanks", "rules:\n    x: off\n\n# end\n", web, "rules:\n    x: off\n\n# end\ndefaults:\n    app:\n        \"web:80\": \"${WEB_PORT:-8080}\"\n"},
		{"document end", "---\ndocs: [a]\n...\n# x\n", web, "---\ndocs: [a]\ndefaults:\n  app:\n    \"web:80\": \"${WEB_PORT:-8080}\"\n...\n# x\n"},
		{
			"null", "defaults: # later\n  # app: {}\ndocs: [a]\n", web,
			"defaults: # later\n  app:\n    \"web:80\": \"${WEB_PORT:-8080}\"\n  # app: {}\ndocs: [a]\n",
		},
		{"null at the end", "defaults:", web, "defaults:\n  app:\n    \"web:80\": \"${WEB_PORT:-8080}\""},
		{"null project", "defaults:\n  app:\n\n  lib:\n", web, "defaults:\n  app:\n    \"web:80\": \"${WEB_PORT:-8080}\"\n\n  lib:\n"},
		{"empty flow", "defaults: {} # x\ndocs: [a]\n", web, "defaults: {app: {\"web:80\": \"${WEB_PORT:-8080}\"}} # x\ndocs: [a]\n"},
		{"same", "defaults:\n  app: {web:80: '${WEB_PORT:-8080}'}\n", web, "defaults:\n  app: {web:80: '${WEB_PORT:-8080}'}\n"},
		{
			"added after the last", "defaults:\n  app:\n    \"db:1\": 1 \t# one\n    # below\n\n  lib:\n    \"x:1\": 2\n", web,
			"defaults:\n  app:\n    \"db:1\": 1 \t# one\n    \"web:80\": \"${WEB_PORT:-8080}\"\n    # below\n\n  lib:\n    \"x:1\": 2\n",
		},
		{
			"changed, each in its style", "defaults:\n  app:\n    \"a:1\": \"1\" # a\n    'b:1': '1'\t# b\n    c:1: 1 # c\n    d:1: ${X}  # d\n",
			defaults{"app": {"a:1": "2", "b:1": "$'3", "c:1": "4", "d:1": "${Y:-5}"}},
			"defaults:\n  app:\n    \"a:1\": \"2\" # a\n    'b:1': '$''3'\t# b\n    c:1: 4 # c\n    d:1: \"${Y:-5}\"  # d\n",
		},
		{
			"both at one place", "defaults:\n  app:\n    \"db:1\": 1",
			defaults{"app": {"db:1": "2", "e:1": "3"}, "lib": {"x:1": "4"}},
			"defaults:\n  app:\n    \"db:1\": 2\n    \"e:1\": 3\n  lib:\n    \"x:1\": 4",
		},
		{"flow", "{docs: [a], defaults: {app: {'a:1': 1,}, lib: {} }}", web, "{docs: [a], defaults: {app: {'a:1': 1, \"web:80\": \"${WEB_PORT:-8080}\",}, lib: {} }}"},
		{"flow root", "{ docs: [a] }\n", web, "{ docs: [a], defaults: {app: {\"web:80\": \"${WEB_PORT:-8080}\"}} }\n"},
		{"flow null", "{defaults: }", web, "{defaults: {app: {\"web:80\": \"${WEB_PORT:-8080}\"}} }"},
		{"flow without a colon", "defaults: {lib: {'x:1': 1}, app}", web, "defaults: {lib: {'x:1': 1}, app: {\"web:80\": \"${WEB_PORT:-8080}\"}}"},
		{
			"flow over lines", "defaults: {\n  app: {\n    'a:1': 1, # {}\n  },\n  # }\n}\n",
			defaults{"app": {"b:1": "2"}, "lib": {"c:1": "3"}},
			"defaults: {\n  app: {\n    'a:1': 1, \"b:1\": 2, # {}\n  }, lib: {\"c:1\": 3},\n  # }\n}\n",
		},
		{"CRLF", "docs: [a]\r\ndefaults:\r\n  lib: {}\r\n", web, "docs: [a]\r\ndefaults:\r\n  lib: {}\r\n  app:\r\n    \"web:80\": \"${WEB_PORT:-8080}\"\r\n"},
		{"BOM", "\uFEFF", web, "\uFEFF" + header + "\ndefaults:\n  app:\n    \"web:80\": \"${WEB_PORT:-8080}\"\n"},
		{"BOM in front", "\uFEFFdefaults: {app: {'web:80': 1}}", web, "\uFEFFdefaults: {app: {'web:80': \"${WEB_PORT:-8080}\"}}"},
		{"words", "defaults: {}", defaults{"null": {"x:1": "1"}, "No": {"x:1": "1"}, "é": {"x:1": "$\\\""}}, `defaults: {"No": {"x:1": 1}, "null": {"x:1": 1}, "é": {"x:1": "$\\\""}}`},
	} {
		got, err := SetDefaults([]byte(test.src), test.set)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if diff := cmp.Diff(test.want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestSetDefaultsRefuses(t *testing.T) {
	for _, test := range []struct {
		src  string
		set  defaults
		want string
	}{
		{"range: x", nil, `1:8: want a port or a range such as 3000-3999, not "x"`},
		{"", defaults{"app": {"web": "80"}}, `defaults can't be added: 4:5: want service:port, not "web"`},
		{"", defaults{"app": {"web:80": "a"}}, `defaults can't be added: 4:15: want a host port such as 8080 or ${WEB_PORT:-8080}, not "a"`},
		{"", defaults{"": {"web:80": "1"}}, `defaults can't be added: 3:3: a value is missing`},
		{"", defaults{"a\nb": {"web:80": "1"}}, `defaults can't be added: 3:3: control characters and line breaks are not allowed`},
		{"", defaults{"a\xff": {"web:80": "1"}}, `defaults can't be added: it could not be read back`},
	} {
		got, err := SetDefaults([]byte(test.src), test.set)
		if err == nil || err.Error() != test.want || got != nil {
			t.Errorf("%q: got %q, %v, want %s", test.src, got, err, test.want)
		}
	}
}

// files are shapes of a file with defaults; each is tried in all variants.
var files = []string{
	"",
	"# only a comment\n",
	"---\nstrategy: auto\n",
	"strategy: auto\n# ignore:\n#   - x\n",
	"defaults:\n",
	"defaults: {}\nstrategy: auto\n",
	"defaults:\n\n# nothing here\nstrategy: auto\n",
	"defaults:\n  app:\n  lib:\nstrategy: auto\n",
	"defaults:\n  app: {}\n  lib:\n    \"web:80\": 1\n",
	"defaults:\n    app:\n        \"web:80\": \"${WEB_PORT:-8080}\"\n        # between\n        'db:5432': '5432'\n    lib:\n        x:1: ${X}\nstrategy: auto\n",
	"rules:\n    x:\n        severity: off\ndefaults:\n app:\n  web:80: 8080\n",
	"strategy: auto\ndefaults: {app: {\"web:80\": \"${A:-1}\", 'db:5432': '5432'}, lib: {}}\ndocs: [a]\n",
	"{strategy: auto, defaults: {lib: {x:1: 1, }, },}\n",
	"{\"strategy\":\"auto\",\"defaults\":{\"app\":{\"web:80\":\"8080\"}}}\n",
	"defaults: {\n  app: {\n    'web:80': 1,\n    },\n}\nstrategy: auto\n",
	"defaults:\n  ? app\n  : web:80: 1\n    db:5432: 2\n  lib : {}\n",
	"  strategy: auto\n  docs:\n  - a\n",
	"é🐳/x: 1\n", // not a valid file: nothing is written
	everything,
}

var sets = []defaults{
	nil,
	{"app": {"web:80": "${WEB_PORT:-8080}"}},
	{"app": {"web:80": "8080", "db:5432": "$'\"\\}{é", "new:1-2/udp@[::1]#2": "1-2"}},
	{"lib": {"x:1": "${X}"}, "app": {}, "stacks/app": {"b:1": "1", "a:1": "2"}},
	{"é🐳/x": {"s:1": "1"}, ".": {"s:1": "0"}, "no": {"s:1": "${A:-${B:-{}}}"}, "app": {"db:5432": "5432"}},
}

func TestSetDefaultsHolds(t *testing.T) {
	written := 0
	for _, file := range files {
		for name, src := range variants(file) {
			for _, set := range sets {
				if checkSet(t, []byte(src), set) {
					written++
				} else if !strings.Contains(file, "/x: 1") {
					t.Errorf("%s: refused\n%q\n%v", name, src, set)
				}
			}
		}
	}
	if written < 500 {
		t.Errorf("only %d files written", written)
	}
}

// checkSet checks what must hold whatever the file, and reports whether
// SetDefaults took it.
func checkSet(t *testing.T, src []byte, set defaults) bool {
	t.Helper()
	given := bytes.Clone(src)
	before, broken := Parse("", src)
	got, err := SetDefaults(src, set)
	if !bytes.Equal(given, src) {
		t.Fatalf("source was modified: %q", given)
	}
	if err != nil {
		return false
	}
	after, err := Parse("", got)
	if err != nil || broken != nil {
		t.Fatalf("%q\n%q: %v, %v", src, got, broken, err)
	}
	want, added := defaults{}, true
	for _, from := range []defaults{before.Defaults, set} {
		for folder, values := range from {
			for key, value := range values {
				if want[folder] == nil {
					want[folder] = map[string]string{}
				}
				old := want[folder][key]
				added = added && (old == "" || old == value)
				want[folder][key] = value
			}
		}
	}
	if diff := cmp.Diff(want, after.Defaults); diff != "" && len(want) > 0 {
		t.Fatalf("%q\n%q (-want +got):\n%s", src, got, diff)
	}
	before.Src, after.Src, before.Defaults, after.Defaults = nil, nil, nil, nil
	if diff := cmp.Diff(before, after); diff != "" {
		t.Fatalf("%q\n%q (-want +got):\n%s", src, got, diff)
	}
	if again, err := SetDefaults(got, set); err != nil || !bytes.Equal(again, got) {
		t.Fatalf("twice is not once: %q\n%q\n%q, %v", src, got, again, err)
	}
	if added && !subsequence(src, got) {
		t.Fatalf("bytes are lost: %q\n%q", src, got)
	}
	checkEnds(t, src, got)
	return true
}

// checkEnds checks that a file keeps its line ends and its end.
func checkEnds(t *testing.T, src, got []byte) {
	t.Helper()
	if bytes.HasPrefix(src, bom) != bytes.HasPrefix(got, bom) {
		t.Fatalf("byte order mark: %q\n%q", src, got)
	}
	body := bytes.TrimPrefix(src, bom)
	ended := func(text []byte) bool { return bytes.ContainsAny(text[len(text)-1:], "\r\n") }
	if len(body) > 0 && ended(src) != ended(got) {
		t.Fatalf("final newline: %q\n%q", src, got)
	}
	kinds := func(text []byte) []string {
		seen := map[string]bool{}
		for _, end := range breaks().FindAll(text, -1) {
			seen[string(end)] = true
		}
		return slices.Sorted(maps.Keys(seen))
	}
	if ends := kinds(src); len(ends) == 1 && !slices.Equal(ends, kinds(got)) && ends[0] <= "\r\n" {
		t.Fatalf("line ends: %q\n%q", src, got)
	}
}

// subsequence reports whether all has the bytes of part in their order.
func subsequence(part, all []byte) bool {
	for _, c := range all {
		if len(part) > 0 && part[0] == c {
			part = part[1:]
		}
	}
	return len(part) == 0
}

func FuzzParse(f *testing.F) {
	seeds := 0
	for _, file := range files {
		for _, src := range variants(file) {
			f.Add([]byte(src))
			seeds++
		}
	}
	for _, src := range []string{"docs: &a [*a]", "a: *a", "\xff\xfe", "defaults: {[a]: b}", "defaults: {a\u2028: {'b:1': \"\\\n 1\"}}", "? defaults", "...\n", "defaults: {x}#"} {
		f.Add([]byte(src))
		seeds++
	}
	if seeds < 100 {
		f.Fatalf("only %d seeds", seeds)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 1<<16 {
			return
		}
		for _, set := range sets {
			checkSet(t, src, set)
		}
		c, err := Parse("f", src)
		_ = c.CheckRules(nil)
		for _, e := range all(t, err) {
			if strings.ContainsAny(e.Error(), "\r\n") || e.Message == "" {
				t.Errorf("%q: not one line: %q", src, e)
			}
		}
	})
}

// TestAddEnvFiles: a list is added behind what is there, and read back as it was given.
func TestAddEnvFiles(t *testing.T) {
	for name, c := range map[string]struct {
		src   string
		files []string
		want  string // "" where it can't be added
	}{
		"nothing":        {"", []string{"env.shared"}, "env_files: [env.shared]\n"},
		"no line break":  {"strategy: auto # x", []string{"a/.env.b", "c.env"}, "strategy: auto # x\nenv_files: [a/.env.b, c.env]\n"},
		"odd names":      {"strategy: auto\n", []string{"a b.env", "#.env", `"\.env`}, "strategy: auto\nenv_files: [\"a b.env\",\"#.env\",\"\\\"\\\\.env\"]\n"},
		"a list":         {"env_files: [a.env]\n", []string{"b.env"}, ""},
		"in braces":      {"{strategy: auto}\n", []string{"b.env"}, ""},
		"a document end": {"strategy: auto\n...\n", []string{"b.env"}, ""},
		"not valid":      {"strategy: [\n", []string{"b.env"}, ""},
	} {
		got, err := AddEnvFiles([]byte(c.src), c.files)
		if (err != nil) != (c.want == "") || string(got) != c.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
