// Package faults puts this product and a plain program on go-salesforce through the
// same faults, against the same org and the same queue. It is a module of its own,
// so that the library is no dependency of anything else.
package faults

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/k-capehart/go-salesforce/v3"

	"salesforce-integration/internal/salesforce/localorg"
	"salesforce-integration/internal/trial"
)

// Peer writes each event as it comes: one call for a status, two for a note (the
// note, and the link that hangs it on the Campaign). It keeps one client while it is
// warm, so that it logs in once, and names what failed as a partial batch failure,
// so that nothing else comes back with it. What it does not have: a memory of what
// was written already, an order of events, a retry of its own.
//
// Where a choice was open, it has the one that is kinder to it: one message an
// invocation, so that one that is killed repeats nothing but its own; no dead-letter
// queue, so that nothing is given up within the queue's retention; the Campaigns of
// the experiments at hand without a store.
type Peer struct{ campaigns map[string]string }

var _ trial.Writer = (*Peer)(nil)

// Name implements [trial.Writer].
func (p *Peer) Name() string { return "go-salesforce" }

// Settings implements [trial.Writer].
func (p *Peer) Settings() trial.Settings {
	product := trial.TemplateSettings()
	return trial.Settings{BatchSize: 1, Concurrency: product.Concurrency, Timeout: product.Timeout}
}

// Steps implements [trial.Writer]: two calls, on their way out and back.
func (p *Peer) Steps() int64 { return 4 }

// Prepare implements [trial.Writer].
func (p *Peer) Prepare(_ context.Context, campaigns map[string]string) error {
	p.campaigns = maps.Clone(campaigns)
	return nil
}

// Start implements [trial.Writer]. The library logs in by http.DefaultClient,
// whatever transport it is given, so that one is led to the org as well: a program
// that imports this package has no other use for it.
func (p *Peer) Start(at trial.Place) trial.Function {
	http.DefaultClient.Transport = at.Line
	return &function{peer: p, line: at.Transport}
}

type function struct {
	peer *Peer
	line http.RoundTripper
	once *salesforce.Salesforce
}

// Handle implements [trial.Function].
func (f *function) Handle(_ context.Context, batch []events.SQSMessage) ([]events.SQSBatchItemFailure, error) {
	client, err := f.client()
	if err != nil {
		return nil, err
	}
	var failures []events.SQSBatchItemFailure
	for _, m := range batch {
		if err := f.write(client, m.Body); err != nil {
			failures = append(failures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	return failures, nil
}

func (f *function) client() (*salesforce.Salesforce, error) {
	if f.once == nil {
		client, err := salesforce.Init(
			salesforce.Creds{Domain: trial.OrgURL, ConsumerKey: localorg.DefaultClientID, ConsumerSecret: localorg.DefaultClientSecret},
			salesforce.WithAPIVersion("v66.0"), salesforce.WithRoundTripper(f.line))
		if err != nil {
			return nil, fmt.Errorf("logging in: %w", err)
		}
		f.once = client
	}
	return f.once, nil
}

type envelope struct {
	Type   string `json:"detail-type"`
	Detail struct {
		Experiment string    `json:"experiment_key"`
		Name       string    `json:"experiment_name"`
		OccurredAt time.Time `json:"occurred_at"`
	} `json:"detail"`
}

func (f *function) write(client *salesforce.Salesforce, body string) error {
	var e envelope
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		return fmt.Errorf("reading an event: %w", err)
	}
	campaign := f.peer.campaigns[e.Detail.Experiment]
	status := map[string]string{"Experiment Completed": "Completed", "Experiment Rolled Back": "Paused"}[e.Type]
	if status != "" {
		return client.UpdateOne("Campaign", map[string]any{"Id": campaign, "Status": status})
	}
	text := "<p>" + e.Detail.Name + " reached significance.</p>"
	note, err := client.InsertOne("ContentNote", map[string]any{
		"Title": e.Detail.Name + " reached significance", "Content": base64.StdEncoding.EncodeToString([]byte(text)),
	})
	if err != nil {
		return fmt.Errorf("writing a note: %w", err)
	}
	if _, err := client.InsertOne("ContentDocumentLink", map[string]any{
		"ContentDocumentId": note.Id, "LinkedEntityId": campaign, "ShareType": "V",
	}); err != nil {
		return fmt.Errorf("hanging the note on its Campaign: %w", err)
	}
	return nil
}
