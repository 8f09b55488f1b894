package docker

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/docker/dockertest"
)

// manager is a recorded manager of a swarm.
func manager(t *testing.T) (*dockertest.Engine, *Engine) {
	t.Helper()
	recorded := dockertest.Start(t, "127.0.0.1")
	recorded.SetSwarm(dockertest.SwarmServices, dockertest.SwarmTasks, dockertest.SwarmNodes)
	return recorded, connect(t, map[string]string{"DOCKER_HOST": recorded.Endpoint})
}

// swarmWeb and the rest are what stack shop has.
var (
	swarmWeb = Container{
		ID: "web", Name: "shop_web", Stack: "shop", Service: "web", Role: SwarmService, State: "running", Tasks: 2, Wanted: 3,
		Bindings: []Binding{{"0.0.0.0", 28800, 80, "tcp"}, {"0.0.0.0", 30000, 81, "tcp"}},
	}
	swarmHost = Container{ID: "host", Name: "shop_host", Stack: "shop", Service: "host", Role: SwarmService, State: "running", Tasks: 1, Wanted: 1}
	hostTask  = Container{
		ID: "c4", Name: "shop_host.n1", Stack: "shop", Service: "host", Role: SwarmTask, Number: 1, State: "running",
		Bindings: []Binding{{"10.1.2.3", 32768, 80, "tcp"}, {"10.1.2.3", 28801, 81, "tcp"}},
	}
)

func webTask(id, state string, slot int) Container {
	return Container{ID: id, Name: "shop_web." + string(rune('0'+slot)), Stack: "shop", Service: "web", Role: SwarmTask, Number: slot, State: state}
}

// TestStack: what a service publishes on every node is the service's, what it publishes on
// the nodes of its tasks is that of the task.
func TestStack(t *testing.T) {
	recorded, e := manager(t)
	got, err := e.Stack(t.Context(), "shop")
	want := []Container{swarmHost, hostTask, swarmWeb, webTask("c1", "running", 1), webTask("c2", "running", 2), webTask("t3", "preparing", 3)}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if got, err := e.Stack(t.Context(), "none"); len(got) > 0 || err != nil {
		t.Errorf("a stack that is not there: %v %v", got, err)
	}
	// Its address is that of the manager where the node has none.
	recorded.SetSwarm(dockertest.SwarmServices, dockertest.SwarmTasks, strings.Replace(dockertest.SwarmNodes, `"Addr":"10.1.2.3"}`, `"Addr":"0.0.0.0"}`, 1))
	if got, err := e.Stack(t.Context(), "shop"); err != nil || len(got) < 2 || got[1].Bindings[0].HostIP != "10.1.2.3" {
		t.Errorf("%v %v", got, err)
	}
	// Nothing runs.
	recorded.SetSwarm(dockertest.SwarmServices, "[]", dockertest.SwarmNodes)
	got, err = e.Stack(t.Context(), "shop")
	if err != nil || len(got) != 2 || got[1].Running() || got[1].Title() != "shop_web (0/3)" {
		t.Errorf("%v %v", got, err)
	}
}

// TestUp: a stack is only looked for where the compose project of its name is not up, and an
// engine without a swarm, or without the words for one, is no error.
func TestUp(t *testing.T) {
	recorded, e := manager(t)
	recorded.Set(containers, nil)
	if got, err := e.Up(t.Context(), "shop"); err != nil || len(got) != 1 || got[0].Name != "shop-web-1" {
		t.Errorf("%v %v", got, err)
	}
	recorded.Set(strings.ReplaceAll(containers, `"running"`, `"exited"`), nil)
	if got, err := e.Up(t.Context(), "shop"); err != nil || len(got) != 6 {
		t.Errorf("%v %v", got, err)
	}
	recorded.SetSwarm("", "", "")
	if got, err := e.Up(t.Context(), "shop"); err != nil || len(got) != 1 || got[0].State != "exited" {
		t.Errorf("%v %v", got, err)
	}
	if _, err := e.Stack(t.Context(), "shop"); err == nil || !strings.HasSuffix(err.Error(), ": it is no manager of a swarm") {
		t.Errorf("%v", err)
	}
}

// TestEverything: a port that a service publishes is one of every node, in whatever mode, also
// while no task of it runs.
func TestEverything(t *testing.T) {
	recorded, e := manager(t)
	recorded.Set(`[{"Id":"c4","Names":["/shop_host.n1.t4"],"State":"running","Labels":{"com.docker.stack.namespace":"shop","com.docker.swarm.service.name":"shop_host"},"Ports":[]}]`, nil)
	got, err := e.Everything(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []Container{
		{ID: "c4", Name: "shop_host.n1.t4", Stack: "shop", Service: "host", Role: SwarmTask, State: "running"},
		{ID: "web", Name: "shop_web", Stack: "shop", Service: "web", Role: SwarmService, State: "running", Bindings: []Binding{{"", 28800, 80, "tcp"}, {"", 30000, 81, "tcp"}}},
		{ID: "host", Name: "shop_host", Stack: "shop", Service: "host", Role: SwarmService, State: "running", Bindings: []Binding{{"", 28801, 81, "tcp"}}},
		{ID: "api", Name: "other_api", Stack: "other", Service: "api", Role: SwarmService, State: "running", Bindings: []Binding{{"", 28850, 80, "tcp"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	holders, err := e.Holders(t.Context(), []Binding{{HostPort: 28850, Protocol: "tcp"}, {HostPort: 28800, Protocol: "udp"}})
	if diff := cmp.Diff(want[3:], holders); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestFollowStack: an event of a service has no label of a project, and is heard all the same.
func TestFollowStack(t *testing.T) {
	recorded, e := manager(t)
	calls := 0
	began := time.Now()
	err := e.Follow(t.Context(), "shop", func([]string) error {
		if calls++; calls == 2 {
			return errNoManager
		}
		time.AfterFunc(50*time.Millisecond, func() {
			recorded.SetSwarm(dockertest.SwarmServices, "[]", dockertest.SwarmNodes)
		})
		return nil
	}, nil)
	if calls != 2 || time.Since(began) > recheck {
		t.Errorf("%d calls after %s: %v", calls, time.Since(began), err)
	}
	asked := recorded.Filters()
	if len(asked) == 0 || !strings.Contains(asked[len(asked)-1], `"service":true`) || strings.Contains(asked[len(asked)-1], "label") {
		t.Errorf("%v", asked)
	}
}
