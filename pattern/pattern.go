// Package pattern has regular expressions that are compiled when they are first used: one
// command needs few of them, and compiling all would take longer than starting the program.
//
//	var yamlName = pattern.Lazy(`\.ya?ml$`)
//	yamlName().MatchString("compose.yaml")
package pattern

import (
	"regexp"
	"sync"
)

// Lazy is a regular expression, which panics at its first use when it is none.
func Lazy(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
