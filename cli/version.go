package cli

import (
	"runtime/debug"

	"github.com/portmoor/portmoor/manual"
)

// build is what the toolchain recorded of this program, nil for nothing.
func build() *debug.BuildInfo {
	info, _ := debug.ReadBuildInfo()
	return info
}

// version is the module's version as the toolchain recorded it.
func version() string { return manual.Number(build()) }
