// Package strategies decides what each host port should become: which of the
// three strategies a project follows, what a mapping is written as under it,
// and which variable holds its port. It reads nothing and edits nothing.
//
// The model: [Name] chooses the variables of a naming family once, and
// [Decide] turns one mapping into a [Decision], which package rewrite spells
// in bytes.
//
//	names := strategies.Name(family, nil)
//	decision := strategies.Decide(mapping, strategies.Hybrid, strategies.Facts{Names: names})
package strategies

import (
	"fmt"
	"slices"
)

// Strategy is what host ports should be written as.
type Strategy string

// The strategies.
const (
	Hybrid  Strategy = "hybrid"  // ${X_HOST_PORT:-8080}:80
	Dynamic Strategy = "dynamic" // 0:80, Docker picks
	Auto    Strategy = "auto"    // hybrid, but dynamic where a fixed port can't work or is not needed
)

// All are the strategies, in the order in which they are listed for people.
var All = []Strategy{Auto, Hybrid, Dynamic}

// Parse reads a strategy's name. The error lists the names there are.
func Parse(name string) (Strategy, error) {
	if s := Strategy(name); slices.Contains(All, s) {
		return s, nil
	}
	return "", fmt.Errorf("strategy %q is not auto, hybrid or dynamic", name)
}
