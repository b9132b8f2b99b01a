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

// MaxExperimentKeyLen is the longest experiment key, in bytes.
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
}
