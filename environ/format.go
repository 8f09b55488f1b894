package environ

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/portmoor/portmoor/compose/dotenv"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
)

// Formats are the names of what Format can write: an env file, commands of a shell, those
// of an .envrc of direnv, a mise.toml, and JSON.
var Formats = []string{"dotenv", "export", "direnv", "mise", "json"}

// Format is variables as a tool reads them. Watched is the file whose change should have
// direnv ask again; "" for none.
func Format(variables []dotenv.Variable, format, watched string) string {
	lines := func(line func(v dotenv.Variable) string) string { return strings.Join(lists.Map(variables, line), "") }
	export := func(v dotenv.Variable) string { return fmt.Sprintf("export %s=%s\n", v.Name, shell(v.Value)) }
	switch format {
	case "export":
		return lines(export)
	case "direnv":
		if watched != "" {
			watched = "watch_file " + shell(watched) + "\n"
		}
		return watched + lines(export)
	case "mise":
		return "[env]\n" + lines(func(v dotenv.Variable) string { return v.Name + " = " + mise(v.Value) + "\n" })
	case "json":
		var out bytes.Buffer
		_ = writeJSON(&out, variables) // a buffer takes everything
		return out.String()
	}
	return dotenv.Lines(variables)
}

func writeJSON(out io.Writer, variables []dotenv.Variable) error {
	report := struct {
		Version   int               `json:"version"`
		Variables map[string]string `json:"variables"`
	}{1, map[string]string{}}
	for _, v := range variables {
		report.Variables[v.Name] = v.Value
	}
	return say.JSON(out, report, true)
}

// shell is a value as every POSIX shell reads it.
func shell(value string) string {
	if quoted := dotenv.Quote(value); value != "" && quoted == value {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

// mise is a value as a basic string of TOML, in which mise sees templates and, by its
// setting env_shell_expand, variables.
func mise(value string) string {
	if strings.Contains(value, "{{") || strings.Contains(value, "{%") || strings.Contains(value, "{#") {
		value = "{% raw %}" + value + "{% endraw %}"
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\t", `\t`).Replace(value) + `"`
}
