package push_test

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push"
	"salesforce-integration/internal/salesforce/localorg"
)

// TestPreviewEndsAsPushDoes previews an event in an org that does not take it, lets
// push try, and compares.
func TestPreviewEndsAsPushDoes(t *testing.T) {
	fails := func(effect localorg.Effect, routes ...string) func(*stage) {
		return func(s *stage) {
			for _, route := range routes {
				if _, err := s.local.AddFault(localorg.Fault{Match: localorg.Match{Route: route}, Effect: effect}); err != nil {
					s.t.Fatal(err)
				}
			}
		}
	}
	calls := []string{"query", "collections", "graph"}
	tests := []struct {
		name    string
		spoil   func(*stage)
		outcome integration.PreviewOutcome
		reason  integration.Reason
		code    string // of the org's problem; "": it has none
	}{
		{"a wrong secret", func(s *stage) {
			if err := s.local.UpdateSettings(func(o *localorg.Settings) { o.TokenProblem = "wrong_secret" }); err != nil {
				s.t.Fatal(err)
			}
		}, integration.PreviewPark, integration.ReasonAttention, "invalid_client"},
		{"credentials that do not open", func(s *stage) {
			s.change(func(i *integration.Integration) { i.SealedCredentials = nil })
		}, integration.PreviewPark, integration.ReasonAttention, "CREDENTIALS_UNREADABLE"},
		{"no right to call", fails(localorg.Effect{
			Kind: localorg.CustomAnswer, Status: 403, ContentType: "application/json", Body: `[{"errorCode": "API_CURRENTLY_DISABLED", "message": "API is not enabled"}]`,
		}, calls...),
			integration.PreviewPark, integration.ReasonAttention, "API_CURRENTLY_DISABLED"},
		{"no calls left", fails(localorg.Effect{Kind: localorg.RequestLimit}, calls...),
			integration.PreviewWait, integration.ReasonFailing, "REQUEST_LIMIT_EXCEEDED"},
		{"an org that is down", fails(localorg.Effect{Kind: localorg.Unavailable}, calls...),
			integration.PreviewWait, integration.ReasonFailing, "HTTP 503"},
		{"a login that is down", fails(localorg.Effect{Kind: localorg.Unavailable}, "token"),
			integration.PreviewWait, integration.ReasonFailing, "HTTP 503"},
		{"a Campaign that was deleted", func(s *stage) {
			if err := s.local.Delete("Campaign", firstCampaign); err != nil {
				s.t.Fatal(err)
			}
		}, integration.PreviewPark, integration.ReasonRefused, ""},
		{"a Campaign of another org", func(s *stage) {
			if err := s.store.DeleteLink(s.t.Context(), integrationID, firstCampaign); err != nil {
				s.t.Fatal(err)
			}
			s.link(s.t, integrationID, keyOfStage, "701xx0000000999AAA")
		}, integration.PreviewPark, integration.ReasonRefused, ""},
	}
	outcomes := map[integration.DeliveryStatus]integration.PreviewOutcome{
		integration.StatusDelivered: integration.PreviewWrite, integration.StatusRetrying: integration.PreviewWait,
		integration.StatusParked: integration.PreviewPark, integration.StatusSkipped: integration.PreviewSkip,
	}
	for _, tt := range tests {
		for _, detailType := range []string{completedType, significanceType} {
			t.Run(tt.name+": "+detailType, func(t *testing.T) {
				s := newStage(t)
				tt.spoil(s)
				seen := s.preview(of(detailType, ""))
				if len(seen.Effects) != 1 {
					t.Fatalf("%+v", seen)
				}
				e := seen.Effects[0]
				if e.Outcome != tt.outcome || e.Reason != tt.reason || e.Warning != "" || e.Campaign != nil || e.Until.After(noon) != (tt.outcome == integration.PreviewWait) {
					t.Errorf("foreseen: %+v", e)
				}
				if code := cmp.Or(seen.OrgProblem, &integration.OrgProblem{}).Code; code != tt.code {
					t.Errorf("the org's problem is %q, wanted %q", code, tt.code)
				}
				out, err := s.handlerThrough(s.store, roundTrip(s.local)).Handle(t.Context(), []byte(of(detailType, "")))
				if err != nil {
					t.Fatal(err)
				}
				d := out.(push.Result).Deliveries[0]
				// A look does not tell what is not there from what the user may not see.
				same := d.Reason == e.Reason || e.Reason == integration.ReasonRefused && d.Reason == integration.ReasonNoRight
				if d.ID != e.DeliveryID || outcomes[d.Status] != e.Outcome || !same {
					t.Errorf("push ends as %s %s, foreseen was %s %s", d.Status, d.Reason, e.Outcome, e.Reason)
				}
				if words := cmp.Or(seen.OrgProblem, &integration.OrgProblem{}).Cause; !strings.Contains(e.Detail, strings.TrimRight(words, ".")) {
					t.Errorf("the detail %q does not say %q", e.Detail, words)
				}
			})
		}
	}
}

// TestPreviewOfAWaitThatIsInVain warns, since what ends the wait decides first.
func TestPreviewOfAWaitThatIsInVain(t *testing.T) {
	s := newStage(t)
	s.watermark(noon.Add(-time.Minute), "somebody")
	if err := s.local.Delete("Campaign", firstCampaign); err != nil {
		t.Fatal(err)
	}
	e := s.preview(of(completedType, "")).Effects[0]
	if e.Outcome != integration.PreviewWait || !strings.Contains(e.Warning, "not in the org") {
		t.Errorf("%+v", e)
	}
}
