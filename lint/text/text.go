// Package text finds in texts what rules look for: URLs of this machine, and words.
//
//	for _, port := range text.LocalPorts(src, span) {
//		fmt.Printf("%s", src[port.Start:port.End])
//	}
package text

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/compose/dotenv"
	"github.com/portmoor/portmoor/pattern"
	"github.com/portmoor/portmoor/source"
)

// localURL is a URL that leads to this machine; its group is the port.
var localURL = pattern.Lazy(`\b[A-Za-z][A-Za-z0-9+.-]*://(?:[^\s/@"']*@)?(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|host\.docker\.internal):(\d{1,5})\b`)

// Local reports whether a text can have a URL that leads to this machine.
func Local(src []byte) bool {
	return slices.ContainsFunc([]string{"localhost:", "://127.", "@127.", "[::1]:", "host.docker.internal:"}, func(s string) bool {
		return bytes.Contains(src, []byte(s))
	})
}

// LocalPorts are the places of the ports of such URLs in a part of a text.
func LocalPorts(src []byte, in source.Span) (found []source.Span) {
	for _, at := range localURL().FindAllSubmatchIndex(src[in.Start:in.End], -1) {
		found = append(found, source.Span{Start: in.Start + at[2], End: in.Start + at[3]})
	}
	return found
}

var (
	// definedPort is a key that ends in port, with a number; its groups are the key and the number.
	definedPort = pattern.Lazy(`(?m)(?:^|[\s,{"'])((?:[\w.-]*[._-])?(?:port|PORT|Port)|\w*[a-z0-9]Port)["']?\s*[:=]\s*["']?(\d{1,5})\b`)
	insidePort  = pattern.Lazy(`(?i)(?:container|target|inside|internal)[_-]?port$`)
	// notOfThisMachine is a key of a compose file, or of a manifest of Kubernetes.
	notOfThisMachine = pattern.Lazy(`(?m)^(?:services|apiVersion)\s*:|^\s*\{?\s*"(?:services|apiVersion)"\s*:`)
	commentLine      = pattern.Lazy(`^\s*(?:[#;!]|//)`)
)

// DefinedPorts are the ports that a configuration file has as the values of keys that end
// in port. A compose file and a manifest of Kubernetes have none: theirs are of containers.
func DefinedPorts(src []byte) (ports []int) {
	if !bytes.Contains(bytes.ToLower(src), []byte("port")) || notOfThisMachine().Match(src) {
		return nil
	}
	for line := range bytes.Lines(src) {
		if commentLine().Match(line) {
			continue
		}
		if at := bytes.Index(line, []byte(" #")); at >= 0 {
			line = line[:at+1]
		}
		for _, m := range definedPort().FindAllSubmatchIndex(line, -1) {
			port, err := strconv.Atoi(string(line[m[4]:m[5]]))
			if whole := !strings.ContainsRune(".:-/", rune(line[min(m[5], len(line)-1)])); err == nil && whole && !insidePort().Match(line[m[2]:m[3]]) {
				ports = append(ports, port)
			}
		}
	}
	return ports
}

// EnvLines are the lines of an env file, without comments.
func EnvLines(src []byte) (lines []source.Span) {
	at := 0
	for line := range bytes.Lines(dotenv.Blank(src)) {
		if !bytes.HasPrefix(bytes.TrimSpace(line), []byte("#")) {
			end := len(line)
			if comment := bytes.Index(line, []byte(" #")); comment >= 0 && !bytes.ContainsAny(line[:comment], "\"'") {
				end = comment
			}
			lines = append(lines, source.Span{Start: at, End: at + end})
		}
		at += len(line)
	}
	return lines
}

// All are the texts of a list or a mapping, by index or key.
func All(v any) map[string]string {
	found := map[string]string{}
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			if text, ok := item.(string); ok {
				found[strconv.Itoa(i)] = text
			}
		}
	case map[string]any:
		for key, item := range v {
			if text, ok := item.(string); ok {
				found[key] = text
			}
		}
	}
	return found
}

// Words are the runs of letters, digits and underscores of a text.
func Words(text []byte) map[string]bool {
	words := map[string]bool{}
	start := 0
	for i := range len(text) + 1 {
		if i < len(text) && (text[i] == '_' || '0' <= text[i] && text[i] <= '9' || 'a' <= text[i]|0x20 && text[i]|0x20 <= 'z') {
			continue
		}
		if i > start {
			words[string(text[start:i])] = true
		}
		start = i + 1
	}
	return words
}
