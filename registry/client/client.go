// Package client speaks to a registry: it lists what is there, and adds what this machine
// has.
//
//	c, err := client.New("http://127.0.0.1:8100", "")
//	services, err := c.List(ctx)
package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/portmoor/portmoor/registry"
	"github.com/portmoor/portmoor/say"
)

const (
	// Patience is how long all that is told to a registry may take.
	Patience = 2 * time.Second

	listPatience = 10 * time.Second
	maxAnswer    = 64 << 20
)

// Client speaks to one registry.
type Client struct {
	url, token string
	shown      string // the URL as it may be said
	http       http.Client
}

// New makes a client. The error is about a URL that is none.
func New(address, token string) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, say.Usagef("write http://127.0.0.1:8100, the URL of a registry", "%s: not an http or https URL", redacted(address))
	}
	c := &Client{url: strings.TrimSuffix(u.String(), "/"), token: token, shown: strings.TrimSuffix(u.Redacted(), "/")}
	c.http.Transport = &http.Transport{MaxIdleConnsPerHost: atOnce, MaxResponseHeaderBytes: 64 << 10}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c, nil
}

// redacted is what may be said of an address that is none: it may hold a password.
func redacted(address string) string {
	if u, err := url.Parse(address); err == nil {
		address = u.Redacted()
	} else if at := strings.LastIndex(address, "@"); at >= 0 {
		address = address[at+1:]
	}
	return say.Visible(fmt.Sprintf("%.100s", address))
}

// List are the services that the registry knows.
func (c *Client) List(ctx context.Context) ([]registry.Service, error) {
	ctx, stop := context.WithTimeout(ctx, listPatience)
	defer stop()
	var answer struct{ Services []registry.Service }
	err := c.call(ctx, http.MethodGet, "/api/services", nil, &answer)
	return answer.Services, err
}

// atOnce is how many services a registry is told of at a time.
const atOnce = 8

// Register tells the registry of services, all of them within [Patience], and returns the
// first error.
func (c *Client) Register(ctx context.Context, services []registry.Service) error {
	ctx, stop := context.WithTimeout(ctx, Patience)
	defer stop()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, s := range services {
		g.Go(func() (err error) {
			bug := say.Guard(func() { err = c.call(ctx, http.MethodPost, "/api/services", s, nil) })
			return cmp.Or(bug, err)
		})
	}
	return g.Wait()
}

// Close ends the connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.url+path, body)
	if err != nil {
		return err
	}
	if request.Header.Set("Content-Type", "application/json"); c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return c.unreachable(err, "start it with portmoor serve, or say where it is with PORTMOOR_REGISTRY")
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	switch {
	case err != nil:
		return c.unreachable(err, "")
	case response.StatusCode == http.StatusUnauthorized:
		return c.failed("it wants its token", "name the file that has it with --token-file, or under registry in .portmoor.yaml")
	case response.StatusCode != http.StatusOK:
		return c.failed(fmt.Sprintf("it answers %d: %s", response.StatusCode, say.Visible(fmt.Sprintf("%.200s", bytes.TrimSpace(text)))), "")
	case out == nil:
		return nil
	case json.Unmarshal(text, out) != nil:
		return c.failed("it is no service registry", "say where the registry is with PORTMOOR_REGISTRY")
	}
	return nil
}

// unreachable is why there was no answer, without what net/http puts before it.
func (c *Client) unreachable(err error, hint string) error {
	cause := err
	if request, ok := errors.AsType[*url.Error](err); ok {
		cause = request.Err
	}
	if call, ok := errors.AsType[*os.SyscallError](cause); ok {
		cause = call.Err
	}
	return say.Problem{Place: "registry " + c.shown, Message: "not reachable: " + say.Cause(cause).Error(), Hint: hint, Err: err}
}

func (c *Client) failed(message, hint string) error {
	return say.Problem{Place: "registry " + c.shown, Message: message, Hint: hint}
}
