package allocate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

// ledger is the file of all checkouts: a JSON object, written with one checkout a
// line. What a command asks is about a few ports, so that the lines are found by
// port, and only those that have one are decoded.
type ledger struct {
	path    string
	src     []byte   // nil for no file
	swept   string   // the folder that was looked for last
	folders []string // sorted
	lines   [][]byte // what each folder holds, a JSON object of claims by project

	forgotten map[string]map[string]ledgerMarks // by folder, as it is spelled, and project

	at      []int32 // by port, the first spot of its list; nil until somebody asks
	spots   []spot
	wide    []spot                   // whose ports are too many for lists
	decoded map[int]map[string]claim // by line
	missing map[string]bool          // whether a folder is gone, by folder
	broken  error                    // a line that is no JSON
	changed bool                     // whether it is no more what src says
}

// spot is a port or a range on a line. Those of one port make a list.
type spot struct {
	line, next  int32 // of the list: the index of the next spot, 0 for none
	first, last int32
}

// ledgerHead is the first line of the file, but for the lines of checkouts.
type ledgerHead struct {
	Version int    `json:"version"`
	Swept   string `json:"swept,omitempty"`

	// Forgotten is by folder and project.
	Forgotten map[string]map[string]ledgerMarks `json:"forgotten,omitempty"`
}

// claim is what one project of a checkout holds, by key.
type claim map[string]ledgerEntry

type ledgerEntry struct {
	Port    int            `json:"port"`
	Width   int            `json:"width,omitempty"`
	Manual  bool           `json:"manual,omitempty"`
	Pinned  bool           `json:"pinned,omitempty"`
	Sockets []ledgerSocket `json:"sockets"`

	// Override is the file that moved a literal.
	Override string `json:"override,omitempty"`
	// Default and Container are the ports of the compose file.
	Default   int `json:"default,omitempty"`
	Container int `json:"container,omitempty"`
}

// ledgerMarks are what the backup of a ports file does not say of ports that were
// forgotten, and that are nobody's, by key.
type ledgerMarks map[string]ledgerMark

type ledgerMark struct {
	Port   int  `json:"was"`
	Manual bool `json:"manual,omitempty"`
	Pinned bool `json:"pinned,omitempty"`
}

type ledgerSocket struct {
	Address  string `json:"address,omitempty"`
	Protocol string `json:"protocol"`
}

// ports are those of an entry, whatever its width says.
func (e ledgerEntry) ports() ports.Range {
	return ports.Range{First: e.Port, Last: min(e.Port+max(e.Width, 1)-1, ports.Last)}
}

// readLedger reads the file, which need not be there. What is known of it is returned when
// it has not changed; nil for nothing.
func readLedger(path string, known *ledger) (*ledger, error) {
	if known != nil && known.path == path && known.src != nil && !known.changed && tree.Holds(path, known.src) {
		known.missing = map[string]bool{}
		return known, nil
	}
	src, err := tree.Read(path, tree.MaxLedger)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return newLedger(path, nil)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, say.Cause(err))
	}
	return newLedger(path, src)
}

func newLedger(path string, src []byte) (*ledger, error) {
	l := &ledger{path: path, src: src, decoded: map[int]map[string]claim{}, missing: map[string]bool{}}
	if src == nil || l.readLines(src) {
		return l, nil
	}
	l.folders, l.lines = nil, nil
	var all struct {
		ledgerHead

		Checkouts map[string]map[string]claim `json:"checkouts"`
	}
	if err := decode(path, src, &all); err != nil {
		return nil, err
	}
	if all.Version != 1 {
		return nil, fmt.Errorf("%s: version %d: %w for this portmoor", path, all.Version, ErrCorrupt)
	}
	l.swept, l.forgotten = folderOf(all.Swept), all.Forgotten
	for key, has := range all.Checkouts {
		line, err := json.Marshal(has)
		if err != nil {
			return nil, err
		}
		i, _ := slices.BinarySearch(l.folders, folderOf(key))
		l.folders, l.lines = slices.Insert(l.folders, i, folderOf(key)), slices.Insert(l.lines, i, line)
	}
	return l, nil
}

// readLines reads the file as text writes it, and reports whether it is that: without
// blanks between a key and its value, which the index does not look for.
func (l *ledger) readLines(src []byte) bool {
	if spaced(src) {
		return false
	}
	first, rest, _ := bytes.Cut(src, []byte("\n"))
	var head ledgerHead
	if !bytes.HasSuffix(first, []byte(`"checkouts":{`)) || json.Unmarshal(slices.Concat(first, []byte("}}")), &head) != nil || head.Version != 1 {
		return false
	}
	l.swept, l.forgotten = folderOf(head.Swept), head.Forgotten
	lines := bytes.Count(rest, []byte("\n"))
	l.folders, l.lines = make([]string, 0, lines), make([][]byte, 0, lines)
	for string(rest) != "}}\n" {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		end := keyEnd(line)
		if !ended || end < 1 || line[0] != '"' {
			return false
		}
		object, more := bytes.CutSuffix(line[end+2:], []byte(","))
		if !bytes.HasSuffix(object, []byte("}")) || more != (string(after) != "}}\n") {
			return false
		}
		folder := string(line[1:end])
		if strings.Contains(folder, `\`) && json.Unmarshal(line[:end+1], &folder) != nil {
			return false
		}
		folder = folderOf(folder)
		if n := len(l.folders); n > 0 && folder <= l.folders[n-1] {
			return false
		}
		l.folders, l.lines = append(l.folders, folder), append(l.lines, object)
		rest = after
	}
	return true
}

// spaced reports blanks beside a colon. Blanks are few, so that looking for them is fast.
func spaced(src []byte) bool {
	for at := 2; at+1 < len(src); at++ {
		next := bytes.IndexByte(src[at:], ' ')
		if at += next; next < 0 || at+1 == len(src) {
			break
		}
		if src[at-1] == ':' && src[at-2] == '"' || src[at-1] == '"' && src[at+1] == ':' {
			return true
		}
	}
	return bytes.IndexByte(src, '\t') >= 0
}

// spelling begins what JSON can't have as it is. No path that is absolute begins so.
const spelling = "file:"

// spelled is a path as JSON can have it: as it is, but where it is not UTF-8 its bytes
// are those of a URL.
func spelled(path string) string {
	if utf8.ValidString(path) {
		return path
	}
	return spelling + strings.ReplaceAll(url.PathEscape(path), "%2F", "/")
}

// folderOf is the path that was spelled.
func folderOf(text string) string {
	if escaped, is := strings.CutPrefix(text, spelling); is {
		if path, err := url.PathUnescape(escaped); err == nil {
			return path
		}
	}
	return text
}

// keyEnd is where the quote behind the key of a line is, -1 for nowhere.
func keyEnd(line []byte) int {
	for from := 0; ; {
		at := bytes.Index(line[from:], []byte(`":{`))
		if at < 0 {
			return -1
		}
		at += from
		before := line[:at]
		if escapes := len(before) - len(bytes.TrimRight(before, `\\`)); escapes%2 == 0 {
			return at
		}
		from = at + 1
	}
}

// text is the file.
func (l *ledger) text() ([]byte, error) {
	head, err := json.Marshal(ledgerHead{1, spelled(l.swept), l.forgotten})
	if err != nil {
		return nil, err
	}
	b := bytes.NewBuffer(make([]byte, 0, len(l.src)+1<<10))
	fmt.Fprintf(b, "%s,\"checkouts\":{\n", head[:len(head)-1])
	for i, folder := range l.folders {
		key, err := json.Marshal(spelled(folder))
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(l.lines[i])
		if i+1 < len(l.folders) {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("}}\n")
	return b.Bytes(), nil
}

const (
	most      = 64      // is the width of a range up to which each of its ports has a list
	mostSpots = 1 << 20 // are in lists
)

// index finds the ports of each line, without decoding it: in JSON nothing but the
// key of a number looks like that.
func (l *ledger) index() {
	l.at, l.spots, l.wide = make([]int32, ports.Last+1), make([]spot, 1, 1+4*len(l.lines)), nil
	for i, line := range l.lines {
		for rest := line; ; {
			_, after, found := bytes.Cut(rest, []byte(`"port":`))
			if !found {
				break
			}
			var e ledgerEntry
			e.Port, rest = leadingNumber(after)
			if width, wide := bytes.CutPrefix(rest, []byte(`,"width":`)); wide {
				e.Width, rest = leadingNumber(width)
			}
			has := e.ports()
			if has.First < 1 || has.First > has.Last {
				continue
			}
			s := spot{line: int32(i), first: int32(has.First), last: int32(has.Last)} //nolint:gosec // there are fewer lines than bytes
			if has.Width() > most || len(l.spots) > mostSpots {
				l.wide = append(l.wide, s)
				continue
			}
			for port := has.First; port <= has.Last; port++ {
				s.next = l.at[port]
				l.at[port] = int32(len(l.spots)) //nolint:gosec // there are fewer spots than bytes, times most
				l.spots = append(l.spots, s)
			}
		}
	}
}

func leadingNumber(text []byte) (n int, rest []byte) {
	for len(text) > 0 && text[0] >= '0' && text[0] <= '9' && n <= ports.Last {
		n, text = 10*n+int(text[0]-'0'), text[1:]
	}
	return n, text
}

// having are the lines that have a port, in order.
func (l *ledger) having(port int) (lines []int) {
	if port < 1 || port > ports.Last {
		return nil
	}
	if l.at == nil {
		l.index()
	}
	for i := l.at[port]; i != 0; i = l.spots[i].next {
		lines = append(lines, int(l.spots[i].line))
	}
	for _, s := range l.wide {
		if int(s.first) <= port && port <= int(s.last) {
			lines = append(lines, int(s.line))
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// claims are what a line has.
func (l *ledger) claims(line int) map[string]claim {
	if known, ok := l.decoded[line]; ok {
		return known
	}
	var all map[string]claim
	if err := json.Unmarshal(l.lines[line], &all); err != nil && l.broken == nil {
		l.broken = fmt.Errorf("%s: line %d: %w JSON: %s", l.path, line+2, ErrCorrupt, err.Error())
	}
	l.decoded[line] = all
	return all
}

// of are the claims of a folder, by project; nil for none.
func (l *ledger) of(folder string) map[string]claim {
	if i, known := slices.BinarySearch(l.folders, folder); known {
		return l.claims(i)
	}
	return nil
}

// set replaces what a project of a folder holds, and reports whether that is news.
func (l *ledger) set(folder, project string, mine claim) (changed bool, err error) {
	all := maps.Clone(l.of(folder))
	if all == nil {
		all = map[string]claim{}
	}
	if all[project] = mine; len(mine) == 0 {
		delete(all, project)
	}
	line, err := json.Marshal(all)
	if err != nil {
		return false, err
	}
	i, known := slices.BinarySearch(l.folders, folder)
	switch {
	case known && bytes.Equal(l.lines[i], line), !known && len(all) == 0:
		return false, nil
	case len(all) == 0:
		l.remove(i)
	case known:
		l.lines[i] = line
	default:
		l.folders, l.lines = slices.Insert(l.folders, i, folder), slices.Insert(l.lines, i, line)
	}
	l.forget()
	return true, nil
}

// setMarks replaces what is known of forgotten ports, and reports whether that is news.
func (l *ledger) setMarks(folder, project string, marks ledgerMarks) (changed bool) {
	folder = spelled(folder)
	if maps.Equal(l.forgotten[folder][project], marks) {
		return false
	}
	l.changed, l.forgotten = true, maps.Clone(l.forgotten)
	of := maps.Clone(l.forgotten[folder])
	if of == nil {
		of = map[string]ledgerMarks{}
	}
	if l.forgotten == nil {
		l.forgotten = map[string]map[string]ledgerMarks{}
	}
	if of[project] = marks; len(marks) == 0 {
		delete(of, project)
	}
	if l.forgotten[folder] = of; len(of) == 0 {
		delete(l.forgotten, folder)
	}
	return true
}

func (l *ledger) remove(i int) {
	l.folders, l.lines = slices.Delete(l.folders, i, i+1), slices.Delete(l.lines, i, i+1)
	l.forget()
}

// forget drops what was worked out of the lines.
func (l *ledger) forget() { l.changed, l.at, l.decoded = true, nil, map[int]map[string]claim{} }

// step is how many folders are looked for whenever the file is written.
const step = 64

// sweep forgets checkouts that are gone. In a large ledger that takes several runs,
// each of which goes on where the last one stopped.
func (l *ledger) sweep(but string) {
	l.changed = true
	start, there := slices.BinarySearch(l.folders, l.swept)
	if there {
		start++
	}
	var look []string
	for i := range min(step, len(l.folders)) {
		look = append(look, l.folders[(start+i)%len(l.folders)])
	}
	if l.swept = ""; len(l.folders) > step {
		l.swept = look[step-1]
	}
	for n, folder := range slices.Sorted(maps.Keys(l.forgotten)) {
		if n < step && folder != spelled(but) && l.gone(folderOf(folder)) {
			delete(l.forgotten, folder)
		}
	}
	for _, folder := range look {
		if i, known := slices.BinarySearch(l.folders, folder); known && folder != but && l.gone(folder) {
			l.remove(i)
		}
	}
}

func (l *ledger) gone(folder string) bool {
	is, known := l.missing[folder]
	if !known {
		is = Gone(folder)
		l.missing[folder] = is
	}
	return is
}

// mounts are the folders that disks are mounted in, each in one of its own.
var mounts = []string{"/mnt", "/media", "/media/*", "/run/media", "/run/media/*", "/Volumes"}

// Gone is the law of when a checkout is forgotten: its folder is not there, and that
// is not because a disk is not. The nearest folder above it that is there tells: one
// that is empty, or that disks are mounted in, may be where its disk belongs.
func Gone(folder string) bool {
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	above := filepath.Dir(folder)
	for _, err := os.Stat(above); errors.Is(err, fs.ErrNotExist); _, err = os.Stat(above) {
		if above == filepath.Dir(above) {
			return false // a drive that is not there
		}
		above = filepath.Dir(above)
	}
	mounted := slices.ContainsFunc(mounts, func(pattern string) bool {
		is, err := filepath.Match(pattern, filepath.ToSlash(above))
		return is && err == nil
	})
	return !mounted && !tree.Empty(above)
}
