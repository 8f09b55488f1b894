package docker

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api"
	"github.com/docker/docker/api/types/versions"
	"github.com/docker/docker/client"

	"github.com/portmoor/portmoor/say"
)

// Error is why the engine gave no answer: one line, and what to do about it.
type Error struct {
	say.Problem

	// Denied reports an engine that is there, but not for this user.
	Denied bool
}

// unfitError is a version of the API that the two have not in common.
type unfitError string

func (e unfitError) Error() string { return string(e) }

// spoken refuses an engine whose API is older than all that the client knows, and a
// version of DOCKER_API_VERSION that it does not have: its newest is "" where it tells none.
func (e *Engine) spoken(newest string) error {
	switch version := e.api.ClientVersion(); {
	case versions.LessThan(version, api.MinSupportedAPIVersion):
		return unfitError(fmt.Sprintf("client version %s is too old: %s is the least", version, api.MinSupportedAPIVersion))
	case newest != "" && versions.GreaterThan(version, newest):
		return unfitError(fmt.Sprintf("client version %s is too new: the engine has %s at most", version, newest))
	}
	return nil
}

// explain says in one line why the engine gave no answer. What ended because
// the caller wanted it to stays what it is.
func (e *Engine) explain(err error) error {
	text := strings.TrimPrefix(oneLine(err.Error()), "Error response from daemon: ")
	because := func(what, hint string) error {
		return &Error{Problem: say.Problem{Place: "docker endpoint " + e.Host, Message: what, Hint: hint}}
	}
	_, remote, fromShell := after(text, behindSSH)
	var request *url.Error
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return because(fmt.Sprintf("no answer within %s", cmp.Or(e.Timeout, Timeout)), "check that docker ps answers, and restart the engine if it does not")
	case errors.Is(err, fs.ErrPermission) || says(text, denied):
		return &Error{say.Problem{Place: "docker endpoint " + e.Host, Message: "permission denied", Hint: "join the group that may use it, or name an endpoint of your own with DOCKER_HOST"}, true}
	case tooMuch(err) != "":
		return because(tooMuch(err), "check that this is a Docker engine")
	case isUnfit(err, text):
		return because("its API version does not fit ours: "+text, "update the engine or portmoor; DOCKER_API_VERSION may be set wrongly")
	case fromShell && remote != "":
		return because("not reachable: "+strings.TrimSpace(remote), "check that ssh reaches it, and that docker runs there")
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return because("hung up", "check that the engine still runs")
	case isOfTLS(err) || says(text, secured):
		if errors.As(err, &request) {
			text = oneLine(request.Err.Error())
		}
		return because(text, "check DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, or the certificates of the context")
	case client.IsErrConnectionFailed(err) && errors.As(err, &request):
		return because("not reachable: "+oneLine(request.Err.Error()), "start it, or name another with DOCKER_HOST or DOCKER_CONTEXT")
	case client.IsErrConnectionFailed(err):
		return because("not reachable"+e.cause(), "start it, or name another with DOCKER_HOST or DOCKER_CONTEXT")
	}
	return because(text, "")
}

// isUnfit reports that it is the version of the API that does not fit.
func isUnfit(err error, text string) bool {
	_, ours := errors.AsType[unfitError](err)
	return ours || errdefs.IsInvalidArgument(err) && says(text, unfit)
}

// isOfTLS reports that the two do not believe each other, or that only one of them speaks
// TLS.
func isOfTLS(err error) bool {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, header := errors.AsType[tls.RecordHeaderError](err)
	said, alert := errors.AsType[*net.OpError](err)
	return certificate || header || alert && (said.Op == "remote error" || said.Op == "local error") // of an alert
}

// cause is why the endpoint can't be reached, which the client does not tell; ""
// when it can by now.
func (e *Engine) cause() string {
	protocol, address, _ := strings.Cut(e.api.DaemonHost(), "://")
	if protocol != "unix" && protocol != "tcp" {
		return ""
	}
	conn, err := (&net.Dialer{Timeout: time.Second}).Dial(protocol, address)
	if err == nil {
		_ = conn.Close()
		return ""
	}
	if inner := (*os.SyscallError)(nil); errors.As(err, &inner) {
		err = inner.Err
	}
	return ": " + oneLine(err.Error())
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
