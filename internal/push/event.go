package push

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"salesforce-integration/internal/integration"
)

// rejection is an event that nothing can be done for; it is recorded with its
// reason and never tried again.
type rejection struct {
	reason integration.Reason
	field  string // the one at fault, dotted from the envelope on; may be empty
	detail string
}

// Fields of an envelope, as a rejection names them.
const (
	fieldID            = "id"
	fieldType          = "detail-type"
	fieldSource        = "source"
	fieldTime          = "time"
	fieldDetail        = "detail"
	fieldExperimentKey = "detail.experiment_key"
	fieldOccurredAt    = "detail.occurred_at"
	fieldResults       = "detail.results"
)

// noSuchYear is said of a time that can be read, and not kept.
const noSuchYear = "is not of the years 1 to 9999 in UTC: publish the event again with the time when it happened"

func (r *rejection) Error() string { return r.detail }

func invalid(field, format string, args ...any) error {
	return &rejection{reason: integration.ReasonInvalidEvent, field: field, detail: fmt.Sprintf(format, args...)}
}

// detail is the contract's event detail.
type detail struct {
	ExperimentKey  string          `json:"experiment_key"`
	ExperimentName optionalText    `json:"experiment_name"`
	OccurredAt     *time.Time      `json:"occurred_at"`
	Reason         optionalText    `json:"reason"`
	Results        json.RawMessage `json:"results"`
}

// optionalText is a text that a status must not fail over: of another type, it is
// left out.
type optionalText string

// UnmarshalJSON implements json.Unmarshaler.
func (o *optionalText) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		*o = optionalText(s)
	}
	return nil
}

// count is a whole number, however the platform's JSON spells it: 48210 or 48210.0.
type count int64

// UnmarshalJSON implements json.Unmarshaler.
func (c *count) UnmarshalJSON(raw []byte) error {
	var f float64
	if err := json.Unmarshal(raw, &f); err != nil {
		return err //nolint:wrapcheck // the decoder adds the field
	}
	if f != math.Trunc(f) || math.Abs(f) > maxCount {
		return &json.UnmarshalTypeError{Value: "number " + string(raw), Type: reflect.TypeFor[int64]()}
	}
	*c = count(f)
	return nil
}

// maxCount is the largest number that a JSON number is sure to carry exactly.
const maxCount = 1 << 53

type results struct {
	PrimaryMetric      string    `json:"primary_metric"`
	WinningVariant     string    `json:"winning_variant"`
	Lift               *float64  `json:"lift"`
	PValue             *float64  `json:"p_value"`
	ConfidenceInterval []float64 `json:"confidence_interval"`
	SampleSize         *count    `json:"sample_size"`
	Variants           []struct {
		Key         string `json:"key"`
		Users       *count `json:"users"`
		Conversions *count `json:"conversions"`
	} `json:"variants"`
	URL string `json:"url"`
}

// ParseEvent reads an EventBridge envelope. The returned event holds as much as
// could be read, even with an error, so that the log can show it. An error says in
// words what the publisher has to mend.
func ParseEvent(body []byte) (integration.Event, error) {
	env, err := decodeEnvelope(body)
	event := integration.Event{ID: env.ID, Type: integration.EventType(env.DetailType), OccurredAt: env.Time.UTC()}
	if err != nil {
		return event, err
	}
	if len(env.Detail) == 0 {
		return event, invalid(fieldDetail, "the event has no detail: publish it again with one")
	}
	var d detail
	if err := json.Unmarshal(env.Detail, &d); err != nil {
		return event, invalid(fieldAtFault(err, fieldDetail, fieldOccurredAt), "the event's detail cannot be read: %s", fieldProblem(err, "occurred_at"))
	}
	event.ExperimentKey = strings.TrimSpace(d.ExperimentKey)
	event.Name = string(d.ExperimentName)
	event.Reason = string(d.Reason)
	unwritable := d.OccurredAt != nil && !integration.Writable(*d.OccurredAt)
	if d.OccurredAt != nil && !unwritable {
		event.OccurredAt = d.OccurredAt.UTC()
	}
	switch {
	case unwritable:
		return event, invalid(fieldOccurredAt, "the event's occurred_at %s", noSuchYear)
	case event.ExperimentKey == "":
		return event, invalid(fieldExperimentKey, "the event's detail has no experiment_key: publish it again with one")
	case utf8.RuneCountInString(event.ExperimentKey) > integration.MaxExperimentKeyLen:
		event.ExperimentKey = ""
		return event, invalid(fieldExperimentKey, "the event's experiment_key is longer than %d characters", integration.MaxExperimentKeyLen)
	case event.OccurredAt.IsZero():
		return event, invalid(fieldOccurredAt, "the event has neither an occurred_at nor a time in its envelope")
	}
	if len(d.Results) > 0 && string(d.Results) != "null" {
		event.Results, event.ResultsProblem = parseResults(d.Results)
	}
	return event, nil
}

// parseResults returns the results, or in words what is wrong with them.
func parseResults(raw json.RawMessage) (*integration.Results, string) {
	var r results
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, "the event's results cannot be read: " + fieldProblem(err, "")
	}
	out := &integration.Results{
		PrimaryMetric: r.PrimaryMetric, WinningVariant: r.WinningVariant,
		Lift: r.Lift, PValue: r.PValue, SampleSize: (*int64)(r.SampleSize), URL: r.URL,
	}
	switch len(r.ConfidenceInterval) {
	case 0:
	case 2:
		out.ConfidenceInterval = &[2]float64{r.ConfidenceInterval[0], r.ConfidenceInterval[1]}
	default:
		return nil, fmt.Sprintf("the event's results.confidence_interval has %d numbers, wanted two: low and high", len(r.ConfidenceInterval))
	}
	for _, v := range r.Variants {
		out.Variants = append(out.Variants, integration.Variant{Key: v.Key, Users: (*int64)(v.Users), Conversions: (*int64)(v.Conversions)})
	}
	return out, ""
}

// jsonName is how JSON calls what a Go type holds.
func jsonName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return jsonName(t.Elem())
	case reflect.String:
		return "a string"
	case reflect.Float64:
		return "a number"
	case reflect.Int64:
		return "a whole number"
	case reflect.Slice:
		return "a list"
	default:
		return "an object"
	}
}

// jsonValue is how JSON calls what a decoder found, by the decoder's name for it.
func jsonValue(found string) string {
	switch found {
	case "array":
		return "a list"
	case "object":
		return "an object"
	case "bool":
		return "true or false"
	default:
		return "a " + found
	}
}

// fieldAtFault names the field that a decoder's error is about: whole is what was
// decoded, at the only time in it.
func fieldAtFault(err error, whole, at string) string {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrongType) && wrongType.Field != "":
		return strings.TrimPrefix(whole+"."+wrongType.Field, ".")
	case wrongType == nil && !errors.As(err, &syntax) && at != "":
		return at
	default:
		return whole
	}
}

// fieldProblem says which field is wrong without repeating its value, and without
// the decoder's words: they quote layouts. at is the only time in what was decoded.
func fieldProblem(err error, at string) string {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrongType):
		field := wrongType.Field
		if field == "" {
			field = "it"
		}
		return fmt.Sprintf("%s is %s, wanted %s", field, jsonValue(wrongType.Value), jsonName(wrongType.Type))
	case errors.As(err, &syntax):
		return "it is not JSON"
	case at != "": // what is neither is a time's: one that cannot be parsed, or no text
		return at + " is not an RFC 3339 time such as 2026-03-02T10:00:00Z"
	default:
		return "it cannot be read"
	}
}
