package docker

import (
	"context"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"

	"github.com/portmoor/portmoor/lists"
)

// Resource is a network or a volume of the engine.
type Resource struct {
	Name    string
	Project string // of Compose's label; "" for one that Compose has not made
}

// Networks are those that have one of some names.
func (e *Engine) Networks(ctx context.Context, names []string) ([]Resource, error) {
	return e.resources(ctx, names, func(ctx context.Context, which filters.Args) (all []Resource, err error) {
		networks, err := e.api.NetworkList(ctx, network.ListOptions{Filters: which})
		return lists.Map(networks, func(n network.Summary) Resource { return Resource{n.Name, n.Labels[labelProject]} }), err
	})
}

// Volumes are those that have one of some names.
func (e *Engine) Volumes(ctx context.Context, names []string) ([]Resource, error) {
	return e.resources(ctx, names, func(ctx context.Context, which filters.Args) (all []Resource, err error) {
		list, err := e.api.VolumeList(ctx, volume.ListOptions{Filters: which})
		for _, v := range list.Volumes {
			if v != nil {
				all = append(all, Resource{v.Name, v.Labels[labelProject]})
			}
		}
		return all, err
	})
}

// resources lists those with some names; the engine's filter takes parts of names too.
func (e *Engine) resources(ctx context.Context, names []string, list func(context.Context, filters.Args) ([]Resource, error)) (named []Resource, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	ctx, cancel, err := e.ready(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	which, asked := filters.NewArgs(), lists.Set(names)
	for name := range asked {
		which.Add("name", name)
	}
	all, err := list(ctx, which)
	if err != nil {
		return nil, e.explain(err)
	}
	return lists.Only(all, func(r Resource) bool { return asked[r.Name] }), nil
}

// Stop stops a container, as docker stop does.
func (e *Engine) Stop(ctx context.Context, id string) error {
	ctx, cancel, err := e.ready(ctx)
	if err != nil {
		return err
	}
	defer cancel()
	if err := e.api.ContainerStop(ctx, id, container.StopOptions{}); err != nil {
		return e.explain(err)
	}
	return nil
}
