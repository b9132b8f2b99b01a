// Package orgclient makes clients of the orgs that integrations are connected to.
// They work with the access token that all functions share by way of the table, so
// that a look into an org costs no login of its own. The connection test is the
// exception: it logs in anew, see package orgcheck.
package orgclient
