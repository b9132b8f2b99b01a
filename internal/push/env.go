package push

import (
	"errors"
	"fmt"
	"strconv"

	"salesforce-integration/internal/integration"
)

// defaultReserve is the share of an org's API allowance, in percent, that is left to
// the org's other applications.
const defaultReserve = 20

// Env is the function's configuration, as the template sets it in environment
// variables.
type Env struct {
	Table      string                     // TABLE_NAME
	KMSKey     string                     // KMS_KEY_ID
	QueueURL   string                     // QUEUE_URL
	BusName    string                     // EVENT_BUS_NAME
	BusSource  string                     // EVENT_SOURCE_OUT
	Reserve    int                        // ALLOWANCE_RESERVE_PERCENT, 20 if empty
	APIVersion string                     // SALESFORCE_API_VERSION, may be empty
	Allowed    integration.AllowedOrigins // ALLOWED_SALESFORCE_HOSTS, may be empty
	LogLevel   string                     // LOG_LEVEL, may be empty
}

// ReadEnv reads the configuration and says everything that is wrong with it at
// once.
func ReadEnv(getenv func(string) string) (Env, error) {
	var errs []error
	required := func(name string) string {
		v := getenv(name)
		if v == "" {
			errs = append(errs, fmt.Errorf("%s is not set", name))
		}
		return v
	}
	env := Env{
		Table:      required("TABLE_NAME"),
		KMSKey:     required("KMS_KEY_ID"),
		QueueURL:   required("QUEUE_URL"),
		BusName:    required("EVENT_BUS_NAME"),
		BusSource:  required("EVENT_SOURCE_OUT"),
		APIVersion: getenv("SALESFORCE_API_VERSION"),
		LogLevel:   getenv("LOG_LEVEL"),
	}
	allowed, err := integration.ParseAllowedOrigins(getenv("ALLOWED_SALESFORCE_HOSTS"))
	if err != nil {
		errs = append(errs, fmt.Errorf("ALLOWED_SALESFORCE_HOSTS: %w", err))
	}
	env.Allowed = allowed
	if env.Reserve, err = ReadReserve(getenv); err != nil {
		errs = append(errs, err)
	}
	return env, errors.Join(errs...)
}

// ReadReserve reads the share of an org's API allowance, in percent, that is left to
// its other applications.
func ReadReserve(getenv func(string) string) (int, error) {
	v := getenv("ALLOWANCE_RESERVE_PERCENT")
	if v == "" {
		return defaultReserve, nil
	}
	percent, err := strconv.Atoi(v)
	if err != nil || percent < 0 || percent > 90 {
		return 0, fmt.Errorf("ALLOWANCE_RESERVE_PERCENT is %q, wanted a number from 0 to 90", v)
	}
	return percent, nil
}
