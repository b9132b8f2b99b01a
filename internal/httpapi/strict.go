package httpapi

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// strict is huma's middleware for what is checked before huma reads anything:
// bodies, and parameters that are there twice, of which huma takes one.
func (a *API) strict(ctx huma.Context, next func(huma.Context)) {
	var twice []FieldError
	u := ctx.URL()
	for name, values := range u.Query() {
		if len(values) > 1 {
			twice = append(twice, FieldError{Location: "query." + told(name), Message: "This parameter is there twice. Send it once."})
		}
	}
	if len(twice) > 0 {
		sendProblem(ctx, newProblem(ctx.Context(), http.StatusUnprocessableEntity, "", twice...))
		return
	}
	expected := ctx.Operation().RequestBody
	if expected == nil || expected.Content["application/json"] == nil || !isJSON(ctx.Header("Content-Type")) {
		next(ctx)
		return
	}
	limit := ctx.Operation().MaxBodyBytes
	body, err := io.ReadAll(io.LimitReader(ctx.BodyReader(), limit))
	if err == nil && len(body) > 0 && int64(len(body)) < limit { // else huma refuses it
		if p := strictBody(ctx.Context(), a.huma.OpenAPI().Components.Schemas, expected.Content["application/json"].Schema, body); p != nil {
			sendProblem(ctx, p)
			return
		}
	}
	next(bodied{ctx, io.MultiReader(bytes.NewReader(body), failing{err})})
}

// isJSON says whether huma will read a body of this type as JSON.
func isJSON(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	kind = strings.TrimSpace(kind)
	return kind == "" || slices.Contains([]string{"application/json", "json"}, kind) || strings.HasSuffix(kind, "+json")
}

// sendProblem answers from within huma's chain.
func sendProblem(ctx huma.Context, p *Problem) {
	ctx.SetHeader("Content-Type", p.ContentType(""))
	ctx.SetStatus(p.Status)
	_ = json.NewEncoder(ctx.BodyWriter()).Encode(p)
}

// humaContext is embedded under this name, as the interface has a method Context.
type humaContext = huma.Context

// bodied is a context whose body was read already.
type bodied struct {
	humaContext
	body io.Reader
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
