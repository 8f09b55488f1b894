package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/portmoor/portmoor/say"
	"github.com/portmoor/portmoor/tree"
)

// Find is the absolute path of the nearest file called [Name], from start
// upward to the git root, both included; outside git only start itself is
// looked in. start is a folder, or a file whose folder is meant. The path is
// "" when there is none. An error says that start does not exist or that a
// folder can't be read.
func Find(start string) (string, error) {
	dir, err := folder(start)
	if err != nil {
		return "", err
	}
	for root := tree.Root(dir); ; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, Name)
		_, err := os.Lstat(path)
		switch {
		case err == nil:
			return path, nil
		case !errors.Is(err, fs.ErrNotExist):
			return "", placed(path, err)
		case dir == root:
			return "", nil
		}
	}
}

// Load reads the file at path. A symbolic link is followed; an error says
// that there is no file, that it is not a regular one, or what is wrong in it.
func Load(path string) (Config, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Config{}, placed(path, err)
	}
	src, err := read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Config{}, say.Problem{Kind: say.Usage, Place: path, Message: say.Cause(err).Error(), Err: err}
	case err != nil:
		return Config{}, placed(path, err)
	}
	return Parse(path, src)
}

// read reads the file; of one that is too large it returns more than is allowed.
func read(path string) ([]byte, error) {
	src, err := tree.Read(path, maxSize)
	if target, bad := os.Readlink(path); bad == nil && errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("symbolic link to %s: %w", target, say.Cause(err))
	}
	if errors.Is(err, tree.ErrLarge) {
		return src, nil // which parsing says
	}
	return src, err
}

// folder is the absolute path of start, or of the folder it is in.
func folder(start string) (string, error) {
	dir, err := filepath.Abs(start)
	if err != nil {
		return "", placed(start, err)
	}
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return "", placed(dir, err)
	case !info.IsDir():
		return filepath.Dir(dir), nil
	default:
		return dir, nil
	}
}

// placed puts the path first, where the standard library puts its verb.
func placed(path string, err error) error {
	return fmt.Errorf("%s: %w", path, say.Cause(err))
}
