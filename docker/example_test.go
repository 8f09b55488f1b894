package docker_test

import (
	"context"
	"fmt"

	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/say"
)

// An engine that can't be asked is one line, and what to do about it.
func ExampleConnect() {
	engine, err := docker.Connect(map[string]string{"DOCKER_HOST": "unix:///nowhere/docker.sock"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = engine.Close() }()
	_, err = engine.Project(context.Background(), "shop")
	fmt.Println(err)
	fmt.Println("hint:", say.Of(err).Hint)
	// Output:
	// docker endpoint unix:///nowhere/docker.sock: not reachable: no such file or directory
	// hint: start it, or name another with DOCKER_HOST or DOCKER_CONTEXT
}
