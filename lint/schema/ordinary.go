package schema

import (
	"slices"
	"strings"

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
	left := map[string]any{}
	for name, v := range services {
		service, ok := v.(map[string]any)
		if !ok || !serviceName().MatchString(name) {
			left[name] = v
			continue
		}
		rest := map[string]any{}
		for key, value := range service {
			if ordinary := ordinaryKeys[key]; ordinary == nil || !ordinary(value) {
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

var serviceName = pattern.Lazy(`^[a-zA-Z0-9._-]+$`)

// ordinaryKeys are predicates that hold for no value which the schema refuses.
var ordinaryKeys = map[string]func(any) bool{
	"build":        func(v any) bool { return isText(v) || is(v, buildKeys) },
	"cap_add":      isTexts,
	"cap_drop":     isTexts,
	"command":      isCommand,
	"cpus":         isTextOrNumber,
	"depends_on":   func(v any) bool { return isDistinctTexts(v) || isNamed(v, isDependency) },
	"entrypoint":   isCommand,
	"env_file":     func(v any) bool { return isText(v) || isTexts(v) },
	"environment":  func(v any) bool { return isScalars(v) || isTexts(v) },
	"expose":       func(v any) bool { return isList(v, isTextOrNumber) },
	"healthcheck":  func(v any) bool { return is(v, healthcheckKeys) },
	"hostname":     isText,
	"image":        isText,
	"init":         isBool,
	"labels":       func(v any) bool { return isScalars(v) || isTexts(v) },
	"links":        isTexts,
	"logging":      func(v any) bool { return is(v, loggingKeys) },
	"mem_limit":    isTextOrNumber,
	"network_mode": isText,
	"networks":     func(v any) bool { return isDistinctTexts(v) || isNamed(v, isAttachment) },
	"platform":     isText,
	"ports":        func(v any) bool { return isList(v, isTextOrNumber) },
	"privileged":   isBool,
	"profiles":     isTexts,
	"read_only":    isBool,
	"restart":      isText,
	"security_opt": isDistinctTexts,
	"shm_size":     isTextOrNumber,
	"stdin_open":   isBool,
	"stop_signal":  isText,
	"tty":          isBool,
	"user":         isText,
	"volumes":      isTexts,
	"working_dir":  isText,
	"container_name": func(v any) bool {
		s, ok := v.(string)
		return ok && len(s) > 1 && serviceName().MatchString(s) && alphanumeric(s[0])
	},
}

// topLevelKeys are those of documents, as [ordinaryKeys] are of services.
var topLevelKeys = map[string]func(any) bool{
	"name":     isText,
	"networks": func(v any) bool { return isNamed(v, isResource) },
	"version":  isText,
	"volumes":  func(v any) bool { return isNamed(v, isResource) },
}

// isNamed reports a mapping of names to what an item may be.
func isNamed(v any, item func(any) bool) bool {
	m, ok := v.(map[string]any)
	for name, value := range m {
		ok = ok && serviceName().MatchString(name) && item(value)
	}
	return ok
}

func isResource(v any) bool   { return v == nil || is(v, resourceKeys) }
func isAttachment(v any) bool { return v == nil || is(v, attachmentKeys) }

func isDependency(v any) bool {
	m, _ := v.(map[string]any)
	_, known := m["condition"]
	return known && is(v, dependencyKeys)
}

var (
	resourceKeys   = map[string]func(any) bool{"name": isText, "driver": isText, "external": isBool}
	attachmentKeys = map[string]func(any) bool{"aliases": isDistinctTexts, "ipv4_address": isText}
	dependencyKeys = map[string]func(any) bool{"restart": isBool, "required": isBool, "condition": func(v any) bool {
		return v == "service_started" || v == "service_healthy" || v == "service_completed_successfully"
	}}
	buildKeys = map[string]func(any) bool{
		"context": isText, "dockerfile": isText, "target": isText,
		"args": func(v any) bool { return isScalars(v) || isTexts(v) },
	}
	healthcheckKeys = map[string]func(any) bool{
		"test": func(v any) bool { return isText(v) || isTexts(v) }, "interval": isText, "timeout": isText,
		"start_period": isText, "start_interval": isText, "retries": isTextOrNumber, "disable": isBool,
	}
	loggingKeys = map[string]func(any) bool{"driver": isText, "options": func(v any) bool {
		m, ok := v.(map[string]any)
		for key, value := range m {
			ok = ok && key != "" && (value == nil || isTextOrNumber(value))
		}
		return ok
	}}
)

func isText(v any) bool { _, ok := v.(string); return ok }
func isBool(v any) bool { _, ok := v.(bool); return ok }

func isTextOrNumber(v any) bool {
	switch v.(type) {
	case string, int64, float64:
		return true
	}
	return false
}

func isList(v any, item func(any) bool) bool {
	list, ok := v.([]any)
	return ok && !slices.ContainsFunc(list, func(v any) bool { return !item(v) })
}

func isTexts(v any) bool { return isList(v, isText) }

// isDistinctTexts is for the lists in which the schema allows no repeats, and
// Compose does not drop them before it validates.
func isDistinctTexts(v any) bool {
	list, _ := v.([]any)
	seen := make(map[string]bool, len(list))
	return isList(v, func(item any) bool {
		text, ok := item.(string)
		twice := seen[text]
		seen[text] = true
		return ok && !twice
	})
}

func isCommand(v any) bool { return v == nil || isText(v) || isTexts(v) }

// isScalars is a mapping of names to anything but collections.
func isScalars(v any) bool {
	m, ok := v.(map[string]any)
	for key, value := range m {
		switch value.(type) {
		case map[string]any, []any:
			return false
		}
		ok = ok && key != "" && !strings.ContainsAny(key, "\n\r")
	}
	return ok
}

// is reports a mapping of which every key is known and every value as it should be.
func is(v any, keys map[string]func(any) bool) bool {
	m, ok := v.(map[string]any)
	for key, value := range m {
		ok = ok && keys[key] != nil && keys[key](value)
	}
	return ok
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
