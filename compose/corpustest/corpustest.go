// Package corpustest finds the corpus of real compose files, for tests, and says how long
// something may take on a machine that does other things too.
package corpustest

import (
	"os"
	"path/filepath"
	"testing"
)

// Dir is the folder of the corpus, absolute: that of PORTMOOR_CORPUS, else the
// one beside the project. Without it the test is skipped; where PORTMOOR_CI is
// set, it fails.
func Dir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("PORTMOOR_CORPUS")
	if dir == "" {
		dir = filepath.Join(root(t), "..", "shared", "corpus")
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		_, err = os.Stat(dir)
	}
	switch {
	case err == nil:
		return dir
	case os.Getenv("PORTMOOR_CI") != "":
		t.Fatal("the corpus is missing: ", err)
	}
	t.Skip("the corpus is missing, PORTMOOR_CORPUS names its folder: ", err)
	return ""
}

// root is the folder of go.mod, at or above that of the test.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("no go.mod above the test")
	return ""
}
