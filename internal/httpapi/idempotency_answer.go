package httpapi

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// answerHead is what stands in front of a kept answer's body.
type answerHead struct {
	Status int         `json:"status"`
	Header http.Header `json:"header"`
}

// keep packs an answer for repetitions. What can be kept is bounded, and what many
// rows are answered with is long and says much the same.
func keep(h *held) []byte {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	// Neither can the head fail to encode, nor the memory to be written to.
	_ = json.NewEncoder(z).Encode(answerHead{h.status, h.header})
	_, _ = z.Write(h.body.Bytes())
	_ = z.Close()
	return packed.Bytes()
}

// kept unpacks what [keep] packed.
func kept(packed []byte) (*held, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack a kept answer: %w", err)
	}
	all, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("unpack a kept answer: %w", err)
	}
	head, body, _ := bytes.Cut(all, []byte("\n"))
	var first answerHead
	if err := json.Unmarshal(head, &first); err != nil {
		return nil, fmt.Errorf("read a kept answer: %w", err)
	}
	again := &held{header: first.Header, status: first.Status, written: true}
	again.body.Write(body)
	return again, nil
}

// held is a response that is kept back until it is remembered: who has heard an
// answer must hear the same one again.
type held struct {
	header  http.Header
	status  int
	written bool
	body    bytes.Buffer
}

// Header implements http.ResponseWriter.
func (h *held) Header() http.Header { return h.header }

// WriteHeader implements http.ResponseWriter.
func (h *held) WriteHeader(status int) {
	if !h.written {
		h.status, h.written = status, true
	}
}

// Write implements http.ResponseWriter.
func (h *held) Write(b []byte) (int, error) {
	h.written = true
	return h.body.Write(b)
}

// release sends the response, if there is one.
func (h *held) release(w http.ResponseWriter) {
	if !h.written {
		return
	}
	for name, values := range h.header {
		w.Header()[name] = values
	}
	w.WriteHeader(h.status)
	_, _ = w.Write(h.body.Bytes())
}
