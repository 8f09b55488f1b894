package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/portmoor/portmoor/config/derive"
	"github.com/portmoor/portmoor/pattern"
)

// checks is what the tags check and keys can name.
var checks = map[string]func(string) error{
	"address": checkAddress,
	"bucket":  checkBucket,
	"derived": checkDerived,
	"host":    checkHost,
	"mapping": checkMapping,
	"pattern": checkPattern,
	"public":  checkPublic,
	"setting": checkSetting,
	"urlpath": checkURLPath,
}

func checkAddress(text string) error {
	_, port, err := net.SplitHostPort(text)
	if n, bad := strconv.Atoi(port); err != nil || bad != nil || n < 0 || n > 65535 {
		return fmt.Errorf("want host:port such as 127.0.0.1:8100, not %.60q", text)
	}
	return nil
}

func checkBucket(text string) error {
	if len(text) > 200 || strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
		return errors.New("want letters, digits, - and _")
	}
	return nil
}

func checkDerived(text string) error {
	_, err := derive.Parse(text)
	return err
}

// setting is the name of a variable, and commanding those by which a repository could
// have other programs run than the user's own, or change what docker compose and Portmoor
// load.
var (
	setting    = pattern.Lazy(`^[A-Za-z_][A-Za-z0-9_]*$`)
	commanding = pattern.Lazy(`(?i)^(?:(?:LD|DYLD|GIT|SSH|DOCKER|COMPOSE|PORTMOOR|CARGO|BASH_FUNC)_.*|.*(?:PATH|SHELL|EDITOR|PAGER|BROWSER|_PRELOAD)|(?:.*_|PERL5|RUBY)OPT(?:ION)?S?|PYTHON.*|RUBYLIB|PERL5.*|GO(?:FLAGS|ENV|ROOT|TOOLCHAIN)|RUSTC.*|IFS|ENV|BASH_ENV|SHELLOPTS|BASHOPTS|PS4|PROMPT_COMMAND|HOME|TMPDIR|VISUAL|PORT_ALLOCATION_STRATEGY)$`)
)

func checkSetting(name string) error {
	switch {
	case !setting().MatchString(name):
		return fmt.Errorf("want the name of a variable such as API_URL, not %.60q", name)
	case commanding().MatchString(name):
		return fmt.Errorf("%.60s says what programs run or load, and is not set", name)
	}
	return nil
}

// checkPublic repeats nothing of a URL, which may hold what it should not.
func checkPublic(text string) error {
	for one := range strings.SplitSeq(text, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		if err != nil || u.Host == "" {
			return errors.New("want a URL such as http://127.0.0.1:8100")
		}
		if u.User != nil {
			return errors.New("a password does not belong here: name a registry that has one with PORTMOOR_REGISTRY, a NATS server with NATS_URL")
		}
	}
	return nil
}

// checkHost lets through whatever a compose file may hold as a host port: it
// is restored as it stood, and not all that Compose accepts is a tidy number.
func checkHost(text string) error {
	if !strings.Contains(text, "$") && strings.Trim(text[:1], "+0123456789") != "" {
		return fmt.Errorf("want a host port such as 8080 or ${WEB_PORT:-8080}, not %.60q", text)
	}
	return nil
}

func checkMapping(text string) error {
	service, container, found := strings.Cut(text, ":")
	if !found || service == "" || container == "" {
		return fmt.Errorf("want service:port, not %.60q", text)
	}
	return nil
}

func checkPattern(text string) error {
	if _, err := path.Match(text, ""); err != nil {
		return errors.New("the pattern has a bracket that is not closed")
	}
	return nil
}

func checkURLPath(text string) error {
	if !strings.HasPrefix(text, "/") && text != "off" {
		return fmt.Errorf("want a path such as /health, or off, not %.60q", text)
	}
	return nil
}
