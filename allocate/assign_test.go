package allocate

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/ports"
)

// taken is a host on which some ports are held on every socket of a protocol.
type taken map[string]bool

func (h taken) Holder(s ports.Socket, port int, _ bool) (Owner, bool) {
	return Owner{Kind: Process, Name: "nginx", Detail: "pid 7"}, h[fmt.Sprintf("%d/%s", port, s.Protocol)]
}

func unit(key, variable string, port int, source Source) Unit {
	return Unit{
		Key: key, Var: variable, Movable: variable != "", Service: key, Sockets: []ports.Socket{{Protocol: "tcp"}}, Want: ports.Range{First: port, Last: port},
		Source: source, Place: "compose.yaml:1:1", Range: ports.Range{First: 10000, Last: 10004},
	}
}

// TestAssign has one question a case: who keeps, who moves, and why not.
func TestAssign(t *testing.T) {
	wide := unit("r", "R", 8000, Default)
	wide.Want.Last = 8001
	udp := unit("u", "U", 8080, Default)
	udp.Sockets[0].Protocol = "udp"
	numbered := udp
	numbered.Var, numbered.Movable = "", false
	local := unit("l", "L", 8080, Default)
	local.Sockets[0].Address = "127.0.0.1"
	other := unit("o", "O", 8080, Default)
	other.Sockets[0].Address = "127.0.0.2"
	running := func(u Unit, has ...ports.Range) Unit {
		u.Has = has
		return u
	}
	beside := func(u Unit, port int) Unit {
		u.Others = []Held{{u.Sockets[0], port, Owner{Kind: Mapping, Name: "web"}}}
		return u
	}
	idle := func(u Unit) Unit {
		u.Idle = true
		return u
	}
	for name, c := range map[string]struct {
		units   []Unit
		host    taken
		options Options
		want    []string
	}{
		"free":                         {[]Unit{unit("a", "A", 8080, Default)}, nil, Options{}, []string{"a 8080"}},
		"held":                         {[]Unit{unit("a", "A", 8080, Default)}, taken{"8080/tcp": true}, Options{}, []string{"a 10000 moved"}},
		"the lowest free":              {[]Unit{unit("a", "A", 8080, Default)}, taken{"8080/tcp": true, "10000/tcp": true}, Options{}, []string{"a 10001 moved"}},
		"udp is not tcp":               {[]Unit{udp}, taken{"8080/tcp": true}, Options{}, []string{"u 8080"}},
		"the first by key keeps it":    {[]Unit{unit("b", "B", 8080, Default), unit("a", "A", 8080, Default)}, nil, Options{}, []string{"b 10000 moved", "a 8080"}},
		"the assigned one keeps it":    {[]Unit{unit("a", "A", 8080, Default), unit("b", "B", 8080, Assigned)}, nil, Options{}, []string{"a 10000 moved", "b 8080"}},
		"a number keeps it":            {[]Unit{unit("a", "A", 8080, Default), unit("b", "", 8080, Default)}, nil, Options{}, []string{"a 10000 moved", "b 8080"}},
		"what its container has stays": {[]Unit{unit("a", "A", 8080, Assigned), running(unit("b", "B", 8080, Assigned), ports.One(8080))}, nil, Options{}, []string{"a 10000 moved", "b 8080"}},
		"what another service has":     {[]Unit{beside(unit("a", "A", 8080, Assigned), 8080), unit("b", "B", 8081, Default)}, nil, Options{}, []string{"a 10000 moved", "b 8081"}},
		"a number that another has":    {[]Unit{beside(unit("a", "", 8080, Default), 8080)}, nil, Options{}, []string{"a port 8080 is a literal in the compose file, and is held by service web"}},
		"not chosen from another":      {[]Unit{beside(unit("a", "A", 8080, Default), 10000)}, taken{"8080/tcp": true}, Options{}, []string{"a 10001 moved"}},
		"a number moves an assigned":   {[]Unit{unit("a", "A", 8080, Assigned), unit("b", "", 8080, Default)}, nil, Options{}, []string{"a 10000 moved", "b 8080"}},
		"not one by hand":              {[]Unit{unit("a", "A", 8080, Manual), unit("b", "", 8080, Default)}, nil, Options{}, []string{"a 8080", "b port 8080 is a literal in the compose file, and is held by service a"}},
		"a pin wins":                   {[]Unit{unit("a", "A", 8080, Assigned), unit("b", "B", 8080, EnvFile)}, nil, Options{}, []string{"a 10000 moved", "b 8080"}},
		"other addresses":              {[]Unit{local, other, udp}, nil, Options{}, []string{"l 8080", "o 8080", "u 8080"}},
		"an address and all":           {[]Unit{local, unit("z", "Z", 8080, Default)}, nil, Options{}, []string{"l 8080", "z 10000 moved"}},
		"a range stays as wide":        {[]Unit{wide}, taken{"8001/tcp": true, "10001/tcp": true}, Options{}, []string{"r 10002-10003 moved"}},
		"not what others want":         {[]Unit{unit("a", "A", 8080, Default), unit("b", "B", 10000, Default)}, taken{"8080/tcp": true, "10000/tcp": true}, Options{}, []string{"a 10001 moved", "b 10002 moved"}},
		"unchoosable":                  {[]Unit{unit("a", "A", 8080, Default)}, taken{"8080/tcp": true}, Options{Policy: ports.Policy{Reserved: []ports.Range{{First: 9000, Last: 10002}}}}, []string{"a 10003 moved"}},
		"a default there stays":        {[]Unit{unit("a", "A", 80, Default)}, nil, Options{}, []string{"a 80"}},
		"not by itself":                {[]Unit{unit("a", "A", 8080, Default)}, taken{"8080/tcp": true}, Options{Policy: ports.Policy{Ephemeral: ports.One(10000)}}, []string{"a 10001 moved"}},
		"a pin that is held":           {[]Unit{unit("a", "A", 8080, EnvFile)}, taken{"8080/tcp": true}, Options{}, []string{"a port 8080 is pinned by compose.yaml:1:1, but held by process nginx (pid 7)"}},
		"one by hand that is held":     {[]Unit{unit("a", "A", 8080, Manual)}, taken{"8080/tcp": true}, Options{}, []string{"a port 8080 was assigned by hand, but is held by process nginx (pid 7)"}},
		"a literal that is held":       {[]Unit{unit("a", "", 8080, Default)}, taken{"8080/tcp": true}, Options{}, []string{"a port 8080 is a literal in the compose file, and is held by process nginx (pid 7)"}},
		"never together":               {[]Unit{unit("a", "A", 8080, Default), unit("b", "B", 8080, Default)}, nil, Options{Together: func(int, int) bool { return false }}, []string{"a 8080", "b 8080"}},
		"never together, but chosen":   {[]Unit{unit("a", "A", 8080, Default), unit("b", "B", 8080, Default)}, taken{"8080/tcp": true}, Options{Together: func(int, int) bool { return false }}, []string{"a 10000 moved", "b 10001 moved"}},
		"an idle number yields":        {[]Unit{idle(unit("a", "", 8080, Default)), unit("b", "", 8080, Default)}, nil, Options{}, []string{"a port 8080 is a literal in the compose file, and is held by service b", "b 8080"}},
		"an idle one moves away":       {[]Unit{idle(unit("a", "A", 8080, Assigned)), unit("b", "", 8080, Default)}, nil, Options{}, []string{"a 10000 moved", "b 8080"}},
		"an idle pin yields":           {[]Unit{idle(unit("a", "A", 8080, EnvFile)), unit("b", "B", 8080, Manual)}, nil, Options{}, []string{"a port 8080 is pinned by compose.yaml:1:1, but held by service b", "b 8080"}},
		"not to who can move":          {[]Unit{unit("a", "A", 8080, Default), idle(unit("b", "", 8080, Default))}, nil, Options{}, []string{"a 10000 moved", "b 8080"}},
		"nor on another protocol":      {[]Unit{unit("a", "A", 8080, Default), idle(unit("b", "", 8080, Default)), numbered}, nil, Options{}, []string{"a 10000 moved", "b 8080", "u 8080"}},
		"what its container has":       {[]Unit{running(unit("a", "A", 8080, Default), ports.One(10002))}, taken{"8080/tcp": true}, Options{}, []string{"a 10002 moved"}},
		"not while it has to move":     {[]Unit{running(unit("a", "A", 8080, Default), ports.One(10002))}, nil, Options{}, []string{"a 8080"}},
		"not what somebody wants":      {[]Unit{running(unit("a", "A", 8080, Default), ports.One(10002)), unit("b", "", 10002, Default)}, taken{"8080/tcp": true}, Options{}, []string{"a 10000 moved", "b 10002"}},
		"not what does not fit":        {[]Unit{running(wide, ports.One(10002), ports.From(10003, 2))}, taken{"8001/tcp": true}, Options{}, []string{"r 10003-10004 moved"}},
		"nor for a literal":            {[]Unit{running(unit("a", "", 8080, Default), ports.One(10002))}, taken{"8080/tcp": true}, Options{}, []string{"a port 8080 is a literal in the compose file, and is held by process nginx (pid 7)"}},
		"the range is full": {
			[]Unit{unit("a", "A", 8080, Default)},
			taken{"8080/tcp": true, "10000/tcp": true, "10001/tcp": true, "10002/tcp": true, "10003/tcp": true, "10004/tcp": true},
			Options{},
			[]string{"a no port is free in 10000-10004, and 8080 is held by process nginx (pid 7)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, o := range Assign(c.units, c.host, c.options) {
				text := o.Ports.String()
				if o.Moved {
					text += " moved"
				}
				if o.Problem != "" {
					text = o.Problem
				}
				got = append(got, o.Unit.Key+" "+text)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestAssignNeverTwice assigns random units on random hosts: no port is given to
// two that can run together, none that is held is given, the order of the units
// does not matter, and what was given is kept the next time.
func TestAssignNeverTwice(t *testing.T) {
	for seed := range 500 {
		r := rand.New(rand.NewPCG(uint64(seed), 2))
		host := taken{}
		for range r.IntN(200) {
			host[fmt.Sprintf("%d/%s", 9990+r.IntN(40), []string{"tcp", "udp"}[r.IntN(2)])] = true
		}
		var units []Unit
		for i := range 1 + r.IntN(20) {
			u := unit(fmt.Sprintf("k%02d", i), "V", 9990+r.IntN(30), Source(r.IntN(2)))
			u.Range = ports.Range{First: 10000, Last: 10060}
			u.Sockets = []ports.Socket{{Address: []string{"", "127.0.0.1", "::1", "0.0.0.0"}[r.IntN(4)], Protocol: []string{"tcp", "udp"}[r.IntN(2)]}}
			u.Want.Last += r.IntN(3)
			units = append(units, u)
		}
		outcomes := Assign(units, host, Options{})
		byKey := map[string]Outcome{}
		for i, o := range outcomes {
			byKey[o.Unit.Key] = o
			if o.Problem != "" {
				continue
			}
			if o.Ports.Width() != o.Unit.Want.Width() {
				t.Fatalf("seed %d: %s got %s for %s", seed, o.Unit.Key, o.Ports, o.Unit.Want)
			}
			for port := o.Ports.First; port <= o.Ports.Last; port++ {
				if _, held := host.Holder(o.Unit.Sockets[0], port, false); held {
					t.Fatalf("seed %d: %s got %d, which is held", seed, o.Unit.Key, port)
				}
			}
			for _, other := range outcomes[:i] {
				if other.Problem == "" && other.Ports.Overlaps(o.Ports) && meet(other.Unit.Sockets, o.Unit.Sockets) {
					t.Fatalf("seed %d: %s and %s both got %s", seed, other.Unit.Key, o.Unit.Key, o.Ports)
				}
			}
		}
		shuffled := append([]Unit(nil), units...)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for _, o := range Assign(shuffled, host, Options{}) {
			if o.Ports != byKey[o.Unit.Key].Ports {
				t.Fatalf("seed %d: %s depends on the order", seed, o.Unit.Key)
			}
		}
		var again []Unit
		for _, o := range outcomes {
			if o.Problem == "" {
				u := o.Unit
				u.Want, u.Source = o.Ports, Assigned
				again = append(again, u)
			}
		}
		for _, o := range Assign(again, host, Options{}) {
			if o.Moved || o.Problem != "" {
				t.Fatalf("seed %d: %s is not stable: %+v", seed, o.Unit.Key, o)
			}
		}
	}
}
