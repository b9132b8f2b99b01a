// Package salesforce is the client of a Salesforce org: one access token shared by
// every function that runs, the few REST calls that the product needs, and errors
// that say what happened and what to do about it.
//
// A [Client] belongs to one org. It does not retry: it reports each record's
// outcome, and its caller decides, by [Classify] and [Uncertain], what is sent
// again. The one exception is a token that Salesforce no longer accepts, which is
// replaced once, after which the call is repeated.
package salesforce
