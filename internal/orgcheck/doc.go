// Package orgcheck is the connection test: one token exchange and one API call,
// which tell whether the product can do in an org what an integration's settings
// want, and if not, what to do about it. It writes nothing there.
package orgcheck
