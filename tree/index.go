package tree

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strings"
)

// GitTracked reports whether Git tracks a file, whatever it ignores. Where its index can't
// be read, there is no telling: it is as good as tracked.
func GitTracked(path string, environ map[string]string) bool {
	dir := Resolved(filepath.Dir(path))
	root := Root(dir)
	own, common := gitDirs(root)
	if !Exists(own) {
		return false
	}
	s := settings{environ: environ, dir: own, values: map[string]string{}}
	s.readAll(common)
	hash := 20
	if strings.EqualFold(s.values["extensions.objectformat"], "sha256") {
		hash = 32
	}
	name, err := filepath.Rel(root, filepath.Join(dir, filepath.Base(path)))
	if err != nil {
		return true
	}
	for file := filepath.Join(own, "index"); Exists(file); {
		src, err := Read(file, MaxLedger)
		if err != nil {
			return true
		}
		found, shared, ok := indexed(src, filepath.ToSlash(name), hash)
		if !ok || found {
			return true
		}
		if shared == "" || file != filepath.Join(own, "index") {
			return false
		}
		file = filepath.Join(own, "sharedindex."+shared)
	}
	return false
}

// indexed reports whether an index of Git has a name, and the hash of the one that it is
// only the changes of; "" for none. It is not ok when that can't be read.
// The format is gitformat-index(5).
func indexed(src []byte, name string, hash int) (found bool, shared string, ok bool) {
	const head, fixed = 12, 40 // bytes of the header, and of an entry before its hash
	if len(src) < head+hash || string(src[:4]) != "DIRC" {
		return false, "", false
	}
	version, count := binary.BigEndian.Uint32(src[4:]), binary.BigEndian.Uint32(src[8:])
	if version < 2 || version > 4 {
		return false, "", false
	}
	at, last := head, []byte(nil)
	for range count {
		start := at
		at += fixed + hash + 2
		if at+2 > len(src) {
			return false, "", false
		}
		if binary.BigEndian.Uint16(src[at-2:])&0x4000 != 0 { // more flags
			at += 2
		}
		if version == 4 { // it begins as the one before, but for some bytes
			cut, n := offset(src[at:])
			if n == 0 || cut > len(last) {
				return false, "", false
			}
			at, last = at+n, bytes.Clone(last[:len(last)-cut])
		} else {
			last = nil
		}
		text, _, ended := bytes.Cut(src[at:], []byte{0})
		if !ended {
			return false, "", false
		}
		last = append(last, text...)
		if at += len(text) + 1; version != 4 {
			at = start + (at-1-start)/8*8 + 8 // filled up to eight bytes
		}
		if string(last) == name || bytes.HasSuffix(last, []byte("/")) && strings.HasPrefix(name, string(last)) {
			return true, "", true // the latter is a folder of which Git has not looked at the files
		}
	}
	for at+8 <= len(src)-hash {
		size := int(binary.BigEndian.Uint32(src[at+4:]))
		if string(src[at:at+4]) == "link" && size >= hash && at+8+hash <= len(src) {
			return false, fmt.Sprintf("%x", src[at+8:at+8+hash]), true
		}
		at += 8 + size
	}
	return false, "", true
}

// offset is the number that Git writes before an entry which is cut short, and its bytes; 0
// for none.
func offset(src []byte) (value, n int) {
	for n < len(src) && n < 5 {
		b := int(src[n])
		value |= b & 0x7f
		if n++; b&0x80 == 0 {
			return value, n
		}
		value = (value + 1) << 7
	}
	return 0, 0
}
