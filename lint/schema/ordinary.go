package schema

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/portmoor/portmoor/pattern"
)

// reduced is a document without the keys, its own and those of services, that need no
// validator to be found right. Keys of a service do not depend on each other in the schema,
// so that the rest is judged as the whole would be. It is most of what people
// write, and saves most of the time.
func reduced(doc any) any {
	root, ok := doc.(map[string]any)
	if !ok {
		return doc
	}
	services, ok := root["services"].(map[string]any)
	if !ok {
		return doc
	}
	ordinaryKeys, topLevelKeys := ordinaryKeys(), topLevelKeys()
	left := map[string]any{}
	for name, v := range services {
		service, ok := v.(map[string]any)
		if !ok || !serviceName().MatchString(name) {
			left[name] = v
			continue
		}
		rest := map[string]any{}
		for key, value := range service {
			if ordinary := ordinaryKeys[key]; !strings.HasPrefix(key, "x-") && (ordinary == nil || !ordinary(value)) {
				rest[key] = value
			}
		}
		if len(rest) > 0 {
			left[name] = rest
		}
	}
	out := make(map[string]any, len(root))
	for key, value := range root {
		if ordinary := topLevelKeys[key]; !strings.HasPrefix(key, "x-") && (ordinary == nil || !ordinary(value)) {
			out[key] = value
		}
	}
	if len(out) == 1 && len(left) == 0 { // its services
		return nil
	}
	out["services"] = left
	return out
}

var serviceName, ulimitName = pattern.Lazy(`^[a-zA-Z0-9._-]+$`), pattern.Lazy(`^[a-z]+$`)

// predicate holds for no value which the schema refuses, though not for all others.
type predicate func(any) bool

// shape is what the keys of a mapping may have.
type shape map[string]predicate

// ordinaryKeys are the keys of services, as far as people write them.
var ordinaryKeys = sync.OnceValue(func() shape {
	update := of(shape{
		"parallelism": isTextOrInteger, "delay": isText, "failure_action": isText, "monitor": isText, "max_failure_ratio": isTextOrNumber,
		"order": oneOf("start-first", "stop-first"),
	})
	configs := listOf(either(isText, of(shape{"source": isText, "target": isText, "uid": isText, "gid": isText, "mode": isTextOrNumber})))
	return shape{
		"build":          either(isText, of(buildKeys())),
		"cap_add":        isTexts,
		"cap_drop":       isTexts,
		"cgroup_parent":  isText,
		"command":        isCommand,
		"configs":        configs,
		"container_name": isContainerName,
		"cpu_shares":     isTextOrNumber,
		"cpus":           isTextOrNumber,
		"cpuset":         isText,
		"depends_on": either(isDistinctTexts, named(needs("condition", of(shape{
			"restart": isBool, "required": isBool,
			"condition": oneOf("service_started", "service_healthy", "service_completed_successfully"),
		})))),
		"deploy": either(isNull, of(shape{
			"mode": isText, "endpoint_mode": isText, "replicas": isTextOrInteger, "labels": isLabels,
			"update_config": update, "rollback_config": update,
			"restart_policy": of(shape{"condition": isText, "delay": isText, "max_attempts": isTextOrInteger, "window": isText}),
			"placement":      of(shape{"constraints": isTexts}),
			"resources": of(shape{
				"limits": of(shape{"cpus": isTextOrNumber, "memory": isText, "pids": isTextOrInteger}),
				"reservations": of(shape{"cpus": isTextOrNumber, "memory": isText, "devices": listOf(needs("capabilities", of(shape{
					"driver": isText, "count": isTextOrInteger, "capabilities": isDistinctTexts, "device_ids": isDistinctTexts,
				})))}),
			}),
		})),
		"develop": either(isNull, of(shape{"watch": listOf(needs("path", needs("action", of(shape{
			"path": isText, "target": isText, "ignore": isTextOrDistinct, "include": isTextOrDistinct,
			"action": oneOf("rebuild", "sync", "restart", "sync+restart"),
		}))))})),
		"devices":     isTexts,
		"dns":         either(isText, isTexts),
		"dns_search":  either(isText, isTexts),
		"domainname":  isText,
		"entrypoint":  isCommand,
		"env_file":    either(isText, listOf(either(isText, needs("path", of(shape{"path": isText, "format": isText, "required": isBool}))))),
		"environment": isLabels,
		"expose":      listOf(isTextOrNumber),
		"extends":     either(isText, needs("service", of(shape{"service": isText, "file": isText}))),
		"extra_hosts": either(isDistinctTexts, isTextsByName),
		"healthcheck": of(shape{
			"test": either(isText, isTexts), "interval": isText, "timeout": isText, "start_period": isText, "start_interval": isText,
			"retries": isTextOrNumber, "disable": isBool,
		}),
		"hostname":        isText,
		"image":           isText,
		"init":            isBool,
		"ipc":             isText,
		"isolation":       isText,
		"labels":          isLabels,
		"links":           isTexts,
		"logging":         of(shape{"driver": isText, "options": isOptions}),
		"mac_address":     isText,
		"mem_limit":       isTextOrNumber,
		"mem_reservation": isTextOrInteger,
		"memswap_limit":   isTextOrNumber,
		"network_mode":    isText,
		"networks": either(isDistinctTexts, named(either(isNull, of(shape{
			"aliases": isDistinctTexts, "ipv4_address": isText, "ipv6_address": isText, "mac_address": isText, "priority": isNumeric,
		})))),
		"pid":        either(isNull, isText),
		"pids_limit": isTextOrNumber,
		"platform":   isText,
		"ports": listOf(either(isTextOrNumber, of(shape{
			"name": isText, "mode": isText, "host_ip": isText, "target": isTextOrInteger, "published": isTextOrInteger,
			"protocol": isText, "app_protocol": isText,
		}))),
		"privileged":        isBool,
		"profiles":          isTexts,
		"pull_policy":       oneOf("always", "never", "build", "if_not_present", "missing", "refresh", "daily", "weekly"),
		"read_only":         isBool,
		"restart":           isText,
		"runtime":           isText,
		"scale":             isTextOrInteger,
		"secrets":           configs,
		"security_opt":      isDistinctTexts,
		"shm_size":          isTextOrNumber,
		"stdin_open":        isBool,
		"stop_grace_period": isText,
		"stop_signal":       isText,
		"sysctls":           isLabels,
		"tmpfs":             either(isText, isTexts),
		"tty":               isBool,
		"ulimits":           isUlimits(),
		"user":              isText,
		"userns_mode":       isText,
		"volumes": listOf(either(isText, needs("type", of(shape{
			"type": oneOf("bind", "volume", "tmpfs"), "source": isText, "target": isText, "read_only": isBool, "consistency": isText,
			"bind":   of(shape{"propagation": isText, "create_host_path": isBool}),
			"volume": of(shape{"nocopy": isBool, "subpath": isText}),
			"tmpfs":  of(shape{"size": isText, "mode": isTextOrNumber}),
		})))),
		"volumes_from": isDistinctTexts,
		"working_dir":  isText,
	}
})

func buildKeys() shape {
	return shape{
		"context": isText, "dockerfile": isText, "dockerfile_inline": isText, "target": isText, "network": isText, "no_cache": isBool,
		"args": isLabels, "labels": isLabels, "additional_contexts": isLabels, "ssh": isDistinctTexts, "platforms": isTexts, "pull": isBool,
		"cache_from": isTexts, "cache_to": isTexts, "tags": isTexts, "shm_size": isTextOrInteger,
	}
}

// topLevelKeys are those of documents, as [ordinaryKeys] are of services.
var topLevelKeys = sync.OnceValue(func() shape {
	volume := shape{"name": isText, "driver": isText, "driver_opts": isTextsByName, "external": isBool, "labels": either(isDistinctTexts, isScalars)}
	network := maps.Clone(volume)
	maps.Copy(network, shape{"internal": isBool, "attachable": isBool, "enable_ipv6": isBool, "ipam": of(shape{
		"driver": isText, "config": listOf(of(shape{"subnet": isText, "ip_range": isText, "gateway": isText})),
	})})
	return shape{
		"include":  listOf(either(isText, of(shape{"path": isTextOrDistinct, "env_file": isTextOrDistinct, "project_directory": isText}))),
		"name":     isText,
		"networks": named(either(isNull, of(network))),
		"secrets":  named(of(shape{"name": isText, "file": isText, "environment": isText, "external": isBool})),
		"version":  isText,
		"volumes":  named(either(isNull, of(volume))),
	}
})

// of holds for a mapping of which every key is known and every value as it should be.
func of(keys shape) predicate {
	return func(v any) bool {
		m, ok := v.(map[string]any)
		for key, value := range m {
			is := keys[key]
			ok = ok && is != nil && is(value)
		}
		return ok
	}
}

// named holds for a mapping of names to what an item may be.
func named(item predicate) predicate {
	return func(v any) bool {
		m, ok := v.(map[string]any)
		for name, value := range m {
			ok = ok && serviceName().MatchString(name) && item(value)
		}
		return ok
	}
}

// needs holds for a mapping that has a key, and for which another predicate holds.
func needs(key string, is predicate) predicate {
	return func(v any) bool {
		m, _ := v.(map[string]any)
		_, there := m[key]
		return there && is(v)
	}
}

func either(is, or predicate) predicate { return func(v any) bool { return is(v) || or(v) } }

func oneOf(texts ...string) predicate {
	return func(v any) bool { text, is := v.(string); return is && slices.Contains(texts, text) }
}

func listOf(item predicate) predicate {
	return func(v any) bool {
		list, ok := v.([]any)
		return ok && !slices.ContainsFunc(list, func(v any) bool { return !item(v) })
	}
}

func isNull(v any) bool { return v == nil }
func isText(v any) bool { _, ok := v.(string); return ok }
func isBool(v any) bool { _, ok := v.(bool); return ok }

func isNumeric(v any) bool {
	switch v.(type) {
	case int64, float64:
		return true
	}
	return false
}

func isTextOrNumber(v any) bool { return isText(v) || isNumeric(v) }

func isTextOrInteger(v any) bool { _, integer := v.(int64); return integer || isText(v) }

func isTexts(v any) bool {
	list, ok := v.([]any)
	for _, item := range list {
		ok = ok && isText(item)
	}
	return ok
}

// isDistinctTexts is for the lists in which the schema allows no repeats, and
// Compose does not drop them before it validates.
func isDistinctTexts(v any) bool {
	if !isTexts(v) {
		return false
	}
	list, _ := v.([]any)
	seen := make(map[any]bool, len(list))
	for _, item := range list {
		if seen[item] {
			return false
		}
		seen[item] = true
	}
	return true
}

func isTextOrDistinct(v any) bool { return isText(v) || isDistinctTexts(v) }

func isCommand(v any) bool { return v == nil || isText(v) || isTexts(v) }

// isLabels is what labels, environment and the like may be.
func isLabels(v any) bool { return isTexts(v) || isScalars(v) }

// isScalars is a mapping of names to anything but collections.
func isScalars(v any) bool {
	return isByName(v, func(v any) bool { return v == nil || isTextOrNumber(v) || isBool(v) })
}

func isTextsByName(v any) bool { return isByName(v, isText) }

func isOptions(v any) bool {
	return isByName(v, func(v any) bool { return v == nil || isTextOrNumber(v) })
}

// isByName is a mapping of names, which may be any text of one line.
func isByName(v any, item predicate) bool {
	m, ok := v.(map[string]any)
	for key, value := range m {
		ok = ok && key != "" && !strings.ContainsAny(key, "\n\r") && item(value)
	}
	return ok
}

func isUlimits() predicate {
	limit := either(isTextOrInteger, needs("soft", needs("hard", of(shape{"soft": isTextOrInteger, "hard": isTextOrInteger}))))
	return func(v any) bool {
		m, ok := v.(map[string]any)
		for name, value := range m {
			ok = ok && ulimitName().MatchString(name) && limit(value)
		}
		return ok
	}
}

func isContainerName(v any) bool {
	s, ok := v.(string)
	return ok && len(s) > 1 && serviceName().MatchString(s) && alphanumeric(s[0])
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
