package mcp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"unicode/utf8"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
)

// maxLine is how long a message may be, and maxDepth how deeply nested.
const (
	maxLine  = 1 << 20
	maxDepth = 100
)

// frames are the lines of an input that are messages. To each other one it answers itself,
// since the SDK ends the session there.
type frames struct {
	in   *bufio.Reader
	out  *output
	rest []byte // of the line that is being read
}

func newFrames(in io.Reader, out *output) *frames {
	return &frames{in: bufio.NewReader(in), out: out}
}

// Close leaves the input open: it is the process's.
func (f *frames) Close() error { return nil }

func (f *frames) Read(p []byte) (int, error) {
	for len(f.rest) == 0 {
		line, err := f.line()
		if err != nil {
			f.out.settle() // what was asked is answered
			return 0, err
		}
		f.rest = line
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// The codes of JSON-RPC.
const (
	parseError     = -32700
	invalidRequest = -32600
)

// line is the next message, nil for a line that is none.
func (f *frames) line() ([]byte, error) {
	line, long, err := f.read()
	text := bytes.TrimSpace(line)
	switch {
	case long:
		f.refuse(parseError, fmt.Sprintf("a message has %d KiB at most", maxLine>>10))
		return nil, err
	case len(text) == 0:
		return nil, err
	case !utf8.Valid(text):
		f.refuse(parseError, "a message is UTF-8")
	case deep(text) || !json.Valid(text):
		f.refuse(parseError, "a message is one line of JSON")
	case text[0] == '[':
		f.refuse(invalidRequest, "batches are not taken: write one message a line")
	default:
		m, bad := jsonrpc.DecodeMessage(text)
		if r, is := m.(*jsonrpc.Response); bad == nil && (!is || r.Result != nil || r.Error != nil) {
			if call, is := m.(*jsonrpc.Request); is && call.IsCall() {
				f.out.expect()
			}
			return append(bytes.Clone(text), '\n'), nil
		}
		f.refuse(invalidRequest, `a message is an object with "jsonrpc": "2.0", and a method or the answer to one`)
	}
	return nil, err
}

// read reads a line, of one that is too long nothing. The last one needs no line break.
func (f *frames) read() (line []byte, long bool, err error) {
	for {
		part, err := f.in.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxLine; !long {
			line = append(line, part...)
		}
		switch {
		case err == nil, errors.Is(err, io.EOF) && len(line) > 0:
			return line, long, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return line, long, err
		}
	}
}

// deep reports brackets that are nested too deeply, in a text that may be JSON.
func deep(text []byte) bool {
	depth, quoted, escaped := 0, false, false
	for _, c := range text {
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// refuse answers to what is no message. Whose it was is not known.
func (f *frames) refuse(code int, why string) {
	f.out.expect()
	fmt.Fprintf(f.out, `{"jsonrpc":"2.0","id":null,"error":{"code":%d,"message":%q}}`+"\n", code, why)
}

// output is where several write, each a message at once: the answers to what was asked.
type output struct {
	w       io.Writer
	one     sync.Mutex
	changed *sync.Cond
	open    int // calls without an answer
	over    bool
}

func newOutput(w io.Writer) *output {
	o := &output{w: w}
	o.changed = sync.NewCond(&o.one)
	return o
}

func (o *output) Write(p []byte) (int, error) {
	o.one.Lock()
	defer o.one.Unlock()
	o.open--
	defer o.changed.Broadcast()
	return o.w.Write(p)
}

// expect notes a call that is to be answered.
func (o *output) expect() {
	o.one.Lock()
	defer o.one.Unlock()
	o.open++
}

// settle waits until all is answered, or the server is told to end.
func (o *output) settle() {
	o.one.Lock()
	defer o.one.Unlock()
	for o.open > 0 && !o.over {
		o.changed.Wait()
	}
}

// end ends all waiting.
func (o *output) end() {
	o.one.Lock()
	defer o.one.Unlock()
	o.over = true
	o.changed.Broadcast()
}

// Close leaves the output open: it is the process's.
func (o *output) Close() error { return nil }
