package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"salesforce-integration/internal/integration"
)

// bulkJSON reads a JSON array of links. What is wrong with one of them is told with
// its row.
func bulkJSON(ctx context.Context, body []byte) ([]integration.BulkRow, *Problem) {
	var raw []json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
			return nil, newProblem(ctx, http.StatusUnprocessableEntity, "The request's body is not a list. Send a JSON array with one object for each link.")
		}
		return nil, newProblem(ctx, http.StatusBadRequest, "The request's body is not JSON. Send an array with one object for each link.")
	}
	rows := make([]integration.BulkRow, len(raw))
	for n, r := range raw {
		rows[n] = jsonRow(r)
	}
	return rows, nil
}

func jsonRow(raw json.RawMessage) integration.BulkRow {
	refuse := func(field, message string) integration.BulkRow {
		return integration.BulkRow{Err: integration.Invalidf(field, "%s", message)}
	}
	if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		return refuse("", "It is not an object with the fields experiment_key, and campaign_id or campaign_name.")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	var link NewLink
	err := d.Decode(&link)
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		return refuse(wrong.Field, "It has to be a text.")
	}
	if err != nil {
		// The decoder has no type for this error.
		if _, name, ok := strings.Cut(err.Error(), "unknown field "); ok {
			return refuse(told(strings.Trim(name, `"`)), "There is no such field.")
		}
		return refuse("", "It cannot be read.")
	}
	return integration.BulkRow{NewLink: link.domain()}
}
