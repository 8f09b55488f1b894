// Package peers knows where the neighbours of catalog live.
package peers

import "os"

type Peer struct {
	Name string
	URL  string
}

func env(name, def string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return def
}

// All returns the neighbours in the order in which they are warmed up.
func All() []Peer {
	return []Peer{
		{"search", env("SEARCH_ADDR", "http://localhost:8120")},
		{"geo", env("GEO_ADDR", "http://localhost:8120")},
		{"billing", env("BILLING_ADDR", "http://localhost:7600")},
		{"notifier", env("NOTIFIER_ADDR", "http://localhost:7600")},
		{"media-proxy", env("MEDIA_ADDR", "http://localhost:8125")},
	}
}
