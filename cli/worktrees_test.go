package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"go.yaml.in/yaml/v4"
)

// TestWorktreeRecipes: each snippet of docs/worktrees.md is what its language takes, and
// each command of Portmoor in it is one, with flags that it has.
func TestWorktreeRecipes(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "worktrees.md"))
	if err != nil {
		t.Fatal(err)
	}
	parse := map[string]func([]byte, any) error{
		"sh": func([]byte, any) error { return nil }, "toml": toml.Unmarshal, "json": json.Unmarshal, "yaml": func(src []byte, v any) error { return yaml.Unmarshal(src, v) },
	}
	seen := map[string]int{}
	app := (&program{console: &console{}}).app()
	command := regexp.MustCompile(`portmoor ([a-z]+)((?: +[^\s"]+)*)`)
	for _, m := range regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$").FindAllStringSubmatch(string(page), -1) {
		language, text := m[1], m[2]
		if parse[language] == nil {
			t.Errorf("nobody reads %s", language)
			continue
		}
		var read map[string]any
		if err := parse[language]([]byte(text), &read); err != nil || language != "sh" && len(read) == 0 {
			t.Errorf("%s: %v\n%s", language, err, text)
		}
		seen[language]++
		for _, call := range command.FindAllStringSubmatch(text, -1) {
			cmd := app.Command(call[1])
			if cmd == nil {
				t.Errorf("%s is no command", call[0])
				continue
			}
			words := strings.Fields(call[2])
			if end := slices.Index(words, "--"); end >= 0 {
				words = words[:end]
			}
			for _, word := range words {
				if strings.HasPrefix(word, "-") && flagOf(cmd, word) == nil {
					t.Errorf("%s has no flag %s", call[1], word)
				}
			}
			seen["portmoor"]++
		}
	}
	if seen["sh"] < 3 || seen["toml"] != 1 || seen["json"] != 1 || seen["yaml"] != 1 || seen["portmoor"] < 12 {
		t.Errorf("%v", seen)
	}
}
