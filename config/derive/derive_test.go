package derive

import (
	"fmt"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
)

// TestParse: what stands in braces is a port, and all else is as it was written; what is
// neither is refused with what to write.
func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"http://{api:8000}":           "http://[api:8000]",
		"{a:1}{b:2/udp}":              "[a:1][b:2/udp]",
		"{a:1/tcp}":                   "[a:1]",
		"{{{a:1}}}":                   "{[a:1]}",
		"{{a:1}} {b:2}":               "{a:1} [b:2]",
		`{{"u": "http://{a.b-c:1}"}}`: `{"u": "http://[a.b-c:1]"}`,
		"ä{a_b:65535/sctp}$X":         "ä[a_b:65535/sctp]$X",
		"":                            "the value has no port in it (write {service:port}, such as {web:80} where its host and port belong)",
		"{{a:1}}":                     "the value has no port in it (write {service:port}, such as {web:80} where its host and port belong)",
		"{a:1":                        "{ is not closed (write {service:port}, such as {web:80}, or {{ for a brace)",
		"{a:1}}":                      "} closes nothing (write }} for a brace)",
		"${X}{a:1}":                   "want {service:port}, such as {web:80}, not {X} (write {{ for a brace)",
		"{}":                          "want {service:port}, such as {web:80}, not {} (write {{ for a brace)",
		"{:80}":                       "want {service:port}, such as {web:80}, not {:80} (write {{ for a brace)",
		"{a b:80}":                    "want {service:port}, such as {web:80}, not {a b:80} (write {{ for a brace)",
		"{a:http}":                    `"http" in {a:http} is not a port (it is the port inside the container, such as 80 or 53/udp)`,
		"{a:}":                        `"" in {a:} is not a port (it is the port inside the container, such as 80 or 53/udp)`,
		"{a:+80}":                     `"+80" in {a:+80} is not a port (it is the port inside the container, such as 80 or 53/udp)`,
		"{a:0}":                       `"0" in {a:0} is not a port (it is the port inside the container, such as 80 or 53/udp)`,
		"{a:65536}":                   `"65536" in {a:65536} is not a port (it is the port inside the container, such as 80 or 53/udp)`,
		"{a:80/udb}":                  `protocol "udb" in {a:80/udb} is unknown (did you mean udp?)`,
		"{a:80/}":                     `protocol "" in {a:80/} is unknown (choose tcp, udp or sctp)`,
	} {
		v, err := Parse(text)
		got, _ := v.With(func(p Port) string { return "[" + p.String() + "]" })
		if err != nil {
			got = fmt.Sprintf("%s (%s)", err, say.Of(err).Hint)
		}
		if got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

// TestWith: a value that lacks the address of one port has none.
func TestWith(t *testing.T) {
	v, err := Parse("{a:1},{b:2},{c:3},{b:2}")
	if err != nil {
		t.Fatal(err)
	}
	text, missing := v.With(func(p Port) string { return map[string]string{"a": "[::1]:10", "c": "x:3"}[p.Service] })
	if text != "" || fmt.Sprint(missing) != "[b:2]" {
		t.Errorf("%q lacks %v", text, missing)
	}
	if text, missing := (Value{}).With(nil); text != "" || missing != nil {
		t.Errorf("%q lacks %v", text, missing)
	}
	v.Ports()[0].Service = "x"
	if v.Ports()[0].Service != "a" {
		t.Error("the value is changed from outside")
	}
}

// TestOf: a value is of the projects that publish all of its ports, and of none it is
// wrong.
func TestOf(t *testing.T) {
	publishes := func(service string, r ports.Range, protocol string) Published { return Published{service, r, protocol} }
	shop := []Published{publishes("web", ports.One(80), "tcp"), publishes("dns", ports.One(53), "udp"), publishes("many", ports.From(3000, 3), "tcp")}
	other := []Published{publishes("web", ports.One(81), "tcp")}
	for text, want := range map[string]string{
		"{web:80}{many:3002}": "shop", "{dns:53/udp}": "shop", "{web:81}": "other",
		"{dns:53}":         "service dns does not publish its port 53/tcp, as {dns:53} has it (did you mean 53/udp?)",
		"{many:3003}":      "service many does not publish its port 3003/tcp, as {many:3003} has it (there are 3000-3002/tcp)",
		"{web:80}{web:81}": "no one project publishes all of its ports (write a value for each)",
		"{wab:80}":         "no service that publishes a port is called \"wab\", as {wab:80} has it (did you mean web?)",
		"{quite-other:80}": "no service that publishes a port is called \"quite-other\", as {quite-other:80} has it (there are dns, many and web)",
	} {
		v, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for name, project := range map[string][]Published{"shop": shop, "other": other} {
			if v.Of(project) {
				got += name
			}
		}
		if err := v.Wrong([][]Published{shop, other}); err != nil {
			got += fmt.Sprintf("%s (%s)", err, say.Of(err).Hint)
		}
		if got != want {
			t.Errorf("%s is of %s, want %s", text, got, want)
		}
	}
}

// FuzzParse: whatever is parsed is there again, with every port once.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"http://{api:8000}", "{{{a:1/udp}}}", "{a:1", "}", "{a:99999}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := Parse(text)
		if err != nil {
			return
		}
		again, missing := v.With(func(p Port) string { return "\x00" + p.String() + "\x01" })
		if missing != nil || strings.Count(again, "\x00") < len(v.Ports()) {
			t.Fatalf("%q: %q, %v", text, again, missing)
		}
		written := strings.NewReplacer("{", "{{", "}", "}}", "\x00", "{", "\x01", "}").Replace(again)
		if w, err := Parse(written); err != nil && !strings.ContainsAny(text, "\x00\x01") || err == nil && len(w.Ports()) != len(v.Ports()) && !strings.ContainsAny(text, "\x00\x01") {
			t.Fatalf("%q: %q: %v", text, written, err)
		}
	})
}
