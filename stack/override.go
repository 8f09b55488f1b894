package stack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/portmoor/portmoor/allocate"
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/rewrite"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

// overrideHeader tells a file of ours from one that somebody else has written.
const overrideHeader = "# Host ports that portmoor found free on this machine; portmoor detect --override writes it.\n"

// MayOverride refuses to write over a file that detect has not written.
func (s *Stack) MayOverride(path string) error {
	abs := tree.Absolute(s.Dir, path)[0]
	if abs == s.paths.Ports || abs == s.envPath() {
		return say.Usagef("name a new file", "%s: is where portmoor keeps the ports", say.Visible(path))
	}
	src, err := tree.Read(abs, tree.MaxFile)
	if errors.Is(err, fs.ErrNotExist) || err == nil && bytes.HasPrefix(src, []byte(overrideHeader)) {
		return nil
	}
	return say.Usagef("name a new file", "%s: exists already, and was not written by portmoor detect --override", say.Visible(path))
}

// WriteOverride writes a compose file that moves the ports of services whose files
// one does not own, and returns the files of the project with it, as people name
// them. When no number has to move there are none, and one that was written before is
// removed. The file replaces the lists of ports, since a list that is only added to
// would bind the old ports as well; so it repeats what does not move.
func (s *Stack) WriteOverride(path string, outcomes []allocate.Outcome) (named []string, removed bool, err error) {
	abs := tree.Absolute(s.Dir, path)[0]
	moved := map[string]ports.Range{}
	moves := map[string]bool{} // services
	stuck := false
	for _, o := range outcomes {
		stuck = stuck || o.Problem != "" && o.Unit.Var == ""
		if o.Problem == "" && o.Unit.Var == "" && o.Ports != s.mappingsOf[o.Unit.Key][0].HostPort.Ports {
			moved[o.Unit.Key] = o.Ports
			moves[o.Unit.Service] = true
		}
	}
	if len(moves) == 0 && (stuck || !tree.Exists(abs)) {
		return nil, false, nil
	}
	if err := s.MayOverride(path); err != nil {
		return nil, false, err
	}
	if len(moves) == 0 {
		if err := os.Remove(abs); err != nil {
			return nil, false, say.Failf("remove it: its ports are not assigned any more", "%s: can't be removed", abs)
		}
		return nil, true, nil
	}
	files := slices.DeleteFunc(slices.Clone(s.Project.Group.Files), func(f string) bool { return f == abs })
	model, environ, err := anyModel(s, files)
	if err != nil {
		return nil, false, err
	}
	text := override(s, moves, moved, model)
	if err := checkOverride(s, model, compose.ModelInput{
		Dir: s.Project.Dir, Files: append(files, abs), Environ: environ, Content: map[string][]byte{abs: text},
	}, moved); err != nil {
		return nil, false, say.Failf("it was not written; this is a bug in portmoor, please report it with the compose file", "%s: %s", abs, say.Shown(s.Dir, err.Error()))
	}
	if err := rewrite.Write(abs, text); err != nil {
		return nil, false, err
	}
	for _, f := range append(files, abs) {
		named = append(named, s.Show(f))
	}
	return named, false, nil
}

// override is the text of the file.
func override(s *Stack, moves map[string]bool, moved map[string]ports.Range, model *types.Project) []byte {
	var b bytes.Buffer
	b.WriteString(overrideHeader + "services:\n")
	for _, svc := range s.Project.Services {
		if !moves[svc.Name] {
			continue
		}
		fmt.Fprintf(&b, "  %q:\n    ports: !override\n", svc.Name)
		for _, m := range s.Project.Mappings {
			if m.Service == svc.Name && m.Dropped == compose.Published && m.Invalid == "" {
				fmt.Fprintf(&b, "      - %s\n", overridden(m, moved[s.names.AssignmentKey(m)], model))
			}
		}
	}
	return b.Bytes()
}

// anyModel loads files with compose-go, under the first environment that does
// not lack what they require.
func anyModel(s *Stack, files []string) (model *types.Project, environ map[string]string, err error) {
	for _, environ = range s.Project.Environments() {
		if model, err = compose.LoadModel(compose.ModelInput{Dir: s.Project.Dir, Files: files, Environ: environ}); err == nil {
			return model, environ, nil
		}
	}
	return nil, nil, say.Failf("fix what docker compose refuses", "%s", err)
}

// overridden is a mapping as a line of a list, with other host ports where
// there are any.
func overridden(m compose.Mapping, ports ports.Range, model *types.Project) string {
	host := m.HostPort.Text
	if !ports.Zero() {
		host = ports.String()
	}
	if m.Syntax == compose.Long {
		return overriddenLong(m, host, model)
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

// overriddenLong takes what has no say in the host port from compose-go's model.
func overriddenLong(m compose.Mapping, host string, model *types.Project) string {
	fields := []string{fmt.Sprintf("target: %q, protocol: %q", m.Target, m.Protocol)}
	add := func(name, value string) {
		if value != "" {
			fields = append(fields, fmt.Sprintf("%s: %q", name, value))
		}
	}
	add("published", host)
	add("host_ip", m.Address)
	for _, p := range model.Services[m.Service].Ports {
		if int(p.Target) != m.Container.First || p.Protocol != m.Protocol || p.HostIP != m.HostIP || p.Name != m.Name {
			continue
		}
		add("name", p.Name)
		if p.Mode != "ingress" {
			add("mode", p.Mode)
		}
		add("app_protocol", p.AppProtocol)
		for _, key := range slices.Sorted(maps.Keys(p.Extensions)) {
			if value, err := json.Marshal(p.Extensions[key]); err == nil {
				fields = append(fields, fmt.Sprintf("%q: %s", key, value))
			}
		}
		break
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

// checkOverride loads the project with the file on top, and holds every port of
// every service against what it should be.
func checkOverride(s *Stack, before *types.Project, in compose.ModelInput, ports map[string]ports.Range) error {
	after, err := compose.LoadModel(in)
	if err != nil {
		return err
	}
	moved := map[string]string{} // by service and both numbers
	for _, m := range s.Project.Mappings {
		if to, ok := ports[s.names.AssignmentKey(m)]; ok && m.Dropped == compose.Published {
			for i := range to.Width() {
				moved[fmt.Sprint(m.Service, " ", m.Protocol, " ", m.HostPort.Ports.First+i, ":", m.Container.First+i)] = fmt.Sprint(to.First + i)
			}
		}
	}
	for name, svc := range before.Services {
		var want, got []string
		for _, p := range svc.Ports {
			if to, ok := moved[fmt.Sprint(name, " ", p.Protocol, " ", p.Published, ":", p.Target)]; ok {
				p.Published = to
			}
			want = append(want, fmt.Sprintf("%+v", p))
		}
		for _, p := range after.Services[name].Ports {
			got = append(got, fmt.Sprintf("%+v", p))
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			return fmt.Errorf("service %q would have other ports than planned", name)
		}
	}
	return nil
}
