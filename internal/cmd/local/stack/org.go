package stack

import (
	"io"
	"net/http"
)

// newOrg returns the local Salesforce org, and what stops it.
func newOrg(_ string, _ io.Writer) (http.Handler, func() error, error) {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }),
		func() error { return nil }, nil
}
