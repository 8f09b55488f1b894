package complete

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/ports"
)

// grammar has a command for each kind of arguments.
func grammar() Grammar {
	shared := []Flag{
		{Names: []string{"file", "f"}, About: "load `FILE`s", Many: true},
		{Names: []string{"format"}, About: "print as `FORMAT`", Values: []string{"text", "json"}},
		{Names: []string{"verbose", "v"}, About: "say more", Bool: true},
		{Names: []string{"profile"}, About: "choose `PROFILE`", Many: true},
		{Names: []string{"wait"}, About: "wait for `DURATION`"},
	}
	g := Grammar{
		Flags: []Flag{{Names: []string{"help", "h"}, About: "show help", Bool: true}, {Names: []string{"version"}, Bool: true}},
		Known: map[string]func(Typed) []Candidate{"RULE": func(Typed) []Candidate { return Words([]string{"a-rule", "b-rule"}) }},
		Commands: []Command{
			{Name: "lint", About: "find what is wrong", Args: "[PATH...]", Flags: shared},
			{Name: "rules", Args: "[RULE]"},
			{Name: "port", Args: "[SERVICE [PORT]]", Flags: shared},
			{Name: "get", Args: "SERVICE[:PORT]", Flags: shared},
			{Name: "up", Args: "[SERVICE...] [-- ARGS]", Flags: shared},
			{Name: "run", Args: "-- COMMAND [ARG...]", Flags: shared},
			{Name: "reset", Args: "[--all [PATH...]]"},
			{Name: "show", Flags: shared[:3]},
		},
	}
	published := func(service string, first, last int) compose.Mapping {
		return compose.Mapping{Service: service, Container: ports.Range{First: first, Last: last}}
	}
	g.Project(func(t Typed) *compose.Project {
		if slices.Contains(t.Flags["file"], "broken.yaml") {
			return nil
		}
		return &compose.Project{
			Services: []compose.Service{{Name: "db", Image: "postgres:16", Profiles: []string{"data", "tools"}}, {Name: "web", Profiles: []string{"data"}}, {Name: "$(web)"}},
			Mappings: []compose.Mapping{published("web", 80, 80), published("web", 443, 444), published("web", 80, 80), published("db", 5432, 5432), published("db", 0, 0)},
		}
	})
	return g
}

func TestAsk(t *testing.T) {
	const flags = "--file --format --verbose --profile --wait --help"
	for _, c := range []struct{ line, want string }{ // the word at the cursor is behind the last space
		{"", "lint rules port get up run reset show help"},
		{"r", "rules run reset"},
		{"help ", "lint rules port get up run reset show"},
		{"help po", "port"},
		{"--", "--help --version --file --format --verbose --profile --wait"},
		{"-f x.yaml ", "lint rules port get up run reset show help"},
		{"-f ", ":files"},
		{"-v po", "port"},
		{"nonsense ", "--help"},
		{"nonsense more ", "--help"},
		{"lint ", ":files"},
		{"lint a b ", ":files"},
		{"lint a -- ", ":files"},
		{"lint -- --f", ":files"},
		{"lint -", flags},
		{"lint --f", "--file --format"},
		{"lint --file", "--file"},
		{"lint --format json --f", "--file"},
		{"lint --file a --file b --f", "--file --format"},
		{"lint --format ", "text json"},
		{"lint --format j", "json"},
		{"lint --format x", ""},
		{"lint --format=", "--format=text --format=json"},
		{"lint --format=j", "--format=json"},
		{"lint -format=j", "-format=json"},
		{"lint --format=json ", ":files"},
		{"lint --verbose=", ""},
		{"lint --unknown=", ""},
		{"lint --unknown ", ":files"},
		{"lint --wait ", ""},
		{"lint --config", ""},
		{"rules ", "a-rule b-rule"},
		{"rules b", "b-rule"},
		{"rules a-rule ", "--help"},
		{"port ", "db web"},
		{"port -f broken.yaml ", ""},
		{"-f broken.yaml port ", ""},
		{"port web ", "80 443 444"},
		{"port web 4", "443 444"},
		{"port db ", "5432"},
		{"port none ", ""},
		{"port web 80 ", flags},
		{"port --profile ", "data tools"},
		{"port --profile=t", "--profile=tools"},
		{"get ", "db web"},
		{"get web:", "web:80 web:443 web:444"},
		{"get none:", ""},
		{"up ", "db web"},
		{"up db ", "web"},
		{"up db web ", ""},
		{"up db -- ", ""},
		{"up --p", "--profile"},
		{"run ", flags + " --"},
		{"run --", flags + " --"},
		{"run -- ", ":programs"},
		{"run -- npm ", ""},
		{"run -- npm --f", ""},
		{"reset ", ":files"},
		{"show ", "--file --format --verbose --help"},
		{"show s", ""},
		{"-- po", "port"},
	} {
		words := strings.Split(c.line, " ")
		var out bytes.Buffer
		if err := Write(&out, grammar().Ask(words[:len(words)-1], words[len(words)-1])); err != nil {
			t.Fatal(err)
		}
		var got []string
		for line := range strings.Lines(out.String()) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
			got = append(got, word)
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("portmoor %s| (-want +got):\n%s", c.line, diff)
		}
	}
}

// TestPlain: nothing that a shell would read is put on a command line.
func TestPlain(t *testing.T) {
	for _, word := range []string{"", ":files", "a b", "a\tb", "a\nb", "$(id)", "`id`", "a;b", "a'b", `a"b`, "a*", "~a", "a\x1b[0m", "=a", "é"} {
		g := Grammar{Commands: []Command{{Name: "x", Flags: []Flag{{Names: []string{"flag"}, Values: []string{word}}}}}}
		if got := g.Ask([]string{"x", "--flag"}, ""); len(got.Candidates) > 0 {
			t.Errorf("%q is offered", word)
		}
	}
	var out bytes.Buffer
	if err := Write(&out, Answer{Candidates: []Candidate{{"a", "b\n\tc\x1b[0m"}}, Rest: Files}); err != nil || out.String() != "a\tb c\\x1b[0m\n:files\n" {
		t.Errorf("%q %v", out.String(), err)
	}
}

// FuzzAsk: whatever is typed, what is offered goes on with it.
func FuzzAsk(f *testing.F) {
	for _, seed := range []string{"lint --format=j", "up -- a", "-f a get web:", "help", "--", "= -= --=", "port -f"} {
		f.Add(seed)
	}
	g := grammar()
	f.Fuzz(func(t *testing.T, line string) {
		words := strings.Split(line, " ")
		word := words[len(words)-1]
		for _, c := range g.Ask(words[:len(words)-1], word).Candidates {
			if !strings.HasPrefix(c.Word, word) || strings.ContainsAny(c.Word, "\n\t $`;'\"") {
				t.Errorf("%q is offered", c.Word)
			}
		}
	})
}

func TestScript(t *testing.T) {
	if len(Shells()) != 4 || Script("tcsh") != "" {
		t.Errorf("%v", Shells())
	}
	for _, shell := range Shells() {
		if !strings.Contains(Script(shell), "portmoor completion "+shell+" ") || strings.Contains(Script(shell), "\r") {
			t.Errorf("%s: %s", shell, Script(shell))
		}
	}
}
