package manual

import (
	"cmp"
	"slices"
)

// Jobs are what people come for, in the order in which they do.
var Jobs = []Job{
	{"Check", []string{"lint", "validate", "doctor"}},
	{"Change files", []string{"migrate", "reconcile", "docs"}},
	{"Run", []string{"up", "compose", "run", "sync"}},
	{"Look up", []string{"port", "show", "get", "env", "list", "services", "rules"}},
	{"Settle ports", []string{"detect", "assign", "reset"}},
	{"Set up", []string{"init", "completion", "serve", "mcp"}},
}

// Examples are those of the overview.
var Examples = []Example{
	{"what is wrong with the ports of this repository", "portmoor lint"},
	{"give a project free ports and start it, whatever else runs here", "portmoor up"},
	{"let every checkout have ports of its own: see the change, then write it", "portmoor migrate && portmoor migrate --write"},
}

// Of is the page of a command without what its flags say: its examples and its exit codes.
// A command that the table does not have has the exit codes that all have.
func Of(name string) Page {
	var known said
	if at := slices.IndexFunc(commands, func(s said) bool { return s.name == name }); at >= 0 {
		known = commands[at]
	}
	p := Page{Name: name, Examples: known.examples}
	zero := cmp.Or(known.zero, "done")
	p.Exits = append(p.Exits, Exit{0, zero})
	if known.one != "" {
		p.Exits = append(p.Exits, Exit{1, known.one})
	}
	p.Exits = append(p.Exits,
		Exit{2, "wrong usage: a flag, an argument, a path or the configuration"},
		Exit{3, cmp.Or(known.three, "a file can't be read, parsed or written")})
	for _, e := range known.more {
		p.Exits = append(slices.DeleteFunc(p.Exits, func(other Exit) bool { return other.Code == e.Code }), e)
	}
	return p
}

// said is what the table has of a command. Zero, one and three are what those exit codes
// mean; "" for what is usual, which for one is that there is none.
type said struct {
	name             string
	examples         []Example
	zero, one, three string
	more             []Exit
}

const noEngine = "a file can't be read or parsed, or the engine does not answer"

// ofTheCommand are the exit codes of a command that runs another in its place.
const ofTheCommand = "portmoor itself failed, or the command ended with it"

// commands are a list, and no map, which would be made at every start.
var commands = []said{
	{
		name: "lint",
		examples: []Example{
			{"every compose file below the working folder", "portmoor lint"},
			{"fix what can be fixed safely, after a look at it", "portmoor lint --diff && portmoor lint --fix"},
			{"in CI: only what is new since the baseline was written", "portmoor lint --baseline .portmoor-baseline.json --format sarif"},
			{"one rule, also one that is off", "portmoor lint --rule fixed-container-name"},
		},
		zero: "no finding is as severe as --fail-on says",
		one:  "a finding is; also a file that docker compose would refuse",
	},
	{
		name: "migrate",
		examples: []Example{
			{"see what would change in every compose file below the working folder", "portmoor migrate"},
			{"write it, for the files of one folder", "portmoor migrate --write ./app"},
			{"in CI: fail when a host port was written as a number again", "portmoor migrate --check --strict"},
		},
		zero: "shown, written, or nothing to change",
		one:  "--check: something would change; or a port could not be assigned",
	},
	{
		name: "reconcile",
		examples: []Example{
			{"which ports are contested, and what would become of them", "portmoor reconcile"},
			{"write a plan for people to review", "portmoor reconcile --plan plan.md"},
			{"carry it out", "portmoor reconcile --apply plan.md --write"},
			{"look whether every place agrees", "portmoor reconcile --verify"},
		},
		zero: "done, or everything agrees",
		one:  "--verify: something does not agree; or a port that people have to decide about",
	},
	{
		name: "docs",
		examples: []Example{
			{"see what the tables of ports would become, then write them", "portmoor docs && portmoor docs --write"},
		},
		zero: "shown, written, or nothing to change",
	},
	{
		name: "validate",
		examples: []Example{
			{"can the project of this folder start?", "portmoor validate"},
			{"start it only then", "portmoor validate && docker compose $(portmoor env --args) up -d"},
		},
		zero: "the project can start, or runs already",
		one:  "something else has one of its ports or names",
	},
	{
		name: "doctor",
		examples: []Example{
			{"what of this machine and of the project is seen", "portmoor doctor"},
			{"for a report of a bug", "portmoor doctor --format json"},
		},
		zero: "nothing is wrong",
		one:  "something is",
	},
	{
		name: "up",
		examples: []Example{
			{"start the project of this folder on ports that are free", "portmoor up"},
			{"start one service, and build its image first", "portmoor up web -- --build"},
			{"start this checkout beside another one of the same files", "portmoor up --isolate"},
		},
		one:   "a port or a name that it needs is taken, or a service does not run",
		three: "docker compose failed, or the engine does not answer",
		more:  []Exit{{130, "interrupted, and docker compose with it"}},
	},
	{
		name: "compose",
		examples: []Example{
			{"follow the log of a service", "portmoor compose -- logs -f web"},
			{"stop the project and remove its containers", "portmoor compose -- down"},
		},
		zero:  "docker compose ended with it, as with every code that is not here",
		three: ofTheCommand,
	},
	{
		name: "run",
		examples: []Example{
			{"run tests that ask their environment where services are", "portmoor run -- npm test"},
			{"start the project for them, wait for it, and stop it after", "portmoor run --up --wait 1m --down -- go test ./..."},
		},
		zero:  "the command ended with it, as with every code that is not here",
		three: ofTheCommand,
		more:  []Exit{{126, "the command can't be run"}, {127, "there is no such command"}, {130, "interrupted"}},
	},
	{
		name: "sync",
		examples: []Example{
			{"tell what runs its ports, once", "portmoor sync"},
			{"and whatever is started later", "portmoor sync --watch"},
		},
		one:   "no service runs, or a port is not bound",
		three: noEngine,
	},
	{
		name: "port",
		examples: []Example{
			{"every port of the project, with its URL", "portmoor port"},
			{"where is port 80 of web? Wait until it is there", "portmoor port --wait 30s web 80"},
			{"the ports as variables of this shell", `eval "$(portmoor port --format env)"`},
		},
		one:   "the service does not run, or the port is not published",
		three: noEngine,
	},
	{
		name: "show",
		examples: []Example{
			{"what each port is, was to be, and who says so", "portmoor show"},
			{"of another project", "portmoor show -f other/compose.yaml"},
		},
	},
	{
		name: "get",
		examples: []Example{
			{"the host port of a service with one port", "portmoor get web"},
			{"of one with several, in a script", "curl localhost:$(portmoor get web:80)"},
		},
		one: "docker picks the port, and the service does not run",
	},
	{
		name: "env",
		examples: []Example{
			{"start the project by docker compose, on the ports that are remembered", "docker compose $(portmoor env --args) up -d"},
			{"the live ports and URLs as variables of this shell", `eval "$(portmoor env --live --format export)"`},
		},
		one: "--live: the project does not run, or a port is not bound",
	},
	{
		name: "list",
		examples: []Example{
			{"every checkout of this machine", "portmoor list"},
			{"who has port 8080?", "portmoor list --port 8080"},
		},
	},
	{
		name: "services",
		examples: []Example{
			{"what the registry of this machine knows", "portmoor services"},
			{"what another one knows", "portmoor services --registry http://build.example:8100"},
		},
		three: "the registry does not answer",
	},
	{
		name: "rules",
		examples: []Example{
			{"every rule with its severity", "portmoor rules"},
			{"why a rule is there, and what to write instead", "portmoor rules hardcoded-host-port"},
		},
	},
	{
		name: "detect",
		examples: []Example{
			{"find free ports for the project of this folder", "portmoor detect"},
			{"see them first", "portmoor detect --dry-run"},
			{"let plain docker compose follow, by a block in .env", "portmoor detect --dotenv"},
			{"move ports that are numbers in the file, by a file beside it", "portmoor detect --override compose.ports.yaml"},
		},
		zero: "every port fits, also when some have moved",
		one:  "a port that is fixed is taken, or no free one is left",
	},
	{
		name: "assign",
		examples: []Example{
			{"web is on 9000 from now on", "portmoor assign web 9000"},
			{"a service with several ports", "portmoor assign web:443 9443"},
		},
		one: "the port is taken or reserved, or the mapping can't be moved",
	},
	{
		name: "reset",
		examples: []Example{
			{"forget the ports of the project", "portmoor reset"},
			{"of every project below a folder, but those that were assigned by hand", "portmoor reset --all --keep-manual ./apps"},
		},
	},
	{
		name: "init",
		examples: []Example{
			{"see what would be written", "portmoor init --dry-run"},
			{"write it, with a hook, and a baseline of what is wrong today", "portmoor init --pre-commit --baseline"},
		},
	},
	{
		name: "completion",
		examples: []Example{
			{"bash, and the same line with zsh", "source <(portmoor completion bash)"},
			{"fish", "portmoor completion fish | source"},
			{"PowerShell", "portmoor completion powershell | Out-String | Invoke-Expression"},
		},
	},
	{
		name: "serve",
		examples: []Example{
			{"a page of everything that runs here", "portmoor serve --open"},
			{"for other machines, which need the secret to write", "portmoor serve --listen 0.0.0.0:8100 --token-file token"},
		},
		zero:  "it was told to end",
		three: "it can't listen there, or a file can't be read",
	},
	{
		name: "mcp",
		examples: []Example{
			{"as the command of a server in the configuration of an agent", "portmoor mcp"},
			{"let the agent start projects too", "portmoor mcp --allow-write"},
		},
		zero: "its input has ended",
	},
}
