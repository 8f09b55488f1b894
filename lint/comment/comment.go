// Package comment reads the comments of files that are about lint.
//
//	for _, i := range comment.Ignores(f, isRule) {
//		fmt.Println(i.Rule, i.Reason)
//	}
package comment

import (
	"bytes"
	"strings"

	"github.com/portmoor/portmoor/pattern"
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

var ignore = pattern.Lazy(`#[ \t]*portmoor:(ignore-file|ignore)\b[ \t]*`)

// maxIgnores bounds what the comments of one file can ignore.
const maxIgnores = 100_000

// Ignores reads the comments of a file, in order. Behind a comma and a blank a word is
// another rule only if it is meant as one: else it begins the reason.
func Ignores(f *source.File, meant func(word string) bool) (found []Ignore) {
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
		all := ignore().FindAllSubmatchIndex(text, -1)
		for i, at := range all {
			end := len(text)
			if i+1 < len(all) {
				end = all[i+1][0]
			}
			line := 0
			if string(text[at[2]:at[3]]) == "ignore" {
				line = next
			}
			rules, behind := names(text[:end], at[1], meant)
			why := strings.TrimSpace(string(text[behind:end]))
			for _, r := range rules {
				span := source.Span{Start: comment.Start + r.Start, End: comment.Start + r.End}
				if r.Empty() {
					span = source.Span{Start: comment.Start + at[0], End: comment.Start + at[1]}
				}
				if len(found) == maxIgnores {
					return found
				}
				found = append(found, Ignore{span, string(text[r.Start:r.End]), line, why})
			}
		}
	}
	return found
}

// names are the rules that stand in a text from a place on, with commas between them and
// perhaps blanks, and what is behind them; an empty one where there is none.
func names(text []byte, at int, meant func(word string) bool) (found []source.Span, behind int) {
	for {
		end := at
		for end < len(text) && inName(text[end]) {
			end++
		}
		if end > at || len(found) == 0 {
			found = append(found, source.Span{Start: at, End: end})
		}
		comma := skipBlanks(text, end)
		if comma == len(text) || text[comma] != ',' {
			return found, end
		}
		at = skipBlanks(text, comma+1)
		next := at
		for next < len(text) && inName(text[next]) {
			next++
		}
		if next == at && (at == len(text) || text[at] != ',') || at-end > 1 && next > at && !meant(string(text[at:next])) {
			return found, at
		}
	}
}

func inName(c byte) bool {
	return c == '-' || c == '_' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

func skipBlanks(text []byte, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\t') {
		at++
	}
	return at
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
