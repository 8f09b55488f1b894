package cli

import (
	"bytes"
	"fmt"
	"strings"
)

// entries are mappings in every spelling that Compose knows, and in some that it does not.
var mutantEntries = []string{
	`"8080:80"`, `8080:80`, `'8080:80/udp'`, `8080:80/TCP`, `127.0.0.1:8080:80`, `"[::1]:8080:80"`, `::1:8080:80`, `0.0.0.0::80`, `80`, `"80"`,
	`0:80`, `":80"`, `8000-8002:80-82`, `8000-8010:80`, `"${X:-8080}:80"`, `${X-8080}:80`, `"${X}:80"`, `${X:?}:80`, `"${X:+9}:80"`, `$X:80`,
	`"$${X}:80"`, `"${IP:-127.0.0.1}:8080:80"`, `"${ALL:-8080:80}"`, `"${X:-${Y:-8080}}:80"`, `"${X:-8080}:${X:-8080}"`, `"80\x380:80"`, `"8080\
        :80"`, `08080:80`, `8_080:80`, `0x1F90:80`, `8080:80:`, `65536:80`, `-1:80`, `1e3:80`, `"8080 :80"`, `8080:`, `22:22`, `10:20`,
	`{target: 80, published: 8080}`, `{target: 80, published: "8080", mode: host}`, `{published: '8080-8082', target: 80}`, `{target: 80}`,
	`{target: "80", published: ${X:-8080}, protocol: udp, host_ip: 127.0.0.1}`, `{target: 80, published: !!str 8080}`, `{target: 80, published: !reset 8080}`,
	`!!str 8080:80`, `! "8080:80"`, `&p "8080:80"`, `*p`, `!override "8080:80"`, `null`, `~`, `[]`, `{}`, `""`, `|-
        8080:80`, `>-
        8080:80
`, `? 8080`, `"8080:80" # portmoor:ignore`, "\"8080:80\" \t# ü", `"8080:80", "8081:81"`, `<<`, `!!binary ODA4MDo4MA==`,
}

var mutantLines = []string{
	"    ports: !override []", "    ports: !reset", "    scale: 2", "    network_mode: host", "    network_mode: service:web", "    profiles: [p]", "    extends: web",
	"    extends: {file: compose.yaml, service: web}", "    <<: *x", "    <<: [*x, *y]", "x-a: &x {ports: [8080:80]}", "---", "...", "%YAML 1.1", "# portmoor:ignore",
	"# portmoor:ignore-file", "    expose: [80]", "    deploy: {replicas: 2}", "    container_name: x", "include: [other.yaml]", "include:", "name: x", "services:", "    ports:",
	"      - 8080:80", "    ports: 8080:80", "  web: &web", "  web:", "\t", " ", "    environment: {PORT: 8080}", "? x", ": y", "  web: *web", "    ports: &ports", "    ports: *ports",
}

var mutantTokens = []string{
	"0", "-1", "65535", "65536", "99999999999999999999", "080", "0o17", "0x50", "1_000", "8080", "8080-8090", "8090-8080", "1-65535", "${A}", "${A:-8080}", "${A", "$", "$$", "null", "true",
	"~", "''", `"`, "'", "#", ":", " :", ": ", "[", "]", "{", "}", ",", "&a", "*a", "!!str", "!!int", "!", "!reset", "!override", "|", ">", "-", "- ", "?", "%", "@", "`", "\\", "\t",
	"\x00", "\x1b[31m", "\u0085", "\u2028", "\ufeff", "\xff", "é", "日本", "👍", "\r", "\r\n", "\n", "\n\n", "::error::", "../", "/dev/zero",
}

func (m *mutant) pick(from []string) string { return from[m.IntN(len(from))] }

// mutate makes one change; other is a second file, to take lines from.
func (m *mutant) mutate(src, other []byte) []byte {
	lines := strings.SplitAfter(string(src), "\n")
	at := m.IntN(len(lines))
	note := func(format string, args ...any) { m.steps = append(m.steps, fmt.Sprintf(format, args...)) }
	switch m.IntN(14) {
	case 0, 1, 2, 3:
		if entry, ok := m.entryLine(lines); ok {
			note("entry at line %d", entry+1)
			dash := strings.Index(lines[entry], "-")
			lines[entry] = lines[entry][:dash+1] + " " + m.pick(mutantEntries) + lineEnd(lines[entry])
		}
	case 4, 5:
		if entry, ok := m.entryLine(lines); ok {
			note("new entry after line %d", entry+1)
			dash := strings.Index(lines[entry], "-")
			lines[entry] = endedLine(lines[entry]) + lines[entry][:dash+1] + " " + m.pick(mutantEntries) + "\n"
		}
	case 6:
		note("line %d twice", at+1)
		lines[at] = endedLine(lines[at]) + lines[at]
	case 7:
		note("without line %d", at+1)
		lines[at] = ""
	case 8:
		note("new line after %d", at+1)
		lines[at] = endedLine(lines[at]) + m.pick(mutantLines) + "\n"
	case 9:
		note("line %d moved", at+1)
		if m.IntN(2) == 0 {
			lines[at] = strings.Repeat(" ", 1+m.IntN(3)) + lines[at]
		} else {
			lines[at] = strings.TrimPrefix(lines[at], " ")
		}
	case 10:
		note("lines of another file after %d", at+1)
		from := strings.SplitAfter(string(other), "\n")
		begin := m.IntN(len(from))
		lines[at] = endedLine(lines[at]) + endedLine(strings.Join(from[begin:min(len(from), begin+1+m.IntN(12))], ""))
	case 11:
		return m.rewriteAll(src, note)
	default:
		offset := m.IntN(len(src) + 1)
		token := m.pick(mutantTokens)
		note("%q at byte %d", token, offset)
		end := min(len(src), offset+m.IntN(3))
		return joined(src[:offset], []byte(token), src[end:])
	}
	return []byte(strings.Join(lines, ""))
}

// rewriteAll changes what a whole file is written in.
func (m *mutant) rewriteAll(src []byte, note func(string, ...any)) []byte {
	replace := func(what, from, to string) []byte {
		note("%s", what)
		return bytes.ReplaceAll(src, []byte(from), []byte(to))
	}
	switch m.IntN(7) {
	case 0:
		return replace("CRLF", "\n", "\r\n")
	case 1:
		return replace("CR", "\n", "\r")
	case 2:
		return replace("tabs", "  ", "\t")
	case 3:
		return replace("blanks at the end of lines", "\n", " \t\n")
	case 4:
		return replace("empty lines", "\n", "\n\n")
	case 5:
		note("a byte order mark")
		return joined([]byte("\ufeff"), src)
	default:
		note("no line break at the end")
		return bytes.TrimRight(src, "\r\n")
	}
}

// entryLine chooses a line that looks like an entry of ports.
func (m *mutant) entryLine(lines []string) (int, bool) {
	var entries []int
	inPorts := false
	for i, line := range lines {
		text := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(text, "ports:"):
			inPorts = true
		case inPorts && strings.HasPrefix(text, "-"):
			entries = append(entries, i)
		case text != "" && !strings.HasPrefix(text, "#"):
			inPorts = false
		}
	}
	if entries == nil {
		return 0, false
	}
	return entries[m.IntN(len(entries))], true
}

func lineEnd(line string) string { return line[len(strings.TrimRight(line, "\r\n")):] }

func endedLine(line string) string {
	if lineEnd(line) == "" {
		return line + "\n"
	}
	return line
}

func joined(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
