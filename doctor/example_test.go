package doctor_test

import (
	"os"

	"github.com/portmoor/portmoor/doctor"
)

// A check that found nothing wrong is one line.
func ExampleWrite() {
	_ = doctor.Write(os.Stdout, []doctor.Check{doctor.Of("ledger", nil, "2 projects")})
	// Output: ok     ledger   2 projects
}
