package say_test

import (
	"errors"
	"fmt"

	"github.com/portmoor/portmoor/say"
)

// An error says what is wrong and what to do about it; whoever prints finds both.
func ExampleOf() {
	err := fmt.Errorf("loading: %w", say.Usagef("name a compose file", "%s: is a folder", "stacks"))
	problem := say.Of(err)
	fmt.Println(problem.Error())
	fmt.Println("hint:", problem.Hint)
	// Output:
	// stacks: is a folder
	// hint: name a compose file
}

// Nothing from a file reaches a terminal as it is.
func ExampleVisible() {
	fmt.Println(say.Visible("web\x1b[2J\u202e\n"))
	// Output: web\x1b[2J\u202e\n
}

// A misspelt name gets a hint.
func ExampleMeant() {
	fmt.Println(say.Meant("portmoor ", "lnit", []string{"lint", "migrate"}, "see portmoor --help"))
	// Output: did you mean portmoor lint?
}

// An error that knows more embeds a problem.
func ExampleProblem() {
	type taken struct {
		say.Problem
		port int
	}
	var err error = taken{say.Problem{Message: "port 8080 is taken", Hint: "choose another"}, 8080}
	t, _ := errors.AsType[taken](err)
	fmt.Println(say.Of(err).Hint, t.port)
	// Output: choose another 8080
}
