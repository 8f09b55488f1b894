package lint

import (
	"fmt"
	"slices"
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
			if m.Protocol != "tcp" || m.Container.First < 1024 && slices.Contains(BlockedPorts, m.Container.First) {
				continue
			}
			for _, port := range BlockedPorts {
				if ports := m.HostPort.Ports; ports.First <= port && port <= ports.Last {
					f := aboutHost(*m)
					f.Message = fmt.Sprintf("browsers refuse to open host port %d", port)
					f.Hint = "choose another port if a browser is to open it"
					p.Report(f)
					break
				}
			}
		}
	},
}

// BlockedPorts are the bad ports of https://fetch.spec.whatwg.org/#port-blocking.
var BlockedPorts = []int{
	1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
	111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
	540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
	6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
}
