package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"

	"github.com/portmoor/portmoor/say"
)

// Deliver writes a text into the file that a variable of a container's
// environment names, and returns the file's path in the container: "" if the
// variable is not set. It goes through the engine's copy API, so that the image
// needs no shell; folders that are missing are made. An empty text is not
// written, and a container that is gone meanwhile is told nothing.
func (e *Engine) Deliver(ctx context.Context, c Container, variable, text string) (file string, err error) {
	ctx, cancel, err := e.ready(ctx)
	if err != nil {
		return "", err
	}
	defer cancel()
	inspected, err := e.api.ContainerInspect(ctx, c.ID)
	switch {
	case errdefs.IsNotFound(err):
		return "", nil
	case err != nil:
		return "", e.explain(err)
	}
	if file = fileOf(inspected, variable); file == "" || text == "" {
		return file, nil
	}
	refuse := func(what, hint string) (string, error) {
		return "", &Error{Problem: say.Problem{Message: "container " + c.Name + ": " + file + ": " + what, Hint: hint}}
	}
	dir, rest, err := e.existing(ctx, c, file)
	if err != nil {
		return "", err
	}
	if unseen(inspected, path.Join(dir, rest)) {
		return refuse("is on a file system of the running container, into which the engine copies nothing", "mount a volume on its folder, or name a file elsewhere in "+variable)
	}
	if slices.ContainsFunc(inspected.Mounts, func(m container.MountPoint) bool { return path.Clean(m.Destination) == path.Join(dir, rest) }) {
		if stat, err := e.api.ContainerStatPath(ctx, c.ID, path.Join(dir, rest)); err == nil && stat.Mode.IsDir() {
			return refuse("is a folder", "name a file in it in "+variable)
		}
		return refuse("is a mount, which can't be replaced", "mount its folder instead")
	}
	archive, err := pack(rest, text)
	if err != nil {
		return "", err
	}
	switch err := e.api.CopyToContainer(ctx, c.ID, dir, archive, container.CopyToContainerOptions{}); {
	case err == nil:
		return file, nil
	case says(err.Error(), readOnly):
		return refuse("the file system is read-only", "mount a volume on its folder that can be written")
	case ctx.Err() != nil:
		return "", e.explain(err)
	case e.gone(ctx, c):
		return "", nil
	default:
		return refuse("can't be written: "+strings.TrimPrefix(oneLine(err.Error()), "Error response from daemon: "), "name another file in "+variable)
	}
}

// gone reports that a container was removed.
func (e *Engine) gone(ctx context.Context, c Container) bool {
	_, err := e.api.ContainerInspect(ctx, c.ID)
	return errdefs.IsNotFound(err)
}

// fileOf is the absolute path that a variable names in a container.
func fileOf(inspected container.InspectResponse, variable string) string {
	if inspected.Config == nil {
		return ""
	}
	for _, entry := range inspected.Config.Env {
		name, value, _ := strings.Cut(entry, "=")
		switch {
		case name != variable || value == "":
		case path.IsAbs(value):
			return path.Clean(value)
		default:
			return path.Join("/", inspected.Config.WorkingDir, value)
		}
	}
	return ""
}

// existing is the deepest folder of a file's path that a container has, with its
// links followed, and what comes below it. The engine makes those folders with
// the mode and owner of new ones; those that exist are not in the archive, which
// would change theirs.
func (e *Engine) existing(ctx context.Context, c Container, file string) (dir, rest string, err error) {
	parts := strings.Split(strings.TrimPrefix(file, "/"), "/")
	dir = "/"
	for i, part := range parts[:len(parts)-1] {
		stat, err := e.api.ContainerStatPath(ctx, c.ID, path.Join(dir, part))
		switch {
		case errdefs.IsNotFound(err):
			return dir, path.Join(parts[i:]...), nil
		case err != nil:
			return "", "", e.explain(err)
		case stat.LinkTarget != "":
			dir = stat.LinkTarget
		default:
			dir = path.Join(dir, part)
		}
	}
	return dir, parts[len(parts)-1], nil
}

// unseen reports that the innermost mount of a path exists only inside the
// running container: the engine would write below it.
func unseen(inspected container.InspectResponse, file string) bool {
	within, inside := "", false
	look := func(target string, is bool) {
		target = path.Clean(target)
		if len(target) >= len(within) && (file == target || strings.HasPrefix(file, strings.TrimSuffix(target, "/")+"/")) {
			within, inside = target, is
		}
	}
	for _, target := range []string{"/dev", "/proc", "/sys"} {
		look(target, true)
	}
	for _, m := range inspected.Mounts {
		look(m.Destination, m.Type == mount.TypeTmpfs)
	}
	if inspected.ContainerJSONBase != nil && inspected.HostConfig != nil {
		for target := range inspected.HostConfig.Tmpfs {
			look(target, true)
		}
	}
	return inside
}

// pack makes an archive of one file that everybody may read.
func pack(name, text string) (*bytes.Buffer, error) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	now := time.Now() //nolint:forbidigo // a service may look when its file has changed
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), ModTime: now}); err != nil {
		return nil, err
	}
	if _, err := w.Write([]byte(text)); err != nil {
		return nil, err
	}
	return &archive, w.Close()
}
