package integration_test

import (
	"context"
	"testing"

	"salesforce-integration/internal/integration"
)

// noPreviews is a previewer that sees nothing.
type noPreviews struct{}

func (noPreviews) PreviewEvent(_ context.Context, _ integration.Integration, _ []byte, p integration.Page) (integration.Preview, error) {
	return integration.Preview{APICalls: p.Limit}, nil
}

func TestAPreviewLooksAtSoManyCampaigns(t *testing.T) {
	b := linked(t, nil)
	for limit, want := range map[int]int{0: 200, 1: 1, 200: 200} {
		p, err := b.service.Preview(t.Context(), ada, someID, nil, integration.Page{Limit: limit})
		if err != nil || p.APICalls != want {
			t.Errorf("limit %d: %d, %v", limit, p.APICalls, err)
		}
	}
	for _, limit := range []int{-1, 201} {
		if _, err := b.service.Preview(t.Context(), ada, someID, nil, integration.Page{Limit: limit}); integration.ErrorCode(err) != integration.CodeInvalid {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
	if _, err := b.service.Preview(t.Context(), ada, "0195562f-3b80-7cc1-a3f5-000000000009", nil, integration.Page{}); integration.ErrorCode(err) != integration.CodeNotFound {
		t.Errorf("an unknown integration: %v", err)
	}
}
