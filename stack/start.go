package stack

import (
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// upValues are the flags of docker compose up that take a value, which is no
// service; -t is short for --timeout. A test holds the list against its help.
var upValues = []string{"--attach", "--exit-code-from", "--no-attach", "--pull", "--scale", "--timeout", "--wait-timeout"}

// readUpArgs takes the arguments of docker compose up apart: the services that
// they name, and whether those come without what they depend on.
func readUpArgs(args []string) (services []string, alone bool) {
	for i := 0; i < len(args); i++ {
		flag, value, _ := strings.Cut(args[i], "=")
		switch {
		case args[i] == "--":
			return append(services, args[i+1:]...), alone
		case flag == "--no-deps":
			off, err := strconv.ParseBool(value)
			alone = off || err != nil // without a value it is set
		case !strings.HasPrefix(flag, "-"):
			services = append(services, args[i])
		case valueFollows(args[i]):
			i++
		}
	}
	return services, alone
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

// Starts reports whether a service is one that is started: by name, or by the
// chosen profiles.
func (s *Stack) Starts(service string) bool {
	if s.started != nil {
		return slices.Contains(s.started, service)
	}
	return s.Project.Starts(s.services[service].Profiles)
}

// StartsAny reports whether one of some services is started.
func (s *Stack) StartsAny(services []string) bool { return slices.ContainsFunc(services, s.Starts) }

// selected are the services that docker compose up starts when some are named:
// those and what they depend on. nil when none is, or nobody can say.
func selected(s *Stack, args []string) []string {
	named, alone := readUpArgs(args)
	named = slices.DeleteFunc(named, func(name string) bool {
		_, known := s.services[name]
		return !known
	})
	if len(named) == 0 {
		return nil
	}
	dependencies := types.IncludeDependencies
	if alone {
		dependencies = types.IgnoreDependencies
	}
	model, _, err := anyModel(s, s.Project.Group.Files)
	if err == nil { // it has every profile, of which some are optional to who is named
		model, err = model.WithProfiles(s.Project.Profiles())
	}
	if err == nil {
		model, err = model.WithServicesEnabled(named...)
	}
	if err == nil {
		model, err = model.WithSelectedServices(named, dependencies)
	}
	if err != nil {
		return nil
	}
	return model.ServiceNames()
}
