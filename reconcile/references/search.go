package references

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/portmoor/portmoor/compose/dotenv"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

// finder is a query prepared for many files. Only search changes it.
type finder struct {
	Query
	wanted [65536]bool   // the numbers looked for
	rivals map[int][]int // number → subjects that have it, by index
	// namesOf are the names of the rivals for each number.
	namesOf map[int][]name
	// listed and used are the paths of the subjects' APIs.
	listed, used routes

	paths []string // the files of the tree

	mu    sync.Mutex // guards what follows
	found Found
	done  int
}

func newFinder(q Query) *finder {
	f := &finder{Query: q, rivals: map[int][]int{}, namesOf: map[int][]name{}, found: Found{Digests: map[string]string{}}}
	for i, s := range q.Subjects {
		f.wanted[s.Was] = true
		f.rivals[s.Was] = append(f.rivals[s.Was], i)
	}
	for _, n := range namesOf(q.Subjects) {
		port := q.Subjects[n.subject].Was
		f.namesOf[port] = append(f.namesOf[port], n)
	}
	f.listed, f.used = f.routesOf()
	return f
}

// search reads the files of the tree, several at a time.
func (f *finder) search() Found {
	tree.Files(f.Root, f.Options, func(path string, _ os.DirEntry) {
		if !f.Skip[path] {
			f.paths = append(f.paths, path)
		}
	})
	for path := range f.Defined { // also what Git ignores
		if !f.Skip[path] && !slices.Contains(f.paths, path) {
			f.paths = append(f.paths, path)
		}
	}
	var reading errgroup.Group
	var next atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		reading.Go(func() error {
			for i := next.Add(1); i <= int64(len(f.paths)); i = next.Add(1) {
				if say.Guard(func() { f.file(f.paths[i-1]) }) != nil {
					f.unreadable(f.paths[i-1])
				}
			}
			return nil
		})
	}
	_ = reading.Wait()
	return f.found
}

// unreadable notes a file that could not be looked at.
func (f *finder) unreadable(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.found.Unreadable = append(f.found.Unreadable, path)
}

// file looks at one file.
func (f *finder) file(path string) {
	src, err := tree.Read(path, MaxSize)
	large := errors.Is(err, tree.ErrLarge)
	if large {
		src = nil
	}
	var refs []Reference
	digest := ""
	if hits := f.hits(dotenv.Blank(src)); len(hits) > 0 && !binary(src) && (f.Opening == "" || !bytes.HasPrefix(bytes.TrimPrefix(src, []byte("\ufeff")), []byte(f.Opening))) {
		d := newDocument(path, src)
		refs = f.judge(d, hits)
		digest = Digest(src)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err != nil && !large || strings.ContainsAny(path, "\r\n"): // of which a plan can't speak
		f.found.Unreadable = append(f.found.Unreadable, path)
	case large:
		f.found.TooLarge = append(f.found.TooLarge, path)
	}
	if len(refs) > 0 && !strings.ContainsAny(path, "\r\n") {
		f.found.References = append(f.found.References, refs...)
		f.found.Digests[path] = digest
	}
	if f.done++; f.Progress != nil {
		f.Progress(f.done, len(f.paths))
	}
}

// binary is Git's test.
func binary(src []byte) bool { return bytes.IndexByte(src[:min(len(src), 8000)], 0) >= 0 }

// hit is a wanted number in a file.
type hit struct {
	span source.Span
	port int
}

// hits finds the wanted numbers: every run of digits is looked at once.
func (f *finder) hits(src []byte) (hits []hit) {
	for i := 0; i < len(src); i++ {
		if src[i]-'0' > 9 {
			continue
		}
		start, n := i, 0
		for ; i < len(src) && src[i]-'0' <= 9; i++ {
			if n = n*10 + int(src[i]-'0'); n > 65535 {
				n = 1 << 20
			}
		}
		if n < len(f.wanted) && f.wanted[n] && src[start] != '0' {
			hits = append(hits, hit{source.Span{Start: start, End: i}, n})
		}
	}
	return hits
}

// tooMany is how many numbers of one file are looked at: with more it is data.
const tooMany = 1000

var harmless = lazy(`^(?:(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_]*[ \t]*=[ \t]*["']?|https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]):)?$`)

// Harmless reports that what is around a port of an env file is no secret: nothing but
// the name of the variable, or this machine.
func Harmless(before, behind string) bool { return behind == "" && harmless().MatchString(before) }

// judge gives the numbers of a file their verdicts.
func (f *finder) judge(d *document, hits []hit) (refs []Reference) {
	defined, kept := f.Defined[d.file.Path], map[string]int{}
	private := f.Private != nil && f.Private(d.file.Path)
	if len(hits) > tooMany {
		h := hits[0]
		line, column := d.file.Position(h.span.Start)
		return []Reference{{
			Path: d.file.Path, Span: h.span, Line: line, Column: column, Port: h.port, Text: digits(h.port), New: h.port,
			Reason: "one of too many in the file to be references", More: len(hits) - 1,
		}}
	}
	for _, h := range hits {
		if slices.Contains(defined, h.span) {
			continue
		}
		r := f.verdict(d, h, hits, kept)
		if number := digits(h.port); private && !Harmless(r.Text[:r.At], r.Text[r.At:][len(number):]) {
			r.Text, r.At, r.Pad = number, 0, 0
		}
		if kept[r.Reason]++; r.Verdict == Left && kept[r.Reason] > Listed {
			i := slices.IndexFunc(refs, func(first Reference) bool { return first.Verdict == Left && first.Reason == r.Reason })
			refs[i].More++
			continue
		}
		refs = append(refs, r)
	}
	return refs
}

const unshaped = "not in the form of a port"

// verdict says what becomes of one number: whether it is a port, then whose. kept
// counts the reasons for which numbers of the file stay; of many nobody asks for
// a better one.
func (f *finder) verdict(d *document, h hit, hits []hit, kept map[string]int) Reference {
	c := d.context(h)
	r := Reference{Path: d.file.Path, Span: h.span, Port: h.port, Text: c.number, New: h.port}
	r.Line, r.Column = d.file.Position(h.span.Start)
	s := c.shape(f.namesOf[h.port], f.Known)
	if s.name == "" && kept[unshaped] > Listed {
		r.Reason = unshaped
		return r
	}
	switch r.Reason = excluded(c); {
	case r.Reason == inContainer:
		return f.containerPort(r, d, h, hits)
	case r.Reason != "":
		return r
	case s.name == "":
		r.Reason = unshaped
		return r
	case d.changelog:
		r.Reason = "history"
		return r
	}
	r.Text, r.At, r.Pad = s.text, s.at, c.padding()
	if r.Reason, r.Verdict = d.inContainer(h, s, c.commented()); r.Reason == "" && s.name == "port" && f.Keyed[d.file.Path] && !c.commented() {
		r.Reason = "another key of a file that defines a port"
	}
	if r.Reason != "" {
		return r
	}
	o := f.owner(d, h, hits)
	if f.Keyed[d.file.Path] && !c.commented() && o.subject >= 0 && o.evidence != namedOnLine && f.own(d, o.subject) {
		o = owner{-1, "another key of a file that defines the port of " + f.Subjects[o.subject].Name}
	}
	if s.name == amongPorts && o.evidence != namedOnLine {
		o = owner{-1, "it stands beside other ports: " + f.list(f.rivals[h.port])}
	}
	switch {
	case o.subject < 0:
		r.Verdict, r.Reason = Open, o.evidence
		return r
	case s.ownOnly && !f.own(d, o.subject) && o.evidence != namedOnLine:
		r.Reason = "a bare number outside the folder of " + f.Subjects[o.subject].Name
		return r
	}
	f.conclude(&r, f.Subjects[o.subject], s, o.evidence, d)
	r.Direct = direct(c.before, f.namesOf[h.port], o.subject)
	r.Default = f.own(d, o.subject) && c.isDefault(s)
	return r
}

// containerPort leaves a port inside a container as it is; but it may be that the
// service reads its port from its own files there.
func (f *finder) containerPort(r Reference, d *document, h hit, hits []hit) Reference {
	if o := f.owner(d, h, hits); o.subject >= 0 {
		if s := f.Subjects[o.subject]; s.Inside == nil && s.Is != s.Was {
			r.Verdict, r.Reason = Open, "the port inside a container of "+s.Name+", which may read its own files there"
		}
	}
	return r
}

// conclude is the verdict for a number whose owner is known.
func (f *finder) conclude(r *Reference, s Subject, form spelling, evidence string, d *document) {
	r.Service, r.Reason = s.Name, evidence
	switch {
	case s.Is == s.Was:
		r.Reason += ": " + s.Name + " keeps " + digits(s.Was)
	case s.Inside != nil && (d.dockerfile || form.onNetwork() && slices.Contains(s.Inside, s.Was)):
		r.Reason += ": " + inContainer
	case s.Inside != nil && form.onNetwork():
		r.Verdict = Open
		r.Reason += ", but by a name of Docker's network"
	case publicHost().MatchString(form.host), otherHost(form.host) && evidence != namedOnLine && !strings.HasPrefix(evidence, itsAPI):
		r.Verdict = Open
		r.Reason += ", but on another host"
	case otherThing().MatchString(r.Text[:r.At]) && evidence != namedOnLine:
		r.Verdict = Open
		r.Reason += ", but called the port of something else"
	case s.Inside != nil && !d.prose && (evidence == inItsFolder || evidence == namedFile):
		r.Verdict = Open
		r.Reason += ", where what runs in its container may mean another port"
	case slices.Contains(s.Inside, s.Was) && !form.outside:
		r.Verdict = Open
		r.Reason += ", whose container listens on that number too"
	default:
		r.Verdict, r.New = Change, s.Is
	}
}

// publicHost is one with a name on the internet.
var publicHost = lazy(`^[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|dev|app|cloud|edu|gov|[a-z]{2})$`)

// otherHost reports an address or a name that need not be this machine's.
func otherHost(host string) bool {
	return strings.Contains(host, ".") && !local().MatchString(host) && !strings.ContainsAny(host, "<>${}%")
}

// otherThing is a name for the port of what services talk to.
var otherThing = lazy(`(?i)\b(?:redis|postgres\w*|pg|mysql|mariadb|db|database|mongo\w*|rabbit\w*|amqp|kafka|metrics|prometheus|grafana|nats|mqtt|smtp|imap|ssh|ftp|dns|ldap|debug\w*|remote|upstream|proxy|admin|grpc|cache|peer)[_-]?port`)

// own reports whether a file is in a subject's own folder.
func (f *finder) own(d *document, subject int) bool {
	dir := f.Subjects[subject].Dir
	return dir != "" && strings.HasPrefix(d.file.Path, dir+string(os.PathSeparator))
}
