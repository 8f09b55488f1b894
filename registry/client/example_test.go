package client_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/portmoor/portmoor/registry"
	"github.com/portmoor/portmoor/registry/api"
	"github.com/portmoor/portmoor/registry/client"
)

// What one client registers the next one finds.
func Example() {
	server := httptest.NewServer(api.New(registry.New(registry.Options{}), api.Options{}))
	defer server.Close()
	c, err := client.New(server.URL, "")
	if err == nil {
		err = c.Register(context.Background(), []registry.Service{{Name: "web", Host: "node1", Port: 8080}})
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	services, err := c.List(context.Background())
	fmt.Println(services[0].Name, services[0].URL(), err)
	// Output: web http://node1:8080/ <nil>
}
