package wire

import (
	"errors"
	"fmt"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push"
)

// config is the function's environment.
type config struct {
	table     string
	kmsKey    string
	queueURL  string
	publicURL string
	version   string // of Salesforce's API; "" for the client's default
	logLevel  string
	source    string // of the platform's events; "" for the default
	reserve   int    // percent of an org's API allowance
	allowed   integration.AllowedOrigins
	looks     bool // the webhook may look into the orgs
	inbound   integration.InboundRules
}

// readConfig reads the environment; all that is wrong with it is in the error.
func readConfig(getenv func(string) string) (config, error) {
	c := config{
		table:     getenv("TABLE_NAME"),
		kmsKey:    getenv("KMS_KEY_ID"),
		queueURL:  getenv("QUEUE_URL"),
		version:   getenv("SALESFORCE_API_VERSION"),
		publicURL: getenv("PUBLIC_API_URL"),
		logLevel:  getenv("LOG_LEVEL"),
		source:    getenv("EVENT_SOURCE"),
		inbound:   integration.ReadInbound(getenv),
	}
	var errs []error
	if c.table == "" {
		errs = append(errs, errors.New("TABLE_NAME is empty"))
	}
	if c.kmsKey == "" {
		errs = append(errs, errors.New("KMS_KEY_ID is empty"))
	}
	if c.queueURL == "" {
		errs = append(errs, errors.New("QUEUE_URL is empty"))
	}
	var err error
	if c.reserve, err = push.ReadReserve(getenv); err != nil {
		errs = append(errs, err)
	}
	if c.looks, err = integration.ReadWebhookReads(getenv); err != nil {
		errs = append(errs, err)
	}
	if c.allowed, err = integration.ParseAllowedOrigins(getenv("ALLOWED_SALESFORCE_HOSTS")); err != nil {
		errs = append(errs, fmt.Errorf("ALLOWED_SALESFORCE_HOSTS: %w", err))
	}
	return c, errors.Join(errs...)
}
