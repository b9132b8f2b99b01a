package localorg

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"salesforce-integration/internal/salesforce/localorg/rest"
)

// answer holds what a call answers until it is sure that the answer goes out.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
	lost   bool
}

func newAnswer() *answer { return &answer{header: http.Header{}} }

// Header, Write and WriteHeader make it an http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

func (a *answer) html(status int, page []byte) {
	a.header.Set("Content-Type", "text/html; charset=UTF-8")
	a.status = status
	a.body.Reset()
	a.body.Write(page)
}

// json takes over a REST answer.
func (a *answer) json(res rest.Response) {
	a.status = res.Status
	for name, values := range res.Header {
		a.header[name] = values
	}
	if res.Raw != nil {
		a.body.Write(res.Raw)
		return
	}
	if res.Body == nil {
		return
	}
	a.header.Set("Content-Type", "application/json;charset=UTF-8")
	enc := json.NewEncoder(&a.body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(res.Body); err != nil {
		a.status = http.StatusInternalServerError
		return
	}
	a.body.Truncate(a.body.Len() - 1) // the encoder's line end
}

// send writes the answer out.
func (a *answer) send(w http.ResponseWriter, r *http.Request, mayGzip bool) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	body := a.body.Bytes()
	if mayGzip && len(body) > 0 && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		var packed bytes.Buffer
		zip := gzip.NewWriter(&packed)
		_, err := zip.Write(body)
		if closed := zip.Close(); err == nil && closed == nil {
			body = packed.Bytes()
			a.header.Set("Content-Encoding", "gzip")
			a.header.Add("Vary", "Accept-Encoding")
		}
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(body) // the client is gone: nothing to tell it
}
