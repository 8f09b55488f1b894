package commands_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose/discover/commands"
)

// TestRead: what a file calls for certain is read, and nothing else.
func TestRead(t *testing.T) {
	const up = "docker compose -f a -f b up"
	for name, c := range map[string]struct{ path, src, want string }{
		"a recipe":                   {"Makefile", "up: a\n\t-@" + up + "\n", "^ a b up"},
		"a recipe behind a rule":     {"Makefile", "up: ; " + up + "\n", "^ a b up"},
		"lines that go on":           {"Makefile", "up:\n\tdocker compose -f a \\\n\t  -f b up\n", "^ a b up"},
		"variables":                  {"Makefile", "F = -f a\nF += -f b\nDC ?= docker-compose $(F)\nup:\n\t${DC} $(ARGS) up # $$x\n", "^ a b up"},
		"a variable set twice":       {"Makefile", "F = -f a -f b\nF = -f a -f c\nup:\n\tdocker compose $(F) up\n", ""},
		"a condition":                {"Makefile", "F = -f a\nifdef X\nF += -f b\nendif\nup:\n\tdocker compose $(F) up\n", ""},
		"a variable of a rule":       {"Makefile", "F = -f a -f b\nup: F = -f c -f d\nup:\n\tdocker compose $(F) up\n", ""},
		"what others may say":        {"Makefile", "include x.mk\nup:\n\tdocker compose -f a -f b $(ARGS) up\n", ""},
		"a function of make":         {"Makefile", "up:\n\tdocker compose $(foreach f,a b,-f $(f)) up\n", ""},
		"a variable of itself":       {"Makefile", "A = $(B)\nB = $(A)\nup:\n\t" + up + " $(A)\n", "^ a b"},
		"an export":                  {"Makefile", "export COMPOSE_FILE := a:b\nup:\n\tdocker compose up\n", "^ a b up"},
		"no export":                  {"Makefile", "COMPOSE_FILE := a:b\nup:\n\tdocker compose up\n", "^  up"},
		"a folder":                   {"Makefile", "up:\n\tcd x/y && " + up + "\n\t" + up + "\n", "^/x/y a b up|^ a b up"},
		"a part of a Makefile":       {"x.mk", "up:\n\t" + up + "\n", " a b up"},
		"a script":                   {"x.sh", "set -e\nexport COMPOSE_PROJECT_NAME=n\n" + up + " && sudo docker compose -p m -fa down\n", " a b n up| a m down"},
		"a script's own folder":      {"x.sh", "DIR=\"$(cd \"$(dirname \"${BASH_SOURCE[0]}\")/..\" && pwd)\"\n(cd $DIR; " + up + ")\ndocker compose -f \"$DIR/a\" up\n", "^/.. a b up| ^/../a up"},
		"the root of the repository": {"x.sh", "cd $(git rev-parse --show-toplevel)\n" + up, "~ a b up"},
		"a folder nobody knows":      {"x.sh", "cd $1\n" + up, ""},
		"a default":                  {"x.sh", "docker compose -f ${A:-a} up", " a up"},
		"a variable nobody knows":    {"x.sh", "docker compose -f $A up\ndocker compose -f a $B up\ndocker compose -f a `b` up\n", ""},
		"a list":                     {"x.sh", "F=(-f a)\ndocker compose $F \"${F[@]}\" up\n", ""},
		"a loop":                     {"x.sh", "for F in a b; do docker compose -f $F up; done\nread X\ndocker compose -f $X up", ""},
		"an assignment on condition": {"x.sh", "F=\"-f a\"\nif x; then F=\"$F -f b\"; fi\ndocker compose $F up\n[ x ] && G='-f c'\ndocker compose $G up\n", ""},
		"a branch":                   {"x.sh", "case $1 in\na) " + up + " ;;\nesac\nif x; then\n  docker compose -f c up\nfi\ndocker compose -f d up\n", " a b| c| d up"},
		"a function":                 {"x.sh", "dc() {\n  docker compose -f a -f b \"$@\"\n}\n", " a b"},
		"a folder on a condition":    {"x.sh", "[ x ] && cd d\n" + up, ""},
		"a folder in a chain":        {"x.sh", "mkdir d && cd d && " + up + "\n" + up, "d a b up"},
		"another process's folder":   {"x.sh", "cd d & " + up + "\n", ""},
		"a part of a value":          {"x.sh", "docker compose -f ${A#x-a} -f ${B:=a-b} up", ""},
		"services":                   {"x.sh", up + " -d --pull always b c 2>/dev/null\n" + up + " $C\n", " a b up b,c| a b"},
		"profiles":                   {"x.sh", "COMPOSE_PROFILES=p,q " + up + "\ndocker compose --profile r --profile $P -f a up", " a b up @p,q| a up @r"},
		"a condition of make":        {"Makefile", "up:\nifdef X\n\t" + up + "\nelse\n\tdocker compose -f c up\nendif\n", "^ a b|^ c"},
		"a text of make":             {"Makefile", "up:\n\ttrue\ndefine X\n\t" + up + "\nendef\n", ""},
		"one shell":                  {"Makefile", ".ONESHELL:\nup:\n\tcd d\n\t" + up + "\n", ""},
		"a program in a container":   {"x.sh", "docker run -v x:y docker " + up + "\ndocker compose -f a exec b docker compose -f b up", " a"},
		"texts":                      {"x.sh", "echo \"" + up + "\" # " + up + "\ncat <<-'E' | sort\n" + up + "\nE\necho $(" + up + ") '\n" + up + "'\n", ""},
		"a pattern":                  {"x.sh", "docker compose -f *.yml up\ndocker compose -f {a,b} up\ndocker compose -f a{1,2} up\n", ""},
		"an option nobody knows":     {"x.sh", "docker compose --new x -f a up\ndocker compose -f - up\ndocker run -f a up\n", ""},
		"package.json":               {"package.json", "{\n\t\"scripts\": {\"up\": \"" + up + "\"}}", "^ a b up"},
		"a workflow": {".github/workflows/x.yml", "env: {COMPOSE_FILE: a:b}\njobs:\n  t:\n    defaults: {run: {working-directory: d}}\n    steps:\n    - run: docker compose up\n" +
			"    - run: |\n        x\n        docker compose -f ${{ y }} up\n      working-directory: e\n    - {if: z, run: docker compose -f c up}\n", "~/d a b up|~/d c"},
		"an env file":            {".env.dev", "# COMPOSE_FILE=x\nCOMPOSE_FILE=a;b\nCOMPOSE_PATH_SEPARATOR=;\n", "^ a b"},
		"an env file's variable": {".env.dev", "COMPOSE_FILE=a:$B\n", ""},
		"another file":           {"README.md", up, ""},
	} {
		var got []string
		for _, call := range commands.Read("/r/"+c.path, []byte(c.src)) {
			words := append([]string{call.In}, call.Files...)
			if len(call.Files) == 0 {
				words = append(words, "")
			}
			if call.Name != "" {
				words = append(words, call.Name)
			}
			if call.Starts {
				words = append(words, "up")
			}
			if len(call.Services) > 0 {
				words = append(words, strings.Join(call.Services, ","))
			}
			if len(call.Profiles) > 0 {
				words = append(words, "@"+strings.Join(call.Profiles, ","))
			}
			if call.Stops {
				words = append(words, "down")
			}
			got = append(got, strings.NewReplacer(commands.Here, "^", commands.Top, "~").Replace(strings.Join(words, " ")))
		}
		if diff := cmp.Diff(c.want, strings.Join(got, "|")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
