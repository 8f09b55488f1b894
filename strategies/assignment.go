package strategies

import (
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/compose"
)

// AssignmentKey is a mapping's name among the remembered ports: its service for
// the mapping with the plain variable, else service:container[/protocol][#n].
// Mappings that share a variable share the key.
func (n Names) AssignmentKey(m *compose.Mapping) string {
	variable := n.Of(m)
	if m.HostPort.Settable() {
		variable = m.HostPort.Var
	}
	plain := VariableName(m.Key.Service)
	if variable == plain || variable == plain+"_RANGE" {
		return m.Key.Service
	}
	return entryKey(m, "", m.Key.N)
}

// entryKey is service:container[/protocol][@address][#n], where n counts from 1.
func entryKey(m *compose.Mapping, address string, n int) string {
	key := m.Key.Service + ":" + m.Key.Container
	if m.Protocol != "tcp" {
		key += "/" + m.Protocol
	}
	if address != "" {
		key += "@" + address
	}
	if n > 1 {
		key += "#" + strconv.Itoa(n)
	}
	return key
}

// Conventional reports whether a variable's name says which service's host port
// it is: WEB_HOST_PORT, WEB_8443_HOST_PORT or WEB_HOST_PORT_RANGE for web.
func Conventional(service, variable string) bool {
	name := strings.TrimSuffix(VariableName(service), "HOST_PORT")
	rest, mine := strings.CutPrefix(variable, name)
	return mine && (rest == "HOST_PORT" || rest == "HOST_PORT_RANGE" ||
		strings.HasSuffix(rest, "_HOST_PORT") || strings.HasSuffix(rest, "_HOST_PORT_RANGE"))
}
