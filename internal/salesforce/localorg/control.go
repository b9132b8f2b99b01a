package localorg

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"salesforce-integration/internal/salesforce/localorg/fault"
	"salesforce-integration/internal/salesforce/localorg/outbound"
	"salesforce-integration/internal/salesforce/localorg/records"
	"salesforce-integration/internal/salesforce/localorg/schema"
	"salesforce-integration/internal/salesforce/localorg/settings"
)

// operation answers one call of the control API: the value is sent as JSON, nil as
// 204.
type operation func(http.ResponseWriter, *http.Request) (any, error)

// operations is the control API.
func (o *Org) operations() map[string]operation {
	return map[string]operation{
		"GET /local/org":                         o.getOrg,
		"POST /local/reset":                      o.postReset,
		"POST /local/clock":                      o.postClock,
		"GET /local/records/{object}":            o.getRecords,
		"POST /local/records/{object}":           o.postRecord,
		"GET /local/records/{object}/{id}":       o.getRecord,
		"PATCH /local/records/{object}/{id}":     o.patchRecord,
		"DELETE /local/records/{object}/{id}":    o.deleteRecord,
		"GET /local/outbound/rules":              o.getRules,
		"PUT /local/outbound/rules":              o.putRules,
		"PUT /local/outbound/rules/{name}":       o.putRule,
		"DELETE /local/outbound/rules/{name}":    o.deleteRule,
		"GET /local/outbound/deliveries":         o.getDeliveries,
		"DELETE /local/outbound/deliveries":      o.deleteDeliveries,
		"DELETE /local/outbound/deliveries/{id}": o.deleteDelivery,
		"POST /local/outbound/deliver":           o.postDeliver,
		"POST /local/outbound/retry":             o.postRetry,
		"GET /local/outbound/behaviour":          o.getBehaviour,
		"PUT /local/outbound/behaviour":          o.putBehaviour,
		"GET /local/settings":                    o.getSettings,
		"PATCH /local/settings":                  o.patchSettings,
		"PUT /local/picklists/{object}/{field}":  o.putPicklist,
		"POST /local/objects":                    o.postObjects,
		"GET /local/limits":                      o.getLimits,
		"PUT /local/limits":                      o.putLimits,
		"GET /local/tokens":                      o.getTokens,
		"DELETE /local/tokens":                   o.deleteTokens,
		"GET /local/token-problems":              o.getTokenProblems,
		"PUT /local/jwt-certificate":             o.putCertificate,
		"GET /local/faults":                      o.getFaults,
		"POST /local/faults":                     o.postFault,
		"DELETE /local/faults":                   o.deleteFaults,
		"DELETE /local/faults/{id}":              o.deleteFault,
		"GET /local/journal":                     o.getJournal,
		"DELETE /local/journal":                  o.deleteJournal,
	}
}

// inputError is a request that the control API can't make sense of.
type inputError struct{ text string }

func (e *inputError) Error() string { return e.text }

func badInput(format string, args ...any) error { return &inputError{fmt.Sprintf(format, args...)} }

// control serves the control API, to callers on this machine only.
func (o *Org) control(w http.ResponseWriter, r *http.Request) {
	if !o.cfg.ControlFromAnywhere && !local(r) {
		writeJSON(w, http.StatusForbidden, map[string]string{"error": "the control API answers callers on this machine only"})
		return
	}
	o.routes.ServeHTTP(w, r)
}

// mux makes the control API's routes.
func (o *Org) mux() *http.ServeMux {
	mux := http.NewServeMux()
	operations := o.operations()
	for pattern, op := range operations {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			out, err := op(w, r)
			switch {
			case err != nil:
				writeJSON(w, controlStatus(err), map[string]string{"error": err.Error()})
			case out == nil:
				w.WriteHeader(http.StatusNoContent)
			default:
				writeJSON(w, http.StatusOK, out)
			}
		})
	}
	list := sortedKeys(operations)
	mux.HandleFunc("GET /local/{$}", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, list) })
	mux.HandleFunc("/local/", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusNotFound, map[string]any{"error": "the control API has no such call", "calls": list})
	})
	return mux
}

// local tells whether a call comes from this machine, and not out of a web page
// that was loaded from another one.
func local(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		u, err := url.Parse(origin)
		if err != nil || u.Hostname() != "localhost" && !isLoopback(u.Hostname()) {
			return false
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	return err == nil && isLoopback(host)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// controlStatus finds the status of an error.
func controlStatus(err error) int {
	var refused *records.Error
	var input *inputError
	switch {
	case errors.Is(err, ErrNoSuch):
		return http.StatusNotFound
	case errors.As(err, &refused):
		return refused.HTTPStatus()
	case errors.As(err, &input), errors.Is(err, fault.ErrFault), errors.Is(err, outbound.ErrRule), errors.Is(err, settings.ErrSetting), errors.Is(err, schema.ErrDefinition):
		return http.StatusBadRequest
	}
	return http.StatusInternalServerError
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(body) // the client is gone: nothing to tell it
}

// readJSON reads a body into a value; unknown members are refused, since they are
// typing errors.
func readJSON(r *http.Request, into any) error {
	dec := json.NewDecoder(r.Body)
	dec.UseNumber()
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return badInput("the body can't be read: %v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return badInput("the body has more than one value")
	}
	return nil
}
