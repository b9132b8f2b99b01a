// Package localorg is a Salesforce org that runs in a process: an http.Handler that
// speaks Salesforce's wire format (OAuth, REST, SOQL, the composite family, outbound
// messages) well enough that real clients work with it unchanged, and that
// misbehaves on demand.
//
// # In a Go test
//
//	org, err := localorg.New(localorg.Config{Now: clock.Now}) // every org has its own state
//	srv := httptest.NewServer(org)
//	defer srv.Close()
//
//	// client id "local-client", client secret "local-secret"; the org's URL is srv.URL
//	id, err := org.AddFault(localorg.Fault{
//		Match:  localorg.Match{Route: "row", Record: "701xx000000001AAAQ"},
//		Effect: localorg.Effect{Kind: localorg.LockRow}, Times: 2,
//	})
//	rule, err := org.PutRule(localorg.Rule{Name: "Status", Object: "Campaign", Fields: []string{"Name", "Status"}, EndpointURL: hook.URL})
//	err = org.Change("Campaign", "701xx000000001AAAQ", map[string]any{"Status": "Completed"}) // as a person in Salesforce would
//	acked := org.Deliver(ctx)                      // send the outbound messages that are due by Now
//	err = org.UpdateSettings(func(s *localorg.Settings) { s.RestrictStatus = true })
//	rec, err := org.Record("Campaign", id)         // fields by name, as REST shows them
//	notes := org.Notes(campaignID)                 // what hangs on a record, as a person reads it
//	calls := org.Journal()                         // every request so far
//	org.RevokeAllTokens(); org.Logins(); org.SetAPIUsage(99_999)
//
// Outbound messages are sent by [Org.Deliver] (one pass, for tests with a clock of
// their own) or by [Org.Run] (until its context ends, for servers).
//
// # Control API
//
// Under /local/, without credentials, for callers on the loopback interface only.
// Bodies and answers are JSON.
//
//	GET    /local/                         this list
//	GET    /local/org                      id, counts, what is switched how
//	POST   /local/reset                    back to the seeded state
//	POST   /local/clock                    {"advance": "2h"}: the org's clock runs ahead
//	GET    /local/records/{object}         all records; POST creates one, as a person
//	GET    /local/records/{object}/{id}    a record with its notes and posts in a friendly form
//	PATCH  /local/records/{object}/{id}    change it as a person in Salesforce; DELETE deletes it
//	GET    /local/outbound/rules           outbound message rules; PUT replaces all of them
//	PUT    /local/outbound/rules/{name}    add or replace one: {"object","fields","criteria","endpointUrl",…}; DELETE
//	GET    /local/outbound/deliveries      delivery status; DELETE empties it
//	POST   /local/outbound/deliver         send what is due now
//	POST   /local/outbound/retry           make all (or {"id"}) due now
//	GET    /local/outbound/behaviour       hold, duplicates, reverse, batchSize; PUT
//	GET    /local/settings                 every switch; PATCH changes the ones it names
//	PUT    /local/picklists/{object}/{field} {"values": […], "restricted": true}
//	POST   /local/objects                  a definition file: objects, or fields to add
//	GET    /local/limits                   {"max","used"}; PUT
//	GET    /local/tokens                   logins, live tokens; DELETE revokes all
//	GET    /local/token-problems           names for the setting tokenProblem
//	PUT    /local/jwt-certificate          a PEM certificate or public key for the JWT bearer flow
//	GET    /local/faults                   armed faults; POST adds one; DELETE removes all
//	DELETE /local/faults/{id}              remove one
//	GET    /local/journal                  requests (?route=&method=&contains=&last=); DELETE empties it
package localorg
