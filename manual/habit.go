package manual

import (
	"slices"
	"strings"

	"github.com/portmoor/portmoor/say"
)

// habit is what people type, since another tool has it, and what does it here.
type habit struct{ words, does string }

// passed are the commands of docker compose that go to it as they are.
const passed = "attach build cp down events exec images kill logs pause pull push restart rm scale stats stop top unpause volumes wait"

var habits = []habit{
	{"ps status st state", "what runs, and on which ports: portmoor show; of every checkout of this machine: portmoor list"},
	{"ls all projects checkouts worktrees", "every checkout of this machine: portmoor list"},
	{"start run-up launch", "to start the project: portmoor up"},
	{"create", "to write .portmoor.yaml: portmoor init; to start the project: portmoor up"},
	{"config", "the project as docker compose has it: portmoor compose -- config; to write .portmoor.yaml: portmoor init"},
	{"check verify test", "what is wrong with compose files: portmoor lint; whether every port is free: portmoor validate; to run tests with the ports: portmoor run -- npm test"},
	{"audit scan analyze analyse", "what is wrong with compose files: portmoor lint; what of this machine is seen: portmoor doctor"},
	{"fix format fmt repair", "to fix what can be fixed safely: portmoor lint --fix; to make fixed host ports variables: portmoor migrate"},
	{"rewrite convert parametrize parameterize", "to make fixed host ports variables: portmoor migrate"},
	{"diff plan", "what migrate would change: portmoor migrate; a plan for ports that are contested: portmoor reconcile --plan plan.md"},
	{"conflict conflicts", "in compose files: portmoor lint; on this machine: portmoor validate; between fixed ports: portmoor reconcile"},
	{"free find allocate alloc resolve move next", "to find free ports: portmoor detect"},
	{"ports url urls open where", "where the services are: portmoor port; only the URLs: portmoor port --format url"},
	{"who whois which used", "who has a port: portmoor list --port 8080"},
	{"set pin fix-port reserve", "to give a service a port: portmoor assign SERVICE N; to give ports that docker picks a default: portmoor migrate --pin"},
	{"unset unassign clear clean forget release", "to forget the ports of the project: portmoor reset; those of folders that are gone: portmoor list --prune"},
	{"isolate worktree clone copy", "to run this checkout beside others: portmoor up --isolate"},
	{"watch follow", "to hear of every change: portmoor port --watch"},
	{"dotenv export vars variables", "the ports as variables: portmoor env; for docker compose by itself: portmoor detect --dotenv"},
	{"explain rule why", "why a rule is there: portmoor rules RULE"},
	{"setup new install configure", "to write .portmoor.yaml: portmoor init"},
	{"hook hooks pre-commit precommit", "to write the hook of pre-commit: portmoor init --pre-commit"},
	{"server registry daemon dashboard", "to run the registry: portmoor serve; what it knows: portmoor services"},
	{"agent agents", "to answer agents: portmoor mcp"},
	{"completions autocomplete", "to complete commands: portmoor completion bash"},
	{"man docs-help manual usage", "portmoor --help lists all commands"},
	{"debug info diagnose diagnostics", "what of this machine and the project is seen: portmoor doctor"},
}

// Habits are the words that [Meant] knows.
func Habits() []string {
	words := strings.Fields(passed)
	for _, h := range habits {
		words = append(words, strings.Fields(h.words)...)
	}
	return words
}

// Meant is the hint for words that are no command of Portmoor, but what people type since
// other tools have it; "" where nothing is known of the first.
func Meant(words []string) string {
	if len(words) == 0 {
		return ""
	}
	word := strings.ToLower(words[0])
	if slices.Contains(strings.Fields(passed), word) {
		return "docker compose does it, for the project as up has started it: " + say.Words(append([]string{"portmoor", "compose", "--", word}, words[1:]...))
	}
	for _, h := range habits {
		if slices.Contains(strings.Fields(h.words), word) {
			return h.does
		}
	}
	return ""
}
