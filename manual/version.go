package manual

import (
	"runtime/debug"
	"strings"
)

// Version is what is known of a build, a line for each thing: the first is the version,
// (devel) where the toolchain recorded none. Commit and date are those of the repository
// that it was built in; who has installed it from a module has only the version. Nil is
// a program without build information.
func Version(info *debug.BuildInfo) string {
	text := "portmoor version " + Number(info) + "\n"
	if info == nil {
		return text
	}
	set := map[string]string{}
	for _, s := range info.Settings {
		set[s.Key] = s.Value
	}
	commit := set["vcs.revision"]
	if commit != "" && set["vcs.modified"] == "true" {
		commit += ", with changes"
	}
	for _, line := range [][2]string{
		{"commit", commit}, {"date", set["vcs.time"]}, {"go", strings.TrimSpace(strings.TrimPrefix(info.GoVersion, "go") + " " + strings.Trim(set["GOOS"]+"/"+set["GOARCH"], "/"))},
	} {
		if line[1] != "" {
			text += line[0] + " " + line[1] + "\n"
		}
	}
	return text
}

// Number is the version alone.
func Number(info *debug.BuildInfo) string {
	if info == nil || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
