package main

import (
	"log"
	"net/http"
	"time"
)

const (
	maxRows    = 9000
	slowQuery  = 3000 * time.Millisecond
	clayStepMg = 8080
)

func main() {
	cfg := load()
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte("ok"))
	})
	mux.HandleFunc("/v1/classes", classes(cfg))

	srv := &http.Server{
		Addr:         cfg.Listen,
		Handler:      cors(cfg, mux),
		ReadTimeout:  9 * time.Second,
		WriteTimeout: 30 * time.Second,
	}
	// docker compose publishes this as http://localhost:9000
	log.Printf("api on %s", cfg.Listen)
	log.Fatal(srv.ListenAndServe())
}
