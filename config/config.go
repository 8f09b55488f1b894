// Package config reads .portmoor.yaml, the settings of one repository.
//
// The model: every key of the file is a field of [Config] or of a struct in
// it, and the field's tags are the one table of keys, so that the decoder, the
// errors and the JSON schema can't disagree. Reading is strict: an unknown key
// or a wrong value is a [say.Problem] with its line and column. Writing never
// re-encodes: [SetDefaults] splices bytes.
//
//	path, err := config.Find(".")
//	…
//	c, err := config.Load(path)
package config

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/config/derive"
	"github.com/portmoor/portmoor/ports"
)

// Name is what the file is called.
const Name = ".portmoor.yaml"

// Config is what a .portmoor.yaml says. The zero value is a file that says
// nothing, which means every default. Paths and patterns are as written, with
// slashes, and relative to the file's folder.
//
// Of a field's tags, config is the key, doc its description, example a value as the file has it, alone what
// may stand in place of a list, and values, check and keys restrict it as the decoder explains.
type Config struct {
	// Path is the file's absolute path, "" when there is none.
	Path string
	// Src is the file's bytes exactly as they are on disk, nil when there is
	// none. Nobody modifies them.
	Src []byte

	Strategy      string                       `config:"strategy" values:"hybrid,dynamic,auto" example:"hybrid" doc:"what host ports are written as; auto when absent"`
	Range         ports.Range                  `config:"range" example:"10000-11000" doc:"where new ports are chosen from; 10000-11000 when absent"`
	Reserved      []ports.Range                `config:"reserved" example:"[9100-9199, 7000]" doc:"ports and ranges that are never chosen"`
	Groups        map[string]Group             `config:"groups" example:"{data: {range: 3000-3999, services: [postgres*]}}" doc:"ranges for the new ports of some services; they don't overlap"`
	Defaults      map[string]map[string]string `config:"defaults" keys:"mapping" check:"host" example:"{stacks/app: {'web:80': 8080}}" doc:"host ports to restore: project folder or file, then service:container, then the text to write"`
	Projects      []Project                    `config:"projects" example:"[{name: shop, files: [compose.yaml, compose.prod.yaml], env_files: [prod.env], profiles: [web], deploy: compose}]" doc:"which compose files belong together"`
	Deploy        string                       `config:"deploy" values:"compose,stack" example:"stack" doc:"how projects are started: with docker compose up, or with docker stack deploy as stacks of a swarm; as their files look when absent"`
	Alternatives  [][]string                   `config:"alternatives" example:"[[cpu, gpu]]" doc:"lists of profiles of which only one runs at a time, so that their services may share a port"`
	EnvFiles      []string                     `config:"env_files" example:"[env.shared]" doc:"env files of every project, read after its .env; the last one wins"`
	Isolate       bool                         `config:"isolate" example:"true" doc:"whether up and detect let a checkout run beside others of the same files; false when absent"`
	Env           map[string]string            `config:"env" keys:"setting" check:"derived" example:"{API_URL: 'http://{api:8000}'}" doc:"variables with host ports in them for run, env --live and the block in .env: {service:port} is host:port, such as http://{api:8000}"`
	PortsFile     string                       `config:"ports_file" example:"data/ports.json" doc:"where assignments are kept, in each project's folder; data/ports.json when absent"`
	PortsEnvFile  string                       `config:"ports_env_file" example:".ports.env" doc:"where assignments are written for Compose, in each project's folder; .ports.env when absent"`
	Files         []string                     `config:"files" alone:"by-name" example:"['stacks/*.yaml', by-name]" doc:"more compose files, by gitignore patterns; by-name, alone or among them, takes none for its content"`
	Docs          []string                     `config:"docs" example:"[docs/ports.md]" doc:"documents with a port table, besides README.md"`
	Baseline      string                       `config:"baseline" example:".portmoor-baseline.json" doc:"findings that lint leaves out, as lint --write-baseline writes them"`
	ExternalPorts []ports.Range                `config:"external_ports" example:"[65421]" doc:"ports and ranges of this machine that something else than the projects publishes"`
	Ephemeral     ports.Range                  `config:"ephemeral" example:"32768-60999" doc:"the ports that systems give to outgoing connections; 32768-60999 when absent"`
	Rules         map[string]Rule              `config:"rules" example:"{hardcoded-host-port: error, unquoted-port: {severity: info, all: true}}" doc:"severity of lint rules: error, warning, info or off, or a mapping with severity and the rule's options"`
	Ignore        []string                     `config:"ignore" example:"[legacy/]" doc:"files and folders to pass over, by gitignore patterns"`
	Reconcile     Reconcile                    `config:"reconcile" doc:"how conflicts between fixed ports are settled"`
	Sources       []Source                     `config:"sources" example:"[{path: services/*/config.yaml, key: server.port}]" doc:"other files that hold a service's port"`
	References    References                   `config:"references" doc:"where else port numbers are looked for"`
	Registry      Registry                     `config:"registry" doc:"the service registry"`
}

// byName is what takes files by their names and patterns alone.
const byName = "by-name"

// ByName reports that no file is taken for its content.
func (c Config) ByName() bool { return slices.Contains(c.Files, byName) }

// Policy is what the file says of ports that are not picked.
func (c Config) Policy() ports.Policy {
	return ports.Policy{Reserved: c.Reserved, Ephemeral: c.Ephemeral}
}

// NewPorts is where new ports are chosen from, and whether the file says so.
func (c Config) NewPorts() (from ports.Range, explicit bool) {
	if c.Range.Zero() {
		return ports.Default, false
	}
	return c.Range, true
}

// NewPortsOf is where new ports of a service are chosen from, and whether the file
// says so: the range of its group, else NewPorts.
func (c Config) NewPortsOf(service string) (from ports.Range, explicit bool) {
	if name := c.GroupOf(service); name != "" {
		return c.Groups[name].Range, true
	}
	return c.NewPorts()
}

// GroupOf is the name of the first group that has a service, "" for none.
func (c Config) GroupOf(service string) string {
	for _, name := range slices.Sorted(maps.Keys(c.Groups)) {
		for _, pattern := range c.Groups[name].Services {
			if matched, err := path.Match(pattern, service); err == nil && matched {
				return name
			}
		}
	}
	return ""
}

// Derived are the values under env, by name.
func (c Config) Derived() map[string]derive.Value {
	values := map[string]derive.Value{}
	for name, text := range c.Env {
		values[name], _ = derive.Parse(text) // which is checked where it is read
	}
	return values
}

// Group is a range of ports kept for some services.
type Group struct {
	Range ports.Range `config:"range,required" doc:"where new ports of the group are chosen from"`
	// Services are patterns in the syntax of path.Match.
	Services []string `config:"services,required" check:"pattern" doc:"the group's services; * stands for any text"`
}

// Project is a set of compose files that docker compose loads together.
type Project struct {
	Name     string   `config:"name" doc:"the project's name; Compose's own when absent"`
	Files    []string `config:"files,required" doc:"the compose files, in the order they are merged"`
	EnvFiles []string `config:"env_files" doc:"env files of this project alone; the last one wins"`
	Profiles []string `config:"profiles" doc:"the profiles it is started with"`
	Deploy   string   `config:"deploy" values:"compose,stack" doc:"how it is started: with docker compose up, or as a stack of a swarm; what deploy says for all when absent"`
}

// Rule is what the file says of one lint rule.
type Rule struct {
	// Severity is "" when the rule keeps its own.
	Severity string `config:"severity,short" values:"error,warning,info,off" doc:"how bad a finding is"`
	// Options are the other keys, such as all: true, as they are written.
	Options map[string]string `config:",rest" doc:"options of the rule"`
}

// Reconcile says who keeps a contested port. A service may stand in several
// lists: Keep beats Priority, which beats Frozen.
type Reconcile struct {
	Keep     []string `config:"keep" example:"[ocr]" doc:"services that keep their port whatever the others say"`
	Priority []string `config:"priority" example:"[ollama]" doc:"services that keep their port before frozen ones"`
	Frozen   []string `config:"frozen" example:"[face]" doc:"services that keep their port before working ones"`
	// Ranges is nil, or lacks a service, where its range follows from its port.
	Ranges map[string]ports.Range `config:"ranges" example:"{piper: 5000-5099}" doc:"range that a service stays in"`
	// Health lacks the services whose path is /health.
	Health map[string]string `config:"health" check:"urlpath" example:"{clip: /version, db: off}" doc:"path of a service's health check, or off; /health when absent"`
}

// Source is a kind of file that holds a service's port.
type Source struct {
	Path string `config:"path,required" check:"pattern" doc:"the files, such as services/*/config.yaml"`
	Key  string `config:"key,required" doc:"where the port is in them, such as server.port"`
}

// References says where port numbers are not looked for.
type References struct {
	Ignore []string `config:"ignore" example:"[data/]" doc:"files and folders to pass over, by gitignore patterns"`
}

// Registry is how the service registry is served, and where it is.
type Registry struct {
	Backend string `config:"backend" values:"nats" example:"nats" doc:"what connects the registries of many hosts; nothing when absent"`
	URL     string `config:"url" check:"public" example:"'nats://127.0.0.1:4222'" doc:"the registry that detect, up and sync tell of services, such as http://127.0.0.1:8100; with backend nats the NATS server, nats://127.0.0.1:4222 when absent"`
	Bucket  string `config:"bucket" check:"bucket" example:"portmoor" doc:"with backend nats, the key-value bucket that the registries share; portmoor when absent"`
	Listen  string `config:"listen" check:"address" example:"'127.0.0.1:8100'" doc:"host:port to listen on; 127.0.0.1:8100 when absent"`
}

// parsePorts reads 8080 or 8000-8010.
func parsePorts(text string) (ports.Range, error) {
	first, last, found := strings.Cut(text, "-")
	if !found {
		last = first
	}
	if strings.Trim(first, "0123456789") != "" || strings.Trim(last, "0123456789") != "" || first == "" || last == "" {
		return ports.Range{}, fmt.Errorf("want a port or a range such as 3000-3999, not %.60q", text)
	}
	from, err := parsePort(first)
	if err != nil {
		return ports.Range{}, err
	}
	to, err := parsePort(last)
	if err == nil && from > to {
		err = fmt.Errorf("range %.60s ends before it begins", text)
	}
	if err != nil {
		return ports.Range{}, err
	}
	return ports.Range{First: from, Last: to}, nil
}

func parsePort(text string) (int, error) {
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		return 0, fmt.Errorf("port %.60s is not in 1-65535", text)
	}
	return port, nil
}
