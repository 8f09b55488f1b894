package client

import (
	"cmp"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/portmoor/portmoor/registry"
	"github.com/portmoor/portmoor/say"
)

// report is the JSON of a list of services, version 1.
type report struct {
	Version  int                `json:"version"`
	Services []registry.Service `json:"services"`
}

// Write lists services for people, a line each, or as JSON.
func Write(w io.Writer, services []registry.Service, asJSON bool) error {
	if asJSON {
		return say.JSON(w, report{1, services}, true)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range services {
		place := cmp.Or(s.URL(), fmt.Sprintf("%s:%d", s.Host, s.Port))
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", say.Visible(s.Name), say.Visible(s.Project()), say.Visible(string(s.State)), say.Visible(string(s.Health)), say.Visible(place))
	}
	return t.Flush()
}
