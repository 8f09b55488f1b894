package isolate

import (
	"maps"
	"path/filepath"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/portmoor/portmoor/tree"
)

// shared says what every checkout has in common with the others.
func (f *fork) shared() {
	for _, name := range slices.Sorted(maps.Keys(f.model.Services)) {
		svc := f.model.Services[name]
		if svc.NetworkMode == "host" {
			f.note("", "service %s is on the host's network: what it listens on is the same in every checkout", name)
		}
		for _, v := range svc.Volumes {
			if v.Type == types.VolumeTypeBind && !v.ReadOnly && f.outside(v.Source) {
				f.note("mount it read-only, or name a folder of the checkout", "service %s may write to %s, which every checkout has in common", name, v.Source)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(f.model.Volumes)) {
		switch v := f.model.Volumes[key]; {
		case bool(v.External):
			f.note("", "volume %s is external: every checkout has its data in common", v.Name)
		case v.DriverOpts["device"] != "" && (!filepath.IsAbs(v.DriverOpts["device"]) || f.outside(v.DriverOpts["device"])) && v.DriverOpts["type"] != "tmpfs":
			f.note("", "volume %s is on %s, which every checkout has in common", key, v.DriverOpts["device"])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(f.model.Networks)) {
		n := f.model.Networks[key]
		switch {
		case bool(n.External):
			f.note("", "network %s is external: services of one name in several checkouts are found there by turns", n.Name)
		case n.Driver == "macvlan" || n.Driver == "ipvlan":
			f.note("", "network %s is on an interface of the host, which every checkout has in common", key)
		}
	}
}

// meant are host paths that are the same for all on purpose: of the engine, and what
// describes the machine.
var meant = []string{"/var/run/docker.sock", "/run/docker.sock", "/var/run/podman", "/run/podman", "/var/lib/docker", "/etc", "/dev", "/proc", "/sys", "/lib/modules", "/usr", "/tmp/.X11-unix", "/run/dbus", "/var/run/dbus", "/run/udev"}

// outside reports a host path that is not of the checkout, and not the same for all on
// purpose.
func (f *fork) outside(path string) bool {
	within := func(dir string) bool { return tree.Within(dir, path) }
	return filepath.IsAbs(path) && !within(f.Root) && !slices.ContainsFunc(meant, within)
}
