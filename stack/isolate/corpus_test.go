package isolate

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/sirupsen/logrus"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/compose/canonical"
	"github.com/portmoor/portmoor/compose/corpustest"
	"github.com/portmoor/portmoor/compose/discover"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/tree"
)

const isolated = "checkout-1a2b3c4d"

// moved moves every literal by as much.
func moved(m compose.Mapping) ports.Range {
	if m.HostPort.Var != "" || m.Locked != "" || m.HostPort.Ports.Zero() || m.Container.Width() != m.HostPort.Ports.Width() || m.HostPort.Ports.Last > 40000 {
		return ports.Range{}
	}
	return ports.From(m.HostPort.Ports.First+20000, m.HostPort.Ports.Width())
}

// TestCorpus isolates real projects: what compose-go makes of them is what it was but for
// the values that isolation is there to change, and of those none is fixed any more. A
// sample is tried; ISOLATE_ALL=1 tries all.
func TestCorpus(t *testing.T) {
	logrus.SetOutput(io.Discard)
	loader := compose.NewLoader(compose.LoadOptions{})
	found, err := discover.Find(loader, []string{corpustest.Dir(t)}, discover.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tried, changed, refused, seen := 0, 0, 0, map[string]int{}
	for i, p := range loader.Load(found.Groups) {
		if os.Getenv("ISOLATE_ALL") == "" && i%10 != 0 || p.Loadable() != nil || len(p.Problems) > 0 || slices.ContainsFunc(p.Mappings, func(m compose.Mapping) bool { return m.Invalid != "" && m.Dropped == compose.Published }) {
			continue
		}
		path := filepath.Join(p.Dir, "override-of-portmoor.yaml")
		plan := Plan{Header: "# a header\n", To: moved, Name: isolated, Apart: true, Root: tree.Root(p.Dir), Read: func(path string) []byte { src, _ := os.ReadFile(path); return src }}
		in := canonical.Input{Dir: p.Dir, Files: p.Group.Files, Environ: environ(p), Name: isolated}
		before, err := canonical.Load(in)
		if err != nil {
			refused++
			continue
		}
		o, err := plan.Override(p, p.Group.Files, path)
		if err != nil {
			t.Errorf("%s: %v", p.Group.Files, err)
			continue
		}
		if tried++; o.Text == nil {
			continue
		}
		changed++
		in.Files, in.Content = append(slices.Clone(in.Files), path), map[string][]byte{path: o.Text}
		after, err := canonical.Load(in)
		if err != nil {
			t.Errorf("%s: %v\n%s", p.Group.Files, err, o.Text)
			continue
		}
		in.Name = "another"
		elsewhere, err := canonical.Load(in)
		if err != nil {
			t.Errorf("%s: %v", p.Group.Files, err)
			continue
		}
		fixed(t, p, after, elsewhere, o)
		x, y := generic(t, before), generic(t, after)
		leave(x, y, "", seen)
		if diff := cmp.Diff(x, y); diff != "" {
			t.Errorf("%s: (-before +after):\n%s\n%s", p.Group.Files, diff, o.Text)
		}
		if i%50 != 0 {
			continue
		}
		again, err := plan.Override(p, p.Group.Files, path)
		if err != nil || string(again.Text) != string(o.Text) {
			t.Errorf("%s: another file the second time: %v", p.Group.Files, err)
		}
	}
	t.Logf("%d projects, of which %d change; compose-go refuses %d more: %v", tried, changed, refused, seen)
	if changed < 30 || len(seen) < 5 {
		t.Errorf("only %d projects change, and %v", changed, seen)
	}
}

func environ(p *compose.Project) map[string]string {
	all := map[string]string{}
	for _, name := range p.Variables() {
		if value, set := p.Env.Lookup(name); set {
			all[name] = value
		}
	}
	return all
}

func generic(t *testing.T, p *types.Project) (all any) {
	t.Helper()
	src, err := json.Marshal(p)
	if err == nil {
		err = json.Unmarshal(src, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// isolates are the places that isolation changes, with * for names and places in lists.
var isolates = []string{
	"services.*.container_name", "services.*.image", "services.*.build.tags", "services.*.build.args.*", "services.*.build.additional_contexts.*",
	"services.*.networks.*.aliases", "services.*.networks.*.ipv4_address", "services.*.networks.*.ipv6_address", "services.*.network_mode",
	"services.*.ipc", "services.*.pid", "services.*.volumes_from", "services.*.external_links",
	"networks.*.name", "networks.*.ipam.config", "networks.*.driver_opts.com.docker.network.bridge.name",
	"volumes.*.name", "configs.*.name", "secrets.*.name",
}

// leave takes what isolation changes out of two models, and counts it.
func leave(x, y any, path string, seen map[string]int) {
	a, _ := x.(map[string]any)
	b, _ := y.(map[string]any)
	parts := strings.Split(path, ".")
	for _, key := range slices.Sorted(func(yield func(string) bool) {
		for k := range a {
			if !yield(k) {
				return
			}
		}
		for k := range b {
			if _, both := a[k]; !both && !yield(k) {
				return
			}
		}
	}) {
		at := key
		if path != "" {
			at = path + "." + key
		}
		if depth := len(parts); path != "" && (depth == 1 || parts[depth-1] == "networks" || parts[depth-1] == "args" || parts[depth-1] == "additional_contexts") && parts[0] != "x" {
			at = path + ".*"
		}
		switch changed := !reflect.DeepEqual(a[key], b[key]); {
		case changed && slices.Contains(isolates, at):
			seen[at]++
			delete(a, key)
			delete(b, key)
		case changed && at == "services.*.ports":
			seen[at]++
			a[key], b[key] = portsOf(a[key]), portsOf(b[key])
		case changed && at == "services.*.networks.*": // nothing was said of it before
			if a[key] == nil {
				a[key] = map[string]any{}
			}
			leave(a[key], b[key], at, seen)
		default:
			leave(a[key], b[key], at, seen)
		}
		if m, is := b[key].(map[string]any); is && len(m) == 0 && a[key] == nil {
			delete(a, key)
			delete(b, key)
		}
		if m, is := a[key].(map[string]any); is && len(m) == 0 && b[key] == nil {
			delete(a, key)
			delete(b, key)
		}
	}
}

// portsOf are ports, sorted, without the host ports.
func portsOf(v any) (all []string) {
	list, _ := v.([]any)
	for _, p := range list {
		m, _ := p.(map[string]any)
		delete(m, "published")
		all = append(all, fmt.Sprint(m)) // in the order of its keys
	}
	slices.Sort(all)
	return all
}

// fixed checks that nothing has the same name under another name of the project.
func fixed(t *testing.T, p *compose.Project, here, there *types.Project, o Override) {
	t.Helper()
	told := fmt.Sprint(o.Shared)
	same := func(what, key, a string) {
		if a != "" && !strings.Contains(a, isolated) {
			t.Errorf("%s: %s of %s is %s", p.Group.Files, what, key, a)
		}
	}
	for name, svc := range here.Services {
		same("the container", name, svc.ContainerName)
		if svc.Build != nil && svc.Image != "" && svc.Image == there.Services[name].Image && !strings.Contains(svc.Image, isolated) && !strings.Contains(told, "image "+svc.Image+" ") {
			t.Errorf("%s: the image of %s is %s", p.Group.Files, name, svc.Image)
		}
		for _, n := range svc.Networks {
			if n != nil && n.Ipv4Address+n.Ipv6Address != "" {
				t.Errorf("%s: %s has an address", p.Group.Files, name)
			}
		}
	}
	for key, n := range here.Networks {
		if !bool(n.External) {
			same("the network", key, n.Name)
		}
		if !bool(n.External) && len(n.Ipam.Config) > 0 {
			t.Errorf("%s: network %s has subnets", p.Group.Files, key)
		}
	}
	for key, v := range here.Volumes {
		if !bool(v.External) {
			same("the volume", key, v.Name)
		}
	}
}
