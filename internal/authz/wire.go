package authz

import (
	"io"
	"net/http"
	"time"

	"salesforce-integration/internal/lambdalog"
)

// Wire makes the authorizer function from its environment: all errors of the
// configuration are joined. It writes its log to w and makes no call yet.
func Wire(getenv func(string) string, w io.Writer) (*Authorizer, error) {
	c := ConfigFromEnv(getenv)
	log, err := lambdalog.New(w, c.LogLevel)
	if err != nil {
		return nil, err
	}
	// A redirect could lead to keys of somebody else's.
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	v, err := NewVerifier(c, client, time.Now)
	if err != nil {
		return nil, err
	}
	return NewAuthorizer(v, log), nil
}
