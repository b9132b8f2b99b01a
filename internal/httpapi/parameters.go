package httpapi

import (
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// refuseEmptyParameters is a middleware: huma takes a parameter without a value as
// one that is not there. A filter that a script emptied by mistake would then let
// everything through. Only an empty cursor is fine: it means the beginning.
func refuseEmptyParameters(ctx huma.Context, next func(huma.Context)) {
	u := ctx.URL()
	given := u.Query()
	var empty []FieldError
	for _, p := range ctx.Operation().Parameters {
		if p.In == "query" && !p.Required && p.Name != cursorParameter && slices.Contains(given[p.Name], "") {
			empty = append(empty, FieldError{Location: "query." + p.Name, Message: emptyParameter})
		}
	}
	if len(empty) > 0 {
		sendProblem(ctx, newProblem(ctx.Context(), http.StatusUnprocessableEntity, "", empty...))
		return
	}
	next(ctx)
}

// cursorParameter may be empty.
const cursorParameter = "cursor"

const emptyParameter = "It has no value; leave it out."
