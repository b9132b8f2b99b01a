package story

import (
	"context"
	"net/http"
)

// view is a Campaign with its notes, as the org shows it to a person.
type view struct {
	Record map[string]any `json:"record"`
	Notes  []struct {
		Title string `json:"title"`
		Text  string `json:"text"`
	} `json:"notes"`
}

func (v view) status() string {
	s, _ := v.Record["Status"].(string)
	return s
}

func (t *teller) campaign(ctx context.Context) (view, error) {
	var v view
	err := t.org.call(ctx, http.MethodGet, "/local/records/Campaign/"+campaignID, nil, &v)
	return v, err
}

// setStatus changes the Campaign as a person in Salesforce does.
func (t *teller) setStatus(ctx context.Context, status string) error {
	return t.org.call(ctx, http.MethodPatch, "/local/records/Campaign/"+campaignID, map[string]string{"Status": status}, nil)
}

// delivery is one line of the log.
type delivery struct {
	Direction string `json:"direction"`
	Status    string `json:"status"`
	Reason    string `json:"reason"`
	Detail    string `json:"detail"`
	EventType string `json:"event_type"`
}

// log reads the story's own part of the delivery log, newest first.
func (t *teller) log(ctx context.Context) ([]delivery, error) {
	var list struct {
		Items []delivery `json:"items"`
	}
	err := t.api.call(ctx, http.MethodGet, "/notifications/delivery-log?limit=100&integration_id="+t.integration.ID, nil, &list)
	return list.Items, err
}

// exampleResults are those of the contract.
func exampleResults() map[string]any {
	return map[string]any{
		"primary_metric": "conversion_rate", "winning_variant": "green", "lift": 0.042, "p_value": 0.003,
		"confidence_interval": []float64{0.011, 0.073}, "sample_size": 48210,
		"variants": []map[string]any{
			{"key": "control", "users": 24090, "conversions": 2409}, {"key": "green", "users": 24120, "conversions": 2513},
		},
		"url": "https://platform.example/experiments/checkout-button-color",
	}
}
