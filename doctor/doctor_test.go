package doctor

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/say"
)

// TestChecks: what is wrong has its hint below it, nothing is shown that a terminal would
// obey, and the user's folder is not in a report.
func TestChecks(t *testing.T) {
	checks := Short([]Check{
		Of("git", nil, "branch a\x1b[31m of /home/me/shop"),
		Of("engine", say.Failf("start it, see /home/me/.docker", "no answer of tcp://secret:1"), "unused"),
		Of("ports", errors.New("plain"), ""), Nothing("project", "none here"),
	}, "/home/me", "tcp://secret:1")
	var b strings.Builder
	if err := Write(&b, checks); err != nil {
		t.Fatal(err)
	}
	want := `ok     git      branch a\x1b[31m of ~/shop
wrong  engine   no answer of $DOCKER_HOST
                hint: start it, see ~/.docker
wrong  ports    plain
none   project  none here
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !Sick(checks) || Sick(checks[:1]) || Sick(checks[3:]) {
		t.Error("who is sick?")
	}
	text, err := json.Marshal(ReportOf("1", checks[3:]))
	if err != nil || string(text) != `{"version":1,"program":"1","checks":[{"name":"project","state":"none","message":"none here","hint":""}]}` {
		t.Errorf("%s %v", text, err)
	}
	if same := Short(checks, "", ""); !cmp.Equal(same, checks) {
		t.Errorf("%v", same)
	}
}
