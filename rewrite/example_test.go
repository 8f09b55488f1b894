package rewrite_test

import (
	"fmt"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/strategies"
)

// From a file to its verified new bytes, and the diff that people see.
func ExampleVerified() {
	l := compose.NewLoader(compose.LoadOptions{})
	l.Add("/app/compose.yaml", []byte("services:\n  web:\n    image: nginx\n    ports:\n      - 8080:80   # the site\n"))
	projects := l.Load([]compose.Group{{Dir: "/app", Files: []string{"/app/compose.yaml"}}})
	plan := rewrite.NewFamilies(projects, rewrite.FamilyOptions{
		Strategies: map[*compose.Project]strategies.Strategy{projects[0]: strategies.Hybrid},
	}).Plan(projects...)
	result, err := rewrite.Verified(projects, plan.Edits(), plan.Changes)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s", result.After["/app/compose.yaml"])
	// Output:
	// services:
	//   web:
	//     image: nginx
	//     ports:
	//       - ${WEB_HOST_PORT:-8080}:80   # the site
}
