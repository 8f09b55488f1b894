// The service that the containers of the tests run. Each address in LISTEN, or
// :80, answers
//
//	/            with WHO, the name of the container and the port in it
//	/port        with the file that SERVICE_PORT_FILE names
//	/mode?path=P with the mode of a file
//
// Called by another name, as what a healthcheck runs, it is content.
package main

import (
	"cmp"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/portmoor/portmoor/tree"
)

func main() {
	if filepath.Base(os.Args[0]) != "service" {
		return
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		host, err := os.Hostname()
		port := ""
		if at, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
			port = strconv.Itoa(at.Port)
		}
		answer(w, os.Getenv("WHO")+" "+host+" "+port, err)
	})
	http.HandleFunc("/port", func(w http.ResponseWriter, _ *http.Request) {
		src, err := tree.Read(os.Getenv("SERVICE_PORT_FILE"), tree.MaxFile)
		answer(w, string(src), err)
	})
	http.HandleFunc("/mode", func(w http.ResponseWriter, r *http.Request) {
		info, err := os.Stat(r.URL.Query().Get("path"))
		if err != nil {
			answer(w, "", err)
			return
		}
		answer(w, info.Mode().String(), nil)
	})
	failed := make(chan error)
	for address := range strings.FieldsSeq(cmp.Or(os.Getenv("LISTEN"), ":80")) {
		server := http.Server{Addr: address, ReadHeaderTimeout: time.Minute}
		go func() { failed <- server.ListenAndServe() }()
	}
	log.Fatal(<-failed)
}

func answer(w http.ResponseWriter, text string, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprint(w, text)
}
