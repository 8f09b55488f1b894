package schema

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portmoor/portmoor/compose/corpustest"
	"github.com/portmoor/portmoor/source"
)

// TestReduced holds the judgement of reduced documents against that of whole
// ones, on the corpus and on values of every kind for every key: what is taken
// out must never be what the schema refuses.
func TestReduced(t *testing.T) {
	values := []any{
		nil, "", "a", "1", int64(1), 1.5, true,
		[]any{},
		[]any{"a"},
		[]any{"a", "a"},
		[]any{"a", "b"},
		[]any{int64(1)},
		[]any{true},
		[]any{nil},
		[]any{[]any{}},
		[]any{map[string]any{}},
		map[string]any{},
		map[string]any{"a": "b"},
		map[string]any{"a": int64(1)},
		map[string]any{"a": nil},
		map[string]any{"a": []any{}},
		map[string]any{"": "b"},
		map[string]any{"a": map[string]any{}},
		map[string]any{"test": "a", "interval": "1s"},
		map[string]any{"test": true},
		map[string]any{"retries": "1"},
		map[string]any{"retries": []any{}},
		map[string]any{"driver": "a", "options": map[string]any{"a": true}},
		map[string]any{"context": ".", "args": []any{"a"}},
		map[string]any{"context": int64(1)},
	}
	for _, v := range []any{
		nil, true,
		map[string]any{"condition": "service_started"},
		map[string]any{"condition": "a"},
		map[string]any{"restart": true},
		map[string]any{"condition": "service_healthy", "required": "a"},
		map[string]any{"aliases": []any{"a"}},
		map[string]any{"aliases": []any{"a", "a"}},
		map[string]any{"ipv4_address": int64(1)},
		map[string]any{"external": true, "name": "a"},
		map[string]any{"external": int64(1)},
		map[string]any{"internal": true},
		map[string]any{"driver": nil},
	} {
		values = append(values, map[string]any{"a": v}, map[string]any{"a b": v})
	}
	var docs []map[string]any
	for _, v := range values {
		for key := range ordinaryKeys() {
			docs = append(docs, map[string]any{"services": map[string]any{"web": map[string]any{key: v}}})
		}
		for key := range topLevelKeys() {
			docs = append(docs, map[string]any{"services": map[string]any{}, key: v})
		}
	}
	ordinary := 0
	for _, doc := range docs {
		left, _ := reduced(doc).(map[string]any)
		if services, _ := left["services"].(map[string]any); len(services) > 0 || len(left) > 1 {
			continue
		}
		ordinary++
		if found := judge(doc, doc, &speller{}); len(found) > 0 {
			t.Errorf("%v is taken for right: %s", doc, found[0].Message)
		}
	}
	if ordinary < 100 {
		t.Errorf("only %d of %d documents are ordinary", ordinary, len(docs))
	}
	dir := corpustest.Dir(t)
	files, saved, all := 0, 0, 0
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, "ml") {
			return err
		}
		src, err := os.ReadFile(path)
		f := source.Parse(path, src)
		for _, doc := range f.Values() {
			files++
			if diff := cmp.Diff(messages(judge(doc, doc, &speller{})), messages(judge(doc, reduced(doc), &speller{}))); diff != "" {
				t.Errorf("%s (-whole +part):\n%s", path, diff)
			}
			all += keys(doc)
			saved += keys(doc) - keys(reduced(doc))
		}
		return err
	})
	if err != nil || files < 500 {
		t.Fatalf("%d files: %v", files, err)
	}
	t.Logf("%d of %d keys of services need no validator", saved, all)
	if saved*10 < all*8 {
		t.Errorf("only %d of %d keys are saved", saved, all)
	}
}

func messages(found []Violation) (all []string) {
	for _, v := range found {
		all = append(all, v.Message)
	}
	slices.Sort(all)
	return all
}

func keys(doc any) (n int) {
	root, _ := doc.(map[string]any)
	services, _ := root["services"].(map[string]any)
	for _, s := range services {
		service, _ := s.(map[string]any)
		n += len(service)
	}
	return n
}

// everything has what the table of ordinary keys knows of nested values.
const everything = `
include: [a.yaml, {path: [a, b], env_file: a, project_directory: a}]
networks: {a: null, b: {name: a, driver: a, driver_opts: {a: b}, external: true, labels: {a: 1}, internal: true, attachable: true, enable_ipv6: true, ipam: {driver: a, config: [{subnet: a, ip_range: b, gateway: c}]}}}
volumes: {a: null, b: {name: a, driver: a, driver_opts: {a: b}, external: true, labels: [a]}}
secrets: {a: {file: a}, b: {environment: a, name: b}, c: {external: true}}
services:
  web:
    build: {context: a, dockerfile: b, dockerfile_inline: c, target: d, network: e, no_cache: true, args: [a], labels: {a: b}, additional_contexts: {a: b}, ssh: [a], platforms: [a], pull: true, cache_from: [a], cache_to: [a], tags: [a], shm_size: 1}
    configs: [a, {source: a, target: b, uid: "1", gid: "1", mode: 1}]
    depends_on: {a: {condition: service_started, restart: true, required: true}}
    deploy: {mode: a, endpoint_mode: a, replicas: 1, labels: {a: b}, update_config: {parallelism: 1, delay: a, failure_action: a, monitor: a, max_failure_ratio: 0.5, order: start-first}, restart_policy: {condition: a, delay: a, max_attempts: 1, window: a}, placement: {constraints: [a]}, resources: {limits: {cpus: 1, memory: a, pids: 1}, reservations: {cpus: a, memory: a, devices: [{driver: a, count: 1, capabilities: [a], device_ids: [a]}]}}}
    develop: {watch: [{path: a, action: sync, target: a, ignore: [a], include: a}]}
    env_file: [a, {path: a, format: b, required: true}]
    extends: {service: a, file: b}
    extra_hosts: {a: b}
    healthcheck: {test: [a], interval: a, timeout: a, start_period: a, start_interval: a, retries: 1, disable: true}
    logging: {driver: a, options: {a: 1}}
    networks: {a: null, b: {aliases: [a], ipv4_address: a, ipv6_address: a, mac_address: a, priority: 1}}
    ports: [1, a, {name: a, mode: b, host_ip: c, target: 1, published: "1", protocol: a, app_protocol: b}]
    pull_policy: daily
    secrets: [a, {source: a}]
    tmpfs: [a, b]
    ulimits: {nofile: 1, nproc: {soft: 1, hard: 2}}
    volumes: [a, {type: bind, source: a, target: b, read_only: true, consistency: a, bind: {propagation: a, create_host_path: true}}, {type: volume, volume: {nocopy: true, subpath: a}}, {type: tmpfs, tmpfs: {size: a, mode: 1}}]
    x-mine: {a: [b]}
`

// TestOrdinary takes everything for ordinary, and, in each place of it, what the schema
// refuses for what it is: there each value is put, and taken out, and a key added.
func TestOrdinary(t *testing.T) {
	whole := source.Parse("compose.yaml", []byte(everything)).Values()[0]
	if left := reduced(whole); left != nil {
		t.Fatalf("not ordinary: %v", left)
	}
	wrong := 0
	for _, doc := range mutants(whole) {
		refused := judge(doc, doc, &speller{})
		if wrong += len(refused); len(refused) > 0 && reduced(doc) == nil {
			t.Errorf("%v is taken for right: %s", doc, refused[0].Message)
		}
	}
	if wrong < 500 {
		t.Errorf("the schema refuses only %d mutants", wrong)
	}
}

// mutants are a value with one place changed, in every way.
func mutants(v any) (all []any) {
	all = append(all, nil, "", "a b", int64(1), 1.5, true, []any{}, []any{"a", "a"}, []any{int64(1)}, []any{nil}, map[string]any{}, map[string]any{"a b": "c"})
	switch v := v.(type) {
	case map[string]any:
		with := maps.Clone(v)
		with["unknown"] = "a"
		all = append(all, with)
		for key, value := range v {
			without := maps.Clone(v)
			delete(without, key)
			all = append(all, without)
			for _, m := range mutants(value) {
				changed := maps.Clone(v)
				changed[key] = m
				all = append(all, changed)
			}
		}
	case []any:
		for i, value := range v {
			for _, m := range mutants(value) {
				changed := slices.Clone(v)
				changed[i] = m
				all = append(all, changed)
			}
		}
	}
	return all
}
