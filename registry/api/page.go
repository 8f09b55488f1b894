package api

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"sync"

	"github.com/portmoor/portmoor/registry"
)

//go:embed page/page.html
var pageText string

// pageTemplate is read when a browser asks for the first time.
var pageTemplate = sync.OnceValues(func() (*template.Template, error) { return template.New("page").Parse(pageText) })

// page answers browsers: a table of all services, which works without JavaScript.
func (s *Server) page(w http.ResponseWriter, _ *http.Request) {
	var b bytes.Buffer
	t, err := pageTemplate()
	if err == nil {
		err = t.Execute(&b, s.registry.List(registry.Filter{}))
	}
	if err != nil {
		fail(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes()) // a client that is gone needs no answer
}
