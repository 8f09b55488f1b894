package workspace

import (
	"path/filepath"

	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
)

// Absent is the error that docker compose would find no project in a folder.
type Absent struct {
	say.Problem

	// Below are folders below it that have one, relative to it, and Files the files in it
	// that are called compose in some way; nil for none.
	Below, Files []string
}

// absent is the error about the working folder of a request, with what may have been meant.
func (r Request) absent() error {
	show := func(path string) string { return say.Path(r.Dir, path) }
	a := &Absent{
		Problem: say.Problem{Kind: say.Usage, Message: ".: no compose file here or above", Hint: "go to a folder that has one, or name it with -f"},
		Below:   lists.Map(discover.Below(r.Dir), show), Files: lists.Map(discover.Called(r.Dir), filepath.Base),
	}
	switch {
	case len(a.Files) > 0:
		a.Hint = "name one with -f, such as " + say.And(say.First(a.Files))
	case len(a.Below) > 0:
		a.Hint = "go to a project below, or name its file with -f: they are in " + say.And(say.First(a.Below))
	}
	return a
}
