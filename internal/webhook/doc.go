// Package webhook takes what Salesforce says about its Campaigns and asks the
// platform to finish their experiments. A request goes through five steps:
//
//  1. verify: a secret, a signature, the org's id; whatever is wrong, one 401;
//  2. parse: SOAP outbound messages and JSON calls, into the same notifications;
//  3. judge: what is stored of the Campaigns says what each notification asks for,
//     and whether its Campaign becomes completed or is so already;
//  4. record: every notification is a delivery in the log, stored before anything
//     is done for it and known again by Salesforce's notification id;
//  5. act: publish finalization requests, settle the deliveries.
//
// Only then is the message acknowledged. A crash between any two outside calls
// leaves its deliveries pending; Salesforce sends the message again and each of
// them continues where it stopped, with the same finalization id.
package webhook
