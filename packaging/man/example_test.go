package main

import (
	"fmt"

	"github.com/portmoor/portmoor/manual"
)

func Example() {
	fmt.Print(page(manual.Page{Name: "get", Usage: "print a port", Args: "SERVICE", Exits: []manual.Exit{{Code: 0, Means: "done"}}}))
	// Output:
	// .\" Made from portmoor --help.
	// .TH PORTMOOR\-GET 1 "" Portmoor Portmoor
	// .nh
	// .ad l
	// .SH NAME
	// portmoor\-get \- print a port
	// .SH SYNOPSIS
	// .B portmoor get SERVICE
	// .SH EXIT STATUS
	// .TP
	// 0
	// done
	// .SH SEE ALSO
	// .BR portmoor (1)
}
