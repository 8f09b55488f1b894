package docker

import "strings"

// meaning is what Portmoor makes of a text of an engine.
type meaning int

const (
	portTaken meaning = iota // a container could not bind a host port
	readOnly                 // a file system takes no file
	unfit                    // the version of the API is none of its own
	secured                  // it speaks TLS
	denied                   // it is there, but not for this user
	behindSSH                // what ssh, or the command beyond it, said on standard error
	healthOf                 // the end of a status: what a health check says
)

// vocabulary is all that engines say in words alone and that decides something, in small
// letters. Where there is a code, a field or a type of an error, that decides.
var vocabulary = []struct {
	means meaning
	words string
	by    string // who says so
}{
	{portTaken, "port is already allocated", "dockerd, of a port that another of its containers has"},
	{portTaken, "address already in use", "Linux and macOS, through dockerd, Docker Desktop, Podman and its network programs"},
	{portTaken, "ports are not available", "Docker Desktop"},
	{portTaken, "only one usage of each socket address", "Windows, through Docker Desktop and Podman's machine"},
	{portTaken, "proxy already running", "Podman's machine, of a port that another container has"},
	{readOnly, "marked read-only", "dockerd"},
	{readOnly, "read-only file system", "Linux, through Podman"},
	{unfit, "minimum supported api version", "dockerd, of a client that is too old"},
	{unfit, "maximum supported api version", "dockerd, of a client that is too new"},
	{secured, "client sent an http request to an https server", "net/http of Go, in which the engines are written"},
	{denied, "permission denied while trying to connect to the docker", "the docker command beyond ssh"},
	{behindSSH, "stderr=", "the connection that Docker's client makes of a command"},
	{healthOf, "(healthy)", "dockerd, at the end of a status in a list"},
	{healthOf, "(unhealthy)", "the same"},
	{healthOf, "(health: starting)", "the same"},
	{healthOf, "(starting)", "Podman, there"},
}

// says reports that a text of an engine has words of a meaning.
func says(text string, m meaning) bool {
	_, _, found := after(text, m)
	return found
}

// after is what follows the first words of a meaning in a text, and which those are.
func after(text string, m meaning) (words, rest string, found bool) {
	for _, v := range vocabulary {
		if v.means != m {
			continue
		}
		if at := strings.Index(strings.ToLower(text), v.words); at >= 0 {
			return v.words, text[min(at+len(v.words), len(text)):], true
		}
	}
	return "", "", false
}
