package wanted

import (
	"testing"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/ports"
)

// TestPort is the law of the port that a mapping should have:
//
//	process environment > env file > assignment > default
//
// Read each line as a sentence. One that fails is a port that moves though somebody
// has decided about it, or that stays where nobody wants it.
func TestPort(t *testing.T) {
	one, none := ports.One, ports.Range{}
	remembers := func(port int) allocate.Assignment { return allocate.Assignment{Port: port} }
	manual := allocate.Assignment{Port: 9000, Manual: true}
	pinned := allocate.Assignment{Port: 9000, Pinned: true}
	const (
		nobody = allocate.Default
		file   = allocate.EnvFile
		shell  = allocate.Environment
	)
	for _, c := range []struct {
		what              string
		written, resolved ports.Range
		variable, movable bool
		setter            allocate.Source
		assigned          bool
		remembered        allocate.Assignment
		foreign           bool
		want              ports.Range
		from              allocate.Source
		unfit             string
	}{
		// ${WEB_HOST_PORT:-8080}:80
		{what: "a default is what the compose file says", written: one(8080), resolved: one(8080), variable: true, movable: true, want: one(8080), from: nobody},
		{what: "an assignment beats the default", written: one(8080), resolved: one(8080), variable: true, movable: true, assigned: true, remembered: remembers(9000), want: one(9000), from: allocate.Assigned},
		{what: "an env file beats the assignment", written: one(8080), resolved: one(7000), variable: true, movable: true, setter: file, assigned: true, remembered: remembers(9000), want: one(7000), from: file},
		{what: "the environment beats it too", written: one(8080), resolved: one(6000), variable: true, movable: true, setter: shell, assigned: true, remembered: remembers(9000), want: one(6000), from: shell},
		{what: "a pin beats what was chosen by hand", written: one(8080), resolved: one(7000), variable: true, movable: true, setter: file, assigned: true, remembered: manual, want: one(7000), from: file},
		{what: "what was chosen by hand is marked so", written: one(8080), resolved: one(8080), variable: true, movable: true, assigned: true, remembered: manual, want: one(9000), from: allocate.Manual},
		{what: "our own assignment in the environment is no pin", written: one(8080), resolved: one(9000), variable: true, movable: true, setter: shell, assigned: true, remembered: remembers(9000), want: one(9000), from: allocate.Assigned},
		{what: "an env file that says the assigned number is a pin", written: one(8080), resolved: one(9000), variable: true, movable: true, setter: file, assigned: true, remembered: remembers(9000), want: one(9000), from: file},
		{what: "but an assignment that repeats a pin does not lift it", written: one(8080), resolved: one(9000), variable: true, movable: true, setter: file, assigned: true, remembered: pinned, want: one(9000), from: file},
		{what: "a pin that is gone leaves its port", written: one(8080), resolved: one(8080), variable: true, movable: true, assigned: true, remembered: pinned, want: one(9000), from: allocate.Assigned},
		{what: "a pin may leave the choice to Docker", written: one(8080), resolved: none, variable: true, movable: true, setter: file, assigned: true, remembered: remembers(9000), want: none, from: file},
		{what: "a range is remembered by its first port", written: ports.From(3000, 6), resolved: ports.From(3000, 6), variable: true, movable: true, assigned: true, remembered: remembers(9000), want: ports.From(9000, 6), from: allocate.Assigned},
		{what: "a range that no longer fits is unfit", written: ports.From(3000, 6), resolved: ports.From(3000, 6), variable: true, movable: true, assigned: true, remembered: remembers(65533), want: ports.From(3000, 6), from: nobody, unfit: "has no room for 6 ports"},
		{what: "what is no port in the ports file is unfit", written: one(8080), resolved: one(8080), variable: true, movable: true, foreign: true, want: one(8080), from: nobody, unfit: "is not a port"},
		// ${WEB_HOST_PORT}:80 with nothing that sets it
		{what: "a variable without a value wants nothing", variable: true, movable: true, want: none, from: nobody},
		{what: "unless it was assigned", variable: true, movable: true, assigned: true, remembered: remembers(9000), want: one(9000), from: allocate.Assigned},
		// 8080:80
		{what: "a literal is what it is", written: one(8080), resolved: one(8080), want: one(8080), from: nobody},
		{what: "no assignment moves a literal", written: one(8080), resolved: one(8080), assigned: true, remembered: remembers(9000), want: one(8080), from: nobody},
		{what: "but with an override file it does", written: one(8080), resolved: one(8080), movable: true, assigned: true, remembered: remembers(9000), want: one(9000), from: allocate.Assigned},
		{what: "and what only repeats the file does not", written: one(8080), resolved: one(8080), movable: true, assigned: true, remembered: pinned, want: one(8080), from: nobody},
		// 80${X:-80}:80
		{what: "a text of several parts is the env file's", written: one(8080), resolved: one(8081), want: one(8081), from: file},
	} {
		want, from, unfit := Port(Facts{
			Written: c.written, Resolved: c.resolved, Variable: c.variable, Movable: c.movable, Setter: c.setter,
			Assigned: c.assigned, Remembered: c.remembered, Foreign: c.foreign,
		})
		if want != c.want || from != c.from || unfit != c.unfit {
			t.Errorf("%s: %s from %s %q, want %s from %s %q", c.what, want, from, unfit, c.want, c.from, c.unfit)
		}
	}
}
