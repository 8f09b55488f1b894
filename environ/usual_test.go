package environ

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestUsual: a client finds the server of a well-known image by itself, unless nobody knows
// which of two is meant; what the configuration says wins. It would catch a port of
// another kind, a registry that is taken for a tag, and a guess between two.
func TestUsual(t *testing.T) {
	for name, c := range map[string]struct {
		services string
		values   map[string]string
		up, want []string
	}{
		"its own port": {
			`db: {image: "registry.example:5000/library/postgres:17@sha256:0", ports: ["5433:5432", "9187:9187"]}`, nil,
			[]string{"db#1 5433>5432 9187>9187"},
			[]string{"DB_5432_HOST_PORT=5433", "DB_9187_HOST_PORT=9187", "PGHOST=localhost", "PGPORT=5433", "DB_URL=http://localhost:9187", "DB_5432_URL=postgresql://localhost:5433"},
		},
		"not up":       {`db: {image: postgres, ports: ["5433:5432"]}`, nil, nil, []string{"port 5432/tcp of service db is not bound, and left out"}},
		"of two, none": {`db: {image: postgres, ports: ["5433:5432"]}, other: {image: postgis/postgis}`, nil, []string{"db#1 5433>5432"}, []string{"DB_5432_HOST_PORT=5433", "DB_URL=postgresql://localhost:5433"}},
		"of replicas, the first": {
			`q: {image: "valkey/valkey:8", scale: 2, ports: ["6379"]}`, nil,
			[]string{"q#1 40001>6379", "q#2 40002>6379"},
			[]string{"Q_6379_HOST_PORT=40001", "REDIS_URL=redis://localhost:40001", "Q_URL=redis://localhost:40001", "service q runs several times: these are the ports of its first container"},
		},
		"the configuration wins": {
			`q: {image: "redis:7", ports: ["6380:6379"]}`,
			map[string]string{"REDIS_URL": "redis://:pw@{q:6379}/1"},
			[]string{"q#1 6380>6379"},
			[]string{"Q_6379_HOST_PORT=6380", "Q_URL=redis://localhost:6380", "REDIS_URL=redis://:pw@localhost:6380/1"},
		},
		"not one of the kind": {
			`p: {image: "postgres-exporter:1", ports: ["5433:5432"]}, u: {image: "me/nats", ports: ["4222:4222/udp"]}`, nil,
			[]string{"p#1 5433>5432", "u#1 4222>4222/udp"},
			[]string{"P_5432_HOST_PORT=5433", "U_4222_UDP_HOST_PORT=4222", "P_URL=postgresql://localhost:5433"},
		},
	} {
		if diff := cmp.Diff(c.want, of(t, c.services, c.values, c.up...)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
