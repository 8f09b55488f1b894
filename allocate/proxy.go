package allocate

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"

	"github.com/shirou/gopsutil/v4/process"

	"github.com/portmoor/portmoor/ports"
)

// proxyName is the program that Docker has one of for each port on Linux.
const proxyName = "docker-proxy"

// proxies are the ports that Docker's proxies have by their command lines, which
// everybody may read, while only root sees whose a socket is.
func proxies() (all []Held) {
	if runtime.GOOS != "linux" {
		return nil
	}
	pids, err := process.Pids()
	if err != nil {
		return nil
	}
	for _, pid := range pids {
		args, err := (&process.Process{Pid: pid}).CmdlineSlice()
		if err != nil || len(args) == 0 || filepath.Base(args[0]) != proxyName {
			continue
		}
		if port, err := strconv.Atoi(argument(args, "-host-port")); err == nil {
			socket := ports.Socket{Address: argument(args, "-host-ip"), Protocol: argument(args, "-proto")}
			all = append(all, Held{socket, port, Owner{Process, proxyName, fmt.Sprintf("pid %d", pid)}})
		}
	}
	return all
}

// argument is what follows a flag, "" for nothing.
func argument(args []string, flag string) string {
	i := slices.Index(args, flag)
	if i < 0 || i+1 == len(args) {
		return ""
	}
	return args[i+1]
}
