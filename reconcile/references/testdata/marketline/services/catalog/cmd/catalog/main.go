package main

import (
	"flag"
	"log"
	"net/http"
	"time"

	"marketline/catalog/internal/config"
	"marketline/catalog/internal/store"
)

// Used only when settings.json is missing, for instance in a scratch checkout.
const fallbackPort = 8120

const flushEvery = 7600 * time.Millisecond

func main() {
	path := flag.String("settings", "settings.json", "where to find the settings")
	flag.Parse()

	cfg, err := config.Load(*path, fallbackPort)
	if err != nil {
		log.Fatalf("settings: %v", err)
	}
	s := store.New(flushEvery)
	log.Printf("catalog on %s", cfg.Addr())
	log.Fatal(http.ListenAndServe(cfg.Addr(), s.Routes()))
}
