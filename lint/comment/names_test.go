package comment

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/source"
)

// TestNames: rules stand behind each other with a comma, with blanks or without. A word
// behind a comma and a blank that is no rule begins the reason.
func TestNames(t *testing.T) {
	meant := func(word string) bool { return word == "a-port" || word == "b-port" }
	for text, want := range map[string][]string{
		"a-port,b-port why":           {"a-port", "b-port", "why"},
		"a-port, b-port why":          {"a-port", "b-port", "why"},
		"a-port ,\tb-port, a-port":    {"a-port", "b-port", "a-port", ""},
		"a-port, it is in a contract": {"a-port", "it is in a contract"},
		"a-port, b-port, well-known":  {"a-port", "b-port", "well-known"},
		"a-port,c-port":               {"a-port", "c-port", ""},
		"a-port, c-port":              {"a-port", "c-port"},
		"a-port,":                     {"a-port", ""},
		"a-port,, b-port why":         {"a-port", "b-port", "why"},
		"a-port , (all of them)":      {"a-port", "(all of them)"},
		"":                            {"", ""},
		"(why)":                       {"", "(why)"},
	} {
		var got []string
		reason := ""
		for _, i := range Ignores(source.Parse("c.yaml", []byte("a: b # portmoor:ignore "+text+"\n")), meant) {
			got, reason = append(got, i.Rule), i.Reason
		}
		if diff := cmp.Diff(want, append(got, reason)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}
