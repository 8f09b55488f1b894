package fixed

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose"
)

func load(t *testing.T, texts ...string) (projects []*compose.Project) {
	t.Helper()
	l := compose.NewLoader(compose.LoadOptions{})
	var groups []compose.Group
	for i, text := range texts {
		path := fmt.Sprintf("/%d/compose.yaml", i)
		l.Add(path, []byte(text))
		groups = append(groups, compose.Group{Dir: fmt.Sprintf("/%d", i), Files: []string{path}})
	}
	return l.Load(groups)
}

// TestCut is the law of what goes with a name, and of the neighbours that stay: each text
// has what is left without it; "" for a name that can't go, or is none.
func TestCut(t *testing.T) {
	const image = "services:\n  db:\n    image: postgres\n"
	for src, want := range map[string]string{
		image + "    container_name: x\n    restart: always\n":                            image + "    restart: always\n",
		image + "    container_name: x":                                                   image,
		image + "    container_name: \"x\"   # why\n# end\n":                              image + "# end\n",
		"services:\n  db:\n    container_name: 'x'\n    image: postgres\n":                image,
		"services:\r\n  db:\r\n    image: postgres\r\n    container_name: x\r\n":          "services:\r\n  db:\r\n    image: postgres\r\n",
		"services: {db: {image: postgres, container_name: x}}\n":                          "services: {db: {image: postgres}}\n",
		"services: {db: {container_name: x, image: postgres}}\n":                          "services: {db: {image: postgres}}\n",
		"services: {db: {image: postgres, container_name: x , restart: always}}\n":        "services: {db: {image: postgres, restart: always}}\n",
		"x-a: &a\n  container_name: x\n  image: postgres\nservices:\n  db:\n    <<: *a\n": "x-a: &a\n  image: postgres\nservices:\n  db:\n    <<: *a\n",
		image + "networks:\n  a:\n    name: x\n    driver: bridge\n":                      image + "networks:\n  a:\n    driver: bridge\n",
		image + "networks:\n  a:\n    name: x\n":                                          image + "networks:\n  a:\n",
		image + "volumes: {a: {name: x}}\n":                                               image + "volumes: {a: {}}\n",
		image + "configs:\n  a:\n    file: a.txt\n    name: x\n":                          image + "configs:\n  a:\n    file: a.txt\n",
		image + "volumes:\n  a: &a\n    name: x\n  b: *a\n":                               "",
		image + "    container_name: >-\n      x\n":                                       "",
		image + "    container_name: &x x\n":                                              "",
		image + "    container_name: ${X:-x}\n":                                           "",
		image + "    container_name: x-${COMPOSE_PROJECT_NAME}\n":                         "",
		image + "networks:\n  a:\n    name: x\n    external: true\n":                      "",
		image + "networks:\n  a:\n    external:\n      name: x\n":                         "",
		image + "    container_name:\n      x\n":                                          "",
		"services: {db: {image: postgres,\n  container_name: x}}\n":                       "",
	} {
		got := ""
		for _, n := range Names(load(t, src)[0]) {
			if !n.Cut.Empty() {
				got = src[:n.Cut.Start] + src[n.Cut.End:]
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", src, diff)
		}
	}
}

// TestMentions is the law of what speaks of a name: what is called alike in a variant, a
// comment, or a longer word does not.
func TestMentions(t *testing.T) {
	const db = "services:\n  db:\n    image: postgres\n    container_name: shopdb\n"
	for text, want := range map[string]int{
		db:                    0,
		db + "    # shopdb\n": 0,
		db + "  web: {image: nginx, environment: [DB=shopdb]}\n":                                                                   1,
		db + "  web: {image: nginx, environment: {URL: \"postgres://a@shopdb:5432/shopdb_x\"}}\n":                                  1,
		db + "  web: {image: nginx, environment: [DB=shopdb2, B=my-shopdb, C=a.shopdb]}\n":                                         0,
		db + "  web: {image: nginx, network_mode: \"container:shopdb\"}\n":                                                         1,
		"services:\n  shopdb:\n    image: postgres\n    container_name: shopdb\n  web: {image: nginx, environment: [DB=shopdb]}\n": 0,
	} {
		all := load(t, text, db, "services: {a: {image: a, labels: [x=y]}}\n")
		if got := Names(all[0])[0].Mentions(all); len(got) != want {
			t.Errorf("%s: %d, want %d: %+v", text, len(got), want, got)
		}
	}
	all := load(t, "services: {a: {image: a}}\nnetworks: {n: {name: shopnet}}\n", "services: {b: {image: b}}\nnetworks: {m: {name: shopnet, external: true}}\n", "services: {b: {image: b}}\nnetworks: {m: {name: shopnet}}\n")
	if got := Names(all[0])[0].Mentions(all); len(got) != 1 || got[0].File.Path != "/1/compose.yaml" {
		t.Errorf("what another project shares: %+v", got)
	}
}
