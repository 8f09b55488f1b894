package discover

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/source"
)

var (
	fileInText = pattern.Lazy(`[A-Za-z0-9_./-]*[A-Za-z0-9_-]\.ya?ml\b`)
	// loadsFile is behind what a command loads a file with.
	loadsFile = pattern.Lazy(`(?:^|\s|\[)(?:-f|--file)[ =]*["']?$|\bCOMPOSE_FILE=["']?$`)
	// inCommand is behind a command of Compose, before its first file.
	inCommand = pattern.Lazy(`(?i)\b(?:docker|podman|nerdctl)[ -]?compose\b.*$`)
	// laidOver is behind the words for what a file is laid over, before its name.
	laidOver = pattern.Lazy(`(?i)\b(?:` + strings.Join([]string{
		`alongside`, `(?:together|along) with`, `in (?:conjunction|combination|addition) (?:with|to)`, `on top of`, `atop`,
		`(?:us(?:e|ed|ing)|run|load(?:ed)?|combined?|merged?|laid|layer(?:s|ed)?|appl(?:y|ied)|stack(?:s|ed)?|goes|comes)\b(?: \S+){0,3}? (?:with|over|after|behind|on|onto|to)`,
		`extend(?:s|ing)?`, `extension (?:of|for|to)`, `over(?:lay|lays|ride|rides|riding)(?: (?:for|of|on|to|over))?`,
		`base(?: file)?(?: is)?`, `(?:based|builds?) (?:on|upon)`, `(?:augment|complement|supplement|amend)s?`, `addition to`,
	}, "|") + `)[:=]?(?: (?:the|our|a|its|file|main|base|default|compose|stack|project))*[:=]? ?["'` + "`" + `(]*$`)
	// denies is behind what a comment says its file is not for.
	denies = pattern.Lazy(`(?i)\b(?:not|never|without|cannot|instead of|unlike|no longer|\w+n['’]t)\b`)
	// deniesCommand is behind a refusal of the command that follows.
	deniesCommand = pattern.Lazy(`(?i)\b(?:not|never|cannot|instead of|\w+n['’]t)(?: (?:be )?(?:run|use|used|start|call|do|load|this|it|with|by|using|as)\b)*:? ?["'` + "`" + `$]*$`)
	sentenceEnd   = pattern.Lazy(`[.!?;](?:\s|$)`)
	commandEnd    = pattern.Lazy("&&|[;|&`]")
)

// maxNamed bounds the names in the comments of one file that are looked at: far more than
// anybody writes.
const maxNamed = 1000

// namedBase is the file of the folder that an overlay's comments name as what it is
// laid over: one of those beside it that has a service of the overlay. It is none
// where they name no such file, or one of the folder's project first. Named is where
// that is said.
func (d *discoverer) namedBase(f *source.File, beside, bare []string, base compose.Group) (below compose.Group) {
	if len(bare) == 0 {
		return below
	}
	dir, seen := filepath.Dir(f.Path), map[string]bool{f.Path: true}
	for named := range overlaid(f) {
		path := filepath.Join(dir, filepath.FromSlash(named.Value))
		switch {
		case seen[path]:
		case slices.Contains(base.Files, path):
			return compose.Group{}
		case filepath.Dir(path) == dir && slices.Contains(beside, filepath.Base(path)) && d.extendsProject(path, bare) && !d.isOverlay(path):
			return compose.Group{Dir: dir, Files: []string{path}, Told: named.Span}
		}
		seen[path] = true
	}
	return below
}

// overlaid yields the files that the comments of a file say it is laid over, relative to
// its folder: the first of those that a command loads before it, and what stands behind
// words such as alongside, base or extends. What a comment denies is none.
func overlaid(f *source.File) func(yield func(compose.Text) bool) {
	return func(yield func(compose.Text) bool) {
		start, looked := 0, 0
		before := ""               // what a comment has said of a sentence in the lines above
		var command []compose.Text // the files that it loads, up to here
		for line := range bytes.Lines(f.Src) {
			at := start
			start += len(line)
			hash := bytes.IndexByte(line, '#')
			if hash < 0 || !f.Comment(at+hash+len(bytes.TrimRight(line[hash:], "\r\n"))-1) {
				before, command = "", nil
				continue
			}
			text := bytes.TrimLeft(line[hash:], "# \t")
			at += len(line) - len(text)
			text = bytes.TrimRight(text, " \t\r\n")
			behind := 0
			for _, m := range fileInText().FindAllIndex(text, maxNamed-looked) {
				looked++
				between := strings.TrimLeft(string(text[behind:m[0]]), " \t")
				named := compose.Text{File: f, Span: source.Span{Start: at + m[0], End: at + m[1]}, Value: string(text[m[0]:m[1]])}
				behind = m[1]
				if ends := commandEnd().FindAllStringIndex(between, -1); len(ends) > 0 {
					command = nil
				}
				said := lastOf(before + " " + string(lastOf(text[:m[0]])))
				if loadsFile().MatchString(said) || between == ":" && len(command) > 0 {
					if len(command) == 0 && deniesCommand().MatchString(strings.TrimRight(inCommand().ReplaceAllString(said, ""), " ")) {
						break
					}
					command = append(command, named)
					if first, ok := loadedFirst(f, command); ok && !yield(first) {
						return
					}
					continue
				}
				said = lastSentence(said)
				if laidOver().MatchString(strings.Join(strings.Fields(said), " ")) && !denies().MatchString(said) && !yield(named) {
					return
				}
			}
			goesOn := bytes.HasSuffix(text, []byte(`\`))
			if !goesOn {
				command = nil
			}
			if before = lastSentence(lastOf(before + " " + strings.TrimSuffix(string(lastOf(text)), `\`))); len(text) == 0 {
				before = ""
			}
		}
	}
}

// lastOf is the end of a text that is long enough for what people say of a file.
func lastOf[T string | []byte](text T) T { return text[max(0, len(text)-300):] }

// lastSentence is what a text says behind its last full stop.
func lastSentence(text string) string {
	if ends := sentenceEnd().FindAllStringIndex(text, -1); len(ends) > 0 {
		return text[ends[len(ends)-1][1]:]
	}
	return text
}

// loadedFirst is the first file of a command whose last is the file itself, by a path
// from wherever the command runs.
func loadedFirst(f *source.File, command []compose.Text) (first compose.Text, ok bool) {
	self := filepath.Clean(filepath.FromSlash(command[len(command)-1].Value))
	root, mine := strings.CutSuffix(f.Path, string(filepath.Separator)+self)
	if !mine || len(command) == 1 {
		return first, false
	}
	first = command[0]
	rel, err := filepath.Rel(filepath.Dir(f.Path), filepath.Join(root, filepath.FromSlash(first.Value)))
	first.Value = rel
	return first, err == nil
}
