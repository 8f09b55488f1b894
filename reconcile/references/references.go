// Package references finds every place of a tree that writes the port of a service:
// whose port the number means there, and whether it has to follow when that port
// changes.
//
// The model: a [Subject] is a service with the port that it had and the one that it
// gets. A number is looked at when it stands in the form of a port (the table in
// shape.go) and in none of the forms that only look like one (exclude.go). Whose it
// is follows from what is named near it (owner.go). Each [Reference] has a [Verdict]
// and its reason; what is [Open] goes to people, and is never edited.
//
//	found := references.Find(references.Query{Root: root, Subjects: []references.Subject{
//		{Name: "piper", Was: 5002, Is: 5003},
//		{Name: "face", Was: 5002, Is: 5002},
//	}})
//	for _, r := range found.References {
//		fmt.Println(r.Path, r.Line, r.Column, r.Service, r.Reason)
//	}
package references

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

// MaxSize is how large a file may be to be looked at, in bytes. Logs and dumps
// are larger, and what people write is not.
const MaxSize = 4 << 20

// Subject is a service whose references are looked for.
type Subject struct {
	Name string
	// Service is what it is called where there is no need to tell it from others;
	// "" for Name.
	Service string
	// Dir is the folder that holds only its own files, absolute; "" for none.
	Dir string
	// Was is the port that is looked for, Is what it is to be.
	Was, Is int
	// Inside are the ports that its container listens on, nil when it runs on
	// the host itself.
	Inside []int
}

// Query says what to look for, and where.
type Query struct {
	Root     string // the folder, absolute
	Subjects []Subject
	// Defined are the places that define ports, which are no references.
	Defined map[string][]source.Span
	// Known are the ports of all services: a list of them is one of ports.
	Known map[int]bool
	// Keyed are files of which one key is the port, so that no other key is.
	Keyed map[string]bool
	// Private, if not nil, tells files of whose text only the numbers are shown.
	Private func(path string) bool
	// Skip are files that are passed over, absolute.
	Skip map[string]bool
	// Opening is how files begin that are passed over, whatever they are called.
	Opening string
	// Options say what is ignored.
	Options tree.Options
	// Progress, if not nil, is told how many of all files are done, by one
	// goroutine at a time.
	Progress func(done, all int)
}

// Verdict is what becomes of a number.
type Verdict int

// The verdicts.
const (
	Left   Verdict = iota // it stays
	Change                // it is the old port of a service that moves
	Open                  // people have to say
)

// Reference is a number somewhere in the tree that is the port of a subject, or
// might be.
type Reference struct {
	Path         string // absolute
	Span         source.Span
	Line, Column int // of Span, as an editor counts
	Port         int
	// Text is the number with what makes it a port, and At where in Text it is.
	Text    string
	At      int
	Verdict Verdict
	Service string // whose it is, "" when that is open
	New     int    // what it becomes if it changes
	// Pad is how many blanks follow it in the cell of a table.
	Pad int
	// Direct reports that it is written as the value of the service's name.
	Direct bool
	// Default reports that it is a default in the folder of the service itself.
	Default bool
	Reason  string // of the verdict, for people
	// More is how many more of this file stay for the same reason; only the first
	// of them are listed.
	More int
}

// Listed is how many numbers of one file are listed that stay for one reason.
const Listed = 13

// Found is what a search came back with, sorted by path and place.
type Found struct {
	References []Reference
	// Digests are the SHA-256 of the files that have references, in hexadecimal.
	Digests map[string]string
	// TooLarge are the files above MaxSize, which nobody looked at.
	TooLarge []string
	// Unreadable are the files that could not be read.
	Unreadable []string
}

// Find looks through a tree for the old ports of the subjects.
func Find(q Query) Found {
	f := newFinder(q)
	found := f.search()
	slices.SortFunc(found.References, func(a, b Reference) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Span.Start, b.Span.Start))
	})
	slices.Sort(found.TooLarge)
	slices.Sort(found.Unreadable)
	return found
}

// Digest is the SHA-256 of a file's bytes, in hexadecimal.
func Digest(src []byte) string {
	sum := sha256.Sum256(src)
	return hex.EncodeToString(sum[:])
}
