package table

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWrite: what a table becomes, and that it stays so.
func TestWrite(t *testing.T) {
	services := []Service{
		{"web", "Front", []Port{{"8080", "80"}, {"8443", "443"}}},
		{"agent-zero", "", []Port{{"8000", "8000"}}},
		{"odd|name", "<!-- /portmoor:ports -->\x1b", []Port{{"3000-3005", "3000-3005"}}},
	}
	const more = "| agent-zero | 8000 |  |\n| odd\\|name | 3000-3005 | &lt;!-- /portmoor:ports --> |\n"
	made := Start + "\n| Service | Default Port | Category |\n|---|---|---|\n| web | 8080, 8443 | Front |\n" + more + End + "\n"
	for name, c := range map[string]struct{ src, want string }{
		"nothing":              {"", made},
		"text":                 {"# A\n", "# A\n\n" + made},
		"no final newline":     {"# A", "# A\n\n" + made},
		"CRLF":                 {"# A\r\n", "# A\r\n\r\n" + strings.ReplaceAll(made, "\n", "\r\n")},
		"nothing in between":   {Start + "\n" + End + "\n", made},
		"markers on one line":  {Start + End, strings.TrimSpace(made)},
		"a container's column": {Start + "\n| Container | Service | Port | Notes |\n|--|--|--|--|\n| 443 | web | **8442** | a \\| b |\n" + End, Start + "\n| Container | Service | Port | Notes |\n|--|--|--|--|\n| 443 | web | **8443** | a \\| b |\n| 80 | web | 8080 |  |\n| 8000 | agent-zero | 8000 |  |\n| 3000-3005 | odd\\|name | 3000-3005 |  |\n" + End},
		"two tables": {
			Start + "\n| Service | Port | Category |\n|-|-|-|\n| web   | 1, 2       | Back  |\n| web | 3 | |\n| gone | 1 | |\n" + End + "\n" + Start + "\n| Name | Port |\n|-|-|\n| Agent  Zero | 8001 (API) |\n" + End + "\n",
			Start + "\n| Service | Port | Category |\n|-|-|-|\n| web   | 8080, 8443 | Front |\n" + End + "\n" + Start + "\n| Name | Port |\n|-|-|\n| Agent  Zero | 8000 (API) |\n| odd\\|name | 3000-3005 |\n" + End + "\n",
		},
	} {
		got, err := Write([]byte(c.src), services)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(c.want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if again, err := Write(got, services); err != nil || string(again) != string(got) {
			t.Errorf("%s: again: %v (-want +got):\n%s", name, err, cmp.Diff(string(got), string(again)))
		}
	}
	for src, want := range map[string]string{
		"| Name | Port |\n|-|-|\n| web | 1 |\n":            ErrUnmarked.Error(),
		Start + "\n| Service | Port |\n|-|-|\n":            "has a table that does not end with " + End,
		Start + "\n| Service | Number |\n|-|-|\n" + End:    "has a table between markers without the columns Service and Port",
		"`" + Start + "`\n| Name | Port |\n|-|-|\n| a |\n": ErrUnmarked.Error(),
	} {
		if got, err := Write([]byte(src), services); err == nil || err.Error() != want {
			t.Errorf("%q: %q, %v", src, got, err)
		}
	}
}
