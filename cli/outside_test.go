package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// world is what stands below a folder but for some of what is in it: bytes, modes and
// times.
func world(t *testing.T, root string, except ...string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		for _, e := range except {
			if path == filepath.Join(root, e) {
				return fs.SkipDir
			}
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		all[path] = info.Mode().String()
		if path != root { // in which the exceptions are made
			all[path] += " " + info.ModTime().String()
		}
		switch {
		case info.Mode().IsRegular():
			text, err := os.ReadFile(path)
			all[path] += fmt.Sprintf(" %q", text)
			return err
		case info.Mode()&fs.ModeSymlink != 0:
			to, err := os.Readlink(path)
			all[path] += " " + to
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestNothingOutside runs every command that writes in a repository that tries to have
// something written beside it, in each way that it has: OUT is the folder beside it.
func TestNothingOutside(t *testing.T) {
	const web = "services:\n  web:\n    image: example/web\n    ports: [\"28750:80\", 28751:22]\n  api: {image: example/api, ports: [\"28750:81\"]}\n"
	const config = "strategy: auto\n"
	ways := map[string]map[string]string{
		"none":              {"compose.yaml": web},
		"ports file":        {"compose.yaml": web, ".portmoor.yaml": "ports_file: OUT/ports.json\n"},
		"absolute":          {"compose.yaml": web, ".portmoor.yaml": "ports_file: ABS/ports.json\n"},
		"new folder":        {"compose.yaml": web, ".portmoor.yaml": "ports_file: OUT/new/folder/ports.json\n"},
		"ports env file":    {"compose.yaml": web, ".portmoor.yaml": "ports_env_file: OUT/empty.env\n"},
		"documents":         {"compose.yaml": web, ".portmoor.yaml": "docs: [OUT/README.md]\n"},
		"projects":          {"compose.yaml": web, ".portmoor.yaml": "projects: [{name: p, files: [compose.yaml, OUT/compose.yaml]}]\n"},
		"sources":           {"compose.yaml": web, ".portmoor.yaml": "sources: [{path: OUT/config.yaml, key: port}]\n"},
		"include":           {"compose.yaml": "include: [OUT/compose.yaml]\n" + web},
		"extends":           {"compose.yaml": "services: {web: {extends: {file: OUT/compose.yaml, service: db}, ports: [\"28750:80\"]}}\n"},
		"COMPOSE_FILE":      {".env": "COMPOSE_FILE=OUT/compose.yaml\n"},
		"overlay":           {"compose.yaml": web, ".env": "COMPOSE_FILE=compose.yaml:OUT/compose.yaml\n"},
		"linked file":       {"compose.yaml": "-> OUT/compose.yaml"},
		"linked folder":     {"compose.yaml": "include: [sub/compose.yaml]\n" + web, "sub": "-> OUT"},
		"linked data":       {"compose.yaml": web, "data": "-> OUT"},
		"linked new data":   {"compose.yaml": web, "data": "-> OUT/nothing"},
		"linked ports":      {"compose.yaml": web, "data/ports.json": "-> OUT/ports.json", ".ports.env": "-> OUT/empty.env"},
		"linked to be":      {"compose.yaml": web, "data/ports.json": "-> OUT/new.json", ".ports.env": "-> OUT/new.env", "data/ports.json.bak": "-> OUT/new.bak"},
		"linked others":     {"compose.yaml": web, "README.md": "-> OUT/README.md", "Makefile": "-> OUT/Makefile", ".gitignore": "-> OUT/ignored", ".pre-commit-config.yaml": "-> OUT/hooks.yaml"},
		"linked others new": {"compose.yaml": web, "portmoor.mk": "-> OUT/new.mk", "Makefile": "-> OUT/new", ".gitignore": "-> OUT/new.ignored", ".pre-commit-config.yaml": "-> OUT/new.yaml"},
		"linked settings":   {"compose.yaml": web, ".portmoor.yaml": "-> OUT/settings.yaml"},
		"new settings":      {"compose.yaml": web, ".portmoor.yaml": "-> OUT/new-settings.yaml"},
		"linked override":   {"compose.yaml": web, "compose.override.yaml": "-> OUT/override.yaml"},
		"new override":      {"compose.yaml": web, "compose.override.yaml": "-> OUT/new-override.yaml"},
		"linked results":    {"compose.yaml": web, "plan.md": "-> OUT/new-plan.md", "known.json": "-> OUT/new-known.json"},
		"nested":            {"compose.yaml": "include: [nested/compose.yaml]\n" + web, "nested/.git": "gitdir: OUT\n", "nested/compose.yaml": "include: [OUT/../compose.yaml]\n"},
		"hooks":             {"compose.yaml": web, ".git/config": "[core]\n\thooksPath = OUT/hooks\n"},
		"gitdir":            {"compose.yaml": web, ".git": "gitdir: OUT/gitdir\n"},
	}
	commands := []string{
		"lint --fix", "lint --write-baseline known.json", "migrate --write --strategy hybrid", "migrate --write --strategy dynamic",
		"migrate --write --strategy auto --detect", "detect", "detect --override compose.override.yaml", "assign web:80 28760", "env --write", "env --args", "up",
		"reset", "detect --prune", "reset --all", "reconcile --plan plan.md", "reconcile --apply plan.md --write", "init", "init --make", "docs --write",
	}
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	written := 0
	for way, files := range ways {
		t.Run(way, func(t *testing.T) {
			dir := filepath.Join(top, way)
			outside := filepath.Join(dir, "outside")
			for path, text := range map[string]string{
				"compose.yaml": "services:\n  db:\n    image: example/db\n    ports: [\"28750:80\", 28752:22]\n", "ports.json": "{}", "empty.env": "", "settings.yaml": config, "override.yaml": "services: {}\n",
				"README.md": "<!-- portmoor:ports -->\n| Service | Port |\n|---|---|\n| web | 1 |\n<!-- /portmoor:ports -->\nweb listens on http://localhost:28750/\n",
				"Makefile":  "all:\n", "ignored": "x\n", "hooks.yaml": "repos: []\n", "config.yaml": "port: 28750\n", "hooks/pre-commit": "#!/bin/sh\n", "gitdir/HEAD": "ref: refs/heads/main\n", "gitdir/config": "",
			} {
				put(t, filepath.Join(outside, path), text)
			}
			root := filepath.Join(dir, "repo", "checkout")
			for path, text := range files {
				at := filepath.Join(root, path)
				relative, _ := filepath.Rel(filepath.Dir(at), outside)
				fromRoot, _ := filepath.Rel(root, outside)
				if target, isLink := strings.CutPrefix(text, "-> "); isLink {
					if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.Symlink(strings.ReplaceAll(target, "OUT", relative), at)); err != nil {
						t.Skip(err)
					}
					continue
				}
				put(t, at, strings.NewReplacer("OUT", fromRoot, "ABS", outside).Replace(text))
			}
			if _, has := files[".git"]; !has {
				put(t, filepath.Join(root, ".git", "HEAD"), "ref: refs/heads/main\n")
			}
			t.Chdir(root)
			t.Setenv("PATH", "")
			before, inside := world(t, dir, "repo", "home"), world(t, root)
			for _, line := range commands {
				said := spoken(t, filepath.Join(dir, "home", "ledger.json"), []string{"HOME=" + filepath.Join(dir, "home")}, strings.Fields(line)...)
				if diff := cmp.Diff(before, world(t, dir, "repo", "home")); diff != "" {
					t.Fatalf("%s wrote outside (-before +after):\n%s\n%s", line, diff, said)
				}
			}
			if cmp.Diff(inside, world(t, root)) != "" {
				written++
			}
		})
	}
	if written < len(ways)/2 {
		t.Errorf("in %d of %d repositories something was written", written, len(ways))
	}
}
