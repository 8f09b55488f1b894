package bench

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/portmoor/portmoor/docker/dockertest"
)

// ledger is a ledger of so many checkouts with three ports each.
func ledger(n int) string {
	var b bytes.Buffer
	b.WriteString("{\"version\":1,\"checkouts\":{\n")
	for i := range n {
		fmt.Fprintf(&b, `"/srv/checkouts/c%06d":{"shop /srv/checkouts/c%06d/data/ports.json":{`, i, i)
		for j := range 3 {
			if j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `"s%d:80/tcp":{"port":%d,"sockets":[{"protocol":"tcp"}],"default":%d,"container":80}`, j, 20000+(3*i+j)%30000, 8080+j)
		}
		b.WriteString("}}")
		if i+1 < n {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("}}\n")
	return b.String()
}

// mappings is a compose file with so many mappings.
func mappings(n int) string {
	var b bytes.Buffer
	b.WriteString("name: shop\nservices:\n")
	for i := range n {
		if i%10 == 0 {
			fmt.Fprintf(&b, "  s%d:\n    image: x\n    ports:\n", i/10)
		}
		fmt.Fprintf(&b, "      - \"${S%d_HOST_PORT:-%d}:%d\"\n", i, 51000+i, 80+i%10)
	}
	return b.String()
}

// TestDetect finds ports again beside 10,000 checkouts, as it is done before each start,
// and beside none.
func TestDetect(t *testing.T) {
	needs(t)
	engine := dockertest.Start(t, "127.0.0.1")
	binary := portmoor(t)
	detect := func(checkouts, n int) command {
		dir := t.TempDir()
		put(t, filepath.Join(dir, "compose.yaml"), mappings(n))
		path := filepath.Join(dir, "ledger.json")
		if checkouts > 0 {
			put(t, path, ledger(checkouts))
		}
		return command{args: []string{binary, "detect"}, dir: dir, env: []string{"DOCKER_HOST=" + engine.Endpoint, "HOME=" + dir, "PORTMOOR_LEDGER=" + path}}
	}
	few := inTurn(t, 15, detect(10_000, 10), detect(0, 10))
	hold(t, row{"detect, 10,000 checkouts", "with none", ratio(few[0], few[1]), 1.5, ""})
	many := inTurn(t, 5, detect(10_000, 1_000), detect(0, 1_000))
	hold(t, row{"detect, 1,000 mappings, 10,000 checkouts", "with none", ratio(many[0], many[1]), 1.5, ""})
}
