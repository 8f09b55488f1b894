package peers

import "testing"

func TestDefaults(t *testing.T) {
	want := map[string]string{
		"search":      "http://localhost:8120",
		"geo":         "http://localhost:8120",
		"billing":     "http://localhost:7600",
		"notifier":    "http://localhost:7600",
		"media-proxy": "http://localhost:8125",
	}
	for _, p := range All() {
		if p.URL != want[p.Name] {
			t.Errorf("%s: got %s, want %s", p.Name, p.URL, want[p.Name])
		}
	}
}

func TestOverride(t *testing.T) {
	t.Setenv("GEO_ADDR", "http://maps.example.net:8120")
	for _, p := range All() {
		if p.Name == "geo" && p.URL != "http://maps.example.net:8120" {
			t.Errorf("override ignored: %s", p.URL)
		}
	}
}
