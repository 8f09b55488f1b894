package rewrite

import (
	"errors"
	"os"
	"path/filepath"
)

// writeTemporary puts files, named relative to it, into a new temporary folder.
func writeTemporary(files map[string][]byte) (root string, err error) {
	root, err = os.MkdirTemp("", "portmoor-verify-")
	if err != nil {
		return "", err
	}
	absolute := map[string][]byte{}
	for rel, src := range files {
		absolute[filepath.Join(root, rel)] = src
	}
	if err := overwriteTemporary(absolute); err != nil {
		return "", errors.Join(err, removeTemporary(root))
	}
	return root, nil
}

// overwriteTemporary writes files of a temporary folder.
func overwriteTemporary(files map[string][]byte) error {
	for path, src := range files {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, src, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func removeTemporary(root string) error { return os.RemoveAll(root) }
