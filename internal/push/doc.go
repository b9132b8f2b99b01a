// Package push takes experiment events to Salesforce Campaigns. The way of the
// data is straight: an envelope (SQS or EventBridge) holds events; events, links
// and integrations make a plan, which is pure; the plan is begun in the store,
// written to Salesforce, and settled in the store, where each delivery ends as
// delivered, skipped, retrying or parked. What is retrying stays on the queue,
// invisible until its next attempt.
package push
