package say

import "slices"

// What it costs to make one name of another. Two letters that changed places are the
// slip that fingers make most, and cost less than another letter.
const (
	edit = 4
	swap = 3
)

// apart is how far apart two names are: the cost of the letters that have to be put in,
// taken out, exchanged or swapped with their neighbour (optimal string alignment).
func apart(a, b string) int {
	before, last := []int(nil), make([]int, len(b)+1) // the rows of the table above the current one
	for j := range last {
		last[j] = j * edit
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = (i + 1) * edit
		for j := range len(b) {
			cost := edit
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+edit, row[j]+edit)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] && a[i] != a[i-1] {
				row[j+1] = min(row[j+1], before[j-1]+swap)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// Nearest is the known name that a misspelt one is closest to, of equals the first; ""
// when none is close.
func Nearest(name string, known []string) string {
	if len(name) > 60 {
		return "" // the distance is quadratic, and no name is that long
	}
	near := func(other string) int { return apart(name, other) }
	if len(known) == 0 {
		return ""
	}
	best := slices.MinFunc(known, func(a, b string) int { return near(a) - near(b) })
	if near(best) >= (len(name)/3+2)*edit {
		return ""
	}
	return best
}
