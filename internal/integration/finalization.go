package integration

import "time"

// EventFinalizationRequested is the detail-type under which a
// [FinalizationRequest] goes to the platform.
const EventFinalizationRequested = "Experiment Finalization Requested"

// FinalizationRequest asks the platform to finish an experiment, because a
// Campaign that follows it was completed in Salesforce. The platform may meet the
// same request more than once, and knows it by its ID.
type FinalizationRequest struct {
	// ID is that of the inbound delivery the request comes from: the same when the
	// request is published again, and the way from the platform's log to ours.
	ID            string
	ExperimentKey string
	IntegrationID string
	CampaignID    string // 18 characters
	CampaignName  string // empty when the message did not carry it
	Status        string // the Campaign's status that asks for it, as Salesforce spells it
	RequestedAt   time.Time
}
