// Package story tells, on a running stack, what the product is for: an experiment's
// events change its Campaign in Salesforce, and a Campaign that is completed there
// asks the platform to finish the experiment. It uses what users use, the API, the
// bus and the org, and fails when any effect is missing.
package story

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"salesforce-integration/internal/cmd/local/stack"
)

// Config says where the story is told, and on what.
type Config struct {
	Stack stack.Description
	Token string // an administrator's
	Paper *Paper
}

// The contract's own example.
const (
	campaignID    = "701xx000000001AAAQ"
	campaignName  = "Q1 Checkout Optimization"
	experimentKey = "checkout-button-color"
	startStatus   = "In Progress"
	ruleName      = "campaign-status"
)

type teller struct {
	*Paper
	api, org    site
	stack       stack.Description
	platform    *platform
	integration createdIntegration
	began       time.Time
}

type createdIntegration struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Config     map[string]string `json:"config"`
	WebhookURL string            `json:"webhook_url"`
}

// Tell tells the story. It leaves the stack as it found it, but for the delivery log
// and the Campaign's notes.
func Tell(ctx context.Context, c Config) (err error) {
	t := &teller{
		Paper: c.Paper, stack: c.Stack,
		api: site{base: c.Stack.APIURL + "/api/v1", token: c.Token}, org: site{base: c.Stack.OrgURL},
		began: time.Now(),
	}
	defer func() {
		err = errors.Join(err, t.cleanUp(context.WithoutCancel(ctx)))
		if err != nil {
			t.failed("the story has no happy end")
		}
	}()
	if t.platform, err = newPlatform(ctx, c.Stack); err != nil {
		return err
	}
	for _, chapter := range []func(context.Context) error{t.connect, t.outward, t.inward, t.lookBack} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	t.done(fmt.Sprintf("Campaign and experiment are in step, in %.1f s.  Next: make run, then the walk-through in README.md", time.Since(t.began).Seconds()))
	return nil
}

func (t *teller) connect(ctx context.Context) error {
	if err := t.setStatus(ctx, startStatus); err != nil {
		return err
	}
	t.chapter("An administrator connects the org and links the Campaign")
	err := t.api.call(ctx, http.MethodPost, "/integrations", map[string]any{
		"name": "Salesforce CRM Sync", "integration_type": "SALESFORCE", "description": "Syncs experiment completion to Salesforce campaigns",
		"config": map[string]string{"instance_url": t.stack.OrgURL, "client_id": "local-client", "client_secret": "local-secret"},
	}, &t.integration)
	if err != nil {
		return err
	}
	if t.integration.Config["client_secret"] == "local-secret" {
		return errors.New("the API gave a secret back")
	}
	t.fact("integration", t.integration.Name+"  "+t.paint(dim, t.integration.ID))
	t.fact("client_secret", t.integration.Config["client_secret"]+t.paint(dim, "  (sealed by KMS in DynamoDB)"))
	t.fact("webhook_url", "…/webhook/salesforce?token=…"+t.paint(dim, "  (shown once, secret included)"))
	if err := t.api.call(ctx, http.MethodPost, "/integrations/"+t.integration.ID+"/links",
		map[string]string{"experiment_key": experimentKey, "campaign_id": campaignID}, nil); err != nil {
		return err
	}
	t.fact("link", experimentKey+" ↔ "+campaignName)
	if err := t.org.call(ctx, http.MethodPut, "/local/outbound/rules/"+ruleName, map[string]any{
		"object": "Campaign", "fields": []string{"Name", "Status", "LastModifiedDate"},
		"criteria":    []map[string]string{{"field": "Status", "operator": "isChanged"}},
		"endpointUrl": t.integration.WebhookURL,
	}, nil); err != nil {
		return err
	}
	t.fact("in Salesforce", "an outbound message on Campaign.Status, to the webhook_url")
	return nil
}

// outward publishes the three events, and watches the Campaign.
func (t *teller) outward(ctx context.Context) error {
	t.chapter("The platform publishes what happens to the experiment; the Campaign follows")
	before, err := t.campaign(ctx)
	if err != nil {
		return err
	}
	known, told := len(before.Notes), 0
	at := time.Now().UTC().Truncate(time.Second)
	for i, e := range []struct {
		detailType string
		extra      map[string]any
		status     string // expected afterwards; "": unchanged
		notes      int    // expected new ones
	}{
		{"Experiment Reached Significance", map[string]any{"results": exampleResults()}, "", 1},
		{"Experiment Completed", map[string]any{"results": exampleResults()}, "Completed", 0},
		{"Experiment Rolled Back", map[string]any{"reason": "guardrail metric regressed"}, "Paused", 0},
	} {
		detail := map[string]any{
			"experiment_key": experimentKey, "experiment_name": "Checkout button colour",
			"occurred_at": at.Add(time.Duration(i) * time.Second).Format(time.RFC3339),
		}
		for k, v := range e.extra {
			detail[k] = v
		}
		published := time.Now()
		if err := t.platform.publish(ctx, e.detailType, detail); err != nil {
			return err
		}
		want := before.status()
		if e.status != "" {
			want = e.status
		}
		known += e.notes
		var now view
		if err := await(ctx, fmt.Sprintf("%q to change the Campaign", e.detailType), func() (bool, error) {
			now, err = t.campaign(ctx)
			return err == nil && now.status() == want && len(now.Notes) == known, err
		}); err != nil {
			return err
		}
		took := t.paint(dim, fmt.Sprintf("  after %.1f s", time.Since(published).Seconds()))
		t.line("   %s%s", t.paint(bold, e.detailType), took)
		if e.status != "" {
			t.change("Status", before.status(), now.status())
			// The org tells us of our own write. A message shows the record as it is when it is sent, so the next write waits.
			told++
			if err := t.hearBack(ctx, told); err != nil {
				return err
			}
		}
		if e.notes > 0 {
			note := now.Notes[len(now.Notes)-1]
			t.change("Notes", fmt.Sprint(len(before.Notes)), fmt.Sprint(len(now.Notes)))
			t.quote(note.Title + "\n" + note.Text)
		}
		before = now
	}
	return nil
}

// inward completes the Campaign as a person would, and listens to the bus.
func (t *teller) inward(ctx context.Context) error {
	t.chapter("Somebody in marketing completes the Campaign in Salesforce; the platform is told")
	if heard, err := t.platform.hear(ctx); err != nil {
		return err
	} else if len(heard) > 0 {
		return fmt.Errorf("our own write asked the platform to finalize %s: the echo was not recognised", heard[0].Detail.ExperimentKey)
	}
	if err := t.setStatus(ctx, "Completed"); err != nil {
		return err
	}
	var asked finalization
	if err := await(ctx, "the platform to be asked to finalize the experiment", func() (bool, error) {
		heard, err := t.platform.hear(ctx)
		for _, f := range heard {
			if f.Detail.IntegrationID == t.integration.ID {
				asked = f
				return true, nil
			}
		}
		return false, err
	}); err != nil {
		return err
	}
	if asked.Detail.ExperimentKey != experimentKey {
		return fmt.Errorf("the platform was asked to finalize %q", asked.Detail.ExperimentKey)
	}
	t.change("Status", "Paused", "Completed")
	t.fact("on the bus", t.paint(green, finalizationRequested)+t.paint(dim, "  from "+asked.Source))
	t.fact("", fmt.Sprintf("%s, because %q is %s", asked.Detail.ExperimentKey, asked.Detail.CampaignName, asked.Detail.Status))
	return nil
}

// hearBack waits until so many of the org's messages about our own writes are in the log, the first one known for an echo.
func (t *teller) hearBack(ctx context.Context, messages int) error {
	return await(ctx, "the org's message about our own write", func() (bool, error) {
		log, err := t.log(ctx)
		inbound, echo := 0, false
		for _, d := range log {
			if d.Direction == "inbound" {
				inbound++
				echo = echo || d.Reason == "echo"
			}
		}
		return echo && inbound >= messages, err
	})
}

func (t *teller) lookBack(ctx context.Context) error {
	t.chapter("The delivery log shows it all")
	var log []delivery
	if err := await(ctx, "the log to show the finalization", func() (bool, error) {
		var err error
		log, err = t.log(ctx)
		return slices.ContainsFunc(log, func(d delivery) bool { return d.Reason == "finalization_requested" }), err
	}); err != nil {
		return err
	}
	slices.Reverse(log)
	for _, d := range log {
		arrow := t.paint(cyan, "→ Salesforce")
		if d.Direction == "inbound" {
			arrow = t.paint(yellow, "← Salesforce")
		}
		t.line("   %s  %-9s  %s", arrow, d.Status, d.EventType)
		t.line("     %s", t.paint(dim, d.Detail))
	}
	var org struct {
		APIUsage int `json:"apiUsage"`
		Tokens   struct {
			Logins int `json:"logins"`
		} `json:"tokens"`
	}
	if err := t.org.call(ctx, http.MethodGet, "/local/org", nil, &org); err != nil {
		return err
	}
	t.fact("spent", fmt.Sprintf("%d Salesforce API calls and %d token exchange(s) since the org started", org.APIUsage, org.Tokens.Logins))
	return nil
}

// cleanUp takes away what the story made, so that it can be told again.
func (t *teller) cleanUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	var errs []error
	if t.integration.ID != "" {
		errs = append(errs,
			t.org.call(ctx, http.MethodDelete, "/local/outbound/rules/"+ruleName, nil, nil),
			t.api.call(ctx, http.MethodDelete, "/integrations/"+t.integration.ID, nil, nil))
	}
	if t.platform != nil {
		errs = append(errs, t.platform.close(ctx))
	}
	return errors.Join(errs...)
}
