package httpapi

import (
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// refuseEmptyParameters is a middleware: huma takes a parameter without a value as
// one that is not there. A filter that a script emptied by mistake would then let
// everything through. Only an empty cursor is fine: it means the beginning.
func (a *API) refuseEmptyParameters(ctx huma.Context, next func(huma.Context)) {
	u := ctx.URL()
	given := u.Query()
	var empty []error
	for _, p := range ctx.Operation().Parameters {
		if p.In == "query" && !p.Required && p.Name != cursorParameter && slices.Contains(given[p.Name], "") {
			empty = append(empty, &huma.ErrorDetail{Location: "query." + p.Name, Message: emptyParameter})
		}
	}
	if len(empty) > 0 {
		_ = huma.WriteErr(a.huma, ctx, 422, "", empty...)
		return
	}
	next(ctx)
}

// cursorParameter may be empty.
const cursorParameter = "cursor"

const emptyParameter = "it has no value; leave it out"
