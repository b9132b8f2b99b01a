// Package dynamo keeps everything in one DynamoDB table.
//
// # Table
//
// Partition key pk, sort key sk (both strings), TTL attribute expires_at, and five
// global secondary indexes: log, with log_pk and log_sk; log-integration,
// log-experiment and log-campaign, with the attribute of that name and log_sk; and
// parked, with parked_pk, parked_sk and all attributes.
//
//	what         pk                sk                  log_pk  log_sk
//	integration  INTEGRATIONS      <id>
//	link         INTEGRATION#<id>  LINK#<campaign>
//	campaign     INTEGRATION#<id>  CAMPAIGN#<campaign>
//	seen         INTEGRATION#<id>  SEEN#<campaign>
//	token        INTEGRATION#<id>  TOKEN
//	allowance    ORG#<id>          ALLOWANCE; INTEGRATION#<id> while the org is not known
//	link index   EXPERIMENT#<key>  LINKS
//	delivery     DELIVERY#<id>     DELIVERY            LOG     <created_at>#<id>
//	request      REQUEST#<id>      REQUEST
//
// Integrations share a partition, so that a list of them is one query: their ids
// are UUIDv7s, hence sorted by creation. They are few and small, and DynamoDB's
// adaptive capacity splits a partition that gets hot by its sort key.
//
// The links of an experiment lie a second time in one item, an attribute each, so
// that finding the campaigns of a hundred experiments is one call, however many
// they are. Both are written in one transaction. With the 1,000 links allowed such
// an item has about 150 KB, so that the last links cost some 300 write units each.
//
// The log has four indexes, so that a list narrowed to a Campaign, an experiment or
// an integration looks at nothing else. They hold what the log is filtered by, some
// 400 bytes; the rest, above all the payload, is read from the table. So a delivery
// that changes three times costs three write units in each, whatever its payload.
//
// The log index is one partition, which takes 1,000 write units a second: about
// 300 deliveries a second that change three times. A Salesforce org with 100,000 API
// calls a day takes 1.2 a second, and calls are shared by up to 200 deliveries. An
// operator who outgrows it puts the day into log_pk and reads day by day.
//
// # Calls
//
//	GetIntegration, GetToken, GetRequest           1 GetItem
//	GetIntegrations, GetLinks, GetDeliveries,
//	Read, LinksByExperiment, GetAllowances         1 BatchGetItem for each 100 keys
//	ListIntegrations, ListLinks, ListWaiting       1 Query for each MB, 5 at most
//	ListLinks of an experiment or a Campaign       1 BatchGetItem
//	ListDeliveries                                 1 Query, 1 BatchGetItem; it looks at a page's worth, behind parts that
//	                                               found little at up to 2,500 deliveries
//	CreateIntegration, UpdateIntegration,
//	SwapToken, SwapAllowance, SwapRequest          1 PutItem
//	CreateLink                                     1 TransactWriteItems of 3
//	CreateLinks                                    1 TransactWriteItems for each 100 rows, one after the other: a row for each link
//	                                               and each experiment, and one for the integration; one more where some lose
//	DeleteLink                                     1 GetItem, 1 TransactWriteItems of 3
//	DeleteIntegration                              1 TransactWriteItems, 1 Query for each MB, 1 TransactWriteItems for each 100 rows
//	Commit                                         1 TransactWriteItems for each 100 rows or 2.8 MB, 1 PutItem for a single row;
//	                                               with losers one more for each that held some, and a BatchGetItem at most
//
// So a thousand deliveries of 667 campaigns are read by 17 calls and stored by 17.
// A role needs dynamodb:GetItem, BatchGetItem, Query, PutItem, UpdateItem,
// DeleteItem and ConditionCheckItem, as far as it calls these methods.
package dynamo
