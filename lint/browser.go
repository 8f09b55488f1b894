package lint

import (
	"fmt"

	"github.com/portmoor/portmoor/ports"
)

var browserBlockedPort = Rule{
	Name:     "browser-blocked-port",
	Title:    "Browsers refuse to open the host port",
	Severity: Warning,
	Doc: `Browsers refuse to open this host port, one of the bad ports of the Fetch standard: a web page published on
it fails with ERR_UNSAFE_PORT. Services whose container port says that they are not web pages, such as ssh on 22 or
smtp on 25, are not reported.`,
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
			f := aboutValue(m)
			f.Message = fmt.Sprintf("browsers refuse to open host port %d", port)
			f.Hint = "choose another port if browsers should open it"
			p.Report(f)
		}
	},
}
