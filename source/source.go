// Package source reads the YAML of compose files into nodes that know where they
// stand in the bytes.
//
// The model: a [File] is bytes and nodes; a [Span] is a range of the bytes. The
// YAML library says where a node begins, in lines and runes; this package says
// where its text begins and ends, in bytes, whatever line breaks, byte order
// marks and wide characters are around it. What would make other readers of
// the file panic or hang is found here, and is a [Problem].
//
//	f := source.Parse(path, src)
//	for _, doc := range f.Docs {
//		span := f.Span(source.Value(source.Root(doc), "services"))
//	}
package source

import (
	"sync"

	"go.yaml.in/yaml/v4"
)

// Span is a range of bytes of a file, half open: Src[Start:End]. A span whose
// ends are equal is a place where text can be inserted.
type Span struct{ Start, End int }

// Empty reports whether the span covers no byte.
func (s Span) Empty() bool { return s.Start >= s.End }

// Problem is a reason why a file is not valid YAML or not valid Compose.
type Problem struct {
	File *File
	// Span is where it is; both ends 0 when it concerns the whole file.
	Span Span
	// Service is the service it concerns, "" when none.
	Service string
	// Message says what is wrong: lower case, one line, no place in it.
	Message string
	// Hint says what to do; it may be empty.
	Hint string
	// Syntax reports that the file is not YAML.
	Syntax bool
	// Unreadable reports that the file could not be read at all, which is a
	// failure of the run rather than a finding about the file.
	Unreadable bool
}

// File is one compose file.
type File struct {
	// Path is absolute.
	Path string
	// Src is the file's bytes exactly as they are on disk. Nobody modifies them.
	Src []byte
	// Private reports that no line of the file is shown: an env file may hold secrets.
	Private bool
	// Outside reports that the file is not in the repository: nothing of its text is shown.
	Outside bool
	// Docs are the parsed documents, nil when Problems says why not.
	Docs []*yaml.Node
	// Problems are what makes the file invalid, in order of position.
	Problems []Problem
	// Aliases is every alias in the documents.
	Aliases []*yaml.Node
	// Nodes is how many values the documents have, aliases followed.
	Nodes int
	// Longest is the length of the longest text, in bytes.
	Longest int

	lines        []int               // offset of each line's first byte as YAML counts lines
	flow         map[*yaml.Node]bool // the members of flow collections
	namesOnce    sync.Once
	names        []string // the variables that the file mentions
	layoutOnce   sync.Once
	laidOut      layout
	sectionsOnce sync.Once
	sections     []section // in order
	byKey        sync.Map  // *yaml.Node → map[string]Field
	editorOnce   sync.Once
	runes        runeIndex
	editorRunes  runeIndex
	editorLines  []int // offset of each line's first byte as editors count lines
}

// InFlow reports whether a node stands in a flow collection, as in JSON.
func (f *File) InFlow(n *yaml.Node) bool { return f.flow[n] }
