package compose

import (
	"fmt"
	"strings"

	"github.com/compose-spec/compose-go/v2/template"

	"github.com/portmoor/portmoor/source"
)

// Lookup gives a variable's value, and whether it is set at all.
type Lookup func(name string) (string, bool)

func unset(string) (string, bool) { return "", false }

// expand is text with its variables replaced, as compose-go does it.
func expand(text string, lookup Lookup) (string, error) {
	if !hasVariable(text) {
		return text, nil
	}
	if strings.Count(text, "${") > maxNested {
		return "", errNested
	}
	if size := len(text); size > maxScalar || grown(text, lookup) > maxGrown {
		return "", errLong
	}
	return template.SubstituteWithOptions(text, template.Mapping(lookup), template.WithoutLogging)
}

// maxNested bounds the variables of one text: compose-go takes seconds for a
// thousand that stand in each other.
const maxNested = 50

// maxGrown bounds what the values of variables make of one text, or of an env file,
// in bytes: each of a few lines can double what the one before says.
const maxGrown = 16 << 20

// grown is how long a text may get when its variables are replaced.
func grown(text string, lookup Lookup) int {
	size := len(text)
	for _, name := range source.Variables(text) {
		value, _ := lookup(name)
		if size += len(value); size > maxGrown {
			break
		}
	}
	return size
}

var errLong = fmt.Errorf("longer than %d bytes, or with its variables than %d MiB", maxScalar, maxGrown>>20)

var errNested = fmt.Errorf("more than %d variables in one text", maxNested)

func hasVariable(text string) bool { return strings.Contains(text, "$") }

// ParseExpr takes apart a host port that is one variable expression and
// nothing else; of any other text it keeps only the text.
func ParseExpr(text string) Expr {
	e := Expr{Text: text}
	if len(text) < 2 || text[0] != '$' || expressionLen(text) != len(text) {
		return e
	}
	body := text[1:]
	if body[0] == '{' {
		inside, closed := strings.CutSuffix(body[1:], "}")
		if !closed {
			return e
		}
		body = inside
	}
	name := source.NameLen(body)
	rest := body[name:]
	op := ""
	for _, o := range []string{":-", ":?", ":+", "-", "?", "+"} {
		if strings.HasPrefix(rest, o) {
			op = o
			break
		}
	}
	if name == 0 || rest != "" && op == "" {
		return e
	}
	e.Var, e.Op, e.Default = body[:name], op, rest[len(op):]
	return e
}

// Expressions are the variable expressions of a text, in order; what is nested in one
// stays in it.
func Expressions(text string) (found []Expr) {
	for i := 0; i < len(text); i++ {
		if text[i] == '$' {
			n := expressionLen(text[i:])
			if e := ParseExpr(text[i : i+n]); e.Var != "" {
				found = append(found, e)
			}
			i += n - 1
		}
	}
	return found
}

// expressionLen is the length of the escape or variable expression that opens
// text, which starts with a dollar sign: "$$", "$NAME" or "${…}". It is 1 for
// a dollar sign that opens nothing.
func expressionLen(text string) int {
	switch {
	case len(text) < 2:
		return len(text)
	case text[1] == '$':
		return 2
	case text[1] != '{':
		return 1 + source.NameLen(text[1:])
	}
	// compose-go does not look at the character after a brace that opens
	// (template.getFirstBraceClosingIndex), so that ${A:-{}} is one expression.
	open := 0
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '{':
			open++
			i++
		case '}':
			if open--; open == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

// Variables lists the names that text mentions, in order, repeats included.
func Variables(text string) []string { return source.Variables(text) }
