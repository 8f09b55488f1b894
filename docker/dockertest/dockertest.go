// Package dockertest is a Docker engine for tests: it answers with what a real
// one has said.
package dockertest

import (
	"archive/tar"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Engine is a recorded engine.
type Engine struct {
	// Endpoint is for DOCKER_HOST.
	Endpoint string
	// Version is that of the API that it speaks.
	Version string
	// Stalled reports that it takes questions and gives no answer.
	Stalled bool
	// Silent reports that it gives no answer to who wants to follow events.
	Silent bool
	// Refuse is why it takes no files; "" when it does.
	Refuse string
	// Missing are folders that containers do not have, Links those that lead to
	// others, and Folders what is asked for as a folder.
	Missing []string
	Links   map[string]string
	Folders []string
	// Networks and Volumes are what it has of those: the project by the name, "" for one
	// that Compose has not made. nil when it does not list them.
	Networks, Volumes map[string]string
	// Services, Tasks and Nodes are what a manager of a swarm answers; without services it is
	// no manager.
	Services, Tasks, Nodes string
	// Inspect is what a container is, instead of what was set; nil for that.
	Inspect func(id string) string

	server    *httptest.Server
	mu        sync.Mutex
	down      bool
	list      string
	inspect   map[string]string
	calls     []string
	filters   []string
	files     map[string]string
	listeners []chan string
}

// Serve answers with a list of containers and what each of them is when it is
// inspected, by id. It listens on a port of the address, and returns the
// endpoint.
func Serve(t testing.TB, address, list string, inspect map[string]string) string {
	t.Helper()
	e := Start(t, address)
	e.Set(list, inspect)
	return e.Endpoint
}

// Start starts an engine without containers that speaks API 1.41.
func Start(t testing.TB, address string) *Engine {
	t.Helper()
	e := &Engine{Version: "1.41", list: "[]", files: map[string]string{}}
	e.server = httptest.NewUnstartedServer(e)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Fatal(err)
	}
	_ = e.server.Listener.Close()
	e.server.Listener = listener
	e.server.Start()
	t.Cleanup(func() {
		e.Stop()
		e.server.Close()
	})
	e.Endpoint = "tcp" + strings.TrimPrefix(e.server.URL, "http")
	return e
}

// Stop hangs up on those who follow events, as an engine does that is stopped.
func (e *Engine) Stop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, l := range e.listeners {
		close(l)
	}
	e.listeners = nil
}

// Down is what an engine is while it is restarted: it hangs up on everybody.
func (e *Engine) Down() {
	e.mu.Lock()
	e.down = true
	e.mu.Unlock()
	e.Stop()
}

// Up ends what Down has begun.
func (e *Engine) Up() {
	e.mu.Lock()
	e.down = false
	e.mu.Unlock()
}

// Set changes what it answers with, and tells those who follow events.
func (e *Engine) Set(list string, inspect map[string]string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list, e.inspect = list, inspect
	for _, l := range e.listeners {
		l <- `{"Type":"container","Action":"start","Actor":{"ID":"x"}}`
	}
}

// Calls are the questions that it was asked, without the version.
func (e *Engine) Calls() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.calls)
}

// Filters are those of the lists and events that it was asked for, as JSON; "" for none.
func (e *Engine) Filters() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.filters)
}

// File is the text of a file that was copied into a container.
func (e *Engine) File(id, name string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.files[id+":"+name]
}

// ServeHTTP answers as the API does.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, question, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v"), "/")
	e.mu.Lock()
	e.calls = append(e.calls, r.Method+" "+question)
	stalled, down, inspect := e.Stalled, e.down, func(id string) string { return e.inspect[id] }
	if e.Inspect != nil {
		inspect = e.Inspect
	}
	e.mu.Unlock()
	if down {
		panic(http.ErrAbortHandler)
	}
	if stalled {
		<-r.Context().Done()
		return
	}
	w.Header().Set("Api-Version", e.Version)
	w.Header().Set("Content-Type", "application/json")
	id, rest, _ := strings.Cut(strings.TrimPrefix(question, "containers/"), "/")
	switch {
	case strings.HasSuffix(r.URL.Path, "/_ping"):
		fmt.Fprint(w, "OK")
	case question == "events" && e.Silent:
		<-r.Context().Done()
	case question == "events":
		e.follow(w, r)
	case question == "containers/json" && r.URL.Query().Get("all") == "1":
		e.answerList(w, r.URL.Query().Get("filters"))
	case question == "networks" && e.Networks != nil:
		_ = json.NewEncoder(w).Encode(resources(e.Networks)) //nolint:errchkjson // texts
	case question == "volumes" && e.Volumes != nil:
		_ = json.NewEncoder(w).Encode(map[string]any{"Volumes": resources(e.Volumes)}) //nolint:errchkjson // texts
	case question == "services" || question == "tasks" || question == "nodes":
		e.answerSwarm(w, question, r.URL.Query().Get("filters"))
	case rest == "archive":
		e.archive(w, r, id)
	case rest == "stop":
		w.WriteHeader(http.StatusNoContent)
	case rest == "json":
		answerInspect(w, inspect(id))
	default:
		answerInspect(w, "")
	}
}

func resources(projects map[string]string) []map[string]any {
	all := []map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(projects)) {
		all = append(all, map[string]any{"Name": name, "Labels": map[string]string{"com.docker.compose.project": projects[name]}})
	}
	return all
}

func answerInspect(w http.ResponseWriter, text string) {
	if text == "" {
		w.WriteHeader(http.StatusNotFound)
		text = `{"message":"no such container"}`
	}
	fmt.Fprint(w, text)
}

// answerSwarm is what a manager says of its swarm, and what another engine does.
func (e *Engine) answerSwarm(w http.ResponseWriter, question, filters string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.Services == "" {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `{"message":"This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again."}`)
		return
	}
	var asked struct{ Label map[string]bool }
	var services []map[string]any
	_ = json.Unmarshal([]byte(filters), &asked)
	if question == "services" && json.Unmarshal([]byte(e.Services), &services) == nil {
		services = slices.DeleteFunc(services, func(s map[string]any) bool {
			spec, _ := s["Spec"].(map[string]any)
			labels, _ := spec["Labels"].(map[string]any)
			return len(asked.Label) > 0 && !asked.Label[fmt.Sprintf("com.docker.stack.namespace=%v", labels["com.docker.stack.namespace"])]
		})
		_ = json.NewEncoder(w).Encode(services) //nolint:errchkjson // it was decoded above
		return
	}
	fmt.Fprint(w, map[string]string{"services": e.Services, "tasks": e.Tasks, "nodes": e.Nodes}[question])
}

// SetSwarm changes what a manager answers, and tells those who follow events.
func (e *Engine) SetSwarm(services, tasks, nodes string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.Services, e.Tasks, e.Nodes = services, tasks, nodes
	for _, l := range e.listeners {
		l <- `{"Type":"service","Action":"update","Actor":{"ID":"x"}}`
	}
}

// answerList lists the containers that have the label that is asked for.
func (e *Engine) answerList(w io.Writer, filters string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.filters = append(e.filters, filters)
	var asked struct{ Label, Publish, Status map[string]bool }
	var list []map[string]any
	if json.Unmarshal([]byte(filters), &asked) != nil || json.Unmarshal([]byte(e.list), &list) != nil {
		fmt.Fprint(w, e.list)
		return
	}
	there := []map[string]any{}
	for _, c := range list {
		labels, _ := c["Labels"].(map[string]any)
		matches := true
		for label := range asked.Label {
			name, value, _ := strings.Cut(label, "=")
			matches = matches && labels[name] == value
		}
		matches = matches && (asked.Publish == nil || publishes(c, asked.Publish)) && (asked.Status == nil || asked.Status[fmt.Sprint(c["State"])])
		if matches {
			there = append(there, c)
		}
	}
	_ = json.NewEncoder(w).Encode(there) //nolint:errchkjson // it was decoded above
}

// publishes reports a container that runs and has one of some ports, such as 80/tcp.
func publishes(c map[string]any, ports map[string]bool) bool {
	list, _ := c["Ports"].([]any)
	return (c["State"] == "running" || c["State"] == "paused") && slices.ContainsFunc(list, func(p any) bool {
		port, _ := p.(map[string]any)
		return ports[fmt.Sprintf("%v/%v", port["PublicPort"], port["Type"])]
	})
}

func (e *Engine) follow(w http.ResponseWriter, r *http.Request) {
	events := make(chan string, 16)
	e.mu.Lock()
	e.filters = append(e.filters, r.URL.Query().Get("filters"))
	e.listeners = append(e.listeners, events)
	e.mu.Unlock()
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
	for {
		select {
		case event, open := <-events:
			if !open {
				return
			}
			fmt.Fprintln(w, event)
			_ = http.NewResponseController(w).Flush()
		case <-r.Context().Done():
			return
		}
	}
}

// archive takes files, and says which folders there are.
func (e *Engine) archive(w http.ResponseWriter, r *http.Request, id string) {
	dir := r.URL.Query().Get("path")
	if slices.Contains(e.Missing, dir) {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	mode := fs.FileMode(0o755)
	if slices.Contains(e.Folders, dir) {
		mode |= fs.ModeDir
	}
	stat := fmt.Sprintf(`{"linkTarget":%q,"mode":%d}`, e.Links[dir], mode)
	w.Header().Set("X-Docker-Container-Path-Stat", base64.StdEncoding.EncodeToString([]byte(stat)))
	switch {
	case r.Method != http.MethodPut:
		return
	case e.Refuse != "":
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintf(w, `{"message":%q}`, e.Refuse)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for archive := tar.NewReader(r.Body); ; {
		header, err := archive.Next()
		if err != nil {
			return
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			return
		}
		e.files[id+":"+path.Join(dir, header.Name)] = string(text)
	}
}
