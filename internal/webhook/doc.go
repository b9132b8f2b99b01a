// Package webhook takes what Salesforce says about its Campaigns and asks the
// platform to finish their experiments. A request goes through four steps:
//
//  1. verify: a secret, a signature, the org's id; whatever is wrong, one 401;
//  2. parse: SOAP outbound messages and JSON calls, into the same notifications;
//  3. record: every notification is a delivery in the log, stored before anything
//     is done for it and known again by Salesforce's notification id;
//  4. act: make links, publish finalization requests, settle the deliveries.
//
// Only then is the message acknowledged. A crash between any two outside calls
// leaves its deliveries pending; Salesforce sends the message again and each of
// them continues where it stopped, with the same finalization id.
package webhook
