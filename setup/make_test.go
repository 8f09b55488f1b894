package setup

import "testing"

// TestRecipe: a dollar of a folder's name is not a variable of make, and those of the
// targets stay.
func TestRecipe(t *testing.T) {
	for _, test := range []struct{ command, want string }{
		{"portmoor detect", "portmoor detect"},
		{"cd 'a$b' && portmoor detect $(PROFILE:%=--profile %) $(ARGS)", "cd 'a$$b' && portmoor detect $(PROFILE:%=--profile %) $(ARGS)"},
	} {
		if got := recipe(test.command); got != test.want {
			t.Errorf("%s becomes %s, want %s", test.command, got, test.want)
		}
	}
}
