package others

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/ports"
)

// TestMentions is the law of which numbers name a host port: one that is missed leads
// to another checkout, one that is wrong sends somebody to mend what is right. Host
// port 8080 of web, for its 8080, has moved to 10000, and 9000-9002 to 9100-9102.
func TestMentions(t *testing.T) {
	for text, want := range map[string]string{
		"http://localhost:8080":                         "8080>10000",
		"HTTP://LOCALHOST:8080/x":                       "8080>10000",
		"localhost:8080":                                "8080>10000",
		"u:p@tcp(127.0.0.1:8080)/db":                    "8080>10000",
		"redis://u:p@[::1]:8080/0":                      "8080>10000",
		"http://host.docker.internal:9001":              "9001>9101",
		"PLAINTEXT://web:9092,HOST_X://localhost:9002":  "9002>9102",
		"localhost:9000,localhost:9003, localhost:8080": "9000>9100 8080>10000",
		"http://mybox:8080 http://mybox.local:8080":     "8080>10000 8080>10000",
		"http://192.168.7.7:8080":                       "8080>10000", // the address of a mapping
		"http://10.1.2.3:8080":                          "8080>10000", // of this machine
		"http://10.1.2.4:8080":                          "",
		"http://app.localhost:8080":                     "8080>10000",
		"http://nas.lan:8080":                           "8080>10000",
		"nas.lan:8080":                                  "",
		"http://${HOST:-x}:8080 http://$IP:8080":        "8080>10000 8080>10000",
		"${HOST}:8080":                                  "",
		"http://localhost:${PORT:-8080}":                "8080>10000",
		"http://localhost:${SET:-8080}":                 "",
		"http://localhost:${WEB_HOST_PORT:-8080}":       "",
		"http://web:8080":                               "", // in its container
		"http://boxed:8080":                             "",
		"http://example.com:8080":                       "",
		"http://notlocalhost:8080 my-localhost:8080":    "",
		"http://localhost:80801 localhost:808":          "",
		"8080":                                          "",
		"0.0.0.0:8080":                                  "", // where the container listens
		"http://localhost/8080":                         "",
	} {
		for _, quote := range []string{"'", `"`} {
			got := ""
			for _, m := range mentioned(t, "late", "LINK: "+quote+text+quote) {
				got += fmt.Sprintf("%d>%d ", m.Old, m.Now)
			}
			if diff := cmp.Diff(want, got[:max(0, len(got)-1)]); diff != "" {
				t.Errorf("%s: (-want +got):\n%s", text, diff)
			}
		}
	}
	for setting, want := range map[string]int{
		"NEXTAUTH_URL: 'http://localhost:8080'":         1,
		"HEALTH_URL: 'http://localhost:8080'":           0,
		"INTERNAL: 'http://127.0.0.1:8080'":             0,
		"INTERNAL: 'http://host.docker.internal:8080'":  1,
		"RANGE_CHECK: 'http://localhost:9000'":          1, // no port of this container
		"NEXTAUTH_URL: 'http://localhost:${P:-8080}/x'": 1,
	} {
		if got := mentioned(t, "web", setting); len(got) != want {
			t.Errorf("%s: %v", setting, got)
		}
	}
	for service, want := range map[string]int{"web": 0, "late": 1} {
		if got := mentionedIn(t, service, "command: serve localhost:8080"); len(got) != want {
			t.Errorf("command of %s: %v", service, got)
		}
	}
	if got := mentionedIn(t, "web", "labels: [u=http://localhost:8080]"); len(got) != 1 {
		t.Errorf("labels: %v", got)
	}
	if got := mentioned(t, "same", "LINK: 'http://localhost:8080'"); len(got) != 0 {
		t.Errorf("the port of another container: %v", got)
	}
}

// mentioned is what is found in one setting of the environment of a service.
func mentioned(t *testing.T, service, setting string) []Mention {
	t.Helper()
	return mentionedIn(t, service, "environment: {"+setting+"}")
}

// mentionedIn is what is found in one key of a service.
func mentionedIn(t *testing.T, service, key string) []Mention {
	t.Helper()
	files := map[string]string{"late": "", "web": "", "same": "", "range": ""}
	files[service] = ", " + key
	l := compose.NewLoader(compose.LoadOptions{Environ: map[string]string{"SET": "1"}})
	l.Add("/app/compose.yaml", []byte(`services:
  web: {container_name: boxed, ports: ["${WEB_HOST_PORT:-8080}:8080", "192.168.7.7:7000:70"]`+files["web"]+`}
  range: {ports: ["9000-9002:9000-9002"]`+files["range"]+`}
  same: {ports: ["8081:8080"]`+files["same"]+`}
  late: {image: x`+files["late"]+`}
`))
	p := l.Load([]compose.Group{{Dir: "/app", Files: []string{"/app/compose.yaml"}}})[0]
	if len(p.Mappings) != 4 {
		t.Fatalf("%d mappings: %v", len(p.Mappings), p.Problems)
	}
	moved := []Move{
		{ports.One(8080), ports.One(10000), "WEB_HOST_PORT", []*compose.Mapping{&p.Mappings[0]}},
		{ports.From(9000, 3), ports.From(9100, 3), "", []*compose.Mapping{&p.Mappings[2]}},
	}
	return Mentions(p, p.Settings(), moved, []string{"mybox", "mybox.local", "10.1.2.3"})
}

// TestMentionHint: what is written instead follows the port, where something does.
func TestMentionHint(t *testing.T) {
	for _, c := range []struct {
		mention Mention
		want    string
	}{
		{Mention{Setting: compose.Setting{Service: "late", Key: "environment", Name: "LINK"}, Var: "W", Old: 8080, Port: "web:80"}, "write ${W:-8080} there instead of the number"},
		{Mention{Setting: compose.Setting{Service: "late", Key: "environment", Name: "LINK"}, Port: "web:80"}, "write ${LINK} there, and its value under env in .portmoor.yaml, with {web:80} for the host and the port; the block in .env passes it on"},
		{Mention{Setting: compose.Setting{Service: "late", Key: "command"}, Port: "web:80"}, "write the new port there"},
		{Mention{Setting: compose.Setting{Name: "LINK"}, Var: "W", Port: "dns:53/udp"}, "take the line out, and write LINK under env in .portmoor.yaml, with {dns:53/udp} for the host and the port"},
		{Mention{Setting: compose.Setting{Name: "LINK"}}, "write the new port there"},
	} {
		if got := c.mention.Hint(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	if got := mentioned(t, "late", "LINK: 'http://localhost:9001 http://localhost:8080'"); len(got) != 2 || got[0].Port != "range:9001" || got[1].Port != "web:8080" {
		t.Errorf("%v", got)
	}
}
