package lint

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
)

// Fingerprints identify findings across runs: by rule, file relative to a root,
// service and the text they point at, and of several equal ones by their order.
// A finding that moves to another line, or is worded differently, keeps its own.
func Fingerprints(findings []Finding, root string) []string {
	prints := make([]string, len(findings))
	seen := map[string]int{}
	for i, f := range findings {
		path := f.File.Path
		if rel, err := filepath.Rel(root, path); err == nil {
			path = filepath.ToSlash(rel)
		}
		evidence := strings.Join([]string{f.Rule, path, f.Service, string(f.File.Src[f.Span.Start:f.Span.End])}, "\x00")
		seen[evidence]++
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", evidence, seen[evidence]))
		prints[i] = hex.EncodeToString(sum[:16])
	}
	return prints
}
