package complete

import "embed"

//go:embed scripts
var scripts embed.FS

// shells are those that can be made to ask, and the ends of their scripts' names.
var shells = []struct{ name, end string }{{"bash", "bash"}, {"zsh", "zsh"}, {"fish", "fish"}, {"powershell", "ps1"}}

// Shells are the names of the shells that there is a script for.
func Shells() (names []string) {
	for _, s := range shells {
		names = append(names, s.name)
	}
	return names
}

// Script is what makes a shell ask; "" for a shell that is not known.
func Script(name string) string {
	for _, s := range shells {
		if s.name == name {
			text, _ := scripts.ReadFile("scripts/portmoor." + s.end) // is embedded
			return string(text)
		}
	}
	return ""
}
