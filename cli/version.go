package cli

import (
	"errors"
	"runtime/debug"

	"github.com/portmoor/portmoor/config"
)

// version is the module's version as the toolchain recorded it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// configProblem makes a usage error of a wrong configuration.
func configProblem(err error) error {
	var e *config.Error
	if errors.As(err, &e) {
		return problem{exitUsage, err.Error(), e.Hint}
	}
	return problem{code: exitUsage, message: err.Error()}
}
