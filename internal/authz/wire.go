package authz

import (
	"crypto/tls"
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
	v, err := NewVerifier(c, issuerClient(), time.Now, log)
	if err != nil {
		return nil, err
	}
	return NewAuthorizer(v, log), nil
}

// maxHeaderBytes bounds the header of the issuer's answer.
const maxHeaderBytes = 64 << 10

// issuerClient fetches the issuer's keys. It goes to the address that the operator
// configured and to no other: no redirect, which could lead to somebody else's
// keys, and no proxy of the environment. The address may be a private one, as it
// comes from the template and not from a caller.
func issuerClient() *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    fetchTimeout,
			ResponseHeaderTimeout:  fetchTimeout,
			MaxResponseHeaderBytes: maxHeaderBytes,
			IdleConnTimeout:        freshFor,
			ForceAttemptHTTP2:      true,
		},
	}
}
