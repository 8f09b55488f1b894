package cli

import (
	"fmt"
	"strings"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/rewrite"
)

// writeOverride writes a compose file that moves the ports of services whose
// files one does not own. It replaces their lists, since a list that is only
// added to would bind the old ports as well; so it repeats what does not move.
func (c *commands) writeOverride(s *stack, path string, outcomes []allocate.Outcome) error {
	ports := map[string]compose.PortRange{}
	moves := map[string]bool{} // services
	for _, o := range outcomes {
		moved := o.Problem == "" && o.Unit.Var == "" && o.Ports != s.literal(o.Unit.Key)
		if moved {
			ports[o.Unit.Key] = o.Ports
			moves[o.Unit.Service] = true
		}
	}
	if len(moves) == 0 {
		fmt.Fprintln(c.Err, "no number has to move: no override file is needed")
		return nil
	}
	var b strings.Builder
	b.WriteString("# Host ports that portmoor found free on this machine; portmoor detect --override writes it.\nservices:\n")
	for _, svc := range s.project.Services {
		if !moves[svc.Name] {
			continue
		}
		fmt.Fprintf(&b, "  %s:\n    ports: !override\n", svc.Name)
		for _, m := range s.project.Mappings {
			if m.Service == svc.Name && m.Dropped == compose.Published && m.Invalid == "" {
				fmt.Fprintf(&b, "      - %s\n", overridden(m, ports[s.names.AssignmentKey(m)]))
			}
		}
	}
	abs := absolutePaths(s.base, []string{path})[0]
	if err := s.checkOverride(abs, b.String(), ports); err != nil {
		return err
	}
	if err := rewrite.Write(abs, []byte(b.String())); err != nil {
		return problem{exitFailure, s.shorten(err.Error()), ""}
	}
	files := make([]string, 0, len(s.project.Group.Files)+1)
	for _, f := range append(s.project.Group.Files, abs) {
		files = append(files, "-f "+s.show(f))
	}
	fmt.Fprintf(c.Err, "written to %s: docker compose %s up\n", visible(s.show(abs)), strings.Join(files, " "))
	return nil
}

// literal is the number that the compose files give a key.
func (s *stack) literal(key string) compose.PortRange {
	for _, m := range s.project.Mappings {
		if m.Dropped == compose.Published && s.names.AssignmentKey(m) == key {
			return m.HostPort.Ports
		}
	}
	return compose.PortRange{}
}

// overridden is a mapping as a line of a list, with other host ports where
// there are any.
func overridden(m compose.Mapping, ports compose.PortRange) string {
	host := m.HostPort.Text
	if !ports.Zero() {
		host = ports.String()
	}
	if m.Syntax == compose.Long {
		text := fmt.Sprintf("{target: %s, published: %q, protocol: %s", m.Target, host, m.Protocol)
		if m.Address != "" {
			text += fmt.Sprintf(", host_ip: %q", m.Address)
		}
		if m.Name != "" {
			text += fmt.Sprintf(", name: %q", m.Name)
		}
		return text + "}"
	}
	text := m.Target
	if host != "" || m.Address != "" {
		text = host + ":" + text
	}
	if m.Address != "" {
		text = m.Address + ":" + text
	}
	if m.Protocol != "tcp" {
		text += "/" + m.Protocol
	}
	return fmt.Sprintf("%q", text)
}

// checkOverride loads the project with the file on top, and holds every port
// against what it should be.
func (s *stack) checkOverride(path, text string, ports map[string]compose.PortRange) error {
	l := compose.NewLoader(compose.LoadOptions{Environ: s.environ()})
	l.Add(path, []byte(text))
	group := s.project.Group
	group.Files = append(append([]string{}, group.Files...), path)
	p := l.Load([]compose.Group{group})[0]
	found := map[compose.PortRange]bool{}
	for _, m := range p.Mappings {
		if m.Dropped == compose.Published {
			found[m.HostPort.Ports] = true
		}
	}
	for key, want := range ports {
		if !found[want] {
			return problem{exitFailure, fmt.Sprintf("%s: %s would not have port %s", s.show(path), key, want), "nothing was written; this is a bug in portmoor, please report it with the file"}
		}
	}
	return nil
}
