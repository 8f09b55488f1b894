package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/portmoor/portmoor/registry"
	"github.com/portmoor/portmoor/registry/api"
)

// A service without a port is refused, as the original refuses it.
func ExampleServer() {
	s := api.New(registry.New(registry.Options{}), api.Options{})
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "http://127.0.0.1:8100/api/services", strings.NewReader(`{"name": "web", "host": "node1", "port": 0}`))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	fmt.Print(w.Code, " ", w.Body)
	// Output: 422 {"detail":[{"loc":["body","port"],"msg":"want a number from 1 to 65535","type":"value_error"}]}
}
