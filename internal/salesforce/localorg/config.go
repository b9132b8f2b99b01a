package localorg

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"salesforce-integration/internal/salesforce/localorg/fault"
	"salesforce-integration/internal/salesforce/localorg/oauth"
	"salesforce-integration/internal/salesforce/localorg/outbound"
	"salesforce-integration/internal/salesforce/localorg/rest"
	"salesforce-integration/internal/salesforce/localorg/settings"
	"salesforce-integration/internal/salesforce/sfid"
)

// What callers need of the packages below, under one name.
type (
	// Settings are the org's switches.
	Settings = settings.Settings
	// Disputed are the switches of points on which sources disagree.
	Disputed = settings.Disputed
	// Duration is a time.Duration that JSON writes as "90s".
	Duration = settings.Duration
	// Fault is a rule of misbehaviour, Match where it strikes, Effect what it does.
	Fault = fault.Fault
	// Match says where a Fault strikes.
	Match = fault.Match
	// Effect is what a Fault does.
	Effect = fault.Effect
	// Rule is an outbound message with what fires it.
	Rule = outbound.Rule
	// Criterion is one condition of a Rule.
	Criterion = outbound.Criterion
	// Notification is one queued or sent outbound notification.
	Notification = outbound.Notification
	// Behaviour is how the outbound queue misbehaves.
	Behaviour = outbound.Behaviour
	// Version is one entry of the versions list.
	Version = rest.Version
)

// The kinds of effects; see [fault.Kind] and the constants there.
const (
	LockRow      = fault.LockRow
	Validation   = fault.Validation
	RecordError  = fault.RecordError
	Unavailable  = fault.Unavailable
	ServerError  = fault.ServerError
	TooMany      = fault.TooMany
	RequestLimit = fault.Limit
	Reset        = fault.Reset
	Slow         = fault.Slow
	LostAnswer   = fault.LostAnswer
	RevokeToken  = fault.RevokeToken
	CustomAnswer = fault.CustomAnswer
)

// What every new org has.
const (
	DefaultOrgID        = "00Dxx0000001gEREAY"
	DefaultClientID     = "local-client"
	DefaultClientSecret = "local-secret"
	// CampaignID is the seeded Campaign 'Q1 Checkout Optimization'.
	CampaignID = "701xx000000001AAAQ"
	// RunAsUserID is who the integration acts as, PersonID who changes records by
	// [Org.Change] and the control API.
	RunAsUserID = "005xx000001SvogAAC"
	PersonID    = "005xx000001SvohAAC"
	// RunAsUsername is the subject that JWT assertions name.
	RunAsUsername = "integration@localorg.example"
)

// Config says what an org is like. The zero value is a useful org.
type Config struct {
	// OrgID is the organization's id, 15 or 18 characters; empty: [DefaultOrgID].
	OrgID string
	// ClientID and ClientSecret are the app's; empty: the defaults.
	ClientID, ClientSecret string
	// JWTKey is the key of the app's certificate, for the JWT bearer flow.
	JWTKey *rsa.PublicKey
	// Settings are the switches; nil: [settings.Default].
	Settings *Settings
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Seed starts the dice of faults with a probability.
	Seed uint64
	// OutboundClient sends the outbound messages; nil: a plain one. Give it a
	// client certificate to act like Salesforce's.
	OutboundClient *http.Client
	// OutboundTimeout replaces the 60 s that an endpoint has to answer.
	OutboundTimeout time.Duration
	// Definitions are definition files: custom objects and fields.
	Definitions [][]byte
	// StateFile, if set, is loaded by New and saved by [Org.Save] and [Org.Run].
	StateFile string
	// ControlFromAnywhere lets callers from other machines use the control API.
	ControlFromAnywhere bool
}

func (c Config) withDefaults() (Config, error) {
	if c.OrgID == "" {
		c.OrgID = DefaultOrgID
	}
	id, err := sfid.ParsePrefix(c.OrgID, sfid.PrefixOrganization)
	if err != nil {
		return c, fmt.Errorf("organization id: %w", err)
	}
	c.OrgID = id
	if c.ClientID == "" {
		c.ClientID = DefaultClientID
	}
	if c.ClientSecret == "" {
		c.ClientSecret = DefaultClientSecret
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	set := settings.Default()
	if c.Settings != nil {
		set = c.Settings.Clone()
	}
	if err := validate(set); err != nil {
		return c, err
	}
	c.Settings = &set
	return c, nil
}

// ParseSettings reads switches from JSON; what it leaves out keeps its default.
// Unknown names are refused. Errors wrap [settings.ErrSetting] or say what can't
// be read.
func ParseSettings(raw []byte) (Settings, error) {
	set := settings.Default()
	if err := strictInto(raw, &set); err != nil {
		return set, err
	}
	return set, validate(set)
}

// validate checks the switches, with what only the token service knows.
func validate(set Settings) error {
	if name := set.TokenProblem; name != "" && !slices.Contains(oauth.Problems(), name) {
		return errors.Join(set.Validate(), fmt.Errorf("%w tokenProblem: %q is not one of %q", settings.ErrSetting, name, oauth.Problems()))
	}
	return set.Validate()
}
