package integration

import "time"

// LinkSource says who made a link.
type LinkSource string

// The sources of a link.
const (
	LinkManual  LinkSource = "manual"
	LinkWebhook LinkSource = "webhook"
)

// MaxLinksPerExperiment bounds the campaigns that follow one experiment over all
// integrations: they are read as one table item, which holds at most 400 KB.
const MaxLinksPerExperiment = 1000

// MaxExperimentKeyLen is the longest experiment key, in characters.
const MaxExperimentKeyLen = 256

// Link says that a Campaign of an integration's org follows an experiment. A
// campaign has at most one experiment in an integration; an experiment may have
// many campaigns.
type Link struct {
	IntegrationID string
	ExperimentKey string
	CampaignID    string // 18 characters
	Source        LinkSource
	CreatedAt     time.Time
	// DeliveryID is the inbound delivery whose message made the link; empty: it was
	// made by hand.
	DeliveryID string
}

// Ref names the link's Campaign.
func (l Link) Ref() CampaignRef {
	return CampaignRef{IntegrationID: l.IntegrationID, CampaignID: l.CampaignID}
}

// LinkResult says what became of a link that was to be made.
type LinkResult struct {
	Link    Link // as it is stored; of no meaning beside an error
	Created bool // false: the campaign followed the same experiment already
	Err     error
}
