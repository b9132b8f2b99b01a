package authz

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
)

// What counts when nothing else is configured.
const (
	DefaultRoleClaim   = "role"   // where a role is looked for
	DefaultAdminRoles  = "admin"  // what makes an administrator
	DefaultViewerRoles = "viewer" // what makes a reader
)

// Config says whose tokens are good.
type Config struct {
	Issuer    string // the `iss` that a token must have
	Audience  string // one that its `aud` must have
	JWKSURL   string // where the issuer publishes its keys
	RoleClaim string // the claim with the role or roles; dots go into nested objects
	// AdminRoles and ViewerRoles are the claim's values that make an administrator
	// and a reader: groups, roles or scopes, as the issuer writes them.
	AdminRoles, ViewerRoles []string
	LogLevel                string
}

// ConfigFromEnv reads the function's environment; the lists of roles are separated
// by commas.
func ConfigFromEnv(getenv func(string) string) Config {
	return Config{
		Issuer:      getenv("TOKEN_ISSUER"),
		Audience:    getenv("TOKEN_AUDIENCE"),
		JWKSURL:     getenv("TOKEN_JWKS_URL"),
		RoleClaim:   cmp.Or(getenv("TOKEN_ROLE_CLAIM"), DefaultRoleClaim),
		AdminRoles:  splitRoles(cmp.Or(getenv("TOKEN_ADMIN_ROLES"), DefaultAdminRoles)),
		ViewerRoles: splitRoles(cmp.Or(getenv("TOKEN_VIEWER_ROLES"), DefaultViewerRoles)),
		LogLevel:    getenv("LOG_LEVEL"),
	}
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
	errs = append(errs, c.validateRoles())
	if !trustworthy(c.JWKSURL) {
		errs = append(errs, fmt.Errorf("TOKEN_JWKS_URL %q is not an https URL (http is for this machine only)", c.JWKSURL))
	}
	return errors.Join(errs...)
}

// trustworthy says whether keys from this URL can be the issuer's: over http anyone
// on the way could hand out others. On this machine nobody is on the way.
func trustworthy(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return false
	}
	if u.Scheme == "https" {
		return true
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || err == nil && ip.IsLoopback())
}
