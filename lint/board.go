package lint

import (
	"github.com/portmoor/portmoor/lists"
	"github.com/portmoor/portmoor/ports"
)

// maxEarlier bounds the earlier mappings that a mapping is compared with: those
// that share its host port, its variable, its container port or its list of ports. It keeps the work
// in step with the input; no project in use comes near it.
const maxEarlier = 50

// board keeps publications by their host ports. The zero board is empty.
type board struct {
	all     []publication
	byPorts ports.Index
}

func (b *board) add(pub publication) {
	b.all = append(b.all, pub)
	b.byPorts.Add(pub.HostPort.Ports)
}

// overlapping are the first publications that share a host port with a range, whatever
// their addresses and protocols, at most [maxEarlier].
func (b *board) overlapping(r ports.Range) []publication {
	return lists.Map(b.byPorts.Overlapping(r, maxEarlier), func(i int) publication { return b.all[i] })
}
