package cli

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the expected output in the scripts")

// TestMain makes the test binary the command portmoor. Scripts can't take a
// variable away, which is not the same as setting it to nothing: "env X=unset"
// does it for the command.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"portmoor": func() {
		environ := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasSuffix(v, "=unset") })
		p := Process{Args: os.Args, Environ: environ, In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
		if os.Getenv("BAR") == "now" {
			p.BarDelay = -1
		}
		os.Exit(runHeld(p))
	}})
}

// TestScripts runs the scripts of testdata/script, and the inputs of testdata/cases, each of which was once judged wrongly.
func TestScripts(t *testing.T) {
	scripts, err := filepath.Glob(filepath.Join("testdata", "script", "*.txtar"))
	if err != nil || scripts == nil {
		t.Fatalf("no scripts: %v", err)
	}
	cases, err := filepath.Glob(filepath.Join("testdata", "cases", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Files:               append(scripts, cases...),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Condition: func(name string) (bool, error) {
			if name != "root" {
				return false, fmt.Errorf("unknown condition %q", name)
			}
			return os.Geteuid() == 0, nil
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("PORTMOOR_LEDGER", filepath.Join(e.WorkDir, ".tmp", "ledger.json"))
			e.Setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
			schemas, err := filepath.Abs(filepath.Join("..", "docs", "json.schema.json"))
			e.Setenv(schemaVariable, schemas)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":        exits,
			"untouched":    untouched,
			"bom":          bom,
			"trim-newline": trimNewline,
			"mode":         mode,
			"mode-set":     setMode,
			"hold":         hold,
		},
	})
}

// exits runs a program and checks its exit code:
//
//	exits CODE PROGRAM [ARG...]
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// untouched is exits for a program that must leave every file as it was, and
// leave none behind.
func untouched(ts *testscript.TestScript, neg bool, args []string) {
	before := files(ts)
	exits(ts, neg, args)
	if diff := cmp.Diff(before, files(ts)); diff != "" {
		ts.Fatalf("files have changed (-before +after):\n%s", diff)
	}
}

// files is what stands below the script's folder, by path.
func files(ts *testscript.TestScript) map[string]string {
	found := map[string]string{}
	work := ts.Getenv("WORK")
	ts.Check(filepath.WalkDir(work, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		found[path] = info.Mode().String()
		if info.Mode().IsRegular() {
			content, err := os.ReadFile(path)
			found[path] += " " + string(content)
			return err
		}
		return nil
	}))
	return found
}

// bom puts a byte order mark before files, which txtar can't hold.
func bom(ts *testscript.TestScript, _ bool, args []string) {
	edit(ts, args, func(content []byte) []byte { return append([]byte("\ufeff"), content...) })
}

// trimNewline takes away the newline that txtar puts at the end of files.
func trimNewline(ts *testscript.TestScript, _ bool, args []string) {
	edit(ts, args, func(content []byte) []byte { return bytes.TrimRight(content, "\r\n") })
}

func edit(ts *testscript.TestScript, names []string, change func([]byte) []byte) {
	for _, name := range names {
		content, err := os.ReadFile(ts.MkAbs(name))
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(name), change(content), 0o644))
	}
}

// hold listens on a port until the script ends:
//
//	hold tcp 127.0.0.1:28080
func hold(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: hold NETWORK ADDRESS")
	}
	var closer io.Closer
	var err error
	if strings.HasPrefix(args[0], "udp") {
		closer, err = new(net.ListenConfig).ListenPacket(context.Background(), args[0], args[1])
	} else {
		closer, err = new(net.ListenConfig).Listen(context.Background(), args[0], args[1])
	}
	ts.Check(err)
	ts.Defer(func() { _ = closer.Close() })
}

// setMode changes the permissions of files and folders:
//
//	mode-set 000 PATH...
func setMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: mode-set PERM PATH...")
	}
	perm, err := strconv.ParseUint(args[0], 8, 32)
	ts.Check(err)
	for _, path := range args[1:] {
		ts.Check(os.Chmod(ts.MkAbs(path), fs.FileMode(perm)))
	}
}

// mode checks the permissions of a file:
//
//	mode 600 FILE
func mode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode PERM FILE")
	}
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := strconv.FormatUint(uint64(info.Mode().Perm()), 8); got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}
