package authz

import (
	"errors"
	"fmt"
	"net/url"
)

// DefaultRoleClaim is where a role is looked for when nothing else is configured.
const DefaultRoleClaim = "role"

// Config says whose tokens are good.
type Config struct {
	Issuer    string // the `iss` that a token must have
	Audience  string // one that its `aud` must have
	JWKSURL   string // where the issuer publishes its keys
	RoleClaim string // the claim with the role or roles; dots go into nested objects
	LogLevel  string
}

// ConfigFromEnv reads the function's environment.
func ConfigFromEnv(getenv func(string) string) Config {
	c := Config{
		Issuer:    getenv("TOKEN_ISSUER"),
		Audience:  getenv("TOKEN_AUDIENCE"),
		JWKSURL:   getenv("TOKEN_JWKS_URL"),
		RoleClaim: getenv("TOKEN_ROLE_CLAIM"),
		LogLevel:  getenv("LOG_LEVEL"),
	}
	if c.RoleClaim == "" {
		c.RoleClaim = DefaultRoleClaim
	}
	return c
}

// Validate returns all that is wrong with the configuration, joined.
func (c Config) Validate() error {
	var errs []error
	if c.Issuer == "" {
		errs = append(errs, errors.New("TOKEN_ISSUER is empty: without it tokens of any issuer would do"))
	}
	if c.Audience == "" {
		errs = append(errs, errors.New("TOKEN_AUDIENCE is empty: without it tokens meant for others would do"))
	}
	if c.RoleClaim == "" {
		errs = append(errs, errors.New("TOKEN_ROLE_CLAIM is empty"))
	}
	if u, err := url.Parse(c.JWKSURL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		errs = append(errs, fmt.Errorf("TOKEN_JWKS_URL %q is not an http or https URL", c.JWKSURL))
	}
	return errors.Join(errs...)
}
