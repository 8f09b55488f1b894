// Package comment reads the comments of files that are about lint.
//
//	for _, i := range comment.Ignores(f) {
//		fmt.Println(i.Rule, i.Reason)
//	}
package comment

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/portmoor/portmoor/source"
)

// Ignore is one rule that a comment names.
type Ignore struct {
	// Span is the rule's name, or the comment when it names none.
	Span source.Span
	Rule string
	// Line is the one that it counts for; 0 is the whole file.
	Line int
	// Reason is what the comment says behind its rules; it may be empty.
	Reason string
}

var ignore = regexp.MustCompile(`#[ \t]*portmoor:(ignore-file|ignore)\b[ \t]*([A-Za-z0-9,_-]*)`)

// maxIgnores bounds what the comments of one file can ignore.
const maxIgnores = 100_000

// Ignores reads the comments of a file, in order.
func Ignores(f *source.File) (found []Ignore) {
	if !bytes.Contains(f.Src, []byte("portmoor:ignore")) {
		return nil
	}
	next := 0 // the line that the last comment counted for
	for _, comment := range f.Comments() {
		text := f.Src[comment.Start:comment.End]
		if !bytes.Contains(text, []byte("portmoor:ignore")) {
			continue
		}
		if line, _ := f.Position(comment.Start); line > next {
			next = appliesTo(f, comment.Start, line)
		}
		all := ignore.FindAllSubmatchIndex(text, -1)
		for i, at := range all {
			end := len(text)
			if i+1 < len(all) {
				end = all[i+1][0]
			}
			line := 0
			if string(text[at[2]:at[3]]) == "ignore" {
				line = next
			}
			start, why := comment.Start+at[4], strings.TrimSpace(string(text[at[5]:end]))
			for name := range strings.SplitSeq(string(text[at[4]:at[5]]), ",") {
				span := source.Span{Start: start, End: start + len(name)}
				if name == "" {
					span = source.Span{Start: comment.Start + at[0], End: comment.Start + at[5]}
				}
				if len(found) == maxIgnores {
					return found
				}
				found = append(found, Ignore{span, name, line, why})
				start += len(name) + 1
			}
		}
	}
	return found
}

// appliesTo is the line that a comment counts for: its own, or where nothing
// else stands in it, the next one that holds more than a comment.
func appliesTo(f *source.File, offset, line int) int {
	if before := f.Src[f.Line(line).Start:offset]; len(bytes.TrimSpace(before)) > 0 {
		return line
	}
	for ; ; line++ {
		span := f.Line(line)
		if span.Empty() {
			return line
		}
		if text := bytes.TrimSpace(f.Src[span.Start:span.End]); len(text) > 0 && text[0] != '#' {
			return line
		}
	}
}
