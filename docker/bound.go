package docker

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// How much an engine may say: far above what any has to, and what a machine can hold.
const (
	maxAnswer     = 64 << 20 // bytes of one answer, or of one event
	maxDepth      = 100      // levels of an answer
	maxContainers = 100_000  // of one list
	maxStopped    = 1_000    // containers that do not run, of which each is a question of its own
)

var (
	errTooLong = fmt.Errorf("its answer is longer than %d MiB", maxAnswer>>20)
	errTooDeep = fmt.Errorf("its answer is nested deeper than %d levels", maxDepth)
)

// bounded is a connection to an engine whose answers are cut off where they get out of
// hand.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(request)
	if err == nil && answer.Body != nil && answer.StatusCode != http.StatusSwitchingProtocols {
		answer.Body = &boundedBody{ReadCloser: answer.Body, json: strings.Contains(answer.Header.Get("Content-Type"), "json"), most: maxAnswer, left: maxAnswer}
	}
	return answer, err
}

// boundedBody counts the bytes since the last line break that stands between two values,
// as behind an event, and the levels of JSON.
type boundedBody struct {
	io.ReadCloser

	json, text, escaped bool // text is inside of quotes
	most, left, depth   int
}

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if bad := b.count(p[:n]); bad != nil {
		return 0, bad
	}
	return n, err
}

// count follows the bytes and the levels of an answer; the error is about too many.
func (b *boundedBody) count(p []byte) error {
	for _, c := range p {
		if b.left--; b.left < 0 {
			return errTooLong
		}
		switch {
		case !b.json:
		case b.escaped:
			b.escaped = false
		case c == '"':
			b.text = !b.text
		case b.text:
			b.escaped = c == '\\'
		case c == '{' || c == '[':
			if b.depth++; b.depth > maxDepth {
				return errTooDeep
			}
		case c == '}' || c == ']':
			b.depth = max(b.depth-1, 0)
		case c == '\n' && b.depth == 0:
			b.left = b.most
		}
	}
	return nil
}

// tooMuch is what is wrong with an answer that was cut off, "" when it was not.
func tooMuch(err error) string {
	for _, known := range []error{errTooLong, errTooDeep} {
		if errors.Is(err, known) || strings.Contains(err.Error(), known.Error()) {
			return known.Error()
		}
	}
	return ""
}
