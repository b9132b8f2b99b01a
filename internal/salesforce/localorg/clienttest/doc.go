// Package clienttest runs well-known Salesforce clients, unmodified and pinned,
// against a local org: jsforce, simple-salesforce and go-salesforce. Each has a
// small program of its own in a folder here; install.sh brings the clients into the
// checkout's .tools folder. Where a client is not installed its test is skipped.
//
// A program that passes whatever the org answers would prove nothing, so each is
// also run against the org behind a proxy that renames one field of the wire
// format, and must fail.
package clienttest
