package references

import (
	"regexp"
	"strings"
	"sync"
)

// lookalike is a number that is no port that could change, though it may stand
// in the form of one.
type lookalike struct {
	reason string
	before *left
	after  *regexp.Regexp
	// unless, if not nil, is not to be found in what before has matched, nor not
	// right of the number.
	unless, not *regexp.Regexp
}

var aboutPorts = lazy(portWord)

const inContainer = "the port inside a container"

// lookalikes are tried from the top.
var lookalikes = sync.OnceValue(func() []lookalike {
	return []lookalike{
		{reason: "part of a longer number or word", before: at(`[\w$#@]|\d[.,]|[\d.]-|\d\s?[–—]\s?`)},
		{reason: "an index", before: at(`[\w)\]]\[`), after: regexp.MustCompile(`^\]`)},
		{reason: "part of a longer number or word", before: at(`[A-Za-z]-`), after: regexp.MustCompile(`^-\w`)},
		{reason: "milliseconds", after: regexp.MustCompile(`^["']?\s?(?:ms|msecs?|milli\w*)\b`)},
		{reason: "a quantity", after: regexp.MustCompile(`^\s?(?:[smhd]|secs?|seconds?|minutes?|hours?|days?|bytes?|[kKMGT]i?[bB]|[KMG]|[kMG]?[hH]z|fps|px|pixels?|dpi|lines?|rows?|items?|tokens?|requests?|users?|characters?|chars|words?|times|samples?|iterations?|records?|files?|frames?|images?|faces?|entries|packets?|steps?|epochs?|classes|parameters|points|vectors?|dimensions?|dims?|commits?|people|messages|mAh|MHz)\b`)},
		{reason: "a quantity", after: regexp.MustCompile(`^\s?(?:%|[x×]\s?\d|°)`)},
		{reason: "part of a longer number or word", after: regexp.MustCompile(`^(?:[\w]|\.\d|,\d{3}\b)`)},
		{reason: "a quantity", before: at(`(?i)\b(?:max|min|num|number|count|total|n)[_ -]?(?:of[_ -])?ports?["']?\s*[:=(]\s*["']?`)},
		{reason: "a port of another program", before: atFar(`\b(?:ssh|scp|sftp|rsync|mkdir|head|tail)\b[^|;&]*\s-[pP]\s*`)},
		{reason: "a range of ports", after: regexp.MustCompile(`^\s?[-–—]\s?\d`)},
		{
			reason: "a quantity",
			before: at(`(?i)\b[\w.-]*(?:time(?:out)?|_ms|millis\w*|interval|delay|sleep|duration|ttl|latency|period|deadline|elapsed|backoff|size|length|limit|max\w*|min\w*|count|width|height|capacity|buffer|chunk|batch|memory|quota|tokens?|rate|epoch|seed|steps?|pid|uid|gid|_id|\bid|version|revision|issue|line|offset|total|score|samples?|frames?|rows?|weight|dim\w*)["'` + "`" + `\])]*\s*(?:[:=(,]|is|of)?\s*["'` + "`(" + `]*`),
			unless: aboutPorts(), not: regexp.MustCompile(`^/(?:tcp|udp|sctp)\b`),
		},
		{reason: inContainer, before: at(`(?:^|[^.\d])\d{1,5}:|(?:^|[\s"'-])\$\{\w+:?-[^}\s]*\d\}:`), after: regexp.MustCompile(`^(?:/(?:tcp|udp|sctp))?(?:["'\s,\])` + "`" + `]|$)`)},
		{reason: inContainer, before: atFar(`(?i)\b(?:docker|compose|podman|nerdctl|kubectl)\b\)?[^|;&]*\s(?:exec|run)\s.*(?:localhost|127\.0\.0\.1|\[::1\]|:):`)},
		{reason: inContainer, before: atFar(`(?i)\bcompose\b\)?[^|;&]*\sport\s+(?:--\S+\s+)*[\w.-]+\s+`)},
		{reason: inContainer, before: at(`(?i)\b(?:target|containerPort|container[ _-]port|target[ _-]?port)["']?\s*[:=]?\s*["']?`)},
		{reason: "history", before: at(`(?i)\b(?:was|were|formerly|previously|used to be|originally|old|earlier|former|replaces|instead of|rather than|no longer|moved (?:away )?(?:from|off)|(?:changed|switched|went|moved)(?:\s+\S+){0,4} from|until|before it was)\s*(?:on\s+|at\s+|in\s+)?(?:port\s*)?[:=]?\s*["'` + "`*(:" + `]*`)},
		{reason: "history", before: at(`(?i)\bfrom\s+(?:port\s+)?["'` + "`*:" + `]*`), after: regexp.MustCompile(`(?i)^["'` + "`*" + `]*\s+to\s+(?:port\s+)?["'` + "`*:" + `]*\d`)},
		{reason: "a range of ports", after: regexp.MustCompile(`^\s*(?:\.\.\.?|(?:to|through)\s+)\s*\d{2,5}\b`)},
		{reason: "history", after: regexp.MustCompile(`(?i)^[^\s]{0,12}\s*(?:→|->|=>|⇒|➜)\s*\S{0,24}\d`)},
		{reason: "advice", before: at(`(?i)(?:\be\.g\.|\bfor example|\bfor instance|\bsuch as|\banother (?:free )?port|\bother port|\bdifferent port|\bfree port|\balternative(?: port)?)[^.!?\d]{0,40}`)},
		{reason: "advice", after: regexp.MustCompile("^[\"'`*]*\\s+(?i:instead)(?:[.,;:)]|\\s*$)")},
		{reason: "history", before: at(`^#+\s*\[?v?\d.*`)},
	}
})

// excluded says why a number is none that could change, "" when it may be one.
func excluded(c context) string {
	for _, l := range lookalikes() {
		if l.after != nil && !l.after.MatchString(c.after) || l.not != nil && l.not.MatchString(c.after) {
			continue
		}
		if l.before == nil {
			return l.reason
		}
		from := c.match(l.before)
		if from < 0 || l.unless != nil && l.unless.MatchString(c.before[from:]) {
			continue
		}
		return l.reason
	}
	return ""
}

var changelog = lazy(`(?i)^(?:changelog|changes|history|news|releases?|release[-_ ]notes|(?:.*[-_ ])?(?:post-?mortem|incident|retro)s?(?:[-_ ].*)?)(?:\.\w+)?$`)

// isChangelog reports a file that tells what was, by its name.
func isChangelog(path string) bool {
	return changelog().MatchString(path[strings.LastIndexAny(path, `/\`)+1:])
}
