package say

import "strings"

// Shell is an argument as one word of a command that people copy into a shell of
// POSIX: in single quotes where the shell would take it for anything else.
func Shell(arg string) string {
	const special = " \t\r\n'\"\\$&;|<>()`*?[]{}#~!"
	if arg != "" && !strings.ContainsAny(arg, special) {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}
