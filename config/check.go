package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// checks is what the tags check and keys can name.
var checks = map[string]func(string) error{
	"address": checkAddress,
	"bucket":  checkBucket,
	"host":    checkHost,
	"mapping": checkMapping,
	"pattern": checkPattern,
	"public":  checkPublic,
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
