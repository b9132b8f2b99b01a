package integration

import (
	"context"
	"time"
)

// MaxPayload is the largest [Delivery.Payload], in bytes: with everything else of
// a delivery it must fit a table item of 400 KB.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
const MaxPayload = 256 << 10

// Store keeps everything. Each method's errors carry a [Code]; what is not listed
// is [CodeUnavailable] (the store did not answer) or [CodeInternal]. Reads that
// decide something are strongly consistent; only lists may lag by a moment.
// A Version in a value is the one it was read with: a write succeeds only while
// that is still the stored one (0: while nothing is stored), and stores Version+1.
// Times come back in UTC with their nanoseconds (ExpiresAt: seconds),
// empty slices as nil. An empty id is like one that is not there.
type Store interface {
	IntegrationStore
	LinkStore
	DeliveryStore
	TokenStore
	AllowanceStore
	RequestStore
}

// Page asks for a part of a list; a Limit out of bounds is CodeInvalid with field
// "limit".
type Page struct {
	Limit  int    // at most so many items, 1..100
	Cursor string // "" for the first page, else what the last one returned
}

// List is a part of a list. NextCursor is "" after the last part. A part may hold
// fewer items than asked for, even none, while NextCursor is set: filters are
// applied to a bounded read.
type List[T any] struct {
	Items      []T
	NextCursor string
	// PassedOver is how many more were read, and did not fit the filter.
	PassedOver int
}

// MaxPassedOver is how many deliveries an answer that is put together of several parts
// of the log passes over before it ends with a cursor: 2 MB of an index. The last part
// may add its own.
const MaxPassedOver = 5000

// IntegrationStore keeps integrations.
type IntegrationStore interface {
	// CreateIntegration stores a new integration (its Version is 0) and returns it
	// as stored. CodeConflict: the id exists.
	CreateIntegration(ctx context.Context, i Integration) (Integration, error)
	// GetIntegration: CodeNotFound.
	GetIntegration(ctx context.Context, id string) (Integration, error)
	// GetIntegrations reads many at once; those that are not there are left out.
	GetIntegrations(ctx context.Context, ids []string) (map[string]Integration, error)
	// ListIntegrations lists newest first, that is by id backwards. CodeInvalid with
	// field "cursor".
	ListIntegrations(ctx context.Context, p Page) (List[Integration], error)
	// UpdateIntegration replaces the stored one. CodeNotFound; CodeConflict:
	// somebody else changed it since it was read.
	UpdateIntegration(ctx context.Context, i Integration) (Integration, error)
	// DeleteIntegration removes it with its links, campaigns, what was seen of them,
	// and its token; deliveries stay in the log. A version other than 0 has to be
	// the stored one. CodeConflict: it is not, and nothing was deleted. CodeNotFound,
	// after sweeping what an interrupted deletion may have left.
	DeleteIntegration(ctx context.Context, id string, version int64) error
}

// LinkFilter narrows a list of links; empty fields do not.
type LinkFilter struct {
	ExperimentKey string
	CampaignID    string
}

// LinkStore keeps links.
type LinkStore interface {
	// CreateLink stores a link. When the campaign already follows the same
	// experiment, created is false and the stored link is returned.
	// CodeConflict: the campaign follows another experiment, or the experiment has
	// [MaxLinksPerExperiment]. CodeNotFound: no such integration.
	CreateLink(ctx context.Context, l Link) (stored Link, created bool, err error)
	// CreateLinks stores many links in as few calls as it can; each succeeds or
	// fails on its own, as by CreateLink. Results are in the order of the links. An
	// error means that any part may have been stored. No two links may be of the
	// same campaign: that is CodeInternal.
	CreateLinks(ctx context.Context, links []Link) ([]LinkResult, error)
	// GetLinks reads the links of many campaigns at once; campaigns without one
	// are left out.
	GetLinks(ctx context.Context, refs []CampaignRef) (map[CampaignRef]Link, error)
	// ListLinks lists an integration's links by campaign id. CodeInvalid with
	// field "cursor".
	ListLinks(ctx context.Context, integrationID string, f LinkFilter, p Page) (List[Link], error)
	// DeleteLink removes a link and what was seen of its campaign. CodeNotFound.
	DeleteLink(ctx context.Context, integrationID, campaignID string) error
	// LinksByExperiment reads the links of many experiments, over all integrations
	// at once; experiments without links are left out.
	LinksByExperiment(ctx context.Context, experimentKeys []string) (map[string][]Link, error)
}

// DeliveryFilter narrows the delivery log; empty fields do not.
type DeliveryFilter struct {
	Direction     Direction
	Status        DeliveryStatus
	EventType     string
	IntegrationID string
	ExperimentKey string
	CampaignID    string
	From          time.Time // created at or after
	To            time.Time // created before
}

// Keys name rows to read together.
type Keys struct {
	Deliveries []string
	Links      []CampaignRef
	Campaigns  []CampaignRef
	Seen       []CampaignRef
}

// Rows are what was found by [Keys]: links, what was written to campaigns, and what
// was seen of them.
type Rows struct {
	Deliveries map[string]Delivery
	Links      map[CampaignRef]Link
	Campaigns  map[CampaignRef]Campaign
	Seen       map[CampaignRef]Seen
}

// Unit is a change that happens whole or not at all: a delivery, a campaign, what
// was seen of a campaign, or several of them (which then belong to the same
// effect). An empty one succeeds.
type Unit struct {
	Delivery *Delivery
	Campaign *Campaign
	Seen     *Seen
}

// UnitResult says what became of a [Unit].
type UnitResult struct {
	// Committed: stored; Delivery, Campaign and Seen hold what is stored now.
	// Otherwise a version did not fit, nothing of the unit was stored, and they
	// hold what is stored instead (nil: nothing is, or the unit had none).
	Committed bool
	Delivery  *Delivery
	Campaign  *Campaign
	Seen      *Seen
}

// DeliveryStore keeps deliveries and the campaigns they write to.
type DeliveryStore interface {
	// GetDeliveries reads many at once; those that are not there are left out.
	GetDeliveries(ctx context.Context, ids []string) (map[string]Delivery, error)
	// Read reads rows of several kinds in as few calls as they need together; those
	// that are not there are left out.
	Read(ctx context.Context, k Keys) (Rows, error)
	// Commit stores many units in as few calls as it can; units succeed or fail on
	// their own. Results are in the order of the units. No two units may touch the
	// same row: that is CodeInternal. An error means that any part may have been
	// stored. CodeInvalid with field "payload", before anything is stored: a payload
	// is longer than [MaxPayload].
	Commit(ctx context.Context, units []Unit) ([]UnitResult, error)
	// ListWaiting lists an integration's deliveries that are
	// [Delivery.Waiting], newest first by CreatedAt. CodeInvalid with field
	// "cursor". It may lag by a moment.
	ListWaiting(ctx context.Context, integrationID string, p Page) (List[Delivery], error)
	// ListDeliveries lists newest first by CreatedAt, then by id backwards.
	// CodeInvalid with field "cursor".
	ListDeliveries(ctx context.Context, f DeliveryFilter, p Page) (List[Delivery], error)
}

// TokenStore shares access tokens between functions.
type TokenStore interface {
	// GetToken: CodeNotFound.
	GetToken(ctx context.Context, integrationID string) (TokenRecord, error)
	// SwapToken stores the record if its Version is still the stored one and
	// returns it as stored. It goes with its integration, and by itself some time
	// after its ExpiresAt. CodeConflict: somebody was faster.
	SwapToken(ctx context.Context, t TokenRecord) (TokenRecord, error)
}

// AllowanceStore shares what is known of the orgs' API allowances between functions.
type AllowanceStore interface {
	// GetAllowances reads many at once; those that are not there are left out.
	GetAllowances(ctx context.Context, keys []AllowanceKey) (map[AllowanceKey]Allowance, error)
	// SwapAllowance stores it if its Version is still the stored one and returns it
	// as stored. An integration's goes with the integration, an org's when it was not
	// stored for [AllowanceKept]. CodeConflict: somebody was faster. CodeInvalid with
	// field "key": it names neither an org nor an integration, or both.
	SwapAllowance(ctx context.Context, a Allowance) (Allowance, error)
}
