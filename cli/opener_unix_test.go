//go:build unix

package cli

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestOpener puts a pipe that nobody writes into, and a link to a device without an end,
// in the place of each file that a command opens: it is done at once, and what it can't do
// without the file is one clear line.
func TestOpener(t *testing.T) {
	const web, needs = "services: {web: {image: x, ports: [\"${WEB_PORT}:80\"], env_file: web.env}}\n", "not a regular file"
	lint, hybrid := []string{"lint", "."}, []string{"migrate", "--strategy", "hybrid", "."}
	for name, c := range map[string]struct {
		args  []string
		code  int
		says  string // on standard error, "" for nothing about the file; "-" where a pipe is passed over
		files map[string]string
	}{
		"compose.yaml":                     {lint, 3, "-", nil},
		"compose.override.yaml":            {lint, 3, "-", nil},
		"other.yaml":                       {lint, 1, "", nil},
		"sub/docker-compose.yml":           {lint, 3, "-", nil},
		"included.yaml":                    {lint, 1, "", map[string]string{"compose.yaml": "include: [included.yaml]\n" + web}},
		"extended.yaml":                    {lint, 1, "", map[string]string{"compose.yaml": "services: {web: {extends: {file: extended.yaml, service: web}}}\n"}},
		".env":                             {lint, 3, needs, nil},
		"ci.env":                           {lint, 3, needs, map[string]string{".portmoor.yaml": "env_files: [ci.env]\n"}},
		".env.example":                     {lint, 1, "", nil},
		".gitignore":                       {lint, 1, "", nil},
		"sub/.gitignore":                   {lint, 1, "", map[string]string{"sub/compose.yaml": web}},
		".git/info/exclude":                {lint, 1, "", nil},
		".git/config":                      {lint, 1, "", nil},
		"sub/.git":                         {lint, 1, "", nil},
		"README.md":                        {lint, 3, needs, nil},
		"docs/ports.md":                    {lint, 3, needs, map[string]string{".portmoor.yaml": "docs: [docs/ports.md]\n"}},
		"data/ports.json":                  {lint, 3, needs, nil},
		".portmoor.yaml":                   {lint, 3, ".portmoor.yaml: ", nil},
		"baseline.json":                    {[]string{"lint", "--baseline", "baseline.json", "."}, 3, needs, nil},
		"written.json":                     {[]string{"lint", "--write-baseline", "written.json", "."}, 3, needs, nil},
		".devcontainer/devcontainer.json":  {lint, 1, "", nil},
		".devcontainer.json":               {lint, 1, "", nil},
		"Makefile":                         {lint, 1, "", nil},
		"package.json":                     {lint, 1, "", nil},
		".github/workflows/ci.yml":         {lint, 1, "", nil},
		"web.env":                          {hybrid, 0, "", nil},
		"overlay/compose.dev.yaml":         {hybrid, 3, "-", nil},
		"migrated.yaml":                    {[]string{"migrate", "-f", "migrated.yaml"}, 3, needs, nil},
		"one/compose.yaml":                 {[]string{"detect", "-f", "one/compose.yaml"}, 3, needs, nil},
		"one/data/ports.json":              {[]string{"detect", "-f", "one/compose.yaml"}, 3, "one/data/ports.json: ", map[string]string{"one/compose.yaml": web}},
		"one/.ports.env":                   {[]string{"detect", "-f", "one/compose.yaml"}, 3, "one/.ports.env: ", map[string]string{"one/compose.yaml": web}},
		"override.yaml":                    {[]string{"detect", "--override", "override.yaml"}, 2, "can't be read: " + needs, nil},
		"env/.ports.env":                   {[]string{"env", "-f", "env/compose.yaml", "--args"}, 3, "env/.ports.env: ", map[string]string{"env/compose.yaml": web}},
		"more.env":                         {[]string{"show", "--env-file", "more.env"}, 3, needs, nil},
		"ledger.json":                      {[]string{"detect"}, 3, needs, nil},
		"ledger.json.lock":                 {[]string{"detect"}, 3, needs, nil},
		"plan.md":                          {[]string{"reconcile", "--apply", "plan.md"}, 2, "is not a plan", nil},
		"new.md":                           {[]string{"reconcile", "--plan", "new.md"}, 2, "is not a plan", nil},
		"notes.txt":                        {[]string{"reconcile", "--plan", "plan.md"}, 0, "", nil},
		"init/.portmoor.yaml":              {[]string{"init"}, 3, ".portmoor.yaml: ", map[string]string{"init/.git/HEAD": ""}},
		"init/.pre-commit-config.yaml":     {[]string{"init", "--pre-commit"}, 3, ".pre", map[string]string{"init/.git/HEAD": ""}},
		"init/.gitignore":                  {[]string{"init"}, 3, ".gitignore: ", map[string]string{"init/.git/HEAD": ""}},
		"init/portmoor.mk":                 {[]string{"init", "--make"}, 3, "portmoor.mk: ", map[string]string{"init/.git/HEAD": ""}},
		"init/Makefile":                    {[]string{"init", "--make"}, 3, needs, map[string]string{"init/.git/HEAD": ""}},
		"docker/config.json":               {[]string{"port"}, 3, "", nil},
		"docker/contexts/meta/x/meta.json": {[]string{"port"}, 3, "", nil},
	} {
		for kind, put := range map[string]func(path string) error{
			"a pipe": func(path string) error { return syscall.Mkfifo(path, 0o644) },
			"a link": func(path string) error { return os.Symlink("/dev/zero", path) },
		} {
			c := c
			if name == "init/Makefile" && kind == "a link" {
				c.code, c.says = 0, "Makefile: is a symlink, and gets no targets"
			}
			if strings.HasPrefix(name, "init/") && kind != "a link" { // of which another reason is given
				c.says = needs
			}
			t.Run(name+" is "+kind, func(t *testing.T) {
				dir := t.TempDir()
				t.Chdir(dir)
				files := map[string]string{"compose.yaml": web, ".git/HEAD": "", "docker/x": "", "init/compose.yaml": web}
				maps.Copy(files, c.files)
				for path, text := range files {
					writeFile(t, path, text)
				}
				writeFile(t, filepath.Join(filepath.Dir(name), ".keep"), "")
				_ = os.Remove(name)
				if err := put(name); err != nil {
					t.Fatal(err)
				}
				if folder, _, _ := strings.Cut(name, "/"); folder == "init" {
					t.Chdir(folder)
				}
				var out, errs bytes.Buffer
				code := make(chan int, 1)
				go func() {
					environ := append(os.Environ(), "PORTMOOR_LEDGER="+filepath.Join(dir, "ledger.json"), "DOCKER_CONFIG="+filepath.Join(dir, "docker"), "DOCKER_CONTEXT=x", "DOCKER_HOST=")
					code <- Run(Process{Args: append([]string{"portmoor"}, c.args...), Environ: environ, Out: &out, Err: &errs})
				}()
				select {
				case got := <-code:
					passed := kind == "a pipe" && c.says == "-" && got <= exitFindings
					if !passed && (got != c.code || c.says != "" && !strings.Contains(errs.String(), strings.Replace(c.says, "-", needs, 1))) {
						t.Errorf("exit code %d, want %d\n%.500s\n%.1000s", got, c.code, out.String(), errs.String())
					}
					for line := range strings.Lines(errs.String()) {
						if len(line) > 500 {
							t.Errorf("a line of %d bytes", len(line))
						}
					}
				case <-time.After(20 * time.Second):
					t.Fatal("it waits, or reads without an end")
				}
			})
		}
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestOpenerStdin: standard input without an end is read up to the limit.
func TestOpenerStdin(t *testing.T) {
	zero, err := os.Open("/dev/zero")
	if err != nil {
		t.Skip(err)
	}
	defer zero.Close()
	var out, errs bytes.Buffer
	code := Run(Process{Args: []string{"portmoor", "lint", "-"}, In: zero, Out: &out, Err: &errs})
	if code != exitFindings || !strings.Contains(out.String(), "larger than 4 MiB") {
		t.Errorf("exit code %d\n%.500s\n%.500s", code, out.String(), errs.String())
	}
}
