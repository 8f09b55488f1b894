package schema

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/compose-spec/compose-go/v2/types"
)

// scalar is what Compose makes of a text that stands where it wants something
// else; the schema allows any text there, since it may hold variables.
type scalar struct {
	name  string
	valid func(text string) bool
	paths string // dotted; * is any key or index
}

// scalarKinds are the conversions of compose-go v2.16.2: those that come with
// interpolation (loader/interpolate.go), and the types of durations and sizes.
var scalarKinds = []scalar{
	{"true or false", isBoolean, `
		networks.*.external networks.*.internal networks.*.attachable networks.*.enable_ipv4 networks.*.enable_ipv6
		volumes.*.external secrets.*.external configs.*.external
		services.*.init services.*.networks.*.use_service_name_alias services.*.oom_kill_disable services.*.privileged
		services.*.read_only services.*.volumes.*.read_only services.*.volumes.*.volume.nocopy
		services.*.depends_on.*.required services.*.depends_on.*.restart services.*.healthcheck.disable
		services.*.stdin_open services.*.tty`},
	{"a whole number", isInteger, `
		services.*.cpu_count services.*.cpu_period services.*.cpu_quota services.*.cpu_rt_period services.*.cpu_rt_runtime
		services.*.cpu_shares services.*.oom_score_adj services.*.pids_limit services.*.ulimits.* services.*.ulimits.*.hard
		services.*.ulimits.*.soft services.*.healthcheck.retries services.*.deploy.replicas services.*.scale
		services.*.deploy.update_config.parallelism services.*.deploy.rollback_config.parallelism
		services.*.deploy.restart_policy.max_attempts services.*.deploy.placement.max_replicas_per_node`},
	{"a number", isNumber, `
		services.*.cpu_percent services.*.cpus services.*.deploy.update_config.max_failure_ratio
		services.*.deploy.rollback_config.max_failure_ratio`},
	{"a duration such as 1m30s", isDuration, `
		services.*.healthcheck.interval services.*.healthcheck.timeout services.*.healthcheck.start_period
		services.*.healthcheck.start_interval services.*.stop_grace_period
		services.*.deploy.update_config.delay services.*.deploy.update_config.monitor
		services.*.deploy.rollback_config.delay services.*.deploy.rollback_config.monitor
		services.*.deploy.restart_policy.delay services.*.deploy.restart_policy.window`},
	{"a size such as 512m", isSize, `
		services.*.mem_limit services.*.mem_reservation services.*.memswap_limit services.*.shm_size
		services.*.build.shm_size services.*.deploy.resources.limits.memory services.*.deploy.resources.reservations.memory
		services.*.volumes.*.tmpfs.size`},
}

func isBoolean(text string) bool {
	return slices.Contains([]string{"true", "false", "y", "yes", "on", "n", "no", "off"}, strings.ToLower(text))
}

func isInteger(text string) bool { _, err := strconv.ParseInt(text, 10, 64); return err == nil }
func isNumber(text string) bool  { _, err := strconv.ParseFloat(text, 64); return err == nil }

func isDuration(text string) bool { return new(types.Duration).DecodeMapstructure(text) == nil }
func isSize(text string) bool     { return new(types.UnitBytes).DecodeMapstructure(text) == nil }

// scalarNode is a step of the paths in scalarKinds.
type scalarNode struct {
	kind *scalar
	next map[string]*scalarNode
}

var scalarPaths = sync.OnceValue(func() *scalarNode {
	root := &scalarNode{}
	for i := range scalarKinds {
		for path := range strings.FieldsSeq(scalarKinds[i].paths) {
			at := root
			for step := range strings.SplitSeq(path, ".") {
				if at.next == nil {
					at.next = map[string]*scalarNode{}
				}
				if at.next[step] == nil {
					at.next[step] = &scalarNode{}
				}
				at = at.next[step]
			}
			at.kind = &scalarKinds[i]
		}
	}
	return root
})

func (n *scalarNode) step(key string) *scalarNode {
	if next, ok := n.next[key]; ok {
		return next
	}
	return n.next["*"]
}

// scalarAt is what Compose makes of a text at a path, nil for nothing.
func scalarAt(path []string) *scalar {
	at := scalarPaths()
	for _, step := range path {
		if at = at.step(step); at == nil {
			return nil
		}
	}
	return at.kind
}

// unreadable finds the texts that Compose can't turn into what it wants. Those
// that hold a variable are not judged.
func unreadable(doc any) []Violation {
	var found []Violation
	var walk func(v any, at *scalarNode, path []string)
	walk = func(v any, at *scalarNode, path []string) {
		switch v := v.(type) {
		case map[string]any:
			var keys []string
			for key := range v {
				if at.step(key) != nil {
					keys = append(keys, key)
				}
			}
			slices.Sort(keys)
			for _, key := range keys {
				walk(v[key], at.step(key), append(path, key))
			}
		case []any:
			for i, item := range v {
				if next := at.step(strconv.Itoa(i)); next != nil {
					walk(item, next, append(path, strconv.Itoa(i)))
				}
			}
		case string:
			if at.kind != nil && !strings.Contains(v, "$") && !at.kind.valid(v) {
				found = append(found, Violation{
					path: slices.Clone(path), Message: dotted(path) + " is " + strconv.Quote(v) + ", not " + at.kind.name,
					Hint: "see the Compose specification",
				})
			}
		}
	}
	walk(doc, scalarPaths(), nil)
	return found
}
