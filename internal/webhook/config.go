package webhook

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce/sfid"
)

// Authentication says whether a request has to bring a proof of where it is from.
type Authentication string

// The modes. A wrong secret is refused in either; optional, for the secret, is for
// a laptop only.
const (
	AuthenticationRequired Authentication = "required"
	AuthenticationOptional Authentication = "optional"
)

// Defaults of a [Config].
const (
	DefaultEchoWindow = 10 * time.Minute
	// DefaultClockSkew is small on purpose: within it a person's change after ours
	// is taken for our own.
	DefaultClockSkew = 2 * time.Second
)

// Config is what an operator can set.
type Config struct {
	Authentication Authentication

	// ClientCertificate says whether a request has to come over mutual TLS as well.
	// Zero means optional.
	ClientCertificate Authentication

	// ReadsSalesforce says whether the function may look into the orgs. Where it may
	// not, its role opens no credentials, and a setting that wants a look is not
	// followed: what hangs on it is skipped.
	ReadsSalesforce bool

	// ExperimentKeyField is the Campaign field that holds the experiment's key in an
	// outbound message.
	ExperimentKeyField string

	// FinalStatuses are the Campaign statuses that finish an experiment, compared
	// without regard to case.
	FinalStatuses []string

	// EchoWindow is for how long after our own write a message that does not say
	// when the Campaign changed counts as its echo.
	EchoWindow time.Duration
	// ClockSkew is how far Salesforce's clock may be off ours.
	ClockSkew time.Duration

	// Where things are; the handler itself does not use them.
	TableName string
	KMSKeyID  string
	BusName   string
	BusSource string
	// APIVersion and Allowed are for looks into the orgs.
	APIVersion string // of Salesforce's REST API; empty: the client's default
	Allowed    integration.AllowedOrigins
	LogLevel   string
	Stage      string

	unreadable error // what FromEnv could not read
}

// FromEnv reads the function's settings: TABLE_NAME, KMS_KEY_ID, EVENT_BUS_NAME,
// EVENT_SOURCE_OUT, WEBHOOK_AUTHENTICATION (required, the default, or optional),
// WEBHOOK_CLIENT_CERTIFICATE (optional, the default, or required),
// WEBHOOK_READS_SALESFORCE (no, the default, or yes), EXPERIMENT_KEY_FIELD,
// FINALIZE_STATUSES (separated by commas), ECHO_WINDOW (like 10m), SALESFORCE_API_VERSION,
// ALLOWED_SALESFORCE_HOSTS, LOG_LEVEL and STAGE. [Config.Validate] reports what is
// wrong with them.
func FromEnv(getenv func(string) string) Config {
	inbound := integration.ReadInbound(getenv)
	c := Config{
		Authentication:     Authentication(cmp.Or(getenv("WEBHOOK_AUTHENTICATION"), string(AuthenticationRequired))),
		ClientCertificate:  Authentication(cmp.Or(getenv("WEBHOOK_CLIENT_CERTIFICATE"), string(AuthenticationOptional))),
		ExperimentKeyField: inbound.ExperimentKeyField,
		FinalStatuses:      inbound.FinalStatuses,
		EchoWindow:         DefaultEchoWindow,
		ClockSkew:          DefaultClockSkew,
		TableName:          getenv("TABLE_NAME"),
		KMSKeyID:           getenv("KMS_KEY_ID"),
		BusName:            getenv("EVENT_BUS_NAME"),
		BusSource:          getenv("EVENT_SOURCE_OUT"),
		APIVersion:         getenv("SALESFORCE_API_VERSION"),
		LogLevel:           getenv("LOG_LEVEL"),
		Stage:              getenv("STAGE"),
	}
	var err error
	if c.Allowed, err = integration.ParseAllowedOrigins(getenv("ALLOWED_SALESFORCE_HOSTS")); err != nil {
		c.unreadable = fmt.Errorf("ALLOWED_SALESFORCE_HOSTS: %w", err)
	}
	if c.ReadsSalesforce, err = integration.ReadWebhookReads(getenv); err != nil {
		c.unreadable = errors.Join(c.unreadable, err)
	}
	if v := getenv("ECHO_WINDOW"); v != "" {
		window, err := time.ParseDuration(v)
		if err != nil {
			c.unreadable = errors.Join(c.unreadable, fmt.Errorf("ECHO_WINDOW %q is not a duration like 10m", v))
		} else {
			c.EchoWindow = window
		}
	}
	return c
}

// Validate says everything that is wrong with the settings at once.
func (c Config) Validate() error {
	errs := []error{c.unreadable, c.validateRules()}
	for _, need := range []struct{ name, value string }{
		{"TABLE_NAME", c.TableName},
		{"KMS_KEY_ID", c.KMSKeyID},
		{"EVENT_BUS_NAME", c.BusName},
		{"EVENT_SOURCE_OUT", c.BusSource},
	} {
		if need.value == "" {
			errs = append(errs, fmt.Errorf("%s is not set", need.name))
		}
	}
	return errors.Join(errs...)
}

// validateRules checks the settings that the handler itself works by.
func (c Config) validateRules() error {
	var errs []error
	if c.Authentication != AuthenticationRequired && c.Authentication != AuthenticationOptional {
		errs = append(errs, fmt.Errorf("WEBHOOK_AUTHENTICATION %q is neither required nor optional", string(c.Authentication)))
	}
	switch c.ClientCertificate {
	case "", AuthenticationRequired, AuthenticationOptional:
	default:
		errs = append(errs, fmt.Errorf("WEBHOOK_CLIENT_CERTIFICATE %q is neither required nor optional", string(c.ClientCertificate)))
	}
	if !sfid.IsAPIName(c.ExperimentKeyField) {
		errs = append(errs, fmt.Errorf("EXPERIMENT_KEY_FIELD %q is not the API name of a field", c.ExperimentKeyField))
	}
	if len(c.FinalStatuses) == 0 {
		errs = append(errs, errors.New("FINALIZE_STATUSES names no status"))
	}
	if c.EchoWindow <= 0 || c.EchoWindow > 24*time.Hour {
		errs = append(errs, fmt.Errorf("ECHO_WINDOW %s is not between 0 and 24h", c.EchoWindow))
	}
	if c.ClockSkew < 0 {
		errs = append(errs, fmt.Errorf("the clock skew %s is negative", c.ClockSkew))
	}
	return errors.Join(errs...)
}
