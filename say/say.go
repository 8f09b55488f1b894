// Package say is how Portmoor speaks. These are the rules of its output, and the
// few functions that keep them:
//
//   - Data goes to standard output, everything else to standard error.
//   - What is wrong is one line: the place first, lower case, no full stop. What to
//     do about it is a line of its own that begins with "hint:". Both are a [Problem].
//   - What comes from a file is never printed as it is: [Visible] writes out what a
//     terminal would obey, and [JSON] does so within the texts of JSON.
//   - A path is shown relative to the working folder, with slashes ([Path]).
//   - A misspelt name gets the nearest known one as its hint ([Nearest]).
//
// Packages return what there is to say as values; only the command line prints.
package say

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Kind says what a problem means for the run.
type Kind int

// The kinds of problems. Of several in one run, Failure counts most.
const (
	Failure     Kind = iota // something could not be done, or not be read
	Usage                   // the command line or the configuration asks for what can't be
	Finding                 // something is not as it should be, which is what was asked
	Note                    // nothing is wrong; somebody should know all the same
	Interrupted             // the user wanted it to end
)

// Problem is what is wrong and what to do about it, for people. An error that has
// more to tell embeds one; errors.As finds it there.
type Problem struct {
	Kind Kind
	// Place is where it is: a path, absolute, with :line:column behind it where they
	// are known, or the command that was called; "" for nowhere in particular.
	Place string
	// Message says what is wrong: lower case, one line, no full stop.
	Message string
	// Hint says what to do; "" for nothing.
	Hint string
	// Err is the error it comes from; nil for none.
	Err error
}

// Error is the place and the message.
func (p Problem) Error() string {
	if p.Place == "" {
		return p.Message
	}
	return p.Place + ": " + p.Message
}

// Unwrap is the error that the problem comes from.
func (p Problem) Unwrap() error { return p.Err }

// As lets errors.As find the problem that an error embeds.
func (p Problem) As(target any) bool {
	to, ok := target.(*Problem)
	if ok {
		*to = p
	}
	return ok
}

// Of is an error as a problem: the one that it is or wraps, else a failure with
// its text.
func Of(err error) Problem {
	if p, ok := errors.AsType[Problem](err); ok {
		return p
	}
	return Problem{Message: err.Error(), Err: err}
}

// Failf is a failure with a message, which begins with the place, and a hint.
func Failf(hint, format string, args ...any) error {
	return Problem{Message: fmt.Sprintf(format, args...), Hint: hint}
}

// Usagef is wrong usage with a message and a hint.
func Usagef(hint, format string, args ...any) error {
	return Problem{Kind: Usage, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// Findingf is a finding with a message, which begins with the place, and a hint.
func Findingf(hint, format string, args ...any) error {
	return Problem{Kind: Finding, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// Each are the errors that errors.Join put together, also in several steps, or
// the one that there is; none for nil.
func Each(err error) (all []error) {
	var several interface{ Unwrap() []error }
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &several):
		return []error{err}
	}
	for _, one := range several.Unwrap() {
		all = append(all, Each(one)...)
	}
	return all
}

// Once are problems as they are printed one below the other: a hint that several
// have is there once, with the last of them.
func Once(all []Problem) []Problem {
	last := map[string]int{}
	for i, p := range all {
		last[p.Hint] = i
	}
	once := slices.Clone(all)
	for i, p := range all {
		if last[p.Hint] > i {
			once[i].Hint = ""
		}
	}
	return once
}

// Cause is an error of the file system without the operation and the paths that
// os puts before it, and in the same words on every system. errors.Is still knows
// it. Of any other error, and of nil, it is that error.
func Cause(err error) error {
	var cause error
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		cause = path.Err
	} else if link, ok := errors.AsType[*os.LinkError](err); ok {
		cause = link.Err
	} else {
		return err
	}
	switch {
	case errors.Is(cause, fs.ErrNotExist):
		return reworded{"no such file", cause}
	case errors.Is(cause, fs.ErrPermission):
		return reworded{"permission denied", cause}
	}
	return cause
}

// reworded is an error in words of our own.
type reworded struct {
	text string
	err  error
}

func (r reworded) Error() string { return r.text }
func (r reworded) Unwrap() error { return r.err }

// Count is a number with its noun: "1 file", "2 files".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// Path is a path as users see it: relative to a folder, with slashes. Where there
// is no way from there, as to another drive, it is the path itself; so it is with
// the folder "".
func Path(base, path string) string {
	if base != "" {
		if rel, err := filepath.Rel(base, path); err == nil {
			path = rel
		}
	}
	return filepath.ToSlash(path)
}

// Shown is a message as users see it: an absolute path that it opens with is
// relative to a folder, as in [Path].
func Shown(base, message string) string {
	if path, rest, ok := strings.Cut(message, ": "); ok && filepath.IsAbs(path) {
		return Path(base, path) + ": " + rest
	}
	return message
}

// NearestBefore is the known name that a misspelt one is closest to of those with an
// ending, "" when none is close. What all of them end with makes none of them alike.
func NearestBefore(ending, name string, known []string) string {
	var parts []string
	for _, other := range known {
		if part, is := strings.CutSuffix(other, ending); is {
			parts = append(parts, part)
		}
	}
	if near := Nearest(strings.TrimSuffix(name, ending), parts); near != "" {
		return near + ending
	}
	return ""
}

// Meant is the hint for a misspelt name: the nearest known one, else what to do
// otherwise.
func Meant(prefix, name string, known []string, otherwise string) string {
	if near := Nearest(name, known); near != "" {
		return fmt.Sprintf("did you mean %s%s?", prefix, near)
	}
	return otherwise
}

// There is the hint at some names, of many the first few.
func There(names []string) string { return "there are " + And(First(names)) }

// First are some words of a list; of more than six the first five, and how many more
// there are.
func First(words []string) []string {
	const most = 5
	if n := len(words); n > most+1 {
		return append(slices.Clone(words[:most]), fmt.Sprintf("%d more", n-most))
	}
	return words
}

// And lists words: "a", "a and b", "a, b and c".
func And(words []string) string { return list(words, " and ") }

// Or lists what there is to choose from: "a", "a or b", "a, b or c".
func Or(words []string) string { return list(words, " or ") }

func list(words []string, last string) string {
	n := len(words) - 1
	if n < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:n], ", ") + last + words[n]
}
