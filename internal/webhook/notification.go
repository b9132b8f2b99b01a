package webhook

import (
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"salesforce-integration/internal/integration"
)

// kind is the form that a request came in.
type kind string

const (
	kindUnknown kind = "unknown"
	kindSOAP    kind = "soap"
	kindJSON    kind = "json"
)

// Limits of a request.
const (
	// maxBody holds an outbound message of 100 notifications several times over.
	maxBody = 1 << 20
	// maxNotifications is Salesforce's own number for outbound messages.
	maxNotifications = 100
	// Lengths in characters. Salesforce's own: a Campaign's name has 80, a picklist
	// value 255.
	// https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_campaign.htm
	maxEventTypeLen    = 128
	maxCampaignNameLen = 255
	maxStatusLen       = 255
	// maxIdempotencyKeyLen is in bytes.
	maxIdempotencyKeyLen = 255
)

// eventCampaignUpdated is what an outbound message about a Campaign says; SOAP has
// no event types of its own.
const eventCampaignUpdated = "campaign_updated"

// notification is one thing that Salesforce says about one record.
type notification struct {
	// id is Salesforce's notification id, or the caller's Idempotency-Key.
	id string
	// mayBe are the ids that a call without a key may turn out to have.
	mayBe []string
	// fromCaller: the id is an Idempotency-Key, which stands for one body only.
	fromCaller bool

	eventType     string
	campaignID    string // 18 characters
	campaignName  string
	status        string // as Salesforce spells it; empty when the message has none
	experimentKey string

	// modifiedAt is when the record was changed last, by Salesforce's clock; zero
	// when the message does not say.
	modifiedAt time.Time

	// problem says why nothing can be done with a well-formed notification; it goes
	// to the delivery log.
	problem string
}

// message is a request's whole content.
type message struct {
	kind           kind
	organizationID string // SOAP only: 18 characters
	batch          bool   // JSON only: it is an array
	notifications  []notification
}

// payload is the contract's JSON form of a notification, which the log keeps.
type payload struct {
	EventType        string `json:"event_type"`
	CampaignID       string `json:"campaign_id,omitempty"`
	CampaignName     string `json:"campaign_name,omitempty"`
	Status           string `json:"status,omitempty"`
	ExperimentKey    string `json:"experiment_key,omitempty"`
	LastModifiedDate string `json:"last_modified_date,omitempty"`
}

func (n notification) payload() ([]byte, error) {
	p := payload{
		EventType:     n.eventType,
		CampaignID:    n.campaignID,
		CampaignName:  n.campaignName,
		Status:        n.status,
		ExperimentKey: n.experimentKey,
	}
	if !n.modifiedAt.IsZero() {
		p.LastModifiedDate = n.modifiedAt.UTC().Format(time.RFC3339Nano)
	}
	b, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode notification %s: %w", n.id, err)
	}
	return b, nil
}

func (n notification) ref(integrationID string) integration.CampaignRef {
	return integration.CampaignRef{IntegrationID: integrationID, CampaignID: n.campaignID}
}

// timeLayouts are the spellings of a dateTime: SOAP's and RFC 3339's, and that of
// Salesforce's REST API.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/intro_valid_date_formats.htm
var timeLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999Z0700"}

func parseTime(s string) (time.Time, bool) {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), integration.Writable(t)
		}
	}
	return time.Time{}, false
}

// clip cuts text that is only shown to what a person reads of it.
func clip(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit])
}
