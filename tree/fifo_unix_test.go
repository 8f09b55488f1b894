//go:build unix

package tree_test

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/portmoor/portmoor/tree"
)

// TestReadFifo: a pipe that nobody writes into is refused, not waited for, also where a folder is looked for.
func TestReadFifo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := tree.Read(path, tree.MaxFile)
		if tree.Empty(path) {
			err = errors.New("an empty folder")
		}
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil || err.Error() != "not a regular file" {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it waits")
	}
}
