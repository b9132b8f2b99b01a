// Package integration is the domain: what a Salesforce integration, a link
// between an experiment and a Campaign, an experiment event and a delivery are,
// which states they go through, and what a store must promise to keep them. It
// imports the standard library and the pure id package sfid only; everything that
// talks to AWS or to Salesforce is an adapter elsewhere.
package integration
