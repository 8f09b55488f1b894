package model

import (
	"fmt"
	"strings"
	"testing"

	"github.com/portmoor/portmoor/compose"
)

// TestUpArgs: what docker compose up takes for a service, and for the value of
// a flag.
func TestUpArgs(t *testing.T) {
	for args, want := range map[string]string{
		"":                      "[] false",
		"web db":                "[web db] false",
		"--build web":           "[web] false",
		"--no-attach web db":    "[db] false",
		"--no-attach=web db":    "[db] false",
		"--pull always web":     "[web] false",
		"--scale web=2":         "[] false",
		"-t 5 web":              "[web] false",
		"-t5 web":               "[web] false",
		"-t=5 web":              "[web] false",
		"-Vt 5 web":             "[web] false",
		"-Vt5 web":              "[web] false",
		"-V web":                "[web] false",
		"-y=t web":              "[web] false",
		"--timeout 5 web":       "[web] false",
		"--timeout=5 web":       "[web] false",
		"--no-deps web":         "[web] true",
		"web --no-deps=true":    "[web] true",
		"--no-deps=false web":   "[web] false",
		"--no-attach --no-deps": "[] false",
		"--build -- --no-deps":  "[--no-deps] false",
		"web --attach":          "[web] false",
	} {
		services, _, alone := readUpArgs(strings.Fields(args))
		if got := fmt.Sprint(services, alone); got != want {
			t.Errorf("%s: %s, want %s", args, got, want)
		}
	}
}

// TestScaled: what up is told counts for what its files say.
func TestScaled(t *testing.T) {
	for args, want := range map[string]int{"": 2, "--scale web=3": 3, "--scale=web=0": 0, "--scale web=3 --scale=web=4 -d": 4, "--scale db=3 web": 2, "--attach web": 2, "--scale web": 2} {
		if got := Scaled(compose.Service{Name: "web", Scale: 2}, strings.Fields(args)); got != want {
			t.Errorf("%q: %d", args, got)
		}
	}
}
