package lists_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/lists"
)

func TestLists(t *testing.T) {
	first := func(word string) byte { return word[0] }
	words := []string{"web", "api", "worker", "web"}
	for name, c := range map[string]struct{ got, want any }{
		"Map":           {lists.Map(words, strings.ToUpper), []string{"WEB", "API", "WORKER", "WEB"}},
		"Map of none":   {lists.Map(nil, strings.ToUpper), []string{}},
		"Pointers":      {*lists.Pointers(words)[1], "api"},
		"Only":          {lists.Only(words, func(w string) bool { return first(w) == 'w' }), []string{"web", "worker", "web"}},
		"Only of none":  {lists.Only(words, func(string) bool { return false }), []string(nil)},
		"Set":           {lists.Set(words), map[string]bool{"web": true, "api": true, "worker": true}},
		"Keys":          {lists.Keys(words, first), map[byte]bool{'w': true, 'a': true}},
		"By":            {lists.By([]string{"web", "api", "worker"}, first), map[byte]string{'w': "worker", 'a': "api"}},
		"Group":         {lists.Group(words, first), [][]string{{"web", "worker", "web"}, {"api"}}},
		"Group of none": {lists.Group(nil, first), [][]string(nil)},
		"Union":         {lists.Union([]string{"web"}, words...), []string{"web", "api", "worker"}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestOnlyLeavesTheList(t *testing.T) {
	words := []string{"web", "api", "worker"}
	kept := lists.Only(words, func(w string) bool { return w != "web" })
	kept[0] = "changed"
	if diff := cmp.Diff([]string{"web", "api", "worker"}, words); diff != "" {
		t.Errorf("the list has changed (-want +got):\n%s", diff)
	}
}
