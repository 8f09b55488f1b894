package schema

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose/corpustest"
	"github.com/portmoor/portmoor/source"
)

// TestReduced holds the judgement of reduced documents against that of whole
// ones, on the corpus and on values of every kind for every key: what is taken
// out must never be what the schema refuses.
func TestReduced(t *testing.T) {
	values := []any{
		nil, "", "a", "1", int64(1), 1.5, true,
		[]any{},
		[]any{"a"},
		[]any{"a", "a"},
		[]any{"a", "b"},
		[]any{int64(1)},
		[]any{true},
		[]any{nil},
		[]any{[]any{}},
		[]any{map[string]any{}},
		map[string]any{},
		map[string]any{"a": "b"},
		map[string]any{"a": int64(1)},
		map[string]any{"a": nil},
		map[string]any{"a": []any{}},
		map[string]any{"": "b"},
		map[string]any{"a": map[string]any{}},
		map[string]any{"test": "a", "interval": "1s"},
		map[string]any{"test": true},
		map[string]any{"retries": "1"},
		map[string]any{"retries": []any{}},
		map[string]any{"driver": "a", "options": map[string]any{"a": true}},
		map[string]any{"context": ".", "args": []any{"a"}},
		map[string]any{"context": int64(1)},
	}
	for _, v := range []any{
		nil, true,
		map[string]any{"condition": "service_started"},
		map[string]any{"condition": "a"},
		map[string]any{"restart": true},
		map[string]any{"condition": "service_healthy", "required": "a"},
		map[string]any{"aliases": []any{"a"}},
		map[string]any{"aliases": []any{"a", "a"}},
		map[string]any{"ipv4_address": int64(1)},
		map[string]any{"external": true, "name": "a"},
		map[string]any{"external": int64(1)},
		map[string]any{"internal": true},
		map[string]any{"driver": nil},
	} {
		values = append(values, map[string]any{"a": v}, map[string]any{"a b": v})
	}
	var docs []map[string]any
	for _, v := range values {
		for key := range ordinaryKeys {
			docs = append(docs, map[string]any{"services": map[string]any{"web": map[string]any{key: v}}})
		}
		for key := range topLevelKeys {
			docs = append(docs, map[string]any{"services": map[string]any{}, key: v})
		}
	}
	ordinary := 0
	for _, doc := range docs {
		left, _ := reduced(doc).(map[string]any)
		if services, _ := left["services"].(map[string]any); len(services) > 0 || len(left) > 1 {
			continue
		}
		ordinary++
		if found := judge(doc, doc, &speller{}); len(found) > 0 {
			t.Errorf("%v is taken for right: %s", doc, found[0].Message)
		}
	}
	if ordinary < 100 {
		t.Errorf("only %d of %d documents are ordinary", ordinary, len(docs))
	}
	dir := corpustest.Dir(t)
	files, saved, all := 0, 0, 0
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, "ml") {
			return err
		}
		src, err := os.ReadFile(path)
		f := source.Parse(path, src)
		for _, doc := range f.Values() {
			files++
			if diff := cmp.Diff(messages(judge(doc, doc, &speller{})), messages(judge(doc, reduced(doc), &speller{}))); diff != "" {
				t.Errorf("%s (-whole +part):\n%s", path, diff)
			}
			all += keys(doc)
			saved += keys(doc) - keys(reduced(doc))
		}
		return err
	})
	if err != nil || files < 500 {
		t.Fatalf("%d files: %v", files, err)
	}
	t.Logf("%d of %d keys of services need no validator", saved, all)
	if saved*10 < all*8 {
		t.Errorf("only %d of %d keys are saved", saved, all)
	}
}

func messages(found []Violation) (all []string) {
	for _, v := range found {
		all = append(all, v.Message)
	}
	slices.Sort(all)
	return all
}

func keys(doc any) (n int) {
	root, _ := doc.(map[string]any)
	services, _ := root["services"].(map[string]any)
	for _, s := range services {
		service, _ := s.(map[string]any)
		n += len(service)
	}
	return n
}
