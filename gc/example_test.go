package gc_test

import (
	"fmt"
	"runtime/debug"

	"github.com/portmoor/portmoor/gc"
)

func ExampleBatch() {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	gc.Batch() // before a repository is read
	fmt.Println(debug.SetGCPercent(gc.Percent) == gc.Percent)
	// Output: true
}
