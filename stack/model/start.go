// Package model has what can be said of a project on this machine only by compose-go's
// model of it, such as which services docker compose up starts.
//
//	started, err := model.Started(project, args, knows)
package model

import (
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/canonical"
	"github.com/portmoor/portmoor/say"
)

// upValues are the flags of docker compose up that take a value, which is no
// service; -t is short for --timeout. A test holds the list against its help.
var upValues = []string{"--attach", "--exit-code-from", "--no-attach", "--pull", "--scale", "--timeout", "--wait-timeout"}

// upServices are those of them whose value names a service.
var upServices = []string{"--attach", "--exit-code-from", "--no-attach", "--scale"}

// Scaled is how many containers of a service docker compose up is told to run by its
// arguments, of which the last counts; otherwise what its files say.
func Scaled(svc compose.Service, args []string) int {
	scale := svc.Scale
	_, flagged, _ := readUpArgs(args)
	for _, value := range flagged {
		if name, number, given := strings.Cut(value, "="); given && name == svc.Name {
			if n, err := strconv.Atoi(number); err == nil {
				scale = n
			}
		}
	}
	return scale
}

// readUpArgs takes the arguments of docker compose up apart: the services that
// they name, the values of flags that name one, and whether the first come without
// what they depend on.
func readUpArgs(args []string) (services, flagged []string, alone bool) {
	for i := 0; i < len(args); i++ {
		flag, value, given := strings.Cut(args[i], "=")
		if slices.Contains(upServices, flag) {
			if !given && i+1 < len(args) {
				value = args[i+1]
			}
			flagged = append(flagged, value)
		}
		switch {
		case args[i] == "--":
			return append(services, args[i+1:]...), flagged, alone
		case flag == "--no-deps":
			off, err := strconv.ParseBool(value)
			alone = off || err != nil // without a value it is set
		case !strings.HasPrefix(flag, "-"):
			services = append(services, args[i])
		case valueFollows(args[i]):
			i++
		}
	}
	return services, flagged, alone
}

// valueFollows reports whether the argument behind a flag is its value. Short
// flags may stand together, as in -dt 5; behind t all of the argument is its value.
func valueFollows(flag string) bool {
	if strings.HasPrefix(flag, "--") {
		return slices.Contains(upValues, flag)
	}
	at := strings.IndexAny(flag, "t=")
	return at >= 0 && flag[at:] == "t"
}

// Started are the services that docker compose up starts when its arguments name some:
// those and what they depend on. nil when they name none, or nobody can say. The error is
// that of knows, which refuses a service that the project does not have.
func Started(p *compose.Project, args []string, knows func(service string) error) ([]string, error) {
	named, flagged, alone := readUpArgs(args)
	for _, name := range slices.Concat(named, flagged) {
		name, _, _ := strings.Cut(name, "=")
		if err := knows(name); err != nil {
			return nil, err
		}
	}
	if len(named) == 0 {
		return nil, nil
	}
	dependencies := types.IncludeDependencies
	if alone {
		dependencies = types.IgnoreDependencies
	}
	model, _, err := Load(p, p.Group.Files)
	if err == nil { // it has every profile, of which some are optional to who is named
		model, err = model.WithProfiles(p.Profiles())
	}
	if err == nil {
		model, err = model.WithServicesEnabled(named...)
	}
	if err == nil {
		model, err = model.WithSelectedServices(named, dependencies)
	}
	if err != nil {
		return nil, nil //nolint:nilerr // docker compose says why
	}
	return model.ServiceNames(), nil
}

// Load loads files with compose-go, under the first environment that does not lack
// what they require, which is returned too.
func Load(p *compose.Project, files []string) (model *types.Project, environ map[string]string, err error) {
	for _, environ = range p.Environments() {
		if model, err = canonical.Load(canonical.Input{Dir: p.Dir, Files: files, Environ: environ}); err == nil {
			return model, environ, nil
		}
	}
	return nil, nil, say.Failf("", "%s: docker compose refuses the project", files[0])
}
