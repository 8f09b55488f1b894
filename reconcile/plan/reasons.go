package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/reconcile/contest"
	"github.com/portmoor/portmoor/say"
)

// constraints are what the plan keeps to.
func constraints(p Plan) (lines []string) {
	for _, s := range p.with(contest.Priority) {
		lines = append(lines, fmt.Sprintf("**%s** retains port %d (priority service)", escape(s.Name), s.New))
	}
	frozen := lists.Map(p.with(contest.Frozen), func(s Service) string { return "**" + escape(s.Name) + "**" })
	ports := newPorts(p.with(contest.Frozen))
	switch len(frozen) {
	case 0:
	case 1:
		lines = append(lines, fmt.Sprintf("%s is frozen; it keeps its port (%s)", frozen[0], ports[0]))
	default:
		lines = append(lines, fmt.Sprintf("%s are frozen; they keep their ports (%s)", say.And(frozen), strings.Join(ports, ", ")))
	}
	for _, s := range p.with(contest.Kept) {
		lines = append(lines, fmt.Sprintf("**%s** keeps port %d by decision", escape(s.Name), s.New))
	}
	lines = append(lines, "A port that only one service has stays")
	if len(p.Ranges) > 0 {
		lines = append(lines, "New ports stay within "+say.And(p.Ranges))
	}
	return lines
}

// with are the services of a status whose port stays.
func (p Plan) with(status contest.Status) []Service {
	return slices.DeleteFunc(slices.Clone(p.Services), func(s Service) bool { return s.Status != status || s.Outcome == contest.Changed })
}

// newPorts are the ports that services have in the end.
func newPorts(services []Service) []string {
	return lists.Map(services, func(s Service) string { return fmt.Sprint(s.New) })
}

// versus says who contests a port.
func versus(c contest.Contest) string {
	alike := !slices.ContainsFunc(c.Services, func(s contest.Port) bool { return s.Status != contest.Working })
	if alike {
		names := lists.Map(c.Services, func(s contest.Port) string { return escape(s.Name) })
		return strings.Join(names, ", ") + " (all working, no priority)"
	}
	names := lists.Map(c.Services, func(s contest.Port) string { return fmt.Sprintf("%s (%s)", escape(s.Name), s.Status) })
	return names[0] + " vs " + say.And(names[1:])
}

func resolution(p Plan, c contest.Contest) string {
	var moves []string
	reason := ""
	for _, s := range p.Services {
		switch {
		case s.Name == c.Services[0].Name:
			reason = lower(s.Rationale)
		case s.Outcome == contest.Changed && s.Port.Port == c.Port:
			moves = append(moves, fmt.Sprintf("%s moves to %d", escape(s.Name), s.New))
		}
	}
	return fmt.Sprintf("%s keeps it (%s); %s", escape(c.Services[0].Name), escape(reason), say.And(moves))
}

func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// why says why a service gets the port it gets.
func why(p Plan, s Service) string {
	text := fmt.Sprintf("the next free port after %d", s.Port.Port)
	if s.New < s.Port.Port {
		text = "the first free port of its range"
	}
	skipped := newPorts(lists.Only(p.Services, func(other Service) bool { return other.New > s.Port.Port && other.New < s.New }))
	if slices.Sort(skipped); len(skipped) > 0 {
		text += fmt.Sprintf(" (%s taken)", isAre(skipped))
	}
	return text
}

func isAre(words []string) string {
	if len(words) == 1 {
		return words[0] + " is"
	}
	return say.And(words) + " are"
}

// room says how many ports are left where services were moved to.
func room(p Plan) string {
	var parts []string
	for _, r := range p.Ranges {
		var first, last int
		if _, err := fmt.Sscanf(r, "%d-%d", &first, &last); err != nil {
			continue
		}
		inside := lists.Only(p.Services, func(s Service) bool { return s.New >= first && s.New <= last })
		taken := lists.Set(newPorts(inside))
		parts = append(parts, fmt.Sprintf("%d of %s", last-first+1-len(taken), r))
	}
	if len(parts) == 0 {
		return "no range has become fuller"
	}
	return say.And(parts) + " are still free"
}

func movesList(p Plan) string {
	moves := lists.Map(p.moves(), func(s Service) string { return fmt.Sprintf("%s (%d → %d)", escape(s.Name), s.Port.Port, s.New) })
	if len(moves) == 0 {
		return "a service that moves"
	}
	return say.And(moves)
}

// listening is how to see whether somebody else has a new port.
func listening(p Plan) string {
	ports := newPorts(p.moves())
	if len(ports) == 0 {
		return "no port is new."
	}
	return fmt.Sprintf("before the roll-out nothing may listen on the new ports: `ss -Hltn | grep -E ':(%s) '` prints nothing.", strings.Join(ports, "|"))
}
