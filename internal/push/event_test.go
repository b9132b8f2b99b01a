package push_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push"
)

const eventsDir = "../../events/push"

func envelope(detailType, detail string) string {
	return `{"version":"0","id":"e1","detail-type":"` + detailType + `","source":"experimentation.platform","time":"2026-03-02T10:00:05Z","detail":` + detail + `}`
}

func TestParseEvent(t *testing.T) {
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	envelopeTime := at.Add(5 * time.Second)
	tests := []struct {
		name   string
		body   string
		want   integration.Event
		refuse string // a part of the error
	}{
		{
			"all of a roll-back",
			envelope("Experiment Rolled Back", `{"experiment_key":"k","experiment_name":"N","occurred_at":"2026-03-02T10:00:00Z","reason":"guardrail","future":{"a":1}}`),
			integration.Event{ID: "e1", Type: integration.EventRolledBack, ExperimentKey: "k", Name: "N", OccurredAt: at, Reason: "guardrail"}, "",
		},
		{
			"without occurred_at the envelope's time counts",
			envelope("Experiment Completed", `{"experiment_key":"k"}`),
			integration.Event{ID: "e1", Type: integration.EventCompleted, ExperimentKey: "k", OccurredAt: envelopeTime}, "",
		},
		{
			"another zone is brought to UTC",
			envelope("Experiment Completed", `{"experiment_key":"k","occurred_at":"2026-03-02T12:00:00+02:00"}`),
			integration.Event{ID: "e1", Type: integration.EventCompleted, ExperimentKey: "k", OccurredAt: at}, "",
		},
		{
			"results that a status does not need may be wrong",
			envelope("Experiment Completed", `{"experiment_key":"k","results":"oops"}`),
			integration.Event{
				ID: "e1", Type: integration.EventCompleted, ExperimentKey: "k", OccurredAt: envelopeTime,
				ResultsProblem: "the event's results cannot be read: it is a string, wanted an object",
			}, "",
		},
		{
			"null results are none",
			envelope("Experiment Reached Significance", `{"experiment_key":"k","results":null}`),
			integration.Event{ID: "e1", Type: integration.EventSignificance, ExperimentKey: "k", OccurredAt: envelopeTime}, "",
		},
		{
			"partial results",
			envelope("Experiment Reached Significance", `{"experiment_key":"k","results":{"lift":0.1,"variants":[{"key":"a"}]}}`),
			integration.Event{
				ID: "e1", Type: integration.EventSignificance, ExperimentKey: "k", OccurredAt: envelopeTime,
				Results: &integration.Results{Lift: ptr(0.1), Variants: []integration.Variant{{Key: "a"}}},
			}, "",
		},
		{
			"texts of a wrong type are left out, and a number may have a point",
			envelope("Experiment Reached Significance", `{"experiment_key":"k","experiment_name":5,"reason":{},"results":{"sample_size":48210.0,"variants":[{"key":"a","users":1e3}]}}`),
			integration.Event{
				ID: "e1", Type: integration.EventSignificance, ExperimentKey: "k", OccurredAt: envelopeTime,
				Results: &integration.Results{SampleSize: ptr(int64(48210)), Variants: []integration.Variant{{Key: "a", Users: ptr(int64(1000))}}},
			}, "",
		},
		{"no experiment_key", envelope("Experiment Completed", `{}`), integration.Event{}, "no experiment_key"},
		{"a blank experiment_key", envelope("Experiment Completed", `{"experiment_key":"  "}`), integration.Event{}, "no experiment_key"},
		{"a huge experiment_key", envelope("Experiment Completed", `{"experiment_key":"`+strings.Repeat("k", 257)+`"}`), integration.Event{}, "longer than 256 characters"},
		{"an experiment_key of a wrong type", envelope("Experiment Completed", `{"experiment_key":7}`), integration.Event{}, "experiment_key is a number, wanted a string"},
		{"a time that is none", envelope("Experiment Completed", `{"experiment_key":"k","occurred_at":"yesterday"}`), integration.Event{}, "occurred_at is not an RFC 3339 time"},
		{
			"a lift of a wrong type",
			envelope("Experiment Reached Significance", `{"experiment_key":"k","results":{"lift":"a lot"}}`),
			integration.Event{
				ID: "e1", Type: integration.EventSignificance, ExperimentKey: "k", OccurredAt: envelopeTime,
				ResultsProblem: "the event's results cannot be read: lift is a string, wanted a number",
			}, "",
		},
		{
			"an interval of three",
			envelope("Experiment Reached Significance", `{"experiment_key":"k","results":{"confidence_interval":[1,2,3]}}`),
			integration.Event{
				ID: "e1", Type: integration.EventSignificance, ExperimentKey: "k", OccurredAt: envelopeTime,
				ResultsProblem: "the event's results.confidence_interval has 3 numbers, wanted two: low and high",
			}, "",
		},
		{"a detail that is no object", envelope("Experiment Completed", `"text"`), integration.Event{}, "detail cannot be read"},
		{"a detail that is a list", envelope("Experiment Completed", `[]`), integration.Event{}, "it is a list, wanted an object"},
		{"no detail", `{"id":"e1","detail-type":"Experiment Completed"}`, integration.Event{}, "has no detail"},
		{"an occurred_at that its zone leads beyond all years", envelope("Experiment Completed", `{"experiment_key":"k","occurred_at":"9999-12-31T23:59:59-05:00"}`), integration.Event{}, "occurred_at is not of the years 1 to 9999"},
		{"one that its zone leads before them", envelope("Experiment Completed", `{"experiment_key":"k","occurred_at":"0000-01-01T00:00:00+05:00"}`), integration.Event{}, "occurred_at is not of the years 1 to 9999"},
		{"an envelope's time beyond all years", `{"id":"e1","detail-type":"x","time":"9999-12-31T23:59:59-05:00"}`, integration.Event{}, "time is not of the years 1 to 9999"},
		{"not JSON", `oops`, integration.Event{}, "not an EventBridge event"},
		{"truncated", `{"id":"e1","detail-type":"Experiment Completed","detail":{"experi`, integration.Event{}, "not an EventBridge event"},
		{"not JSON, in our words", `oops`, integration.Event{}, "event: it is not JSON"},
		{"an envelope's time that is none", `{"id":"e1","detail-type":"x","time":"yesterday"}`, integration.Event{}, "event: time is not an RFC 3339 time such as"},
		{"an envelope's time of a wrong type", `{"id":"e1","detail-type":"x","time":7}`, integration.Event{}, "event: time is not an RFC 3339 time such as"},
		{"an occurred_at of a wrong type", envelope("Experiment Completed", `{"experiment_key":"k","occurred_at":7}`), integration.Event{}, "occurred_at is not an RFC 3339 time"},
		{"an id of a wrong type", `{"id":7,"detail-type":"x"}`, integration.Event{}, "event: id is a number, wanted a string"},
		{"no id", `{"detail-type":"Experiment Completed","detail":{"experiment_key":"k"}}`, integration.Event{}, "no id"},
		{"no time at all", `{"id":"e1","detail-type":"Experiment Completed","detail":{"experiment_key":"k"}}`, integration.Event{}, "neither an occurred_at nor a time"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := push.ParseEvent([]byte(tt.body))
			if tt.refuse != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refuse) {
					t.Errorf("error %v, wanted one with %q", err, tt.refuse)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("event (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeBatchRefusesWhatIsNeither(t *testing.T) {
	for _, payload := range []string{``, `null`, `[]`, `"text"`, `{}`, `{"Records":null}`, `{"Records":"x"}`, `{"detail":{}}`} {
		if _, err := push.DecodeBatch([]byte(payload)); err == nil {
			t.Errorf("payload %s was taken", payload)
		}
	}
}

func FuzzEvent(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(eventsDir, "*.json"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds in %s: %v", eventsDir, err)
	}
	for _, file := range files {
		seed, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Add([]byte(envelope("Experiment Completed", `{"experiment_key":"k","occurred_at":"9999-12-31T23:59:59-05:00"}`)))
	f.Add([]byte(`{"id":"e1","detail-type":"x","time":"0000-01-01T00:00:00+05:00"}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		batch, err := push.DecodeBatch(payload)
		if err != nil {
			return
		}
		for _, m := range batch.Messages {
			event, err := push.ParseEvent(m.Body)
			if !integration.Writable(event.OccurredAt) { // the log shows it, whatever is wrong
				t.Fatalf("the event is of %v", event.OccurredAt)
			}
			if err != nil {
				continue
			}
			if event.ID == "" || event.ExperimentKey == "" || event.OccurredAt.IsZero() {
				t.Fatalf("taken without what it needs: %+v", event)
			}
			if note := push.SignificanceNote(event, "00000000-0000-8000-8000-000000000000", "701xx000000001AAAQ"); note.HTML == "" {
				t.Fatal("no note")
			}
		}
	})
}
