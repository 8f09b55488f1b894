package contest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/portmoor/portmoor/ports"
	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/source"
	"github.com/portmoor/portmoor/tree"
)

// Source is a kind of file that holds the port of a service.
type Source struct {
	// Path is a pattern of fs.Glob, with slashes.
	Path string
	// Key is where the port is: keys and indexes with dots between, * for any.
	Key string
}

// plain is the folder that the pattern names without a wildcard, "" for none. A
// repository of its own is looked into when it is named, and not for a wildcard.
func (s Source) plain() string {
	parts := strings.Split(path.Clean(s.Path), "/")
	parts = parts[:len(parts)-1]
	if i := slices.IndexFunc(parts, func(p string) bool { return strings.ContainsAny(p, "*?[") }); i >= 0 {
		parts = parts[:i]
	}
	return path.Join(parts...)
}

// Read reads the ports that sources say are below a folder, those of one file
// after the other. skip says which paths are passed over. A service is called
// by what stands for * in the key, else by the last folder that the pattern has
// a wildcard for, else by the file. The error joins a [say.Problem] for each thing
// that is wrong; there are no ports then.
func Read(root string, sources []Source, skip func(path string) bool) ([]Port, error) {
	var ports []Port
	var errs []error
	for _, s := range sources {
		names, err := fs.Glob(os.DirFS(root), path.Clean(s.Path))
		names = slices.DeleteFunc(names, func(name string) bool {
			return skip(filepath.Join(root, name)) || tree.Nested(filepath.Join(root, s.plain()), filepath.Join(root, name))
		})
		if err != nil || len(names) == 0 {
			errs = append(errs, say.Problem{Kind: say.Usage, Place: s.Path, Message: "no file matches the source", Hint: "correct its path, which is relative to the configuration"})
		}
		found, problems := s.readAll(root, names)
		ports, errs = append(ports, found...), append(errs, problems...)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return ports, nil
}

// readAll reads the files of a source. That none of several has the key is one
// error, about the source.
func (s Source) readAll(root string, names []string) (ports []Port, errs []error) {
	without := 0
	for _, name := range names {
		found, err := s.read(root, name)
		if errors.Is(err, errNoKey) {
			without++
			err = say.Problem{Place: filepath.Join(root, name), Message: "has no key " + s.Key, Hint: "correct the key of the source, or leave the file out under ignore"}
		}
		ports, errs = append(ports, found...), append(errs, err)
	}
	if without == len(names) && without > 1 {
		errs = []error{say.Problem{Kind: say.Usage, Place: s.Path, Message: fmt.Sprintf("none of the %d files has a key %s", without, s.Key), Hint: "correct the key of the source"}}
	}
	return ports, errs
}

var errNoKey = errors.New("no key")

func (s Source) read(root, name string) ([]Port, error) {
	src, err := readRegular(root, name)
	if err != nil {
		return nil, err
	}
	f := &source.File{Path: filepath.Join(root, filepath.FromSlash(name)), Src: src}
	find := inYAML
	if strings.EqualFold(path.Ext(name), ".toml") {
		find = inTOML
	}
	values, err := find(f, strings.Split(s.Key, "."))
	if err != nil {
		return nil, err
	}
	if len(values) == 0 {
		return nil, errNoKey
	}
	var ports []Port
	var errs []error
	for _, v := range values {
		port, err := v.port(f)
		service := cmp.Or(v.name, s.service(name))
		ports, errs = append(ports, Port{
			Service: service, Name: service, Port: port, Dir: s.dir(root, name),
			Places: []Place{{File: f, Span: v.span, Key: v.key}}, Stuck: v.stuck(),
		}), append(errs, err)
	}
	return ports, errors.Join(errs...)
}

// service is what a file's service is called.
func (s Source) service(name string) string {
	if folder := s.folder(name); folder != "" {
		return path.Base(folder)
	}
	return strings.TrimSuffix(path.Base(name), path.Ext(name))
}

// folder is the folder of a file's service, "" where files share one.
func (s Source) folder(name string) string {
	pattern, parts := strings.Split(path.Clean(s.Path), "/"), strings.Split(name, "/")
	last := len(parts) - 1
	for i := last - 1; i >= 0; i-- {
		if strings.ContainsAny(pattern[i], "*?[") {
			return path.Join(parts[:i+1]...)
		}
	}
	if last > 0 && !strings.ContainsAny(pattern[last], "*?[") && !strings.Contains(s.Key, "*") {
		return path.Join(parts[:last]...)
	}
	return ""
}

// readRegular reads a file that can be replaced by another.
func readRegular(root, name string) ([]byte, error) {
	file := filepath.Join(root, filepath.FromSlash(name))
	info, err := os.Lstat(file)
	switch {
	case err != nil:
		return nil, say.Problem{Place: file, Message: say.Cause(err).Error(), Hint: "correct the path of the source"}
	case info.Mode()&fs.ModeSymlink != 0:
		target, _ := os.Readlink(file)
		return nil, say.Problem{Place: file, Message: "is a symlink to " + target + ", which would be replaced by a file", Hint: "name its target as the source, and leave the link out under ignore"}
	case !info.Mode().IsRegular():
		return nil, say.Problem{Place: file, Message: "is not a regular file", Hint: "correct the path of the source"}
	case info.Size() > tree.MaxFile:
		return nil, say.Problem{Place: file, Message: fmt.Sprintf("is larger than %d MiB", tree.MaxFile>>20), Hint: "correct the path of the source"}
	}
	folder, err1 := filepath.EvalSymlinks(root)
	target, err2 := filepath.EvalSymlinks(file)
	if err1 == nil && err2 == nil && target != filepath.Join(folder, filepath.FromSlash(name)) {
		return nil, say.Problem{Place: file, Message: "is reached through a symlink: it is " + target, Hint: "name that as the source, and leave the link out under ignore"}
	}
	src, err := tree.Read(file, tree.MaxFile)
	if err != nil {
		return nil, say.Problem{Place: file, Message: say.Cause(err).Error(), Hint: ""}
	}
	if bytes.IndexByte(src, 0) >= 0 || !utf8.Valid(src) {
		return nil, say.Problem{Place: file, Message: "is not text", Hint: "correct the path of the source"}
	}
	return src, nil
}

// value is what stands at a key path.
type value struct {
	text string      // the number as it is written
	span source.Span // of text
	key  string      // the whole path
	name string      // what stands for the last *, "" without one
	// alias reports that it stands elsewhere, and may be somebody else's too.
	alias bool
}

// stuck says why a value can't be changed, "" when it can.
func (v value) stuck() string {
	if v.alias {
		return v.key + " is an alias, or has one"
	}
	return ""
}

func (v value) port(f *source.File) (int, error) {
	port, err := strconv.Atoi(v.text)
	spelled := string(f.Src[v.span.Start:v.span.End]) == v.text // without escapes
	if !spelled || err != nil || strconv.Itoa(port) != v.text || port < 1 || port > ports.Last {
		line, column := f.Position(v.span.Start)
		return 0, say.Failf("write the number, or correct the key of the source", "%s:%d:%d: %s is %.60q, not a port between 1 and 65535", f.Path, line, column, v.key, v.text)
	}
	return port, nil
}

// inYAML finds a key path in YAML, or in JSON, which is YAML.
func inYAML(f *source.File, keys []string) ([]value, error) {
	parsed := source.Parse(f.Path, f.Src)
	if parsed.Docs == nil && len(parsed.Problems) > 0 {
		p := parsed.Problems[0]
		line, column := f.Position(p.Span.Start)
		return nil, say.Failf("fix the file", "%s:%d:%d: %s", f.Path, line, column, p.Message)
	}
	var found []value
	for _, doc := range parsed.Docs {
		walkYAML(parsed, source.Root(doc), keys, value{}, &found)
	}
	return found, nil
}

func walkYAML(f *source.File, n *yaml.Node, keys []string, v value, found *[]value) {
	v.alias = v.alias || n != nil && (n.Kind == yaml.AliasNode || len(keys) == 0 && n.Anchor != "")
	n = source.Deref(n)
	switch {
	case n == nil:
	case len(keys) == 0:
		v.span = f.Span(n)
		if inner, exact := f.Inner(n, v.span); n.Kind == yaml.ScalarNode && exact {
			v.span, v.text = inner, n.Value
		}
		*found = append(*found, v)
	case n.Kind == yaml.MappingNode:
		for _, field := range source.Fields(n) {
			if keys[0] == "*" || keys[0] == field.Key.Value {
				walkYAML(f, field.Value, keys[1:], v.below(keys[0], field.Key.Value), found)
			}
		}
	case n.Kind == yaml.SequenceNode:
		for i, item := range n.Content {
			if index := strconv.Itoa(i); keys[0] == index {
				walkYAML(f, item, keys[1:], v.below(keys[0], index), found)
			}
		}
	}
}

// below is the path one key further down.
func (v value) below(pattern, key string) value {
	if v.key != "" {
		v.key += "."
	}
	v.key += key
	if pattern == "*" {
		v.name = key
	}
	return v
}

// dir is folder, absolute.
func (s Source) dir(root, name string) string {
	if folder := s.folder(name); folder != "" {
		return filepath.Join(root, filepath.FromSlash(folder))
	}
	return ""
}
