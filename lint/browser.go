package lint

import (
	"fmt"

	"github.com/portmoor/portmoor/ports"
)

var browserBlockedPort = Rule{
	Name:     "browser-blocked-port",
	Severity: Warning,
	Doc: `Browsers refuse to open this host port (the bad ports of the Fetch standard), so that a web page published on
it can't be reached by one: ERR_UNSAFE_PORT. Services that are named by their container port as something else than
a web page, such as ssh on 22 or smtp on 25, are left alone.`,
	Bad: `services:
  web:
    image: example/web
    ports: ["6000:80"]
`,
	Good: `services:
  web:
    image: example/web
    ports: ["6001:80"]
  git:
    image: example/git
    ports: ["22:22"]
`,
	Check: func(p *Pass) {
		for m := range p.written() {
			port := ports.FirstBlocked(m.HostPort.Ports)
			if port == 0 || m.Protocol != "tcp" || m.Container.First < 1024 && ports.BrowsersRefuse(m.Container.First) {
				continue
			}
			f := aboutHost(*m)
			f.Message = fmt.Sprintf("browsers refuse to open host port %d", port)
			f.Hint = "choose another port if a browser is to open it"
			p.Report(f)
		}
	},
}
