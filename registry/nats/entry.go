package nats

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/portmoor/portmoor/registry"
)

// entry is a value of the bucket: what one registry says of one service. It has no time in
// it, so that one which is only renewed is the same.
type entry struct {
	By   string `json:"by"`   // the registry that wrote it, another one each time that it starts
	From string `json:"from"` // the host that this registry is of
	// Added reports a service that a client has described.
	Added bool `json:"added,omitempty"`
	// Gone asks whoever has the service from a client to take it out.
	Gone    bool             `json:"gone,omitempty"`
	Service registry.Service `json:"service"`
}

func (e entry) bytes() []byte {
	e.Service.LastSeen = registry.Time{}
	text, _ := json.Marshal(e) //nolint:errchkjson // what is no JSON is not listed, and nobody is told of it
	return text
}

var (
	errLarge   = fmt.Errorf("more than %d bytes", maxEntry)
	errMissing = errors.New("says not who wrote it")
	errKey     = errors.New("stands under the key of another service")
)

// readEntry reads a value that anybody may have written.
func readEntry(key string, value []byte) (e entry, err error) {
	if len(value) > maxEntry {
		return e, errLarge
	}
	if err := json.Unmarshal(value, &e); err != nil {
		return e, err
	}
	if err := e.Service.Check(); err != nil {
		return e, err
	}
	switch {
	case e.By == "":
		return e, errMissing
	case key != keyOf(e.Service.ID()):
		return e, errKey
	}
	e.Service.Health = map[registry.Health]registry.Health{registry.Healthy: registry.Healthy, registry.Unhealthy: registry.Unhealthy}[e.Service.Health]
	e.Service.Added = e.Added
	return e, nil
}

// keyOf is the key of a service, by host, name and project.
func keyOf(id registry.ID) string {
	return token(id.Host) + "." + token(id.Name) + "." + token(id.Project)
}

// maxToken bounds a part of a key: a server takes no subject of more than four kilobytes.
const maxToken = 255

// token is a text in the characters of a key, the others as =2E; a long one is its hash.
func token(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "=%02X", c)
		}
	}
	if b.Len() > maxToken {
		sum := sha256.Sum256([]byte(text))
		return "==" + hex.EncodeToString(sum[:])
	}
	return cmp.Or(b.String(), "=")
}
