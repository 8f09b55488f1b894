package reconcile

import (
	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
)

// holder is who has a port on this machine where the service of a port, by index,
// would listen; "" for nobody. It may be the service itself.
func (inv *Inventory) holder(i, port int) string {
	for _, s := range inv.sockets(i) {
		if owner, held := inv.machine.Holder(s, port, true); held {
			return owner.String()
		}
	}
	return ""
}

// sockets are where a port, by index, listens; one of a source on every address.
func (inv *Inventory) sockets(i int) []ports.Socket {
	if i >= len(inv.fixed) {
		return []ports.Socket{{Protocol: "tcp"}}
	}
	return lists.Map(inv.fixed[i].Mappings, func(m compose.Mapping) ports.Socket { return m.Socket() })
}
