package webhook_test

import (
	"testing"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/webhook"
)

// TestEcho tells our own writes from people's changes. The write was at 09:00, and
// the message arrives at 10:00.
func TestEcho(t *testing.T) {
	t.Parallel()
	wrote := func(status string, at time.Time) integration.Campaign {
		return integration.Campaign{WrittenStatus: status, WrittenAt: at}
	}
	writing := func(status string, until time.Time) integration.Campaign {
		return integration.Campaign{ClaimedBy: "a delivery", ClaimedStatus: status, ClaimedUntil: until, WrittenStatus: "Paused", WrittenAt: start.Add(-24 * time.Hour)}
	}
	const (
		echo     = integration.ReasonEcho
		outdated = integration.ReasonSuperseded
		asks     = integration.ReasonFinalizationRequested
		already  = integration.ReasonAlreadyFinal
	)
	for name, c := range map[string]struct {
		campaign integration.Campaign
		modified string
		want     integration.Reason
	}{
		"never written to":                            {integration.Campaign{}, "", asks},
		"changed at our write":                        {wrote("Completed", echoAt), "2026-03-02T09:00:00.000Z", echo},
		"changed within the clocks' difference":       {wrote("Completed", echoAt), "2026-03-02T09:00:02.000Z", echo},
		"changed a moment before our write ended":     {wrote("Completed", echoAt), "2026-03-02T08:59:58.000Z", echo},
		"changed later, by a person":                  {wrote("Completed", echoAt), "2026-03-02T09:00:03.000Z", already},
		"changed later, right after our write":        {wrote("Completed", start), "2026-03-02T10:00:05.000Z", already},
		"our status in other letters":                 {wrote("COMPLETED", echoAt), "2026-03-02T09:00:00.000Z", echo},
		"no date, shortly after our write":            {wrote("Completed", start.Add(-9*time.Minute)), "", echo},
		"no date, at the end of the window":           {wrote("Completed", start.Add(-10*time.Minute)), "", echo},
		"no date, long after our write":               {wrote("Completed", start.Add(-11*time.Minute)), "", already},
		"a date that cannot be read":                  {wrote("Completed", start.Add(-9*time.Minute)), "yesterday", echo},
		"another status of ours, then a person":       {wrote("Paused", echoAt), "2026-03-02T09:30:00.000Z", asks},
		"a person, then another status of ours":       {wrote("Paused", echoAt), "2026-03-02T08:30:00.000Z", outdated},
		"another status of ours, no date":             {wrote("Paused", start.Add(-time.Minute)), "", asks},
		"our write is under way":                      {writing("Completed", start.Add(time.Minute)), "2026-03-02T09:59:59.000Z", echo},
		"our write is under way, no date":             {writing("Completed", start.Add(time.Minute)), "", echo},
		"our write of another status is under way":    {writing("Paused", start.Add(time.Minute)), "2026-03-02T09:59:59.000Z", asks},
		"our write died, its change arrives":          {writing("Completed", start.Add(-30*time.Minute)), "2026-03-02T09:29:00.000Z", echo},
		"our write died, a person completes later":    {writing("Completed", start.Add(-30*time.Minute)), "2026-03-02T09:40:00.000Z", asks},
		"our write died long ago, no date":            {writing("Completed", start.Add(-30*time.Minute)), "", asks},
		"a date in the spelling of the REST API":      {wrote("Completed", echoAt), "2026-03-02T09:00:00.000+0000", echo},
		"a date in another zone":                      {wrote("Completed", echoAt), "2026-03-02T10:00:00.000+01:00", echo},
		"a date in the spelling of REST, by a person": {wrote("Completed", echoAt), "2026-03-02T09:30:00.000+0000", already},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			if c.campaign.Version == 0 && (c.campaign.WrittenStatus != "" || c.campaign.ClaimedBy != "") {
				c.campaign.CampaignRef = ref(campaignID)
				r.campaign(c.campaign)
			}
			n := note{1, campaignID, map[string]string{"Status": "Completed"}}
			if c.modified != "" {
				n.fields["LastModifiedDate"] = c.modified
			}
			r.send(soapEnvelope(n))
			d := r.deliveries()[0]
			if d.Reason != c.want {
				t.Errorf("reason = %s, want %s (%s)", d.Reason, c.want, d.Detail)
			}
			if asked := len(r.bus.requests) == 1; asked != (c.want == asks) {
				t.Errorf("requests = %+v", r.bus.requests)
			}
		})
	}
}

// TestSettingsOfAnOrg: other statuses, another field, SystemModstamp.
func TestSettingsOfAnOrg(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *webhook.Config) {
		c.FinalStatuses = []string{"Abgeschlossen", "Aborted"}
		c.ExperimentKeyField = "Test__c"
	})
	r.send(soapEnvelope(
		note{1, campaignID, map[string]string{"Status": "abgeschlossen"}},
		note{2, unlinkedID, map[string]string{"Status": "Aborted", "Test__c": "by-test-field", "Experiment_Key__c": "not-this"}},
		note{3, echoID, map[string]string{"Status": "Completed"}},
	))
	asked := map[string]bool{}
	for _, request := range r.bus.requests {
		asked[request.ExperimentKey] = true
	}
	if len(asked) != 2 || !asked[experimentKey] || !asked["by-test-field"] {
		t.Errorf("asked for %v", asked)
	}
	r2 := newRig(t)
	r2.send(soapEnvelope(note{1, echoID, map[string]string{"Status": "Completed", "SystemModstamp": "2026-03-02T09:00:00.000Z"}}))
	if d := r2.deliveries()[0]; d.Reason != integration.ReasonEcho {
		t.Errorf("SystemModstamp is not looked at: %s", d.Reason)
	}
}
