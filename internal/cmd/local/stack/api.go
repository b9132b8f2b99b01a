package stack

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"salesforce-integration/internal/cmd/local/issuer"
)

// api serves the API at its short address: it puts API Gateway's own path in front of a request's, as a custom domain
// would, and leaves the rest of it as it came. Beside it lie the key set of the issuer and the description of the stack.
func (s *Stack) api(keys *issuer.Issuer, apiID string) http.Handler {
	gateway := NewGateway(&url.URL{Scheme: "http", Host: strings.TrimPrefix(s.AWSURL, "http://")},
		fmt.Sprintf("/_aws/execute-api/%s/%s", apiID, stage))
	// Not a ServeMux, which would redirect a path that it finds unclean.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case issuer.JWKSPath:
			keys.ServeHTTP(w, r)
		case DescriptionPath:
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(s.Description) // an error here means that the caller has gone
		default:
			gateway.ServeHTTP(w, r)
		}
	})
}

// NewGateway passes every request on to a host, below a path prefix, with its path, query, headers and body untouched.
func NewGateway(target *url.URL, prefix string) http.Handler {
	return &httputil.ReverseProxy{
		// Not the default one, which asks for compressed answers and may send by a proxy.
		Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64, IdleConnTimeout: 30 * time.Second},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
			r.Out.URL.Path = prefix + r.In.URL.Path
			r.Out.URL.RawPath = prefix + r.In.URL.EscapedPath()
			// What ReverseProxy takes away, or would add.
			r.Out.URL.RawQuery = r.In.URL.RawQuery
			for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
				if values, ok := r.In.Header[name]; ok {
					r.Out.Header[name] = values
				}
			}
			if _, ok := r.In.Header["User-Agent"]; !ok {
				r.Out.Header["User-Agent"] = nil
			}
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte(`{"detail":"The local AWS does not answer."}`))
		},
	}
}
