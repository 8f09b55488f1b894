package ports_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/ports"
)

// TestPolicy is the law of what is never picked. Each line would be a port that
// detect or reconcile hands out and that lint then complains about, or one that
// people have asked for and do not get.
func TestPolicy(t *testing.T) {
	configured := ports.Policy{Reserved: []ports.Range{{First: 9100, Last: 9199}}, Ephemeral: ports.Range{First: 49152, Last: 65535}}
	explicit := configured
	explicit.Explicit = true
	for _, c := range []struct {
		port   int
		policy ports.Policy
		want   string
	}{
		{1024, ports.Policy{}, "in the reserved range 1-1024"},
		{1025, ports.Policy{}, ""},
		{6880, ports.Policy{}, ""},
		{6881, ports.Policy{}, "in the reserved range 6881-6889"},
		{6889, ports.Policy{}, "in the reserved range 6881-6889"},
		{6890, ports.Policy{}, ""},
		{6000, ports.Policy{}, "refused by browsers"},
		{10080, ports.Policy{}, "refused by browsers"},
		{32767, ports.Policy{}, ""},
		{32768, ports.Policy{}, "in the range of outgoing connections, 32768-60999"},
		{60999, ports.Policy{}, "in the range of outgoing connections, 32768-60999"},
		{61000, ports.Policy{}, ""},
		{9150, ports.Policy{}, ""},
		{9150, configured, "in the reserved range 9100-9199"},
		{33000, configured, ""},
		{50000, configured, "in the range of outgoing connections, 49152-65535"},
		// A range that people have configured may hold what is only unwise; what is
		// reserved stays reserved.
		{50000, explicit, ""},
		{6000, explicit, ""},
		{9150, explicit, "in the reserved range 9100-9199"},
		{80, explicit, "in the reserved range 1-1024"},
	} {
		if got := c.policy.Refuses(c.port); got != c.want {
			t.Errorf("%d under %+v: %q, want %q", c.port, c.policy, got, c.want)
		}
	}
}

// TestFirstBlocked: of a range the port that a browser would refuse first.
func TestFirstBlocked(t *testing.T) {
	for r, want := range map[ports.Range]int{{First: 6001, Last: 6565}: 0, {First: 5999, Last: 6700}: 6000, {First: 10080, Last: 10080}: 10080, {First: 10081, Last: 65535}: 0, {}: 0} {
		if got := ports.FirstBlocked(r); got != want {
			t.Errorf("%v: %d, want %d", r, got, want)
		}
	}
}

// TestNotWeb: ports that nobody opens in a browser, so that nobody has to be told that
// he can't.
func TestNotWeb(t *testing.T) {
	for r, want := range map[ports.Range]bool{
		ports.One(22): true, ports.One(25): true, {First: 20, Last: 21}: true, {First: 6665, Last: 6669}: true,
		{First: 6660, Last: 6670}: false, ports.One(6000): false, ports.One(10080): false, ports.One(80): false, {}: false,
	} {
		if got := ports.NotWeb(r); got != want {
			t.Errorf("%v: %v, want %v", r, got, want)
		}
	}
}

// TestParse: what Compose takes for a port or a range, and what it does not.
func TestParse(t *testing.T) {
	for text, want := range map[string]ports.Range{
		"8080": {First: 8080, Last: 8080}, "8000-8010": {First: 8000, Last: 8010}, "0": {}, "0080": {First: 80, Last: 80}, "65535": {First: 65535, Last: 65535},
	} {
		if got, err := ports.Parse(text); err != nil || got != want {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"": "not a number", "65536": "ports go from 0 to 65535", "-1": "not a number", "99999999999999999999": "ports go from 0 to 65535",
		"8010-8000": "the range ends before it starts", "80-": "not a number", "a": "not a number",
	} {
		if _, err := ports.Parse(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// TestSockets: which two sockets can't have one port. A pair too few is a start
// that fails, a pair too many a port that moves for nothing.
func TestSockets(t *testing.T) {
	tcp := func(address string) ports.Socket { return ports.Socket{Address: address, Protocol: "tcp"} }
	for _, c := range []struct {
		a, b ports.Socket
		want bool
	}{
		{tcp(""), tcp(""), true},
		{tcp(""), tcp("127.0.0.1"), true},
		{tcp(""), tcp("::"), true},
		{tcp("0.0.0.0"), tcp("::"), false},
		{tcp("0.0.0.0"), tcp("127.0.0.1"), true},
		{tcp("::"), tcp("::1"), true},
		{tcp("::ffff:127.0.0.1"), tcp("127.0.0.1"), true},
		{tcp("127.0.0.1"), tcp("127.0.0.2"), false},
		{tcp("${IP}"), tcp("127.0.0.1"), false},
		{tcp(""), ports.Socket{Protocol: "udp"}, false},
	} {
		if c.a.Overlaps(c.b) != c.want || c.b.Overlaps(c.a) != c.want {
			t.Errorf("%v and %v: not %v both ways", c.a, c.b, c.want)
		}
	}
}

// TestRange: the small words that the rest of the house counts with.
func TestRange(t *testing.T) {
	type facts struct {
		Text        string
		Width       int
		Zero        bool
		Has, Meets8 bool
	}
	got := []facts{}
	for _, r := range []ports.Range{{}, ports.One(8), ports.From(7, 3), ports.From(9, 0), ports.One(0)} {
		got = append(got, facts{r.String(), r.Width(), r.Zero(), r.Has(8), r.Overlaps(ports.One(8))})
	}
	want := []facts{{"", 0, true, false, false}, {"8", 1, false, true, true}, {"7-9", 3, false, true, true}, {"9", 1, false, false, false}, {"", 0, true, false, false}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSet: a set has the ports of its ranges and no other, however they meet.
func TestSet(t *testing.T) {
	s := ports.NewSet(ports.Range{}, ports.Range{First: 10, Last: 20}, ports.One(5), ports.Range{First: 15, Last: 16}, ports.Range{First: 21, Last: 22}, ports.Range{First: 40, Last: 65535}, ports.One(0))
	for port, want := range map[int]bool{0: false, 4: false, 5: true, 6: false, 9: false, 10: true, 17: true, 20: true, 21: true, 23: false, 39: false, 40: true, 65535: true, 70000: false} {
		if s.Has(port) != want {
			t.Errorf("%d: not %v", port, want)
		}
	}
	if (ports.Set{}).Has(0) {
		t.Error("what is empty has a port")
	}
}
