package docker

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/docker/dockertest"
)

// endless answers with one text before, and then with another again and again.
type endless struct{ before, again string }

func (e endless) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Api-Version", "1.47")
	w.Header().Set("Content-Type", "application/json")
	if strings.HasSuffix(r.URL.Path, "/_ping") {
		return
	}
	_, err := io.WriteString(w, e.before)
	for part := strings.Repeat(e.again, 1000); err == nil && r.Context().Err() == nil; {
		_, err = io.WriteString(w, part)
	}
}

// TestBoundedBody: what is read of an answer has a length and a depth; behind the end
// of a value, as between events, the length is counted anew.
func TestBoundedBody(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"short":               {`[{"Id":"x"}]`, nil},
		"a long text":         {`["` + strings.Repeat("x", 2000) + `"]`, errTooLong},
		"long and empty":      {`[` + strings.Repeat(" \n", 2000) + `]`, errTooLong},
		"many events":         {strings.Repeat("{\"a\":[\"}\\\"[[\"]}\n", 2000), nil},
		"a long event":        {"{}\n{\"a\":\"" + strings.Repeat("x", 2000) + "\"}\n", errTooLong},
		"deep":                {strings.Repeat("[", 101), errTooDeep},
		"deep in another way": {strings.Repeat(`{"a":`, 101), errTooDeep},
		"as deep as may be":   {strings.Repeat("[", 100) + strings.Repeat("]", 100), nil},
		"deep in a text":      {`["` + strings.Repeat("[", 500) + `\"` + strings.Repeat("{", 300) + `"]`, nil},
	} {
		for _, size := range []int{1, 7, 4096} {
			body := &boundedBody{ReadCloser: io.NopCloser(strings.NewReader(c.text)), json: true, most: 1000, left: 1000}
			got, err := io.ReadAll(iotest{body, size})
			if !errors.Is(err, c.want) || c.want == nil && string(got) != c.text {
				t.Errorf("%s by %d: %d bytes, %v", name, size, len(got), err)
			}
		}
	}
}

// iotest reads some bytes at a time.
type iotest struct {
	io.Reader
	size int
}

func (r iotest) Read(p []byte) (int, error) { return r.Reader.Read(p[:min(len(p), r.size)]) }

// TestBounded: an engine that does not stop talking is cut off, and said so in one line.
func TestBounded(t *testing.T) {
	for want, answer := range map[string]endless{
		"its answer is longer than 64 MiB":            {`[{"Id":"`, "x"},
		"its answer is nested deeper than 100 levels": {`[{"Id":"a","Labels":`, `[`},
	} {
		server := httptest.NewServer(answer)
		_, err := connect(t, map[string]string{"DOCKER_HOST": "tcp" + strings.TrimPrefix(server.URL, "http")}).Project(t.Context(), "shop")
		server.CloseClientConnections()
		server.Close()
		var said *Error
		if !errors.As(err, &said) || !strings.HasSuffix(err.Error(), ": "+want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %.300v", want, err)
		}
	}
	many := "[" + strings.TrimSuffix(strings.Repeat(`{"Id":"x"},`, maxContainers+1), ",") + "]"
	host := dockertest.Serve(t, "127.0.0.1", many, nil)
	if _, err := connect(t, map[string]string{"DOCKER_HOST": host}).Containers(t.Context()); err == nil || !strings.Contains(err.Error(), "it lists more than 100000 containers") {
		t.Errorf("got %v", err)
	}
}

// TestHolders: who has some ports is asked for by these, and who may want them when he
// starts is among the newest that do not run.
func TestHolders(t *testing.T) {
	list, asks := strings.TrimSuffix(containers, "]"), map[string]string{"bbb": stoppedContainer}
	for i := range 1200 {
		list += fmt.Sprintf(`,{"Id":"r%d","Names":["/r%d"],"State":"running","Ports":[{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":%d,"Type":"tcp"}]}`, i, i, 20000+i)
	}
	engine := dockertest.Start(t, "127.0.0.1")
	engine.Set(list+"]", asks)
	e := connect(t, map[string]string{"DOCKER_HOST": engine.Endpoint})
	got, err := e.Holders(t.Context(), []Binding{{HostPort: 8080, Protocol: "tcp"}, {HostPort: 20003, Protocol: "udp"}, {HostPort: 20004, Protocol: "tcp"}})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range got {
		names = append(names, c.Name)
	}
	if diff := cmp.Diff([]string{"r4", "stopped", "shop-web-1"}, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, asked := range engine.Filters() {
		if !strings.Contains(asked, "publish") && !strings.Contains(asked, "status") {
			t.Errorf("asked for %q", asked)
		}
	}
	if got, err := e.Holders(t.Context(), nil); got != nil || err != nil || len(engine.Filters()) != 2 {
		t.Errorf("nobody's ports: %v, %v, asked %v", got, err, engine.Filters())
	}
}
