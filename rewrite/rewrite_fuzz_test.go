package rewrite

import (
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/compose"
	"github.com/portmoor/portmoor/strategies"
)

// FuzzRewrite rewrites ugly files with a few more faults under every strategy: only
// planned spans change, every mapping means what is planned, and a second run has
// nothing to do. What is fuzzed are the faults, some bytes: go test minimizes what is
// new for a minute if it is a whole file. Loading a project with compose-go takes longer
// than all of this, so that few are: package compose holds what mappings mean against it.
func FuzzRewrite(f *testing.F) {
	paths, err := filepath.Glob("../compose/testdata/ugly/*")
	if err != nil {
		f.Fatal(err)
	}
	var files [][]byte
	for _, path := range paths {
		if strings.HasSuffix(path, ".want") {
			continue
		}
		src, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		files = append(files, src)
	}
	if len(files) < 10 {
		f.Fatalf("only %d files", len(files))
	}
	for i := range files {
		for n := range uint8(3) {
			f.Add(uint8(i), []byte{}, n)
			f.Add(uint8(i), []byte{40, 0, 1, uint8(i), 90, 0, 3, uint8(2 * i)}, n)
		}
	}
	all := []strategies.Strategy{strategies.Hybrid, strategies.Dynamic, strategies.Auto}
	f.Fuzz(func(t *testing.T, file uint8, faults []byte, n uint8) {
		src, s := spoilt(files[int(file)%len(files)], faults), all[int(n)%len(all)]
		path := filepath.Join(string(filepath.Separator), "app", "compose.yaml")
		l := compose.NewLoader(compose.LoadOptions{})
		l.Add(path, src)
		projects := l.Load([]compose.Group{{Dir: filepath.Dir(path), Files: []string{path}}})
		if len(projects[0].Problems) > 0 {
			return
		}
		plan := planAll(projects, s, nil)
		after := apply(t, plan)
		if crc32.ChecksumIEEE(src)%64 == 0 {
			if _, err := verifyModel(projects[0], after, plan.Changes, nil); err != nil {
				t.Errorf("%v:\n%s", err, src)
			}
		}
		again := reload(projects, after)
		asPlanned(t, projects[0], again[0], plan)
		noNewFindings(t, projects, again, nil)
		if second := planAll(again, s, nil); len(second.Changes) > 0 {
			t.Errorf("a second run would change %q", after[path])
		}
		if t.Failed() {
			t.Logf("%s", src)
		}
	})
}

// pieces are what spoils a file.
var pieces = []string{
	"", "\"", "'", ":", "-", "0", "80", "8080", "8080:80", "${V:-8080}", "${V}", "${", "}", "$", "/udp", "/tcp", "127.0.0.1:", "[::1]:", "0.0.0.0:",
	"\n", "\r\n", "\r", "  ", "      - ", " #", "&a ", "*a", "<<: *a", "!override ", "!reset ", "!!str ", ", ", "[", "]", "{", "}", "published: 8080, ",
	"target: 80, ", "mode: host, ", "protocol: udp, ", "host_ip: '', ", "\t", "é", "\ufeff", "\\x38", "|", ">-", "---\n", "ports: ", "scale: 2\n",
}

// maxFaults bounds the faults of one file.
const maxFaults = 4

// spoilt is a file with faults, each of four bytes: where it is, how many bytes go, and
// what comes, one of the pieces or a byte.
func spoilt(src, faults []byte) []byte {
	src = slices.Clone(src)
	for fault := range slices.Chunk(faults[:min(len(faults), 4*maxFaults)], 4) {
		if len(fault) < 4 {
			break
		}
		at := (int(fault[0]) + int(fault[1])<<8) % (len(src) + 1)
		drop := min(int(fault[2]%16), len(src)-at)
		piece := string(rune(fault[3]))
		if i := int(fault[3]); i < len(pieces) {
			piece = pieces[i]
		}
		src = slices.Replace(src, at, at+drop, []byte(piece)...)
	}
	return src
}

// asPlanned is the law that after a rewrite each mapping has the host port that is
// planned, or the one that it had, and that nothing else about it has changed.
func asPlanned(t *testing.T, before, after *compose.Project, plan Plan) {
	if len(before.Mappings) != len(after.Mappings) {
		t.Fatalf("%d mappings instead of %d", len(after.Mappings), len(before.Mappings))
	}
	changed := map[compose.Place]strategies.Decision{}
	for _, c := range plan.Changes {
		changed[c.Mapping.Place()] = c.Decision
	}
	for i, was := range before.Mappings {
		is, text := after.Mappings[i], was.HostPort.Text
		d, moves := changed[was.Place()]
		if moves {
			text = d.Text
		}
		switch {
		case was.Invalid != "":
			// which Compose refuses, whatever else the file has
		case is.Service != was.Service || is.Address != was.Address || is.Target != was.Target || is.Protocol != was.Protocol:
			t.Errorf("%v has become %v", was.Key, is.Key)
		case is.HostPort.Text != text:
			t.Errorf("%v: host port %q instead of %q", was.Key, is.HostPort.Text, text)
		case is.Dropped != was.Dropped:
			t.Errorf("%v: published %v instead of %v", was.Key, is.Dropped, was.Dropped)
		case d.Kind == strategies.Parameterize && is.HostPort.DefaultPorts != was.HostPort.DefaultPorts:
			t.Errorf("%v: default %v instead of %v", was.Key, is.HostPort.DefaultPorts, was.HostPort.DefaultPorts)
		}
	}
}
