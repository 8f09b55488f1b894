// Package dotenv is the block that Portmoor keeps in a project's .env, so that docker
// compose by itself does what Portmoor would have it do.
//
// The model: an env file is bytes, and the block is the lines from one that begins with
// [Begin] to the next that begins with [End]. [Put] and [Cut] touch these lines and
// nothing else: what people wrote before and behind the block stays byte for byte, and
// Cut gives back what Put was given. The block says nothing to Portmoor itself, which
// knows all of it already, and has to see what people want: whoever reads an env file
// reads what [Blank] makes of it. A block of which a marker is missing is text of
// people's own to all three. It opens nothing.
//
//	src, err := dotenv.Put(src, []dotenv.Variable{{Name: "COMPOSE_PROJECT_NAME", Value: "shop"}})
package dotenv

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/portmoor/portmoor/say"
)

// Begin and End begin the lines around the block.
const (
	Begin = "# >>> portmoor"
	End   = "# <<< portmoor"
)

// opening is the first line of a block that is written.
const opening = Begin + ": host ports of this checkout, for docker compose. Do not edit: they are written anew, and portmoor reset takes them out."

// Variable is a line of the block, in its order.
type Variable struct{ Name, Value string }

// span is the bytes of a block, with the line ends of its last line.
type span struct{ start, end int }

// marks reports a line that begins with a marker.
func marks(line []byte, marker string) bool {
	rest, is := bytes.CutPrefix(bytes.TrimSpace(bytes.TrimPrefix(line, bom)), []byte(marker))
	return is && (len(rest) == 0 || rest[0] == ':' || rest[0] == ' ' || rest[0] == '\t')
}

var bom = []byte("\uFEFF")

// blocks are the whole blocks of an env file. Wrong is the first line with a marker that
// has no other one, from 1; 0 for none.
func blocks(src []byte) (all []span, wrong int) {
	if !bytes.Contains(src, []byte("portmoor")) {
		return nil, 0 // as nearly all files have none
	}
	at, number, open, opened := 0, 0, -1, 0
	lose := func(line int) {
		if wrong == 0 {
			wrong = line
		}
	}
	for line := range bytes.Lines(src) {
		number++
		switch {
		case marks(line, Begin):
			if open >= 0 {
				lose(opened)
			}
			open, opened = at, number
			if number == 1 && bytes.HasPrefix(line, bom) {
				open += len(bom)
			}
		case marks(line, End) && open >= 0:
			all = append(all, span{open, at + len(line)})
			open = -1
		case marks(line, End):
			lose(number)
		}
		at += len(line)
	}
	if open >= 0 {
		lose(opened)
	}
	return all, wrong
}

// Has reports that an env file has a block, or a part of one.
func Has(src []byte) bool {
	all, wrong := blocks(src)
	return all != nil || wrong > 0
}

// one is the block of an env file, and whether there is one. The error is a
// [say.Problem] about what is more or less than that, without a place.
func one(src []byte) (block span, there bool, err error) {
	all, wrong := blocks(src)
	switch {
	case wrong > 0:
		return span{}, false, say.Failf("remove that line, and what portmoor wrote beside it", "line %d: the block of portmoor is not whole: the line at its other end is missing", wrong)
	case len(all) > 1:
		return span{}, false, say.Failf("remove one of the two", "line %d: a second block of portmoor", 1+bytes.Count(src[:all[1].start], []byte("\n")))
	case all == nil:
		return span{}, false, nil
	}
	return all[0], true, nil
}

// Put is an env file with a block of some variables: in place of the one that there is,
// else at the end. Without variables there is none. The error says why the block can't
// be written, as a [say.Problem] without a place.
func Put(src []byte, variables []Variable) ([]byte, error) {
	if len(variables) == 0 {
		return Cut(src)
	}
	block, there, err := one(src)
	if err != nil {
		return nil, err
	}
	eol := eolOf(src[block.start:])
	text := opening + eol
	for _, v := range variables {
		text += v.Name + "=" + Quote(v.Value) + eol
	}
	text += End
	ended := bytes.HasSuffix(src, []byte("\n")) || len(bytes.TrimPrefix(src, bom)) == 0
	switch {
	case there && src[block.end-1] == '\n':
		text += eol
	case there:
	case ended:
		block, text = span{len(src), len(src)}, text+eol
	default: // whose last line has no end, and no more has the block's
		block, text = span{len(src), len(src)}, eol+text
	}
	return splice(src, block, text), nil
}

// eolOf is the line end of a text: that of its first line.
func eolOf(src []byte) string {
	line, _, _ := bytes.Cut(src, []byte("\n"))
	if bytes.HasSuffix(line, []byte("\r")) {
		return "\r\n"
	}
	return "\n"
}

// Cut is an env file without the block. The error is that of Put.
func Cut(src []byte) ([]byte, error) {
	block, there, err := one(src)
	if err != nil || !there {
		return bytes.Clone(src), err
	}
	if src[block.end-1] != '\n' { // it took its line end from the line before
		before := src[:block.start]
		if with := bytes.TrimSuffix(before, []byte(eolOf(src[block.start:]))); len(with) < len(before) {
			block.start = len(with)
		} else {
			block.start = len(bytes.TrimSuffix(before, []byte("\n")))
		}
	}
	return splice(src, block, ""), nil
}

func splice(src []byte, s span, text string) []byte {
	return bytes.Join([][]byte{src[:s.start], []byte(text), src[s.end:]}, nil)
}

// Blank is an env file whose blocks are comments, as long as they were, so that every
// place in it stays. Src itself is returned where there is none.
func Blank(src []byte) []byte {
	all, _ := blocks(src)
	if all == nil {
		return src
	}
	out := bytes.Clone(src)
	for _, s := range all {
		for i := s.start; i < s.end; i++ {
			if out[i] != '\n' && out[i] != '\r' {
				out[i] = '#'
			}
		}
	}
	return out
}

// Inside are the bytes of the blocks of an env file, which is what they say; nil for
// none.
func Inside(src []byte) (inside []byte) {
	all, _ := blocks(src)
	for _, s := range all {
		inside = append(inside, src[s.start:s.end]...)
	}
	return inside
}

// plain are the characters of a value that needs no quotes for docker compose or a shell.
const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+,=-"

// Quote is a value of one line as an env file has it: docker compose reads it as it is.
func Quote(value string) string {
	switch {
	case strings.Trim(value, plain) == "":
		return value
	case !strings.ContainsAny(value, `'\`):
		return "'" + value + "'"
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`).Replace(value) + `"`
}

// Lines are variables as an env file has them.
func Lines(variables []Variable) string {
	var b strings.Builder
	for _, v := range variables {
		fmt.Fprintf(&b, "%s=%s\n", v.Name, Quote(v.Value))
	}
	return b.String()
}
