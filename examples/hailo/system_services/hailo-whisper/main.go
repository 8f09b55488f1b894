// Command hailo-whisper turns speech into text.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
)

const (
	defaultPort  = 11437
	piperPort    = 5002
	windowMillis = 5002
)

func env(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}

func main() {
	addr := ":" + env("HAILO_WHISPER_PORT", fmt.Sprint(defaultPort))
	piper := env("PIPER_ADDR", fmt.Sprintf("127.0.0.1:%d", piperPort))
	http.HandleFunc("/health", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"status":"ok","piper":%q,"window_ms":%d}`, piper, windowMillis)
	})
	log.Fatal(http.ListenAndServe(addr, nil))
}
