package compose

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/portmoor/portmoor/compose/variable"
)

var shortSeeds = []string{
	"80", "8080:80", "127.0.0.1:8080:80/udp", "[::1]:8080:80", "::1:8080:80", "0:80", ":80", "127.0.0.1::80",
	"8000-8010:80", "8000-8002:80-82", "8000-8002:80-81", "8002-8000:1", "8080:80/UDP", "080:80", " 8080:80",
	"localhost:1:1", "190:20:30", "8080:0", "65536:80", "+8080:80", "80/", "/tcp", "8080:80/http", "[::1:80:80",
	"[[::1]]:1:1", "1-1:80", "-1:80", "80-", "8080:80,9090:90", "[]:1:1", "::ffff:1.2.3.4:1:2", "1:1-3",
}

// FuzzShort holds our reading of short ports against compose-go's: the same
// texts are accepted, and mean the same. The one difference is container port
// 0, which compose-go only refuses later.
func FuzzShort(f *testing.F) {
	for _, s := range shortSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseShort(text)
		if got.container.Width() > maxRange || got.host.Width() > maxRange {
			t.Skip("compose-go makes an entry of each port")
		}
		_, _, container := splitShort(text)
		if first, last, ok := strings.Cut(container, "-"); ok && len(first)+len(last) > 6 {
			t.Skip("a wide range")
		}
		want, wantErr := types.ParsePortConfig(text)
		if zero := slices.ContainsFunc(want, func(p types.ServicePortConfig) bool { return p.Target == 0 }); zero {
			if err == nil {
				t.Fatalf("%q: container port 0 is accepted", text)
			}
			return
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: we say %v, compose-go %v", text, err, wantErr)
		}
		if err != nil {
			return
		}
		_, host, _ := splitShort(text)
		m := Mapping{HostIP: got.hostIP, Container: got.container, Protocol: got.protocol, HostPort: variable.Expr{Ports: got.host}, zero: host != "" && got.host.Zero()}
		var spec []string
		for _, p := range want {
			spec = append(spec, fmt.Sprintf("%s:%s:%d/%s", p.HostIP, p.Published, p.Target, p.Protocol))
		}
		ours := spread(m)
		slices.Sort(spec)
		slices.Sort(ours)
		if !slices.Equal(spec, ours) {
			t.Fatalf("%q: we read %v, compose-go %v", text, ours, spec)
		}
	})
}
