package node

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestPageOf(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:8100": "http://127.0.0.1:8100/", "[::1]:8100": "http://[::1]:8100/",
		"0.0.0.0:8100": "http://127.0.0.1:8100/", "[::]:8100": "http://127.0.0.1:8100/",
	} {
		if got := pageOf(address); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}

func TestOpener(t *testing.T) {
	for system, want := range map[string]string{"linux": "xdg-open", "freebsd": "xdg-open", "darwin": "open", "windows": "rundll32 url.dll,FileProtocolHandler"} {
		name, args := opener(system)
		if got := strings.Join(append([]string{name}, args...), " "); got != want {
			t.Errorf("%s: got %s, want %s", system, got, want)
		}
	}
}

// The system's command is told the page, and its failure is an error.
func TestBrowse(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the command is a script of the shell")
	}
	dir := t.TempDir()
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	script := filepath.Join(dir, "xdg-open")
	for _, code := range []string{"0", "3"} {
		if err := os.WriteFile(script, []byte("#!/bin/sh\nprintf %s \"$1\" >"+dir+"/told\nexit "+code+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		err := browse(t.Context(), "http://127.0.0.1:8100/")
		if (err != nil) != (code != "0") {
			t.Errorf("exit %s: got %v", code, err)
		}
		if told, err := os.ReadFile(dir + "/told"); err != nil || string(told) != "http://127.0.0.1:8100/" {
			t.Errorf("told %s, %v", told, err)
		}
	}
}
