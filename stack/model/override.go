package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
)

// Header tells an override file from one that somebody else has written.
const Header = "# Host ports that portmoor found free on this machine; portmoor detect --override writes it.\n"

// Override is the text of a compose file that moves the ports of a project's literals: its
// path is where it will be, files those that it comes behind, and to the host ports of a
// mapping that moves, zero for one that stays. It replaces the lists of ports, since a
// list that is only added to would bind the old ports as well; so it repeats what does
// not move. The error is what docker compose refuses of the project, or that the text
// would do something else.
func Override(p *compose.Project, files []string, path string, to func(compose.Mapping) ports.Range) ([]byte, error) {
	model, environ, err := load(p, files)
	if err != nil {
		return nil, err
	}
	text := override(p, to, model)
	in := compose.ModelInput{Dir: p.Dir, Files: append(slices.Clone(files), path), Environ: environ, Content: map[string][]byte{path: text}}
	if err := check(p, to, model, in); err != nil {
		return nil, say.Failf("it was not written; this is a bug in portmoor, please report it with the compose file", "%s: %s", path, say.Shown(p.Dir, err.Error()))
	}
	return text, nil
}

// override is the text of the file.
func override(p *compose.Project, to func(compose.Mapping) ports.Range, model *types.Project) []byte {
	var b bytes.Buffer
	b.WriteString(Header + "services:\n")
	for _, svc := range p.Services {
		var lines []string
		moves := false
		for _, m := range p.Mappings {
			if m.Service == svc.Name && m.Dropped == compose.Published && m.Invalid == "" {
				lines = append(lines, fmt.Sprintf("      - %s\n", overridden(m, to(m), model)))
				moves = moves || !to(m).Zero()
			}
		}
		if moves {
			fmt.Fprintf(&b, "  %q:\n    ports: !override\n%s", svc.Name, strings.Join(lines, ""))
		}
	}
	return b.Bytes()
}

// load loads files with compose-go, under the first environment that does not lack
// what they require.
func load(p *compose.Project, files []string) (model *types.Project, environ map[string]string, err error) {
	for _, environ = range p.Environments() {
		if model, err = compose.LoadModel(compose.ModelInput{Dir: p.Dir, Files: files, Environ: environ}); err == nil {
			return model, environ, nil
		}
	}
	return nil, nil, say.Failf("", "%s: docker compose refuses the project", files[0])
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
		if int(p.Target) != m.Container.First || p.Protocol != m.Protocol || p.HostIP != m.HostIP || m.Name != "" && p.Name != m.Name {
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

// check loads the project with the file on top, and holds every port of
// every service against what it should be.
func check(p *compose.Project, to func(compose.Mapping) ports.Range, before *types.Project, in compose.ModelInput) error {
	after, err := compose.LoadModel(in)
	if err != nil {
		return err
	}
	moved := map[string]string{} // by service and both numbers
	for _, m := range p.Mappings {
		if to := to(m); !to.Zero() && m.Dropped == compose.Published {
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
