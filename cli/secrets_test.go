package cli

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// canary is what nobody may see. It has the letters of a name, so that it fits wherever
// one does.
const canary = "zq7canary"

// spoken runs a command with an environment and returns all that it says.
func spoken(t *testing.T, ledger string, environ []string, args ...string) string {
	t.Helper()
	var said bytes.Buffer
	Run(Process{
		Args: append([]string{"portmoor"}, args...), In: strings.NewReader(""), Out: &said, Err: &said,
		Environ: append([]string{"DOCKER_HOST=unix:///nonexistent.sock", "PORTMOOR_LEDGER=" + ledger}, environ...),
	})
	return said.String()
}

// reports are the commands that show what files say, in every format.
func reports() (all [][]string) {
	for _, format := range reportNames {
		all = append(all, []string{"lint", "--format", format})
	}
	return append(
		all, []string{"lint", "--diff"}, []string{"migrate", "-v"}, []string{"migrate", "--check"}, []string{"migrate", "--format", "json"},
		[]string{"migrate", "--strategy", "dynamic"}, []string{"reconcile", "--format", "json"}, []string{"reconcile"},
		[]string{"lint", "--show-suppressed"}, []string{"init", "--make", "--pre-commit", "--dry-run"}, []string{"docs"},
	)
}

// machine are the commands about one project on this machine.
func machine() [][]string {
	return [][]string{
		{"detect"},
		{"detect", "--format", "json"},
		{"detect", "--override", "o.yaml"},
		{"validate"},
		{"validate", "--format", "json"},
		{"show"},
		{"show", "--format", "json"},
		{"get", "web"},
		{"assign", "web", "28751"},
		{"env"},
		{"env", "--args"},
		{"port"},
		{"port", "web", "80"},
		{"reset"},
	}
}

// TestValuesOfEnvFiles puts the value of an env file, or of the environment, wherever a
// compose file can have a variable. A repository says where, and the value may be the
// reader's secret.
func TestValuesOfEnvFiles(t *testing.T) {
	const web = "services:\n  web:\n    image: example/web\n    ports: [\"28750:80\"]\n"
	const entry = "services:\n  web:\n    image: example/web\n    ports:\n      - "
	secret := "S=" + canary + "\n"
	for name, c := range map[string]struct{ compose, env string }{
		"host port":         {entry + `"${S}:80"`, secret},
		"piece of a port":   {entry + `"80${S}:80"`, secret},
		"whole entry":       {entry + `"${S}"`, secret},
		"container port":    {entry + `"28750:${S}"`, secret},
		"address":           {entry + `"${S}:28750:80"`, secret},
		"brackets":          {entry + `"[${S}:28750:80"`, secret},
		"protocol":          {entry + `"28750:80/${S}"`, secret},
		"range":             {entry + `"28750-${S}:80"`, secret},
		"both sides":        {entry + `"${S}:${S}"`, secret},
		"no number":         {entry + `"${S}:80"`, "S=99999" + canary + "\n"},
		"long published":    {entry + `{target: 80, published: "${S}"}`, secret},
		"long target":       {entry + `{target: "${S}", published: "28750"}`, secret},
		"long address":      {entry + `{target: 80, published: "28750", host_ip: "${S}"}`, secret},
		"long protocol":     {entry + `{target: 80, published: "28750", protocol: "${S}"}`, secret},
		"long name":         {entry + "{target: 81, published: \"28751\"}\n      - {target: 80, published: \"28750\", name: \"${S}\"}", secret},
		"long app protocol": {entry + `{target: 80, published: "28750", app_protocol: "${S}", mode: "${S}"}`, secret},
		"image":             {"services: {web: {image: \"${S}\", ports: [\"28750:80\"], scale: \"${S}\", network_mode: \"${S}\", hostname: \"${S}\"}}", secret},
		"container name":    {"services: {web: {image: x, container_name: \"${S}\", scale: 2, ports: [\"28750:80\"]}, b: {image: x, container_name: \"${S}\"}}", secret},
		"profile":           {"services:\n  web: {image: x, profiles: [\"${S}\"], ports: [\"28750:80\"]}\n  b: {image: x, profiles: [b], ports: [\"28750:80\"]}\n", secret},
		"chosen profile":    {"services:\n  web: {image: x, profiles: [a], ports: [\"28750:80\"]}\n", "COMPOSE_PROFILES=" + canary + "\n"},
		"extends":           {"services: {web: {extends: \"${S}\", ports: [\"28750:80\"]}}", secret},
		"extends service":   {"services: {web: {extends: {file: compose.yaml, service: \"${S}\"}, ports: [\"28750:80\"]}}", secret},
		"extends file":      {"services: {web: {extends: {file: \"${S}\", service: web}, ports: [\"28750:80\"]}}", secret},
		"remote extends":    {"services: {web: {extends: {file: \"https://${S}/x\", service: web}, ports: [\"28750:80\"]}}", secret},
		"include":           {"include: [\"${S}\"]\n" + web, secret},
		"include path":      {"include: [{path: \"${S}/x.yaml\", env_file: \"${S}\", project_directory: \"${S}\"}]\n" + web, secret},
		"remote include":    {"include: [\"https://${S}/x\"]\n" + web, secret},
		"required":          {"services: {web: {image: x, ports: [\"${U:?${S}}:80\"]}}", secret},
		"default":           {"services: {web: {image: x, ports: [\"${U:-${S}}:80\"]}}", secret},
		"environment":       {"services: {web: {image: x, ports: [\"28750:80\"], environment: {A: \"http://localhost:28759/${S}\"}, labels: [\"a=http://localhost:28759/${S}\"], env_file: \"${S}\"}}", secret},
		"unknown variable":  {web, "OLD_HOST_PORT=" + canary + "\n"},
		"stale url":         {web, "URL=http://" + canary + ":" + canary + "@localhost:28759/" + canary + "\n"},
		"strategy":          {web, "PORT_ALLOCATION_STRATEGY=" + canary + "\n"},
		"project name":      {web, "COMPOSE_PROJECT_NAME=" + canary + "!\n"},
		"default mismatch":  {"services: {web: {image: x, ports: [\"${S:-28750}:80\"]}, b: {image: x, ports: [\"${S:-28751}:80\"]}}", secret},
		"not an env file":   {web, "a b " + canary + "\n" + canary + "'=\"\n"},
		"open quote":        {web, "A=1\nB=\"" + canary + "\n"},
		"bad name":          {web, "A=1\n" + canary + "%$=1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, heard := t.TempDir(), 0
			for _, from := range []string{".env", "env_files", "examples", "environment"} {
				at := filepath.Join(dir, from)
				for path, text := range map[string]string{".git/HEAD": "", "compose.yaml": c.compose, "o.yaml": ""} {
					put(t, filepath.Join(at, path), text)
				}
				var environ []string
				switch from {
				case ".env":
					put(t, filepath.Join(at, ".env"), c.env)
				case "env_files":
					put(t, filepath.Join(at, "secret"), c.env)
					put(t, filepath.Join(at, ".portmoor.yaml"), "env_files: [secret]\n")
				case "examples":
					put(t, filepath.Join(at, ".env.example"), c.env)
				default:
					if strings.HasPrefix(c.env, "S=") { // the repository chooses which variable it is
						environ = []string{strings.TrimSpace(c.env)}
					}
				}
				_ = os.Remove(filepath.Join(at, "o.yaml"))
				commands := slices.Concat(reports(), machine())
				for _, command := range commands {
					args := slices.Clone(command)
					file := []string{"--file", filepath.Join(at, "compose.yaml"), "--config", filepath.Join(at, ".portmoor.yaml")}
					if from != "env_files" {
						file = file[:2]
					}
					args = slices.Concat(args[:1], file, args[1:])
					for i, a := range args {
						if a == "o.yaml" {
							args[i] = filepath.Join(at, a)
						}
					}
					said := spoken(t, filepath.Join(dir, "ledger.json"), environ, args...)
					heard += len(said)
					if strings.Contains(strings.ToLower(said), canary) {
						t.Errorf("%s, %q says it:\n%.3000s", from, command, said)
					}
				}
			}
			if heard < 10_000 {
				t.Errorf("all commands together say %d bytes", heard)
			}
		})
	}
}

// TestTextOfOtherFiles makes a repository name files outside it, whose text it wants to
// be told: in a log that everybody reads. The words of those files must not be said; the
// paths may.
func TestTextOfOtherFiles(t *testing.T) {
	const web = "services:\n  web:\n    image: example/web\n    ports: [\"28750:80\"]\n"
	shadow := "root:$6$" + canary + ":19000:0:99999:7:::\ndaemon:*:19000::::::\n"
	theirs := "x-" + canary + ": &a\n  ports: [\"28750:80\"]\nservices:\n  " + canary + "db:\n    image: " + canary + "\n    container_name: " + canary + "\n    scale: 2\n" +
		"    ports: [\"28750:80\", \"${" + strings.ToUpper(canary) + "}:81\", 22:22, \"" + canary + ":82\", {target: 1, published: " + canary + "}]\n" +
		"    " + canary + ": 1\n  " + canary + "2: {image: x, ports: [\"${A_" + strings.ToUpper(canary) + ":-1}:80\", \"${A_" + strings.ToUpper(canary) + ":-2}:81\"], profiles: [" + canary + "]}\n"
	valid := "services:\n  " + canary + "db:\n    image: " + canary + "\n    ports: [\"28750:80\", \"${" + strings.ToUpper(canary) + "}:81\", \"${WEB_HOST_PORT}:82\"]\n    environment: {A: \"http://localhost:1/" + canary + "\"}\n"
	table := "# " + canary + "\n<!-- portmoor:ports -->\n| Service | Port |\n|---|---|\n| " + canary + " | 1 |\n<!-- /portmoor:ports -->\n"
	texts := map[string]string{"shadow": shadow, "theirs": theirs, "valid": valid, "table": table, "list": "- " + canary + "\n", "duplicate": canary + ": 1\n" + canary + ": 2\n", "broken": "a: [" + canary + "\n", "json": "{\"" + canary + "\": 1, \"web\": \"" + canary + "\"}", "env": "WEB_HOST_PORT=" + canary + "\n" + strings.ToUpper(canary) + "_HOST_PORT=1\nURL=http://localhost:1/" + canary + "\nPORT_ALLOCATION_STRATEGY=" + canary + "\n", "config": "strategy: " + canary + "\n" + canary + ": 1\n"}
	ways := map[string]map[string]string{
		"include":        {"compose.yaml": "include: [OUT]\n" + web},
		"include env":    {"compose.yaml": "include: [{path: in.yaml, env_file: OUT}]\n" + web, "in.yaml": "services: {in: {image: x, ports: [\"${WEB_HOST_PORT}:80\"]}}"},
		"extends":        {"compose.yaml": "services: {web: {extends: {file: OUT, service: web}, ports: [\"28750:80\"]}}"},
		"extends theirs": {"compose.yaml": "services: {web: {extends: {file: OUT, service: " + canary[:3] + "}, ports: [\"28750:80\"]}}"},
		"overlay":        {"compose.yaml": web, ".env": "COMPOSE_FILE=compose.yaml:OUT\n"},
		"compose file":   {"x": "", ".env": "COMPOSE_FILE=OUT\n"},
		"projects":       {"compose.yaml": web, ".portmoor.yaml": "projects: [{name: p, files: [compose.yaml, OUT], env_files: [OUT]}]\n"},
		"env files":      {"compose.yaml": web, ".portmoor.yaml": "env_files: [OUT]\n"},
		"docs":           {"compose.yaml": web, ".portmoor.yaml": "docs: [OUT]\n"},
		"ports file":     {"compose.yaml": web, ".portmoor.yaml": "ports_file: OUT\n"},
		"ports env file": {"compose.yaml": web, ".portmoor.yaml": "ports_env_file: OUT\n"},
		"sources":        {"compose.yaml": web, ".portmoor.yaml": "sources: [{path: OUT, key: web}]\n"},
		"a link":         {"compose.yaml": "-> OUT"},
		"a link beside":  {"compose.yaml": web, "compose.override.yaml": "-> OUT", "README.md": "-> OUT", ".env": "-> OUT", ".env.example": "-> OUT", ".gitignore": "-> OUT", "data/ports.json": "-> OUT", "stack.yaml": "-> OUT", "Makefile": "-> OUT", ".pre-commit-config.yaml": "-> OUT", "portmoor.mk": "-> OUT"},
		"baseline":       {"compose.yaml": web, ".portmoor.yaml": "baseline: OUT\n"},
		"a source link":  {"compose.yaml": web, "s.yaml": "-> OUT", ".portmoor.yaml": "sources: [{path: s.yaml, key: web}]\n"},
		"configuration":  {"compose.yaml": web, ".portmoor.yaml": "-> OUT"},
	}
	dir, heard := t.TempDir(), 0
	for name, text := range texts {
		put(t, filepath.Join(dir, "outside", name), text)
	}
	for way, files := range ways {
		for name := range texts {
			root := filepath.Join(dir, way, name)
			put(t, filepath.Join(root, ".git", "HEAD"), "")
			for path, text := range files {
				text = strings.ReplaceAll(text, "OUT", filepath.Join("..", "..", "outside", name))
				path = filepath.Join(root, path)
				target, isLink := strings.CutPrefix(text, "-> ")
				if !isLink {
					put(t, path, text)
					continue
				}
				if filepath.Dir(path) != root {
					target = filepath.Join("..", target)
				}
				if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.Symlink(target, path)); err != nil {
					t.Skip(err)
				}
			}
			t.Chdir(root)
			commands := slices.Concat(reports(), machine())
			if name == "theirs" || name == "valid" { // of what can be used the other commands tell services and ports
				commands = slices.DeleteFunc(reports(), func(c []string) bool { return c[0] == "reconcile" })
			}
			for _, command := range commands {
				said := spoken(t, filepath.Join(dir, "ledger.json"), nil, command...)
				heard += len(said)
				if strings.Contains(strings.ToLower(said), canary) {
					t.Errorf("%s, %s: %q says it:\n%.2500s", way, name, command, said)
				}
			}
		}
	}
	if heard < 100_000 {
		t.Errorf("all commands together say %d bytes", heard)
	}
}
