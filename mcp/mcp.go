// Package mcp answers agents over the Model Context Protocol: what they may ask and do on
// this machine, as tools.
//
// The model: a tool is a command of Portmoor with values for its arguments, so that what
// agents get is the JSON that docs/json.md describes. [Serve] speaks the protocol with
// the official SDK, one message a line. Whatever comes in, it answers: what is no message
// of the protocol gets an error, a folder outside of the root is refused, and answers have
// a limit. Tools that write are there only where they are allowed.
//
//	err := mcp.Serve(ctx, in, out, mcp.Options{Root: dir, Call: call})
package mcp

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

// Options are what Serve is told.
type Options struct {
	// Root is the folder, absolute, that agents may ask about, with all below it.
	Root    string
	Version string
	// AllowWrite also offers the tools that write files or start something.
	AllowWrite bool
	// Call runs a command in a folder, and returns its exit code, what it printed and what
	// it said. It is called by one at a time.
	Call func(dir string, args ...string) (code int, out, said string)
}

// maxAnswer is how many bytes an answer may have: what an agent can still read.
const maxAnswer = 128 << 10

// Serve answers until the input or the context ends, which is no error.
func Serve(ctx context.Context, in io.Reader, out io.Writer, o Options) error {
	s := sdk.NewServer(&sdk.Implementation{Name: "portmoor", Version: o.Version}, &sdk.ServerOptions{
		Instructions: "Host ports of Docker Compose projects on this machine. Never guess or hard-code a host port: ask the tool ports.",
		Logger:       slog.New(slog.DiscardHandler),
		Capabilities: &sdk.ServerCapabilities{Tools: &sdk.ToolCapabilities{}},
	})
	s.AddReceivingMiddleware(guarded)
	t := tools{Options: o, one: &sync.Mutex{}}
	t.add(s)
	answers := newOutput(out)
	defer context.AfterFunc(ctx, func() { _ = say.Guard(answers.end) })()
	err := s.Run(ctx, &sdk.IOTransport{Reader: newFrames(in, answers), Writer: answers, MaxLineLength: 2 * maxLine})
	if ctx.Err() != nil || errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// guarded turns a bug in one call into the answer to that call.
func guarded(next sdk.MethodHandler) sdk.MethodHandler {
	return func(ctx context.Context, method string, request sdk.Request) (result sdk.Result, err error) {
		if bug := say.Guard(func() { result, err = next(ctx, method, request) }); bug != nil {
			return nil, bug
		}
		return result, err
	}
}

// tools are what is offered.
type tools struct {
	Options

	one *sync.Mutex // since a run of a command has settings of the whole process
}

// about says which project a call is about.
type about struct {
	Folder string `json:"folder,omitempty" jsonschema:"the folder of the project, relative to the root; the root itself when it is left out"`
}

type none struct{}

type aboutPath struct {
	Path string `json:"path,omitempty" jsonschema:"a compose file or a folder, relative to the root; the root itself when it is left out"`
}

type aboutPort struct {
	Port int `json:"port" jsonschema:"a host port"`
}

type aboutServices struct {
	about

	Services []string `json:"services,omitempty" jsonschema:"the services to start; all when it is left out"`
}

type aboutService struct {
	about

	Service string `json:"service" jsonschema:"the service, or service:container-port where it has several"`
	Port    int    `json:"port" jsonschema:"the host port that it is to have"`
}

// add offers the tools.
func (t tools) add(s *sdk.Server) {
	offer(t, s, reading, "ports", "The host ports of a project, as JSON: what each service gets at its next start, and what is live now, with URLs.", func(a about) (string, []string, error) {
		dir, err := t.within(a.Folder)
		return dir, []string{"show", "--format", "json"}, err
	})
	offer(t, s, reading, "list", "Every checkout that this machine knows, as JSON: project, folder, branch, up or down, ports and URLs.", func(none) (string, []string, error) {
		return t.Root, []string{"list", "--format", "json"}, nil
	})
	offer(t, s, reading, "detect", "Which host ports a project would be assigned now, as JSON. Nothing is assigned or written.", func(a about) (string, []string, error) {
		dir, err := t.within(a.Folder)
		return dir, []string{"detect", "--dry-run", "--format", "json"}, err
	})
	offer(t, s, reading, "lint", "What is wrong with the host ports of compose files, as JSON.", func(a aboutPath) (string, []string, error) {
		path, err := t.within(a.Path)
		return t.Root, []string{"lint", "--format", "json", "--", path}, err
	})
	offer(t, s, reading, "explain_conflict", "Who has a host port on this machine, as JSON: the checkouts that it is bound or assigned to, and the programs and containers besides.", func(a aboutPort) (string, []string, error) {
		return t.Root, []string{"list", "--port", strconv.Itoa(a.Port), "--format", "json"}, nil
	})
	if !t.AllowWrite {
		return
	}
	offer(t, s, writing, "up", "Finds free host ports for a project, starts it with docker compose, and lists where its services are, as JSON.", func(a aboutServices) (string, []string, error) {
		dir, err := t.within(a.Folder)
		return dir, append([]string{"up", "--format", "json"}, a.Services...), err
	})
	offer(t, s, writing, "assign", "Gives a service a host port by hand; it is never moved.", func(a aboutService) (string, []string, error) {
		dir, err := t.within(a.Folder)
		return dir, []string{"assign", "--", a.Service, strconv.Itoa(a.Port)}, err
	})
}

// The annotations of tools.
var (
	reading = &sdk.ToolAnnotations{ReadOnlyHint: true, IdempotentHint: true, OpenWorldHint: new(bool)}
	writing = &sdk.ToolAnnotations{DestructiveHint: new(bool), OpenWorldHint: new(bool)}
)

// service is what the name of a service may be, of which no flag is one.
const service = `^[A-Za-z0-9][A-Za-z0-9._:/@#-]{0,200}$`

// offer adds a tool that runs a command. What the schema of its arguments does not have is
// refused.
func offer[In any](t tools, s *sdk.Server, kind *sdk.ToolAnnotations, name, description string, command func(In) (dir string, args []string, err error)) {
	schema, err := jsonschema.For[In](nil)
	if err != nil {
		panic(err) // a type above is wrong
	}
	limit(schema)
	sdk.AddTool(s, &sdk.Tool{Name: name, Description: description, Annotations: kind, InputSchema: schema}, func(_ context.Context, _ *sdk.CallToolRequest, in In) (*sdk.CallToolResult, any, error) {
		dir, args, err := command(in)
		if err != nil {
			return nil, nil, err
		}
		t.one.Lock()
		defer t.one.Unlock()
		return answer(t.Call(dir, args...)), nil, nil
	})
}

// limit bounds what arguments may be.
func limit(schema *jsonschema.Schema) {
	if p := schema.Properties["port"]; p != nil {
		p.Minimum, p.Maximum = new(1.0), new(65535.0)
	}
	if p := schema.Properties["service"]; p != nil {
		p.Pattern = service
	}
	if p := schema.Properties["services"]; p != nil {
		p.Types, p.Type, p.MaxItems = nil, "array", new(100)
		p.Items.Pattern = service
	}
}

// answer is what a command printed, as text and, where it is an object, as data, with what
// it said besides. An answer that is too long is an error, since a part of JSON is none.
func answer(code int, out, said string) *sdk.CallToolResult {
	r := &sdk.CallToolResult{IsError: code > 1}
	if len(out) > maxAnswer {
		r.IsError, out = true, ""
		said = fmt.Sprintf("the answer is longer than %d KiB\nhint: ask about one folder\n", maxAnswer>>10)
	}
	if json.Valid([]byte(out)) && strings.HasPrefix(out, "{") {
		r.StructuredContent = json.RawMessage(out)
	}
	if len(said) > maxAnswer/4 {
		said = said[:maxAnswer/4] + "\n…\n"
	}
	for _, text := range []string{out, said} {
		if text != "" {
			r.Content = append(r.Content, &sdk.TextContent{Text: say.Text(strings.ToValidUTF8(text, "\ufffd"))})
		}
	}
	if r.Content == nil {
		r.Content = []sdk.Content{&sdk.TextContent{Text: "done"}}
	}
	return r
}

// within is a path below the root, absolute, which has to be there and may not lead out.
func (t tools) within(path string) (string, error) {
	abs := tree.Absolute(t.Root, cmp.Or(path, "."))[0]
	root := tree.Resolved(t.Root)
	switch leads := tree.Resolved(abs); {
	case strings.ContainsRune(path, 0) || !tree.Within(t.Root, abs) && !tree.Within(root, abs):
		return "", fmt.Errorf("%q is outside of the folder that this server is for", path)
	case !tree.Exists(abs):
		return "", fmt.Errorf("%q is not there", path)
	case !tree.Within(root, leads):
		return "", fmt.Errorf("%q leads out of the folder that this server is for", path)
	}
	return abs, nil
}
