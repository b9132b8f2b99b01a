package e2e_test

import (
	"net/http"
	"testing"
	"time"
)

// previewView is what an event would do.
type previewView struct {
	Effects []struct {
		CampaignID string `json:"campaign_id"`
		DeliveryID string `json:"delivery_id"`
		Outcome    string `json:"outcome"`
		Reason     string `json:"reason"`
		Field      string `json:"field"`
		Changes    []struct {
			Field  string `json:"field"`
			Before string `json:"before"`
			After  string `json:"after"`
		} `json:"changes"`
		Note *struct {
			Form  string `json:"form"`
			Title string `json:"title"`
		} `json:"note"`
	} `json:"effects"`
	APICalls int `json:"api_calls_spent"`
}

// testPreview: a preview says what an event would do, does nothing, and is right about it.
func (s *suite) testPreview(t *testing.T) {
	t.Parallel()
	i, campaignID, key := s.follow(t)
	preview := func(body any) previewView {
		t.Helper()
		var seen previewView
		s.api(t, http.MethodPost, "/integrations/"+i.ID+"/preview", body).want(t, http.StatusOK).into(t, &seen)
		if len(seen.Effects) != 1 {
			t.Fatalf("one Campaign is linked, the preview says %+v", seen)
		}
		return seen
	}
	occurred := time.Now()
	seen := preview(object{"detail-type": completed, "detail": exampleDetail(key, occurred)})
	e := seen.Effects[0]
	if e.CampaignID != campaignID || e.Outcome != "write" || len(e.Changes) != 1 || e.Changes[0].Before != "In Progress" || e.Changes[0].After != "Completed" || seen.APICalls != 1 {
		t.Errorf("a completion: %+v", seen)
	}
	seen = preview(object{"detail-type": significance, "detail": exampleDetail(key, occurred)})
	if e := seen.Effects[0]; e.Note == nil || e.Note.Form != "content_note" || e.Outcome != "write" {
		t.Errorf("a significant result: %+v", seen)
	}
	if seen = preview(object{"detail-type": completed, "detail": object{}}); seen.Effects[0].Field != "detail.experiment_key" || seen.APICalls != 0 {
		t.Errorf("an event without a key: %+v", seen)
	}
	if v := s.campaign(t, campaignID); v.Record["Status"] != "In Progress" || len(v.Notes) != 0 {
		t.Errorf("a preview changed the Campaign: %+v", v)
	}
	if log := s.log(t, "integration_id", i.ID); len(log) != 0 {
		t.Errorf("a preview is in the log: %+v", log)
	}

	id := s.publish(t, completed, exampleDetail(key, occurred))
	d := s.awaitDelivery(t, "delivered", "status_written", "integration_id", i.ID)
	seen = preview(object{"id": id, "detail-type": completed, "detail": exampleDetail(key, occurred)})
	if e := seen.Effects[0]; e.Outcome != "duplicate" || e.DeliveryID != d.ID {
		t.Errorf("once it is published: %+v, the delivery is %s", seen, d.ID)
	}
	seen = preview(object{"detail-type": rolledBack, "detail": exampleDetail(key, occurred.Add(-time.Hour))})
	if e := seen.Effects[0]; e.Outcome != "skip" || e.Reason != "superseded" {
		t.Errorf("an older event: %+v", seen)
	}
}
