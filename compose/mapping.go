package compose

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/compose/variable"
	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/source"
)

// Reasons why a host port can't be spliced.
const (
	lockedEscape  = "the text is escaped, folded or over several lines"
	lockedEmpty   = "the value has a tag or an anchor, and no text"
	lockedTag     = "the value has an explicit tag"
	lockedAnchor  = "the anchor is also used outside ports"
	lockedAddress = "the variable holds an address or a whole mapping"
	lockedOpaque  = "the variable has no value, and may hold a whole mapping"
	lockedNumber  = "the number is not written in plain decimal digits"
	lockedMissing = "there is no published key to write to"
)

// maxPort bounds the text of a host or container port, in bytes.
const maxPort = 1000

var longPort = fmt.Sprintf("the text is longer than %d bytes", maxPort)

// NoAddress is why Compose refuses a long form whose host_ip is empty.
const NoAddress = "host_ip is empty"

// mapping reads one entry of a ports list. It returns a mapping for every
// entry; one that Compose refuses says so in Invalid.
func (w *walker) mapping(f *source.File, item *yaml.Node, env variable.Lookup) *Mapping {
	n := source.Deref(item)
	m := &Mapping{File: f, Protocol: "tcp"}
	if n.Kind == yaml.MappingNode {
		w.long(m, n, env)
	} else {
		w.short(m, item, env)
	}
	if m.Invalid != "" && m.Locked == "" {
		m.Locked = m.Invalid
	}
	m.Key = Key{Container: m.Container.String(), Protocol: m.Protocol, N: 1}
	if m.Container.Zero() {
		m.Key.Container = m.Target
	}
	return m
}

// short reads "[IP:][HOST:]CONTAINER[/PROTOCOL]".
func (w *walker) short(m *Mapping, item *yaml.Node, env variable.Lookup) {
	m.Syntax = Short
	n := w.place(m, item)
	m.Entry = m.Scalar
	text := n.Value
	switch {
	case n.Tag == "!!binary" && n.Decode(&text) == nil:
		m.lock(lockedTag) // docker compose reads it as the text that it encodes
	case n.Kind != yaml.ScalarNode || n.Tag != "!!str" && n.Tag != "!!int" && strings.HasPrefix(n.Tag, "!!"):
		m.Invalid = "not a port, a mapping of ports or a long form"
		return
	}
	if len(text) > maxPort {
		m.Invalid = longPort
		return
	}
	if n.Tag == "!!int" {
		var number int
		if err := n.Decode(&number); err != nil {
			m.Invalid = "not a port number"
			return
		}
		text = strconv.Itoa(number)
	}
	address, host := shortSpans(text)
	m.Address = text[address.Start:address.End]
	m.HostPort = variable.Parse(text[host.Start:host.End])
	m.Target = cutProtocol(strings.TrimPrefix(text[host.End:], ":"))
	m.Host = source.Span{Start: m.Host.Start + host.Start, End: m.Host.Start + host.End}
	m.readShort(text, env)
}

// readShort fills in what the text means.
func (m *Mapping) readShort(text string, env variable.Lookup) {
	p, known, err := resolveShort(text, env)
	if err != nil {
		m.Invalid = badPort(err, text)
	}
	if p.container.Width() > maxRange || p.host.Width() > maxRange {
		m.Locked = fmt.Sprintf("the range is wider than %d ports", maxRange)
	}
	m.HostIP, m.Container, m.Protocol, m.HostPort.Ports = p.hostIP, p.container, p.protocol, p.host
	if !known {
		// Some variable has no value: only the parts that need none are sure.
		if host, err := variable.Expand(m.HostPort.Text, env); err != nil || !sameRange(host, p.host) {
			m.HostPort.Ports = ports.Range{}
		}
		target, err := variable.Expand(m.Target, env)
		if err != nil || !sameRange(target, p.container) {
			m.Container = ports.Range{}
		}
	}
	lookups := []variable.Lookup{env}
	d, resolved := p, known && err == nil
	if setsAny(env, text) {
		lookups = append(lookups, variable.Unset)
		var all bool
		d, all, err = resolveShort(text, variable.Unset)
		resolved = all && err == nil
	}
	if !resolved || strings.Contains(text, "?") {
		m.Unset = unsetShort(text)
	}
	if resolved {
		m.HostPort.DefaultPorts = d.host
	} else if bare, err := variable.Expand(m.HostPort.Text, variable.Unset); err == nil {
		m.HostPort.DefaultPorts, _ = ports.Parse(bare)
	}
	m.lockOpaque(text, lookups)
	host, err := variable.Expand(m.HostPort.Text, env)
	m.zero = err == nil && host == "0"
	if known && (!m.HostPort.Ports.Zero() || !variable.In(m.HostPort.Text)) {
		published := m.HostPort.Ports.String()
		if m.zero {
			published = "0"
		}
		m.identity = identity(m.HostIP, published, m)
	}
}

// setsAny reports whether any variable of a text is set: else the text is what it is by
// its defaults.
func setsAny(env variable.Lookup, text string) bool {
	return slices.ContainsFunc(source.Variables(text), func(name string) bool {
		_, set := env(name)
		return set
	})
}

// lockOpaque locks an entry of which a variable holds several parts.
func (m *Mapping) lockOpaque(text string, lookups []variable.Lookup) {
	for _, lookup := range lookups {
		for _, part := range []string{m.HostPort.Text, m.Target} {
			if value, err := variable.Expand(part, lookup); err == nil && strings.Contains(value, ":") {
				m.Opaque = true
				m.lock(lockedAddress)
			}
		}
	}
	_, err := ports.Parse(m.HostPort.Text)
	alone := m.HostPort.Text == "" && !strings.HasPrefix(text, ":") && m.Address == ""
	if m.Invalid == "" && m.Container.Zero() && variable.In(m.Target) && (alone || m.HostPort.Literal() && err != nil) {
		m.Opaque = true
		m.lock(lockedOpaque)
	}
}

// unsetShort says why Compose refuses a text while no variable is set but those
// that are required, which it asks for by name; "" when it does not.
func unsetShort(text string) string {
	if !variable.In(text) {
		return ""
	}
	expanded, err := variable.Expand(text, required(text))
	if err != nil {
		return ""
	}
	if _, err := parseShort(expanded); err != nil {
		return err.Error()
	}
	return ""
}

// required sets the variables that a text can't do without, and no other.
func required(text string) variable.Lookup {
	names := map[string]bool{}
	for _, e := range variable.Expressions(text) {
		names[e.Var] = names[e.Var] || strings.HasSuffix(e.Op, "?")
	}
	return func(name string) (string, bool) { return map[bool]string{true: "1"}[names[name]], names[name] }
}

func sameRange(text string, r ports.Range) bool {
	got, err := ports.Parse(text)
	return err == nil && got == r
}

// resolveShort parses the text with its variables replaced. When that fails
// and some variable has no value, it tries again with 1 for each of those, and
// known is false: a clean clone, without its .env, must not be an error.
func resolveShort(text string, env variable.Lookup) (p shortPort, known bool, err error) {
	expanded, err := variable.Expand(text, env)
	if bad := variable.Invalid(err); bad != nil {
		return shortPort{protocol: "tcp"}, true, bad
	}
	if err == nil {
		if p, err = parseShort(expanded); err == nil {
			return p, true, nil
		}
	}
	for _, stubs := range [][4]string{
		{"127.0.0.1", "1", "1", "tcp"},
		{"1", "1", "1", "1"}, // one variable may hold several parts, or a piece of one
		{"127.0.0.1:", "127.0.0.1:", "127.0.0.1:", "127.0.0.1:"},
		{"127.0.0.1:1", "127.0.0.1:1", "127.0.0.1:1", "tcp"},
	} {
		stubbed, missing := fillParts(text, env, stubs)
		if !missing {
			return p, true, err
		}
		if s, stubErr := parseShort(stubbed); stubErr == nil {
			return s, false, nil
		}
	}
	return p, true, err
}

// fillParts is fillMissing with a stub for the address, the host port, the
// container port and the protocol.
func fillParts(text string, env variable.Lookup, stubs [4]string) (filled string, missing bool) {
	address, host := shortSpans(text)
	protocol := host.End + len(cutProtocol(text[host.End:]))
	parts := []string{text[:address.End], text[address.End:host.End], text[host.End:protocol], text[protocol:]}
	for i, part := range parts {
		t, m := fillMissing(part, env, stubs[i])
		filled, missing = filled+t, missing || m
	}
	return filled, missing
}

// fillMissing replaces the variables of a text, and puts stub in the place of
// every expression that has no value. It reports whether there is any.
func fillMissing(text string, env variable.Lookup, stub string) (filled string, missing bool) {
	var b strings.Builder
	for i := 0; i < len(text); {
		if text[i] != '$' {
			b.WriteByte(text[i])
			i++
			continue
		}
		n := variable.Len(text[i:])
		value, err := variable.Expand(text[i:i+n], env)
		if (err != nil || value == "") && n > 1 && text[i+1] != '$' {
			value, missing = stub, true
		}
		b.WriteString(value)
		i += n
	}
	return b.String(), missing
}

// long reads {target, published, host_ip, protocol, name}.
func (w *walker) long(m *Mapping, n *yaml.Node, env variable.Lookup) {
	m.Syntax = Long
	if len(n.Content) == 0 {
		m.Entry = m.File.Span(n)
		m.Invalid = "no target: the container port is missing"
		return
	}
	m.Entry = m.File.Span(n.Content[0])
	text := func(key string) (string, bool) {
		v := source.Deref(kept(n, key))
		if v == nil || v.Tag == "!!null" {
			return "", false
		}
		if t, err := variable.Expand(v.Value, required(v.Value)); err == nil && t == "" && variable.In(v.Value) && (key == "target" || key == "host_ip") {
			m.Unset = map[string]string{"target": "no container port", "host_ip": NoAddress}[key]
		}
		t, err := variable.Expand(v.Value, env)
		return t, err == nil
	}
	if p, ok := text("protocol"); ok {
		m.Protocol = strings.ToLower(p)
	}
	m.Mode, _ = text("mode")
	// What is named after them is printed, and the value of a variable may be secret.
	for key, to := range map[string]*string{"name": &m.Name, "app_protocol": &m.AppProtocol} {
		if v := source.Deref(source.Value(n, key)); v != nil && !variable.In(v.Value) {
			*to, _ = text(key)
		}
	}
	m.HostIP, _ = text("host_ip")
	if v := source.Deref(kept(n, "host_ip")); v != nil && v.Tag != "!!null" {
		m.Address = v.Value
	}
	w.target(m, n, text)
	w.published(m, n, env)
	for _, t := range []*string{&m.Protocol, &m.Name, &m.AppProtocol, &m.HostIP, &m.Address} {
		if len(*t) > maxPort {
			*t, m.Invalid = "", longPort
		}
	}
	if m.Invalid == "" && m.HostIP != "" && net.ParseIP(m.HostIP) == nil {
		m.Invalid = badPort(badPart{"host_ip", m.HostIP, " is not an IP address"}, m.Address)
		m.HostIP = ""
	}
	if protocol := source.Deref(source.Value(n, "protocol")); m.Invalid == "" && !validProtocol(m.Protocol) && !variable.In(m.Protocol) {
		m.Invalid = badPort(badPart{"protocol", m.Protocol, " is not tcp, udp or sctp"}, protocol.Value)
		m.Protocol = "tcp"
	}
}

// kept is the value of a key; nil where there is none, or !reset takes it away.
func kept(n *yaml.Node, key string) *yaml.Node {
	v := source.Value(n, key)
	if v == nil || source.Tagged(v).Empties {
		return nil
	}
	return v
}

func (w *walker) target(m *Mapping, n *yaml.Node, text func(string) (string, bool)) {
	v := source.Deref(kept(n, "target"))
	if v == nil || v.Tag == "!!null" {
		m.Invalid = "no target: the container port is missing"
		return
	}
	if len(v.Value) > maxPort {
		m.Invalid = longPort
		return
	}
	m.Target, m.TargetAt = v.Value, m.File.Span(source.Value(n, "target"))
	t, ok := text("target")
	if !ok || t == "" && variable.In(v.Value) {
		return
	}
	number := 0
	if v.Tag == "!!int" {
		if err := v.Decode(&number); err != nil {
			m.Invalid = "target is not a port number"
			return
		}
	} else if r, err := ports.Parse(t); err == nil && r.First == r.Last {
		number = r.First
	}
	if number < 1 || number > 65535 {
		m.Invalid = badPort(badPart{"target", t, " is not a port from 1 to 65535"}, v.Value)
		return
	}
	m.Container = ports.Range{First: number, Last: number}
}

func (w *walker) published(m *Mapping, n *yaml.Node, env variable.Lookup) {
	item := kept(n, "published")
	if item == nil || source.Deref(item).Tag == "!!null" && source.Deref(item).Value == "" {
		m.Locked = lockedMissing
		m.identity = identity(m.HostIP, "", m)
		return
	}
	v := w.place(m, item)
	if v.Kind != yaml.ScalarNode || v.Tag != "!!str" && v.Tag != "!!int" {
		m.Invalid = "published is not a port number or a range in quotes"
		return
	}
	if len(v.Value) > maxPort {
		m.Invalid = longPort
		return
	}
	m.HostPort = variable.Parse(v.Value)
	text, err := variable.Expand(v.Value, env)
	if bad := variable.Invalid(err); bad != nil {
		m.Invalid = bad.Error()
		return
	}
	if d, err := variable.Expand(v.Value, variable.Unset); err == nil {
		m.HostPort.DefaultPorts, _ = ports.Parse(d)
	}
	kind := ""
	if v.Tag == "!!int" {
		var number int
		if err := v.Decode(&number); err != nil {
			m.Invalid = "published is not a port number"
			return
		}
		// compose-go formats a number and a text differently when it looks
		// for repeated entries, so that one never replaces the other (T7).
		text, kind, m.Number = strconv.Itoa(number), "int ", true
		if text != v.Value {
			m.lock(lockedNumber)
		}
	}
	m.identity, m.zero = identity(m.HostIP, kind+text, m), text == "0"
	if text == "" || err != nil {
		return
	}
	if m.HostPort.Ports, err = ports.Parse(text); err != nil {
		m.Invalid = badPort(badPart{"published", text, ": " + err.Error()}, v.Value)
	}
}

// cutProtocol is a container port without the protocol behind it.
func cutProtocol(target string) string {
	for i := 0; i < len(target); i++ {
		switch target[i] {
		case '$':
			i += variable.Len(target[i:]) - 1
		case '/':
			return target[:i]
		}
	}
	return target
}

// place finds the scalar whose bytes hold the host port and says whether they
// can be spliced. It returns the scalar's value node.
func (w *walker) place(m *Mapping, item *yaml.Node) *yaml.Node {
	n, holder := source.Deref(item), item
	if m.Syntax == Short {
		// An alias in a ports list stands for a whole entry, which is edited
		// where its anchor is; an alias under published is itself replaced,
		// since its anchor may be the container port (T13).
		holder = n
		for a := item; a.Kind == yaml.AliasNode; a = a.Alias {
			w.walked[a] = true
		}
		w.direct[n] = w.direct[n] || item == n
	}
	if item.Kind == yaml.AliasNode && m.Syntax == Long {
		w.walked[item] = true
		m.Anchor = Place{m.File.Path, m.File.Span(n).Start}
	}
	m.scalar = holder
	m.Scalar = m.File.Span(holder)
	m.Host = m.Scalar
	m.Flow = m.File.InFlow(holder)
	if holder.Kind != yaml.ScalarNode {
		return n
	}
	inner, exact := m.File.Inner(holder, m.Scalar)
	m.Host = inner
	switch {
	case m.Scalar.Empty() && (holder.Anchor != "" || holder.Style&yaml.TaggedStyle != 0):
		m.lock(lockedEmpty)
	case holder.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 || !exact:
		m.lock(lockedEscape)
	case holder.Style&yaml.TaggedStyle != 0 && holder.Tag != "!!str":
		m.lock(lockedTag)
	case holder.Style&yaml.SingleQuotedStyle != 0:
		m.Quote = Single
	case holder.Style&yaml.DoubleQuotedStyle != 0:
		m.Quote = Double
	}
	return n
}

func (m *Mapping) lock(reason string) {
	if m.Locked == "" {
		m.Locked = reason
	}
}

// identity is the key by which compose-go drops repeated entries
// (override.portIndexer): mode and name are not in it.
func identity(hostIP, published string, m *Mapping) string {
	if hostIP == "" {
		hostIP = "0.0.0.0"
	}
	return hostIP + ":" + published + ":" + m.Container.String() + "/" + m.Protocol
}
