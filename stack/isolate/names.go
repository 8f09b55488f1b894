package isolate

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/portmoor/portmoor/pattern"
)

// containers gives the containers with a fixed name one of the project's. The old name
// stays what the other services of the project find them under.
func (f *fork) containers() {
	renamed := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(f.model.Services)) {
		svc := f.model.Services[name]
		old := svc.ContainerName
		if old == "" || old != f.other.Services[name].ContainerName {
			continue // it has the project's in it already
		}
		svc.ContainerName = f.Name + "-" + old
		if f.replicas(name) > 1 {
			svc.ContainerName = ""
			f.set(reset, "services", name, "container_name")
		} else {
			f.set(value(svc.ContainerName), "services", name, "container_name")
			renamed[old] = svc.ContainerName
		}
		f.alias(name, &svc, old)
		f.model.Services[name] = svc
	}
	for _, name := range slices.Sorted(maps.Keys(f.model.Services)) {
		svc := f.model.Services[name]
		for key, mode := range map[string]*string{"network_mode": &svc.NetworkMode, "ipc": &svc.Ipc, "pid": &svc.Pid} {
			if of, ok := strings.CutPrefix(*mode, "container:"); ok && renamed[of] != "" {
				*mode = "container:" + renamed[of]
				f.set(value(*mode), "services", name, key)
			}
		}
		rename := func(key, prefix string, all []string) {
			changed := false
			for i, text := range all {
				of, rest, more := strings.Cut(strings.TrimPrefix(text, prefix), ":")
				if !strings.HasPrefix(text, prefix) || renamed[of] == "" {
					continue
				}
				all[i], changed = prefix+renamed[of], true
				if more {
					all[i] += ":" + rest
				} else if prefix == "" {
					all[i] += ":" + of // which is the name of the link
				}
			}
			if changed {
				f.set("!override "+list(all), "services", name, key)
			}
		}
		rename("volumes_from", "container:", svc.VolumesFrom)
		rename("external_links", "", svc.ExternalLinks)
		f.model.Services[name] = svc
	}
}

// replicas is in how many containers a service runs.
func (f *fork) replicas(name string) int {
	svc := f.project.Service(name)
	if f.Replicas != nil {
		return f.Replicas(svc)
	}
	return svc.Scale
}

// alias lets a service be found under another name on its networks. On one that is
// shared with other projects the name would be that of several.
func (f *fork) alias(name string, svc *types.ServiceConfig, other string) {
	if svc.NetworkMode != "" || other == name {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(svc.Networks)) {
		if bool(f.model.Networks[key].External) {
			continue
		}
		at := &types.ServiceNetworkConfig{}
		if given := svc.Networks[key]; given != nil {
			at = given
		}
		if !slices.Contains(at.Aliases, other) {
			at.Aliases = append(slices.Clone(at.Aliases), other)
			f.set(list([]string{other}), "services", name, "networks", key, "aliases")
		}
		svc.Networks[key] = at
	}
}

// images gives the images that the project builds names of its own, wherever they are
// used, so that no checkout runs what another has built.
func (f *fork) images() {
	to := map[string]string{}
	produced := func(svc types.ServiceConfig) []string {
		if svc.Build == nil {
			return nil
		}
		return append([]string{svc.Image}, svc.Build.Tags...)
	}
	for name, svc := range f.model.Services {
		other := produced(f.other.Services[name])
		for _, image := range produced(svc) {
			if image != "" && slices.Contains(other, image) {
				to[image] = f.Name + "/" + imagePath(image)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.model.Services)) {
		for _, base := range f.bases(f.model.Services[name]) {
			for image := range to {
				if tagged(image) == tagged(base) {
					delete(to, image)
					f.note("leave image out of the service that builds it, or name the image by a build argument", "image %s is the same in every checkout: the Dockerfile of service %s is built on it", image, name)
				}
			}
		}
	}
	for name, svc := range f.model.Services {
		if own := to[svc.Image]; own != "" {
			svc.Image = own
			f.set(value(own), "services", name, "image")
		}
		if svc.Build != nil {
			tags := slices.Clone(svc.Build.Tags)
			for i, tag := range tags {
				if to[tag] != "" {
					tags[i] = to[tag]
				}
			}
			if !slices.Equal(tags, svc.Build.Tags) {
				svc.Build.Tags = tags
				f.set("!override "+list(tags), "services", name, "build", "tags")
			}
			for key, arg := range svc.Build.Args {
				if arg != nil && to[*arg] != "" {
					own := to[*arg]
					svc.Build.Args[key] = &own
					f.set(value(own), "services", name, "build", "args", key)
				}
			}
			for key, from := range svc.Build.AdditionalContexts {
				if image, ok := strings.CutPrefix(from, "docker-image://"); ok && to[image] != "" {
					svc.Build.AdditionalContexts[key] = "docker-image://" + to[image]
					f.set(value("docker-image://"+to[image]), "services", name, "build", "additional_contexts", key)
				}
			}
		}
		f.model.Services[name] = svc
	}
}

var (
	notInImage = pattern.Lazy(`[^a-z0-9._/-]+`)
	builtOn    = pattern.Lazy(`(?im)^[ \t]*(?:FROM(?:[ \t]+--\S+)*[ \t]+|COPY[ \t]+(?:--\S+[ \t]+)*--from=)(\S+)`)
)

// imagePath is the name of an image as the path below another, with its tag.
func imagePath(image string) string {
	image, _, _ = strings.Cut(image, "@")
	path, tag := image, ""
	if at := strings.LastIndex(image, ":"); at > strings.LastIndex(image, "/") {
		path, tag = image[:at], image[at:]
	}
	return strings.Trim(notInImage().ReplaceAllString(path, "-"), "-./") + tag
}

// tagged is the name of an image with the tag that it has when none is given.
func tagged(image string) string {
	if strings.LastIndex(image, ":") > strings.LastIndex(image, "/") {
		return image
	}
	return image + ":latest"
}

// bases are the images that the Dockerfile of a service names.
func (f *fork) bases(svc types.ServiceConfig) (all []string) {
	if svc.Build == nil {
		return nil
	}
	text := []byte(svc.Build.DockerfileInline)
	if len(text) == 0 && f.Read != nil && filepath.IsAbs(svc.Build.Context) {
		file := svc.Build.Dockerfile
		if !filepath.IsAbs(file) {
			file = filepath.Join(svc.Build.Context, filepath.FromSlash(file))
		}
		text = f.Read(file)
	}
	for _, found := range builtOn().FindAllSubmatch(text, -1) {
		all = append(all, string(found[1]))
	}
	return all
}

// resources gives networks, volumes, configs and secrets with a fixed name one of the
// project's, and lets Docker choose the addresses of networks.
func (f *fork) resources() {
	own := func(section, key, name, other string, external bool) string {
		if external || name == "" || name != other {
			return name
		}
		f.set(value(f.Name+"_"+key), section, key, "name")
		return f.Name + "_" + key
	}
	for _, key := range slices.Sorted(maps.Keys(f.model.Networks)) {
		n := f.model.Networks[key]
		n.Name = own("networks", key, n.Name, f.other.Networks[key].Name, bool(n.External))
		f.network(key, &n)
		f.model.Networks[key] = n
	}
	for key, v := range f.model.Volumes {
		v.Name = own("volumes", key, v.Name, f.other.Volumes[key].Name, bool(v.External))
		f.model.Volumes[key] = v
	}
	for key, c := range f.model.Configs {
		c.Name = own("configs", key, c.Name, f.other.Configs[key].Name, bool(c.External))
		f.model.Configs[key] = c
	}
	for key, s := range f.model.Secrets {
		s.Name = own("secrets", key, s.Name, f.other.Secrets[key].Name, bool(s.External))
		f.model.Secrets[key] = s
	}
	for _, name := range slices.Sorted(maps.Keys(f.model.Services)) {
		for _, key := range slices.Sorted(maps.Keys(f.model.Services[name].Networks)) {
			f.address(name, key, f.model.Services[name].Networks[key])
		}
	}
}

// bridgeName is the option of a bridge that fixes the name of its interface.
const bridgeName = "com.docker.network.bridge.name"

// network lets Docker choose the subnets of a network, which no two may have.
func (f *fork) network(key string, n *types.NetworkConfig) {
	if bool(n.External) {
		return
	}
	for _, pool := range n.Ipam.Config {
		if pool.Subnet != "" {
			f.note("find services by their names", "network %s has a subnet that Docker chooses, instead of %s, which other checkouts have", key, pool.Subnet)
		}
	}
	if len(n.Ipam.Config) > 0 {
		n.Ipam.Config = nil
		f.set("!reset []", "networks", key, "ipam", "config")
	}
	if n.DriverOpts[bridgeName] != "" {
		n.DriverOpts = maps.Clone(n.DriverOpts)
		delete(n.DriverOpts, bridgeName)
		f.set(reset, "networks", key, "driver_opts", bridgeName)
	}
}

// address lets Docker choose the address of a service on a network.
func (f *fork) address(service, key string, at *types.ServiceNetworkConfig) {
	if at == nil {
		return
	}
	for field, address := range map[string]*string{"ipv4_address": &at.Ipv4Address, "ipv6_address": &at.Ipv6Address} {
		if *address != "" {
			f.note("find it by its name", "service %s has an address that Docker chooses on network %s, instead of %s, which other checkouts have", service, key, *address)
			f.set(reset, "services", service, "networks", key, field)
			*address = ""
		}
	}
}
