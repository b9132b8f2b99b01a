package httpapi

import (
	"fmt"
	"net/http"
	"regexp"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"salesforce-integration/internal/integration"
)

// requiredProperty picks the field's name out of huma's message, which is placed
// at the object that lacks it.
var requiredProperty = regexp.MustCompile(`^expected required property (.+) to be present$`)

// noBody is huma's message for a request without the body that it needs.
const noBody = "request body is required"

// asProblem is a huma transformer: it turns huma's own errors into the one shape.
// huma repeats the values that it refuses, and they may be secrets: that is what
// makes this a duty and not a matter of taste.
func asProblem(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	var fields []FieldError
	for _, e := range m.Errors {
		if f, ok := asField(e); ok {
			fields = append(fields, f)
		}
	}
	detail := details()[m.Status]
	if len(fields) > 0 {
		detail = "" // the fields' words say more
	}
	if m.Detail == noBody {
		detail = "The request has no body."
	}
	if op := ctx.Operation(); m.Status == http.StatusRequestEntityTooLarge && op != nil && op.MaxBodyBytes > maxBodyBytes {
		detail = tooLarge(op.MaxBodyBytes)
	}
	if m.Status >= 500 {
		detail, fields = statuses()[integration.CodeInternal].detail, nil
	}
	return newProblem(ctx.Context(), m.Status, detail, fields...), nil
}

// tooLarge says how much of a body is read.
func tooLarge(limit int64) string {
	return fmt.Sprintf("The request's body is too large: at most %d KB are read.", limit>>10)
}

// asField takes over where the fault is and what it is. A fault of the body as a
// whole (not JSON, another type) has no field; the status says it all.
func asField(e *huma.ErrorDetail) (FieldError, bool) {
	if e == nil || e.Location == "" || e.Location == "body" && !requiredProperty.MatchString(e.Message) && e.Message != validation.MsgExpectedObject {
		return FieldError{}, false
	}
	if m := requiredProperty.FindStringSubmatch(e.Message); m != nil {
		return FieldError{Location: e.Location + "." + m[1], Message: "This field is required."}, true
	}
	return FieldError{Location: e.Location, Message: words(e.Message)}, true
}
