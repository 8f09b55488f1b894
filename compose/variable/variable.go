// Package variable reads the variables of Docker Compose: the expressions in a text, what
// they mean under an environment as compose-go would have it, and the env files that set
// them. The work is bounded by the text. It opens nothing.
//
//	e := variable.Parse("${WEB_PORT:-8080}")
//	text, err := variable.Expand(e.Text, variable.Unset)
package variable

import (
	"errors"
	"fmt"
	"strings"

	"github.com/compose-spec/compose-go/v2/template"

	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/source"
)

// Expr is a host port as it is written.
type Expr struct {
	// Text is the source text, "" where no host port is written.
	Text string
	// Var is the variable's name when Text is one variable expression and
	// nothing else. A literal, or a text of several parts, has none.
	Var string
	// Op is the operator after the name: "", ":-", "-", ":?", "?", ":+" or "+".
	Op string
	// Default is the text after Op as written; nested expressions stay in it.
	Default string
	// Ports is what Text means under the project's environment. Zero means
	// that Docker picks a port, or that a variable has no value.
	Ports ports.Range
	// DefaultPorts is what Text means when no variable is set.
	DefaultPorts ports.Range
}

// Literal reports whether the host port is written as a plain number or range.
func (e Expr) Literal() bool { return e.Text != "" && !In(e.Text) }

// Settable reports whether the host port is what the variable is set to. Of
// ${X:+8080} it is not: X only switches the port on.
func (e Expr) Settable() bool { return e.Var != "" && e.Op != ":+" && e.Op != "+" }

// Lookup gives a variable's value, and whether it is set at all.
type Lookup func(name string) (string, bool)

// Unset is the environment that sets no variable.
func Unset(string) (string, bool) { return "", false }

// Expand is text with its variables replaced, as compose-go does it.
func Expand(text string, lookup Lookup) (string, error) {
	if !In(text) {
		return text, nil
	}
	if strings.Count(text, "${") > maxNested {
		return "", errNested
	}
	if size := len(text); size > MaxText || grown(text, lookup) > maxGrown {
		return "", errLong
	}
	return template.SubstituteWithOptions(text, template.Mapping(lookup), template.WithoutLogging)
}

// maxNested bounds the variables of one text: compose-go takes seconds for a
// thousand that stand in each other.
const maxNested = 50

// MaxText bounds a text, in bytes: compose-go's time for a command grows with the square.
const MaxText = 16 << 10

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

var errLong = fmt.Errorf("longer than %d bytes, or with its variables than %d MiB", MaxText, maxGrown>>20)

var errNested = fmt.Errorf("more than %d variables in one text", maxNested)

// In reports whether a text may have a variable.
func In(text string) bool { return strings.Contains(text, "$") }

// Parse takes apart a host port that is one variable expression and
// nothing else; of any other text it keeps only the text.
func Parse(text string) Expr {
	e := Expr{Text: text}
	if len(text) < 2 || text[0] != '$' || Len(text) != len(text) {
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
			n := Len(text[i:])
			if e := Parse(text[i : i+n]); e.Var != "" {
				found = append(found, e)
			}
			i += n - 1
		}
	}
	return found
}

// Len is the length of the escape or variable expression that opens
// text, which starts with a dollar sign: "$$", "$NAME" or "${…}". It is 1 for
// a dollar sign that opens nothing.
func Len(text string) int {
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

// Invalid says in our words why compose-go can't read an expression;
// it is nil when only a required variable is missing.
func Invalid(err error) error {
	if errors.Is(err, errNested) || errors.Is(err, errLong) {
		return err
	}
	if _, invalid := errors.AsType[*template.InvalidTemplateError](err); invalid {
		return errors.New("not a valid variable expression")
	}
	return nil
}
