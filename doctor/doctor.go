// Package doctor is what Portmoor sees of a machine and a project, a line for each thing.
//
// The model: a [Check] is one thing that was looked at, with what is wrong and what to do.
// [Of] makes one of an error or a message; [Write] and [ReportOf] show them. No check has
// the value of a variable, and the user's folder is written ~, so that a report may be
// shown to others.
//
//	checks := []doctor.Check{doctor.Of("ledger", err, "2 projects")}
//	err := doctor.Write(w, checks)
package doctor

import (
	"fmt"
	"io"
	"strings"

	"github.com/portmoor/portmoor/say"
)

// State is what a check has come to.
type State string

// The states of a check.
const (
	OK    State = "ok"
	Wrong State = "wrong"
	None  State = "none" // there is nothing to look at
)

// Check is one thing that was looked at.
type Check struct {
	Name    string `json:"name"`
	State   State  `json:"state"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// Of is wrong for an error, with its hint, and otherwise all right with a message.
func Of(name string, err error, message string) Check {
	if err == nil {
		return Check{name, OK, message, ""}
	}
	p := say.Of(err)
	return Check{name, Wrong, p.Error(), p.Hint}
}

// Nothing is a check that had nothing to look at.
func Nothing(name, message string) Check { return Check{name, None, message, ""} }

// Sick reports that something is wrong.
func Sick(checks []Check) bool {
	for _, c := range checks {
		if c.State == Wrong {
			return true
		}
	}
	return false
}

// Write prints a line for each check, and its hint below it. The error is that of w.
func Write(w io.Writer, checks []Check) error {
	var b strings.Builder
	for _, c := range checks {
		fmt.Fprintf(&b, "%-5s  %-7s  %s\n", c.State, c.Name, say.Visible(c.Message))
		if c.Hint != "" {
			fmt.Fprintf(&b, "%16shint: %s\n", "", say.Visible(c.Hint))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Report is the JSON of doctor, version 1.
type Report struct {
	Version int     `json:"version"`
	Program string  `json:"program"`
	Checks  []Check `json:"checks"`
}

// ReportOf is what was found, by a version of the program.
func ReportOf(program string, checks []Check) Report {
	return Report{1, program, append([]Check{}, checks...)}
}

// Short are checks in whose texts the user's folder is written ~, and an endpoint as the
// variable that names it; "" for none.
func Short(checks []Check, home, endpoint string) []Check {
	var pairs []string
	if endpoint != "" {
		pairs = append(pairs, endpoint, "$DOCKER_HOST")
	}
	if home != "" && home != "/" {
		pairs = append(pairs, home+"/", "~/", home+`\`, `~\`)
	}
	short := strings.NewReplacer(pairs...)
	out := make([]Check, len(checks))
	for i, c := range checks {
		c.Message, c.Hint = short.Replace(c.Message), short.Replace(c.Hint)
		out[i] = c
	}
	return out
}
