package rewrite

import (
	"errors"
	"os"
	"path/filepath"
)

// writeTemporary puts files, named relative to it, into a new temporary folder.
func writeTemporary(files map[string][]byte) (folder string, err error) {
	folder, err = os.MkdirTemp("", "portmoor-verify-")
	if err != nil {
		return "", err
	}
	if err := overwriteTemporary(folder, files); err != nil {
		return "", errors.Join(err, removeTemporary(folder))
	}
	return folder, nil
}

// overwriteTemporary writes files, named relative to it, of a temporary folder, and
// nothing outside it.
func overwriteTemporary(folder string, files map[string][]byte) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // it was only a folder to start from
	for name, src := range files {
		if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		if err := root.WriteFile(name, src, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func removeTemporary(folder string) error { return os.RemoveAll(folder) }
