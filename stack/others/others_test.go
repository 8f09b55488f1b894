package others

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/say"
)

const files = `name: shop
services:
  db: {image: x, container_name: "${PREFIX:-my}db", volumes: ["data:/a", "free:/b", "/c", "./d:/d"]}
  web: {image: x, scale: 2, networks: [front, back], volumes: ["cache:/a"]}
  idle: {image: x, container_name: idle, networks: [idle], volumes: ["idle:/a"]}
networks:
  front: {name: front}
  back: {external: true, name: back}
  idle: {name: idle}
volumes:
  data:
    name: ${PREFIX:-my}data
  free: {}
  cache: {external: true}
  idle: {name: idle}
`

func scale(svc compose.Service) int { return svc.Scale }

// shop is the project, of which service idle is not started.
func shop(t *testing.T) (*compose.Project, []Name) {
	t.Helper()
	l := compose.NewLoader(compose.LoadOptions{Environ: map[string]string{"PREFIX": "shop"}})
	l.Add("/app/compose.yaml", []byte(files))
	p := l.Load([]compose.Group{{Dir: "/app", Files: []string{"/app/compose.yaml"}}})[0]
	// What compose-go reads stands on disk.
	return p, Names(p, func(service string) bool { return service != "idle" }, scale)
}

// TestConflicts is the law of names that another project has: one that is missed
// leaves a project that is half there, one that is wrong stops one that runs well.
func TestConflicts(t *testing.T) {
	_, names := shop(t)
	names = append(names,
		Name{compose.Text{Value: "shopdata"}, Volume, "", false}, Name{compose.Text{Value: "shop_free"}, Volume, "", true},
		Name{compose.Text{Value: "front"}, Network, "", false}, Name{compose.Text{Value: "shop_default"}, Network, "", true})
	has := func(name, project, service string) docker.Container {
		return docker.Container{Name: name, Project: project, Service: service, State: "exited"}
	}
	numbered := func(n int) docker.Container {
		c := has(fmt.Sprintf("shop-web-%d", n), "shop", "web")
		c.Number = n
		return c
	}
	once := has("shopdb", "shop", "db")
	once.OneOff = true
	for _, c := range []struct {
		what       string
		containers []docker.Container
		networks   []docker.Resource
		volumes    []docker.Resource
		want       []string
	}{
		{what: "nothing is there"},
		{what: "its own", containers: []docker.Container{has("shopdb", "shop", "db"), has("shop-web-1", "shop", "web")}, networks: []docker.Resource{{Name: "front", Project: "shop"}}, volumes: []docker.Resource{{Name: "shopdata", Project: "shop"}}},
		{what: "another name", containers: []docker.Container{has("mydb", "store", "db"), has("idle", "store", "idle")}},
		{
			what: "another project's", containers: []docker.Container{has("shopdb", "store", "db"), has("shop-web-2", "store", "x")},
			want: []string{"! service db: there is a container called shopdb already, of project store (exited)", "! service web: there is a container called shop-web-2 already, of project store (exited)"},
		},
		{what: "a name that Compose makes, where the service has another one already", containers: []docker.Container{has("shop-web-2", "store", "x"), has("shop-web-3", "shop", "web")}},
		{what: "as many as there are to be", containers: []docker.Container{has("shop-web-2", "store", "x"), numbered(1), numbered(3)}},
		{
			what: "a further one of a service", containers: []docker.Container{has("shop-web-1", "store", "x"), has("shop-web-2", "store", "x"), has("shop-web-4", "store", "x"), numbered(3)},
			want: []string{"! service web: there is a container called shop-web-4 already, of project store (exited)"},
		},
		{what: "by hand", containers: []docker.Container{has("shopdb", "", "")}, want: []string{"! service db: there is a container called shopdb already, which docker compose has not made (exited)"}},
		{what: "an orphan", containers: []docker.Container{has("shopdb", "shop", "old")}, want: []string{"! service db: there is a container called shopdb already, of its service old (exited)"}},
		{what: "of docker compose run", containers: []docker.Container{once}, want: []string{"! service db: there is a container called shopdb already, of docker compose run (exited)"}},
		{
			what: "a volume", containers: []docker.Container{has("x", "store", "y")}, volumes: []docker.Resource{{Name: "shopdata", Project: "store"}, {Name: "shop_free", Project: "gone"}, {Name: "other", Project: "store"}},
			want: []string{"! volume shopdata is that of project store, and both would write to it", "  volume shop_free was made for project gone, and is used all the same"},
		},
		{what: "a volume and a network by hand", volumes: []docker.Resource{{Name: "shopdata"}}, networks: []docker.Resource{{Name: "front"}}},
		{
			what: "a network on which a service would be there twice", containers: []docker.Container{has("x", "store", "y"), has("z", "store", "web")}, networks: []docker.Resource{{Name: "front", Project: "store"}},
			want: []string{"! network front is that of project store, which has a service web too"},
		},
		{
			what: "a network with other services", containers: []docker.Container{has("x", "store", "idle"), has("y", "other", "web")}, networks: []docker.Resource{{Name: "front", Project: "store"}},
			want: []string{"  network front was made for project store, and is used all the same"},
		},
	} {
		var got []string
		for _, x := range Conflicts("shop", names, c.containers, map[Kind][]docker.Resource{Network: c.networks, Volume: c.volumes}) {
			mark := map[say.Kind]string{say.Finding: "! ", say.Note: "  "}[x.Problem.Kind]
			got = append(got, mark+x.Problem.Message)
			if x.Problem.Hint == "" {
				t.Errorf("%s: no hint", c.what)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, diff)
		}
	}
}

// TestNames: the names of containers without compose-go, which has no file here.
func TestNames(t *testing.T) {
	p, names := shop(t)
	var got []string
	for _, n := range names {
		line, column := n.File.Position(n.Span.Start)
		got = append(got, fmt.Sprintf("%d:%d %s %s %v", line, column, n.Kind, n.Value, n.Made))
	}
	if diff := cmp.Diff([]string{"3:34 container shopdb false", "4:3 container shop-web-1 true", "4:3 container shop-web-2 true"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, c := range []struct{ section, key, want string }{{"volumes", "data", "12:11"}, {"volumes", "free", "13:3"}, {"networks", "front", "7:17"}, {"networks", "default", "1:1"}} {
		at := p.Named(c.section, c.key)
		line, column := at.File.Position(at.Span.Start)
		if got := fmt.Sprintf("%d:%d", line, column); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.section, c.key, got, c.want)
		}
	}
}

// TestNamesOfTheProject: COMPOSE_PROJECT_NAME is the name of the project wherever that
// is from, and a name that is empty is nobody's.
func TestNamesOfTheProject(t *testing.T) {
	path := filepath.Join(t.TempDir(), "compose.yaml")
	text := "name: shop\nservices: {db: {image: x, container_name: \"${COMPOSE_PROJECT_NAME}-db\", volumes: [\"data:/a\", \"none:/b\"]}}\nvolumes: {data: {name: \"${COMPOSE_PROJECT_NAME}_x\"}, none: {name: $NOBODY}}\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	p := compose.NewLoader(compose.LoadOptions{}).Load([]compose.Group{{Dir: filepath.Dir(path), Files: []string{path}}})[0]
	var got []string
	for _, n := range Names(p, func(string) bool { return true }, scale) {
		got = append(got, fmt.Sprintf("%s %s", n.Kind, n.Value))
	}
	if diff := cmp.Diff([]string{"container shop-db", "network shop_default", "volume shop_x"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
