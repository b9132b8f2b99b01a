// Package e2e tests the deployed stack from outside: over HTTP, the event bus, Lambda's Invoke, and the local org. What
// has to be seen and no interface shows (rows, roles, logs), it reads from the local AWS with root's rights.
//
// It needs a running stack, whose API's port E2E_API_PORT names: `make test` starts one. Without, it is skipped.
package e2e
