package contest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose"
)

// Each row would show a port that is missed, under another name, or written at
// another place than the one that counts.
func TestFixedPorts(t *testing.T) {
	root := t.TempDir()
	l := compose.NewLoader(compose.LoadOptions{})
	var groups []compose.Group
	for path, src := range map[string]string{
		"a/compose.yaml": `services:
  web: {image: x, ports: ["8080:80", "${ADMIN:-9000}:90", "0:1", "7", "7000-7002:80"]}
  off: {image: x, network_mode: host, ports: ["1:1"]}
  two: {image: x, ports: ["53:53", "53:53/udp"]}
  twice: {image: x, ports: ["81:80", "82:80"]}
`,
		"b/compose.yaml": `services:
  web: {image: x, ports: ["${P:-8080}:80"]}
  range: {image: x, ports: ["6000-6001:6000-6001"]}
  parts: {image: x, ports: ["80${N:-1}:80"]}
  both: {image: x, ports: ["${B:-70}:${B:-70}", "71:71"]}
  left: {image: x, ports: ["${S}:80"]}
  right: {image: x, ports: ["${S}:81"]}
  one: {image: x, ports: ["${T:-73}:80"]}
  other: {image: x, profiles: [x], ports: ["${T:-73}:81"]}
`,
		"b/.env": `S=72
`,
	} {
		path = filepath.Join(root, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(src), 0o644)); err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(path, ".env") {
			groups = append(groups, compose.Group{Dir: filepath.Dir(path), Files: []string{path}})
		}
	}
	if groups[0].Dir > groups[1].Dir {
		groups[0], groups[1] = groups[1], groups[0]
	}
	var got []string
	fixed := FixedPorts(l.Load(groups), root)
	var ports []Port
	for _, f := range fixed {
		ports = append(ports, f.Port)
	}
	Share(ports, func(path string) string { return path })
	for _, f := range ports {
		var places []string
		for _, p := range f.Places {
			line, column := p.File.Position(p.Span.Start)
			places = append(places, fmt.Sprintf("%d:%d", line, column))
		}
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %d %s %s", f.Name, f.Port, strings.Join(places, " "), f.Stuck)))
	}
	want := []string{
		"a/web:80 8080 2:28",
		"a/web:90 9000 2:48",
		"two 53 4:28 4:37",
		"twice:80 81 5:30",
		"twice:80#2 82 5:39",
		"b/web 8080 2:33",
		"range 6000 3:30 it has a range of ports",
		"parts 801  no file says the number by itself",
		"both:${B:-70} 70 5:34 its variable is its container port too",
		"both:71 71 5:50",
		"left 72 1:3 S is that of right too",
		"right 72 1:3 S is that of left too",
		"one 73 8:33 T is that of other too",
		"other 73 9:50 T is that of one too",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
