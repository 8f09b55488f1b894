package checkouts

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/portmoor/portmoor/docker"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/say"
)

// Look is how the table is shown. The zero value cuts nothing off.
type Look struct {
	// Home is the user's folder, which is written ~; "" for none.
	Home string
	// Width is that of the terminal, 0 for none.
	Width int
}

// most is how wide a column but the last may be on a terminal.
const most = 20

// Write prints a line for each checkout, and below it one for each of its ports; then the
// ports that are nobody's, where there are any.
func Write(w io.Writer, all []Checkout, others []Other, look Look) error {
	table := [][]string{{"PROJECT", "BRANCH", "STATE", "FOLDER"}}
	var below [][]string
	end := []int{0} // of the lines below each line of the table
	for _, c := range all {
		table = append(table, []string{c.Project, cmp.Or(c.Branch, "-"), c.stateText(), folderText(c, look.Home)})
		below = append(below, portLines(c)...)
		end = append(end, len(below))
	}
	ports := aligned(below, max(look.Width-2, 0))
	var b strings.Builder
	for i, line := range aligned(table, look.Width) {
		fmt.Fprintln(&b, line)
		for _, port := range ports[end[max(i-1, 0)]:end[i]] {
			fmt.Fprintln(&b, "  "+port)
		}
	}
	if len(others) > 0 {
		lines := [][]string{{"PORT", "ADDRESS", "HELD BY"}}
		for _, o := range others {
			lines = append(lines, []string{fmt.Sprintf("%d/%s", o.Port, o.Protocol), addresses(o), holder(o)})
		}
		fmt.Fprintln(&b, "\n"+strings.Join(aligned(lines, look.Width), "\n"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// stateText is up or down, and how many of its containers run.
func (c Checkout) stateText() string {
	if len(c.Containers) == 0 {
		return c.State()
	}
	return fmt.Sprintf("%s %d/%d", c.State(), c.Running(), len(c.Containers))
}

func folderText(c Checkout, home string) string {
	text := cmp.Or(c.Folder, "-")
	if rel, err := filepath.Rel(home, text); err == nil && home != "" && filepath.IsLocal(rel) {
		text = filepath.Join("~", rel)
	}
	if text = filepath.ToSlash(text); c.Gone {
		text += " (gone)"
	}
	return text
}

// portLines have the service, its port and where that leads. A row of ports that follow
// each other is one.
func portLines(c Checkout) (lines [][]string) {
	for i := 0; i < len(c.Ports); i++ {
		p, follow := c.Ports[i], 0
		for ; i+1 < len(c.Ports); i++ {
			next := c.Ports[i+1]
			same := next.Service == p.Service && next.Protocol == p.Protocol && next.HostIP == p.HostIP && next.Bound && p.Bound
			if !same || next.Host.First != p.Host.Last+1 || next.Container.First != p.Container.First+follow+1 {
				break
			}
			p.Host.Last = next.Host.Last
			follow++
		}
		text := p.Host.String()
		if p.Protocol != "tcp" {
			text += "/" + p.Protocol
		}
		where := cmp.Or(p.URL, "-")
		if !p.Bound {
			where = "assigned"
		}
		lines = append(lines, []string{p.Service, text, where})
	}
	return lines
}

func addresses(o Other) string {
	return strings.Join(lists.Map(o.Addresses, func(a string) string { return cmp.Or(a, "*") }), ",")
}

func holder(o Other) string {
	if o.State == "" || (docker.Container{State: o.State}).Running() {
		return o.Owner.String()
	}
	return o.Owner.String() + " (" + o.State + ")"
}

// aligned are lines in which the cells begin in the same columns. On a terminal what is
// too wide is cut: the last cell at its beginning.
func aligned(lines [][]string, width int) []string {
	wide := map[int]int{}
	for _, line := range lines {
		for i, cell := range line {
			if line[i] = say.Visible(cell); width > 0 && i+1 < len(line) {
				line[i] = cut(line[i], most, false)
			}
			wide[i] = max(wide[i], utf8.RuneCountInString(line[i]))
		}
	}
	return lists.Map(lines, func(line []string) string {
		text, last := "", len(line)-1
		for i, cell := range line[:last] {
			text += cell + strings.Repeat(" ", wide[i]-utf8.RuneCountInString(cell)+2)
		}
		if room := width - utf8.RuneCountInString(text); width > 0 {
			return text + cut(line[last], max(room, most), true)
		}
		return text + line[last]
	})
}

// cut is a text of at most so many characters.
func cut(text string, most int, front bool) string {
	r := []rune(text)
	switch {
	case len(r) <= most:
		return text
	case front:
		return "…" + string(r[len(r)-most+1:])
	}
	return string(r[:most-1]) + "…"
}

// Report is the JSON of list, version 1.
type Report struct {
	Version   int     `json:"version"`
	Checkouts []entry `json:"checkouts"`
	// Others are there only for the whole machine.
	Others *[]otherEntry `json:"others,omitempty"`
}

type entry struct {
	Project    string      `json:"project"`
	Folder     string      `json:"folder"`
	Gone       bool        `json:"gone"`
	Branch     string      `json:"branch"`
	State      string      `json:"state"`
	Running    int         `json:"running"`
	Containers int         `json:"containers"`
	Ports      []portEntry `json:"ports"`
}

type portEntry struct {
	Service       string `json:"service"`
	ContainerPort string `json:"container_port"`
	Protocol      string `json:"protocol"`
	HostIP        string `json:"host_ip"`
	HostPort      string `json:"host_port"`
	Bound         bool   `json:"bound"`
	URL           string `json:"url"`
}

type otherEntry struct {
	Port      int      `json:"port"`
	Protocol  string   `json:"protocol"`
	Addresses []string `json:"addresses"`
	Holder    string   `json:"holder"`
	State     string   `json:"state"`
}

// ReportOf is what there is, as JSON has it; others are nil where nobody asked for them.
func ReportOf(all []Checkout, others []Other) Report {
	r := Report{Version: 1, Checkouts: []entry{}}
	for _, c := range all {
		e := entry{say.Text(c.Project), say.Text(filepath.ToSlash(c.Folder)), c.Gone, say.Text(c.Branch), c.State(), c.Running(), len(c.Containers), []portEntry{}}
		for _, p := range c.Ports {
			e.Ports = append(e.Ports, portEntry{say.Text(p.Service), p.Container.String(), p.Protocol, p.HostIP, p.Host.String(), p.Bound, p.URL})
		}
		r.Checkouts = append(r.Checkouts, e)
	}
	if others != nil {
		list := []otherEntry{}
		for _, o := range others {
			list = append(list, otherEntry{o.Port, o.Protocol, o.Addresses, o.Owner.String(), o.State})
		}
		r.Others = &list
	}
	return r
}
