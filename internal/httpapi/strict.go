package httpapi

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// strict is huma's middleware for what is checked before huma reads anything:
// bodies, parameters without a name, and those that are there twice, of which huma
// takes one.
func strict(schemas huma.Registry) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if p := badParameters(ctx); p != nil {
			sendProblem(ctx, p)
			return
		}
		checked, p := strictRequest(ctx, schemas)
		if p != nil {
			sendProblem(ctx, p)
			return
		}
		next(checked)
	}
}

// badParameters finds parameters that are there twice, and those without a name (?=1).
func badParameters(ctx huma.Context) *Problem {
	var bad []FieldError
	u := ctx.URL()
	for name, values := range u.Query() {
		switch {
		case name == "":
			bad = append(bad, FieldError{Location: "query", Message: "A parameter has no name. Look for a stray = in the address."})
		case len(values) > 1:
			bad = append(bad, FieldError{Location: "query." + told(name), Message: "This parameter is there twice. Send it once."})
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return newProblem(ctx.Context(), http.StatusUnprocessableEntity, "", bad...)
}

// strictRequest checks the body of a request that may have one, and returns the
// request with the body as encoding/json takes it.
func strictRequest(ctx huma.Context, schemas huma.Registry) (huma.Context, *Problem) {
	expected := ctx.Operation().RequestBody
	if expected == nil {
		return ctx, nil
	}
	limit := ctx.Operation().MaxBodyBytes
	body, err := io.ReadAll(io.LimitReader(ctx.BodyReader(), limit))
	given := contentType(ctx)
	kind := bodyKind(given)
	if err == nil && len(body) > 0 && int64(len(body)) < limit { // else huma refuses it
		p := (*Problem)(nil)
		switch media := expected.Content[kind]; {
		case media == nil:
			p = newProblem(ctx.Context(), http.StatusUnsupportedMediaType, wantedKind(expected.Content))
		case !inUTF8(given):
			p = newProblem(ctx.Context(), http.StatusUnsupportedMediaType, wantedCharset(kind))
		case encoded(ctx):
			p = newProblem(ctx.Context(), http.StatusUnsupportedMediaType, "The request's body is compressed, as its Content-Encoding says. Send it as it is, without that header.")
		case kind == jsonType:
			body, p = strictBody(ctx.Context(), schemas, ctx.Operation(), body)
		}
		if p != nil {
			return nil, p
		}
	}
	return bodied{ctx, kind, io.MultiReader(bytes.NewReader(body), failing{err})}, nil
}

// contentType is a request's Content-Type. Of several, readers choose differently:
// together they are none that can be read.
func contentType(ctx huma.Context) string {
	var all []string
	ctx.EachHeader(func(name, value string) {
		if strings.EqualFold(name, "Content-Type") {
			all = append(all, value)
		}
	})
	return strings.Join(all, ", ")
}

// bodyKind says as what a body is read, by its Content-Type alone: everything that
// is JSON is application/json, whatever it is JSON of. "" for what cannot be told.
// https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1
func bodyKind(contentType string) string {
	if contentType == "" {
		return jsonType
	}
	kind, _, err := mime.ParseMediaType(contentType)
	switch {
	case err != nil:
		return ""
	case strings.Contains(kind, "/") && strings.HasSuffix(kind, "+json"):
		return jsonType
	default:
		return kind
	}
}

// wantedKind says in words which types a body may have; "" for the usual.
func wantedKind(content map[string]*huma.MediaType) string {
	if content[csvType] == nil {
		return ""
	}
	return "Send the links as JSON, with Content-Type: application/json, or as CSV, with Content-Type: text/csv."
}

// wantedBody says in words what an operation takes, to somebody whose body is not it.
func wantedBody(content map[string]*huma.MediaType) string {
	if content[csvType] == nil {
		return "Send one JSON object."
	}
	return "Send a JSON array, or CSV with Content-Type: text/csv."
}

// inUTF8 says whether a type names no other charset than the one that is read. JSON's
// type has no such parameter, and who gives one means it all the same.
// https://www.rfc-editor.org/rfc/rfc8259#section-11
func inUTF8(contentType string) bool {
	_, params, _ := mime.ParseMediaType(contentType)
	switch strings.ToLower(params["charset"]) {
	case "", "utf-8", "utf8", "us-ascii":
		return true
	default:
		return false
	}
}

// wantedCharset says in words how to send a body of a kind.
func wantedCharset(kind string) string {
	if kind == csvType {
		return "CSV is read in UTF-8 only. Save it as 'CSV UTF-8', and leave the charset out of the Content-Type."
	}
	return "JSON is read in UTF-8 only. Send it so, and leave the charset out of the Content-Type."
}

// encoded says whether the body is something else than its type says.
// https://www.rfc-editor.org/rfc/rfc9110#section-8.4
func encoded(ctx huma.Context) (coded bool) {
	ctx.EachHeader(func(name, value string) {
		if !strings.EqualFold(name, "Content-Encoding") {
			return
		}
		for coding := range strings.SplitSeq(value, ",") {
			coding = strings.TrimSpace(coding)
			coded = coded || coding != "" && !strings.EqualFold(coding, "identity")
		}
	})
	return coded
}

// sendProblem answers from within huma's chain.
func sendProblem(ctx huma.Context, p *Problem) {
	ctx.SetHeader("Content-Type", p.ContentType(""))
	ctx.SetStatus(p.Status)
	_ = json.NewEncoder(ctx.BodyWriter()).Encode(p)
}

// humaContext is embedded under this name, as the interface has a method Context.
type humaContext = huma.Context

// bodied is a context whose body was read already, and by its type is of a kind.
type bodied struct {
	humaContext
	kind string
	body io.Reader
}

// Header implements huma.Context.
func (b bodied) Header(name string) string {
	if b.kind == jsonType && strings.EqualFold(name, "Content-Type") {
		return jsonType
	}
	return b.humaContext.Header(name)
}

// BodyReader implements huma.Context.
func (b bodied) BodyReader() io.Reader { return b.body }

// failing is a reader that ends with an error, or (nil) with the end.
type failing struct{ err error }

// Read implements io.Reader.
func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}
