package manual

import (
	"runtime/debug"
	"slices"
	"testing"
)

// TestVersion: each line is there as far as it is known.
func TestVersion(t *testing.T) {
	settings := []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-01-02T03:04:05Z"}, {Key: "vcs.modified", Value: "false"}, {Key: "GOOS", Value: "linux"}, {Key: "GOARCH", Value: "arm64"}}
	main := debug.Module{Version: "v1.2.3"}
	for _, test := range []struct {
		info *debug.BuildInfo
		want string
	}{
		{nil, "portmoor version (devel)\n"},
		{&debug.BuildInfo{GoVersion: "go1.26.0"}, "portmoor version (devel)\ngo 1.26.0\n"},
		{&debug.BuildInfo{GoVersion: "go1.26.0", Main: main, Settings: settings}, "portmoor version v1.2.3\ncommit abc\ndate 2026-01-02T03:04:05Z\ngo 1.26.0 linux/arm64\n"},
		{&debug.BuildInfo{Main: main, Settings: append(slices.Clone(settings[:2]), debug.BuildSetting{Key: "vcs.modified", Value: "true"})}, "portmoor version v1.2.3\ncommit abc, with changes\ndate 2026-01-02T03:04:05Z\n"},
	} {
		if got := Version(test.info); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

// TestHabitsOnce: a word leads to one place.
func TestHabitsOnce(t *testing.T) {
	words := Habits()
	slices.Sort(words)
	if once := slices.Compact(slices.Clone(words)); len(once) != len(words) || len(once) < 50 {
		t.Errorf("%d of %d words: %q", len(once), len(words), words)
	}
}
