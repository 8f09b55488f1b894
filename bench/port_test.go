package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/portmoor/portmoor/docker/dockertest"
)

// TestPort asks for a port of a service that runs, as the docker command is asked for one
// of its container.
func TestPort(t *testing.T) {
	needs(t)
	docker := docker(t)
	dir := t.TempDir()
	put(t, filepath.Join(dir, "compose.yaml"), "name: shop\nservices:\n  web:\n    image: nginx\n    ports: [\"8080:80\"]\n")
	engine := dockertest.Start(t, "127.0.0.1")
	engine.Version = "1.50"
	engine.Set(
		fmt.Sprintf(`[{"Id":"0123456789abcdef","Names":["/shop-web-1"],"State":"running","Status":"Up","Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"web","com.docker.compose.container-number":"1","com.docker.compose.oneoff":"False","com.docker.compose.project.working_dir":%q},"HostConfig":{"NetworkMode":"shop_default"},"Ports":[{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8080,"Type":"tcp"}]}]`, dir),
		map[string]string{"shop-web-1": `{"Id":"0123456789abcdef","Name":"/shop-web-1","State":{"Status":"running","Running":true},"NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"}]}}}`},
	)
	env := []string{"DOCKER_HOST=" + engine.Endpoint, "HOME=" + t.TempDir()}
	all := inTurn(t, 31, command{args: []string{portmoor(t), "port", "web", "80"}, dir: dir, env: env}, command{args: []string{docker, "port", "shop-web-1", "80"}, dir: dir, env: env})
	hold(t, row{"port SERVICE PORT", "docker port", ratio(all[0], all[1]), 1.2, ""})
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
