package variable

import (
	"fmt"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/template"
)

// FuzzExpr evaluates what Parse took apart, naively, and holds it against
// compose-go's substitution under three environments.
func FuzzExpr(f *testing.F) {
	for _, s := range []string{
		"${A}", "$A", "${A:-80}", "${A-80}", "${A:?no}", "${A?no}", "${A:+1}", "${A+1}", "${A:-${B:-${C:-81}}}", "${A:-{}}",
		"${A:-80}}", "$$A", "${}", "${1A}", "${A B}", "${A", "$", "${A:-}", "${A:-$B}", "${A:-x}${B}", "${a_1:-?-+}", "${A:--1}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e := Parse(text)
		if e.Var == "" || strings.ContainsAny(text, "\n\r") || strings.Count(text, "{") != strings.Count(text, "}") {
			return
		}
		for _, value := range []string{"", "7", "unset"} {
			lookup := func(name string) (string, bool) {
				if value == "unset" {
					return "", false
				}
				return value, true
			}
			want, wantErr := template.SubstituteWithOptions(text, lookup, template.WithoutLogging)
			got, err := evaluate(e, lookup)
			if (err == nil) != (wantErr == nil) || err == nil && got != want {
				t.Fatalf("%q with %q: %q, %v; compose-go says %q, %v", text, value, got, err, want, wantErr)
			}
		}
	})
}

// evaluate is what the operators of the Compose specification say.
func evaluate(e Expr, lookup Lookup) (string, error) {
	value, set := lookup(e.Var)
	given := set && (value != "" || !strings.HasPrefix(e.Op, ":"))
	rest := func() (string, error) {
		return template.SubstituteWithOptions(e.Default, template.Mapping(lookup), template.WithoutLogging)
	}
	switch strings.TrimPrefix(e.Op, ":") {
	case "-":
		if !given {
			return rest()
		}
	case "+":
		if given {
			return rest()
		}
	case "?":
		if !given {
			return "", fmt.Errorf("required")
		}
	}
	return value, nil
}
