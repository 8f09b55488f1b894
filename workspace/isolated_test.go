package workspace_test

import (
	"strings"
	"testing"

	"github.com/portmoor/portmoor/workspace"
)

// TestNaming is the law of the name of a project in a checkout.
func TestNaming(t *testing.T) {
	base := workspace.Naming{Natural: "shop", ByFolder: true, Root: "/wt/shop", Dir: "/wt/shop", File: "compose.yaml"}
	for _, c := range []struct {
		what   string
		change func(n *workspace.Naming)
		want   string // a name that ends with - has a digest behind it
	}{
		{"the first checkout", func(*workspace.Naming) {}, "shop"},
		{"the first checkout with a name", func(n *workspace.Naming) { n.ByFolder = false }, "shop"},
		{"another has the name", func(n *workspace.Naming) { n.Taken = func(name string) bool { return name == "shop" } }, "shop-"},
		{"a worktree with a name of its own", func(n *workspace.Naming) { n.Linked, n.Natural, n.Root = true, "review", "/wt/review" }, "review"},
		{"a worktree of files that say a name", func(n *workspace.Naming) { n.Linked, n.ByFolder, n.Root = true, false, "/wt/review" }, "review-"},
		{"its folder has no name", func(n *workspace.Naming) { n.Linked, n.ByFolder, n.Root = true, false, "/wt/日本" }, "shop-"},
		{"its folder has upper case and blanks", func(n *workspace.Naming) { n.Linked, n.ByFolder, n.Root = true, false, "/wt/My Review.2" }, "myreview2-"},
		{"its folder has a long name", func(n *workspace.Naming) { n.Linked, n.ByFolder, n.Root = true, false, "/wt/"+strings.Repeat("a", 90) }, strings.Repeat("a", 40) + "-"},
	} {
		n := base
		n.Taken = func(string) bool { return false }
		c.change(&n)
		got := n.Name()
		name, digest, _ := strings.Cut(got, "-")
		if strings.HasSuffix(c.want, "-") && (name+"-" != c.want || len(digest) != 8) || !strings.HasSuffix(c.want, "-") && got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
		if again := n.Name(); again != got {
			t.Errorf("%s: %s, and then %s", c.what, got, again)
		}
		elsewhere := n
		elsewhere.Dir += "2"
		if other := elsewhere.Name(); digest != "" && other == got {
			t.Errorf("%s: %s in another folder too", c.what, other)
		}
	}
}
