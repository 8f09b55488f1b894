package docker

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/docker/dockertest"
)

// TestResources: what has the name, of all that the engine's filter lets through.
func TestResources(t *testing.T) {
	engine := dockertest.Start(t, "127.0.0.1")
	e := connect(t, map[string]string{"DOCKER_HOST": engine.Endpoint})
	if _, err := e.Networks(t.Context(), []string{"front"}); err == nil {
		t.Error("an engine that lists none gives no error")
	}
	engine.Networks = map[string]string{"front": "shop", "frontend": "shop", "mine": ""}
	engine.Volumes = map[string]string{"data": "store", "data2": "store"}
	networks, err := e.Networks(t.Context(), []string{"front", "mine", "none"})
	if diff := cmp.Diff([]Resource{{"front", "shop"}, {"mine", ""}}, networks); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	volumes, err := e.Volumes(t.Context(), []string{"data"})
	if diff := cmp.Diff([]Resource{{"data", "store"}}, volumes); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	asked := len(engine.Calls())
	if volumes, err := e.Volumes(t.Context(), nil); volumes != nil || err != nil || len(engine.Calls()) != asked {
		t.Errorf("%v %v: asked for nothing", volumes, err)
	}
}
