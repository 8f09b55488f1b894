package plan

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/portmoor/portmoor/reconcile/contest"
	"github.com/portmoor/portmoor/say"
)

//go:embed plan.md.tmpl
var document string

// Markdown is the document. name is what it is called where its commands are
// shown.
func (p Plan) Markdown(name string) ([]byte, error) {
	t, err := template.New("plan").Funcs(functions).Funcs(template.FuncMap{
		"planName": func(Plan) string { return name },
	}).Parse(document)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, p); err != nil {
		return nil, err
	}
	return append(out.Bytes(), seal(out.Bytes())...), nil
}

const leftAlone = "References Left Alone"

// seal is the last line of a document, by which it is known whether people have
// changed it.
func seal(doc []byte) string {
	return fmt.Sprintf("<!-- portmoor %x: as it was planned -->\n", sha256.Sum256(doc))
}

// edited reports a document that is not as it was planned. One with other line
// breaks is.
func edited(src []byte) bool {
	src = bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))
	i := bytes.LastIndex(src, []byte("<!-- portmoor "))
	return i < 0 || string(src[i:]) != seal(src[:i])
}

var functions = template.FuncMap{
	"title": func() string { return Title },
	"inc":   func(i int) int { return i + 1 },
	"md":    escape, "cell": escape, "code": code, "place": placeOf, "list": say.And,
	"moves": Plan.moves, "final": final, "steps": steps, "left": left,
	"constraints": constraints, "versus": versus, "resolution": resolution, "why": why, "room": room, "movesList": movesList,
	"health": healthLine, "listening": listening,
	"frozen": func(s Service) bool { return s.Status == contest.Frozen },
	"conflicts": func(p Plan) string {
		ports, services := p.Conflicts()
		verb := "have conflicts"
		if ports == 1 {
			verb = "has a conflict"
		}
		return fmt.Sprintf("%s %s affecting %s", say.Count(ports, "port"), verb, say.Count(services, "service"))
	},
	"strong": func(s Service, v any) string {
		text := escape(fmt.Sprint(v))
		if s.Outcome == contest.NoChange {
			return text
		}
		return "**" + text + "**"
	},
	"mark": func(o contest.Outcome) string {
		if o == contest.Changed {
			return "⚠️"
		}
		return "✓"
	},
	"arrow": func(s Service) string {
		if s.New == s.Port.Port {
			return fmt.Sprint(s.New)
		}
		return fmt.Sprintf("%d → %d", s.Port.Port, s.New)
	},
	"standing": func(s Service) string {
		switch {
		case s.Outcome == contest.Changed:
			return "Change"
		case s.Status == contest.Frozen:
			return "Frozen"
		case s.Status == contest.Priority:
			return "Priority"
		}
		return "No change"
	},
}

var escaper = strings.NewReplacer("\\", `\\`, "|", `\|`, "*", `\*`, "`", "\\`", "<", `\<`)

// escape is text that Markdown shows as it is, in a table too.
func escape(text string) string { return escaper.Replace(text) }

// code is text as code, whatever backticks it has.
func code(text string) string {
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if text == "" || len(fence) > 1 || strings.HasPrefix(text, " ") && strings.HasSuffix(text, " ") {
		text = " " + text + " "
	}
	return fence + text + fence
}

func placeOf(p Place) string { return code(fmt.Sprintf("%s:%d:%d", p.Path, p.Line, p.Column)) }

// final are the services by the ports they end up with.
func final(p Plan) []Service {
	services := slices.Clone(p.Services)
	slices.SortStableFunc(services, func(a, b Service) int { return a.New - b.New })
	return services
}

func healthLine(s Service) string {
	line := fmt.Sprintf("curl http://localhost:%d%s", s.New, s.Health)
	if s.Health == "off" {
		line = fmt.Sprintf("nc -z localhost %d", s.New)
	}
	note := "unchanged"
	if s.New != s.Port.Port {
		note = fmt.Sprintf("was %d", s.Port.Port)
	}
	return fmt.Sprintf("%-40s # %s (%s)", line, s.Name, note)
}

// step is one of the implementation steps.
type step struct {
	Title     string
	Groups    []group
	Rationale string
}

type group struct {
	Title string
	Lines []string
}

// steps are a step for each service that moves, and one for each that keeps a
// contested port, in which nothing is to be done.
func steps(p Plan) (all []step) {
	for _, s := range p.moves() {
		all = append(all, step{"Update " + escape(s.Name), groups(p, s.Name), why(p, s)})
	}
	for _, c := range p.Contests {
		for _, s := range p.Services {
			if s.Name == c.Services[0].Name {
				confirm := fmt.Sprintf("Confirm %s: `%d` (no change needed)", code(s.Place), s.New)
				all = append(all, step{"Verify " + escape(s.Name), []group{{Definition.String(), []string{confirm}}}, escape(s.Rationale)})
			}
		}
	}
	return all
}

func groups(p Plan, service string) (all []group) {
	for kind := Definition; kind <= Documentation; kind++ {
		g := group{Title: kind.String()}
		for _, c := range p.Changes {
			if c.Service == service && c.Kind == kind {
				g.Lines = append(g.Lines, fmt.Sprintf("%s: %s → %s (%s)", placeOf(c.Place), code(c.Text), code(c.New), escape(c.Reason)))
			}
		}
		if len(g.Lines) > 0 {
			all = append(all, g)
		}
	}
	return all
}

// many is how many places of one file and reason are listed one by one.
const many = 12

// left lists what stays, many places of one file and reason on one line.
func left(p Plan) (lines []string) {
	type key struct{ path, reason string }
	places, done := map[key][]string{}, map[key]bool{}
	more := map[key]int{}
	for _, n := range p.Left {
		k := key{n.Path, n.Reason}
		places[k] = append(places[k], fmt.Sprintf("%d:%d", n.Line, n.Column))
		more[k] += n.More
	}
	for _, n := range p.Left {
		k := key{n.Path, n.Reason}
		switch all := len(places[k]) + more[k]; {
		case all <= many:
			lines = append(lines, fmt.Sprintf("%s: %s (%s)", placeOf(n.Place), code(n.Text), escape(n.Reason)))
		case !done[k]:
			done[k] = true
			lines = append(lines, fmt.Sprintf("%s: %d places, the first at %s (%s)", code(n.Path), all, say.And(places[k][:min(3, len(places[k]))]), escape(n.Reason)))
		}
	}
	return lines
}
