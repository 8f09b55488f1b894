package gc

import "testing"

func TestFitting(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 1 << 20: 400, Room / 5: 400, Room / 4: 300, Room / 3: 200, Room / 2: 100, Room: 100, 100 * Room: 100} {
		if got := fitting(live); got < want || got > want+1 && live > 0 {
			t.Errorf("%d bytes in use: %d, want %d", live, got, want)
		}
	}
}
