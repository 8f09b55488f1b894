package references

import "slices"

// Where a program, a script or a unit says which port it has when nobody sets one.
var (
	// A variable that is called the port, or the default port in any spelling.
	defaultValue = lazy("(?:(?i:\\bdefault[ _-]?(?:http[ _-]?)?port)|(?:^|[^A-Za-z0-9_-])(?:(?:HTTP|API|APP|SERVER|SERVICE|LISTEN|BIND|DEFAULT)_)?PORT)[\"'`*\\])]*\\s*" +
		"(?::\\s*\\w+\\s*=|[:?+]?[=:]=?|:?-|,|\\|\\||\\?\\?|(?i:is|of))[\"'`*]*\\s*[\"'`*(]*$")
	// A getter of the service's own settings that is given the default.
	defaultGetter = lazy(`(?i)(?:\bsetdefault|\b(?:getenv|env)|(?:env|cfg|conf|settings?|server|srv|http|listen|service|opt|arg)\w*(?:["'\]][^()]*\))?\.get\w*)\(\s*["'](?:[\w.]*[_.])?port["']\s*,\s*["']?$`)
	// What a container or a socket unit listens on.
	defaultListener = lazy(`^\s*(?:(?i:EXPOSE)\s+|ListenStream=)$`)
)

// isDefault reports a number that is a default, if it is in the folder of the service
// that it is one of.
func (c context) isDefault(s spelling) bool {
	if otherThing().MatchString(c.before) || slices.ContainsFunc(c.above(), otherThing().MatchString) && s.above != nil {
		return false
	}
	return s.name == "default of a port" || s.name == "default in a shell" ||
		defaultValue().MatchString(c.before) || defaultGetter().MatchString(c.before) || defaultListener().MatchString(c.before)
}
