package push_test

import (
	"net/http"
	"net/http/httptest"
	"slices"

	"salesforce-integration/internal/push/pushtest"
)

// roundTrip is the way to an org in this process.
func roundTrip(org http.Handler) pushtest.RoundTripper {
	return func(r *http.Request) (*http.Response, error) {
		if r.Body == nil { // which a server never sees
			r = r.Clone(r.Context())
			r.Body = http.NoBody
		}
		w := httptest.NewRecorder()
		org.ServeHTTP(w, r)
		return w.Result(), nil
	}
}

func sortedCopy(s []string) []string { return slices.Sorted(slices.Values(s)) }
