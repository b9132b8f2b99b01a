// Package authz decides who may call the API: it verifies bearer tokens (JWTs
// signed by the keys of one issuer), reads the caller's role from a claim, and
// writes the policy document that API Gateway's authorizer wants. Whatever it is
// not sure of, it denies.
package authz
