// Package complete says what can stand where somebody types a command line.
//
// The model: a [Grammar] is what the commands, their flags and their arguments are
// called. What an argument or the value of a flag may be is told by the word that help
// has for it, such as SERVICE or FILE: [Grammar.Known] has a function for each word whose
// values are known, and files are left to the shell. [Grammar.Ask] is pure, and answers
// also where the line is wrong: then with little, or nothing.
//
//	answer := grammar.Ask([]string{"port", "--format"}, "j")
//	complete.Write(os.Stdout, answer) // json
//
// [Script] is what makes a shell ask. Every shell asks in the same way, with the words
// before the cursor and the one at it, and gets a candidate a line.
package complete

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/say"
)

// Command is a command, and About what help says of it in a line.
type Command struct {
	Name, About string
	// Args are its arguments as help shows them, such as "[SERVICE [PORT]]" or "-- COMMAND";
	// "" for none.
	Args  string
	Flags []Flag
}

// Flag is a flag.
type Flag struct {
	Names []string // without dashes, the long one first
	About string   // what help says of it, with its value in backquotes
	// Bool reports that no value follows.
	Bool bool
	// Values are those that there are; nil where the word for the value tells.
	Values []string
	// Many reports that it may be repeated.
	Many bool
}

// Grammar is all that can be typed. The zero value has nothing.
type Grammar struct {
	Commands []Command
	Flags    []Flag // those that stand without a command
	// Known are the values of a word such as SERVICE.
	Known map[string]func(Typed) []Candidate
}

// Typed is what stands before the cursor.
type Typed struct {
	Command string
	// Flags are the values of the flags, by their long name.
	Flags map[string][]string
	Args  []string
	// Word is the one at the cursor, as far as it is typed.
	Word string
}

// Candidate is a word that can stand at the cursor. About says what it is; "" for
// nothing.
type Candidate struct{ Word, About string }

// Rest is what the shell finds by itself, beside the candidates.
type Rest string

// What a shell can find.
const (
	Nothing  Rest = ""
	Files    Rest = ":files"
	Programs Rest = ":programs"
)

// Answer is what can stand at the cursor.
type Answer struct {
	Candidates []Candidate
	Rest       Rest
}

// restOf is what a shell finds for a word of help.
func restOf(word string) Rest {
	switch word {
	case "FILE", "PATH":
		return Files
	case "COMMAND":
		return Programs
	}
	return Nothing
}

// Ask says what can stand at the cursor: behind some words, of which the program itself
// is none, and where the word itself is typed so far.
func (g Grammar) Ask(before []string, word string) Answer {
	l := &line{Grammar: g, typed: Typed{Flags: map[string][]string{}, Word: word}}
	for _, w := range before {
		l.read(w)
	}
	answer := l.answer(word)
	answer.Candidates = lists.Only(answer.Candidates, func(c Candidate) bool {
		return strings.HasPrefix(c.Word, word) && plain().MatchString(c.Word)
	})
	return answer
}

// plain is a word that every shell takes as it is. Others come from files, and are not
// put on anybody's command line.
var plain = pattern.Lazy(`^[A-Za-z0-9_./@+-][A-Za-z0-9_.:/=@+,-]*$`)

// line is a command line that is read from its start.
type line struct {
	Grammar
	typed   Typed
	command *Command // nil before there is one
	flag    *Flag    // whose value comes next; nil for none
	seen    []string // the long names of the flags
	ended   bool     // by --
	behind  int      // how many words stand behind --
}

// read takes the next word.
func (l *line) read(word string) {
	name, value, assigned := strings.Cut(word, "=")
	switch {
	case l.ended:
		l.behind++
		l.typed.Args = append(l.typed.Args, word)
	case l.flag != nil:
		l.keep(word)
	case word == "--":
		l.ended = true
	case len(word) > 1 && word[0] == '-':
		if l.flag = l.flagOf(name); l.flag == nil {
			return
		}
		l.seen = append(l.seen, l.flag.Names[0])
		if assigned {
			l.keep(value)
		} else if l.flag.Bool {
			l.flag = nil
		}
	case l.command != nil:
		l.typed.Args = append(l.typed.Args, word)
	case word == "help": // what follows is a command, of which nothing is asked
		l.typed.Command = word
	default:
		if at := slices.IndexFunc(l.Commands, func(c Command) bool { return c.Name == word }); at >= 0 && l.typed.Command == "" {
			l.command, l.typed.Command = &l.Commands[at], word
		} else {
			l.command = &Command{} // there is none of this name: nothing is known behind it
		}
	}
}

// keep is the value of the flag before.
func (l *line) keep(value string) {
	l.typed.Flags[l.flag.Names[0]] = append(l.typed.Flags[l.flag.Names[0]], value)
	l.flag = nil
}

// flags are those that can stand here: before the command those of every command.
func (l *line) flags() []Flag {
	if l.command != nil {
		return l.command.Flags
	}
	return slices.Concat(l.Flags, lists.Flat(l.Commands, func(c Command) []Flag { return c.Flags }))
}

// flagOf is the flag of a name with its dashes, nil for none.
func (l *line) flagOf(name string) *Flag {
	for _, f := range l.flags() {
		if slices.Contains(f.Names, strings.TrimLeft(name, "-")) {
			return &f
		}
	}
	return nil
}

// answer is what can stand at the cursor, also what does not begin as the word does.
func (l *line) answer(word string) Answer {
	name, _, assigned := strings.Cut(word, "=")
	switch {
	case l.flag != nil:
		return l.value(*l.flag)
	case !l.ended && assigned && word[0] == '-':
		f := l.flagOf(name)
		if f == nil || f.Bool {
			return Answer{}
		}
		answer := l.value(*f)
		answer.Candidates = lists.Map(answer.Candidates, func(c Candidate) Candidate { return Candidate{name + "=" + c.Word, c.About} })
		return answer
	case !l.ended && strings.HasPrefix(word, "-"):
		return Answer{Candidates: l.flagCandidates()}
	case l.command == nil && l.typed.Command != "help":
		commands := lists.Map(l.Commands, func(c Command) Candidate { return Candidate{c.Name, c.About} })
		return Answer{Candidates: append(commands, Candidate{"help", "show help"})}
	case l.command == nil:
		return Answer{Candidates: lists.Map(l.Commands, func(c Command) Candidate { return Candidate{c.Name, c.About} })}
	}
	place, isFlag := l.place()
	if isFlag && word == "" {
		return Answer{Candidates: l.flagCandidates()}
	}
	return l.values(place)
}

// place is the word of help for the argument that stands here; isFlag where the command
// takes no more arguments, and more flags can follow.
func (l *line) place() (word string, isFlag bool) {
	before, behind, apart := strings.Cut(" "+strings.ReplaceAll(l.command.Args, "[:PORT]", ":PORT")+" ", "-- ")
	n := len(l.typed.Args)
	if apart && l.ended {
		before, n = behind, l.behind
	}
	words := lists.Only(strings.FieldsFunc(before, func(r rune) bool { return strings.ContainsRune(" []", r) }), func(w string) bool { return w[0] != '-' })
	switch {
	case n < len(words):
		return strings.TrimSuffix(words[n], "..."), false
	case len(words) > 0 && strings.HasSuffix(words[len(words)-1], "..."):
		return strings.TrimSuffix(words[len(words)-1], "..."), false
	}
	return "", !l.ended
}

// value is what the value of a flag can be.
func (l *line) value(f Flag) Answer {
	if f.Values != nil {
		return Answer{Candidates: Words(f.Values)}
	}
	_, word, _ := strings.Cut(f.About, "`")
	word, _, _ = strings.Cut(word, "`")
	return l.values(word)
}

// values are what a word of help stands for.
func (l *line) values(word string) Answer {
	answer := Answer{Rest: restOf(word)}
	if known := l.Known[word]; known != nil {
		answer.Candidates = known(l.typed)
	}
	return answer
}

// flagCandidates are the flags that can still be given, and -- where a command has
// arguments that only stand behind it.
func (l *line) flagCandidates() (all []Candidate) {
	offered := map[string]bool{}
	for _, f := range l.flags() {
		name := f.Names[0]
		if offered[name] || slices.Contains(l.seen, name) && !f.Many {
			continue
		}
		offered[name] = true
		all = append(all, Candidate{"--" + name, strings.ReplaceAll(f.About, "`", "")})
	}
	if l.command == nil {
		return all
	}
	if !offered["help"] {
		all = append(all, Candidate{"--help", "show help"})
	}
	if strings.Contains(l.command.Args, "-- ") {
		all = append(all, Candidate{"--", "what follows is passed on"})
	}
	return all
}

// Write writes a candidate a line, with what it is behind a tab, and last what the shell
// is to find by itself. No candidate begins with a colon.
func Write(w io.Writer, a Answer) error {
	var b strings.Builder
	for _, c := range a.Candidates {
		b.WriteString(c.Word)
		if about := say.Visible(strings.Join(strings.Fields(c.About), " ")); about != "" {
			b.WriteString("\t" + about)
		}
		b.WriteString("\n")
	}
	if a.Rest != Nothing {
		fmt.Fprintln(&b, a.Rest)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
