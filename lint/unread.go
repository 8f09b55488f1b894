package lint

var unreadEnvFile = Rule{
	Name:     "unread-env-file",
	Title:    "An env file of the project is not read",
	Severity: Info,
	Doc: `An env file beside the compose file, or one that a service has under env_file, sets the variable of a host
port or PORT_ALLOCATION_STRATEGY, but Compose does not read it for that: it reads .env, and what --env-file or
COMPOSE_ENV_FILES name. Ports are judged and assigned without it, and docker compose starts without it, unless it is
passed each time. Files under env_files in the configuration are read by every command of Portmoor, and passed on by
portmoor up.`,
	Check: func(p *Pass) {
		for _, u := range p.Facts.Unread[p.Project] {
			p.Report(Finding{File: u.File.File, Span: u.File.Line(u.Names[0]), Message: u.Message(), Hint: u.Hint()})
		}
	},
}
