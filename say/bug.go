package say

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// Guard calls a function, and returns a panic in it as a failure, which is a
// [Problem]: what the call was about is given up, and the rest of the run goes on.
func Guard(call func()) (err error) {
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case Problem: // of another call
			err = cause
		default:
			err = bug(cause)
		}
	}()
	call()
	return nil
}

func bug(cause any) Problem {
	text, _, _ := strings.Cut(fmt.Sprint(cause), "\n")
	return Problem{
		Message: "a bug in portmoor, please report it with the project: " + text + panickedAt(),
		Hint:    "portmoor leaves it alone; everything else is done",
	}
}

// panickedAt is the place of our own code that panicked last, "" when none did.
func panickedAt() string {
	callers := make([]uintptr, 100)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	panicking := false
	for {
		frame, more := frames.Next()
		if panicking && strings.HasPrefix(frame.Function, "github.com/portmoor/portmoor/") {
			return fmt.Sprintf(" (%s/%s:%d)", filepath.Base(filepath.Dir(frame.File)), filepath.Base(frame.File), frame.Line)
		}
		panicking = panicking || frame.Function == "runtime.gopanic"
		if !more {
			return ""
		}
	}
}
