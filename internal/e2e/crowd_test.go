package e2e_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"salesforce-integration/internal/salesforce/localorg"
)

// crowd is several Campaigns of one integration with events for them, and what is to come of these: two Campaigns of one
// experiment, which is rolled back after it was completed, and one of another.
type crowd struct {
	*suite
	integration integrationView
	first       string // experiments
	second      string
	ofFirst     []string // their Campaigns
	ofSecond    []string
	now         time.Time

	published map[string][]string // the Campaigns of each event, by its id
}

func (s *suite) crowd(t *testing.T, i integrationView) *crowd {
	t.Helper()
	c := &crowd{suite: s, integration: i, first: unique("experiment"), second: unique("experiment"), now: time.Now(), published: map[string][]string{}}
	c.ofFirst, c.ofSecond = []string{s.newCampaign(t), s.newCampaign(t)}, []string{s.newCampaign(t)}
	for _, id := range c.ofFirst {
		s.link(t, i.ID, c.first, id)
	}
	for _, id := range c.ofSecond {
		s.link(t, i.ID, c.second, id)
	}
	return c
}

func (c *crowd) campaigns() []string { return slices.Concat(c.ofFirst, c.ofSecond) }

// publishNewest publishes what decides the Campaigns' statuses, and a note.
func (c *crowd) publishNewest(t *testing.T) {
	t.Helper()
	c.put(t, rolledBack, c.first, 0, 1)
	c.put(t, completed, c.second, 0, 2)
	c.put(t, significance, c.first, -time.Second, 2)
}

// publishRest publishes what happened before, so that it comes out of order.
func (c *crowd) publishRest(t *testing.T) {
	t.Helper()
	c.put(t, completed, c.first, -3*time.Second, 2)
	c.put(t, significance, c.second, -2*time.Second, 1)
	c.put(t, significance, c.second, -4*time.Second, 1)
}

// put publishes an event by the bus; what comes more than once comes again on the queue, as SQS may do it.
func (c *crowd) put(t *testing.T, detailType, experiment string, after time.Duration, times int) {
	t.Helper()
	detail := exampleDetail(experiment, c.now.Add(after))
	id := c.publish(t, detailType, detail)
	c.published[id] = c.ofFirst
	if experiment == c.second {
		c.published[id] = c.ofSecond
	}
	again, err := json.Marshal(object{
		"version": "0", "id": id, "detail-type": detailType, "source": c.EventSource, "time": c.now.UTC().Format(time.RFC3339), "detail": detail,
	})
	if err != nil {
		t.Fatal(err)
	}
	for range times - 1 {
		if _, err := sqs.NewFromConfig(c.aws).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &c.PushQueueURL, MessageBody: aws.String(string(again))}); err != nil {
			t.Fatal(err)
		}
	}
}

func (c *crowd) lines(t *testing.T, filter ...string) []deliveryView {
	t.Helper()
	return c.log(t, append([]string{"integration_id", c.integration.ID}, filter...)...)
}

// awaitFailing waits until the log says that something is tried again, and why.
func (c *crowd) awaitFailing(t *testing.T, code string) {
	t.Helper()
	eventually(t, soon, func() string {
		waiting := c.lines(t, "status", "retrying")
		if len(waiting) == 0 {
			return "the log shows nothing that is tried again"
		}
		for _, d := range waiting {
			if d.Reason != "failing" || d.Detail == "" || d.Attempts == 0 || d.Error == nil || d.Error.Code != code || d.Error.Cause == "" || d.Error.Fix == "" {
				t.Errorf("what is tried again says %+v, with the error %+v; wanted the code %s, its cause and its fix", d, d.Error, code)
			}
		}
		return ""
	})
}

// check waits until all is done, and looks whether each Campaign has the status of its newest event, each note is there
// once, and each event is accounted for.
func (c *crowd) check(t *testing.T) {
	t.Helper()
	wanted := 0
	for _, campaigns := range c.published {
		wanted += len(campaigns)
	}
	var all []deliveryView
	eventually(t, outlasted, func() string {
		all = c.lines(t)
		for _, d := range all {
			if d.Status != "delivered" && d.Status != "skipped" {
				return fmt.Sprintf("%s on %s is %s (%s)", d.EventType, d.CampaignID, d.Status, d.Detail)
			}
		}
		if len(all) != wanted {
			return fmt.Sprintf("%d deliveries in the log, want %d", len(all), wanted)
		}
		return ""
	})
	for _, d := range all {
		if !slices.Contains(c.published[d.EventID], d.CampaignID) {
			t.Errorf("a delivery of event %s on %s, which nobody asked for", d.EventID, d.CampaignID)
		}
		if d.Status == "skipped" && (d.Reason != "superseded" || d.EventType != completed || d.ExperimentKey != c.first) {
			t.Errorf("%s on %s is skipped as %s (%s)", d.EventType, d.CampaignID, d.Reason, d.Detail)
		}
		if d.Status == "delivered" && d.Error != nil {
			t.Errorf("what is delivered has an error: %+v", d.Error)
		}
	}
	for _, id := range c.ofFirst {
		c.checkCampaign(t, c.campaign(t, id), "Paused", 1)
	}
	for _, id := range c.ofSecond {
		c.checkCampaign(t, c.campaign(t, id), "Completed", 2)
	}
}

func (c *crowd) checkCampaign(t *testing.T, v localorg.View, status string, notes int) {
	t.Helper()
	if v.Record["Status"] != status {
		t.Errorf("Campaign %s is %q, its newest event says %q", v.Record["Id"], v.Record["Status"], status)
	}
	titles := map[string]bool{}
	for _, n := range v.Notes {
		titles[n.Title] = true // each ends with a marker of its own
	}
	if len(v.Notes) != notes || len(titles) != notes {
		t.Errorf("Campaign %s has %d notes, %d different ones, want %d", v.Record["Id"], len(v.Notes), len(titles), notes)
	}
}
