package webhook

import "errors"

// ParsedCall is what the fuzz tests see of a parsed JSON notification.
type ParsedCall struct {
	EventType, CampaignID, CampaignName, Status, ExperimentKey string
}

// ParseJSON runs the JSON parser; refused tells a refusal from a failure of ours.
func ParseJSON(body []byte) (calls []ParsedCall, refused bool, err error) {
	m, err := parseJSON(body)
	for _, n := range m.notifications {
		calls = append(calls, ParsedCall{n.eventType, n.campaignID, n.campaignName, n.status, n.experimentKey})
	}
	var r *refusal
	return calls, errors.As(err, &r) && r.status >= 400 && r.status < 500, err
}

// ParseSignature runs the parser of X-Hub-Signature-256.
func ParseSignature(s string) ([]byte, bool) { return parseSignature(s) }
