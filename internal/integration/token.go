package integration

import "time"

// TokenRecord is an integration's access token as many functions share it.
type TokenRecord struct {
	IntegrationID string
	// Sealed holds the token, sealed for [PurposeAccessToken]; empty while the
	// first exchange is under way.
	Sealed     Sealed
	ObtainedAt time.Time
	// CredentialsVersion is that of the integration whose credentials obtained it.
	CredentialsVersion int64
	// Generation grows with each exchange, so that a caller can say which token
	// Salesforce refused.
	Generation int64
	// LeaseUntil: until then one function is exchanging and the others wait.
	LeaseUntil time.Time
	// ExpiresAt is when a store may forget the record, in whole seconds; zero: never.
	// It is [TokenKept] after the record was stored, but for one that tells that a given
	// token is used up: that has no end.
	ExpiresAt time.Time
	// Version is the compare-and-swap counter; 0 is a record not stored yet.
	Version int64
}

// TokenKept is for how long a token's record is kept, at least: a session lasts 24 hours
// at most unless it is used, and a failed login holds back the next one for minutes. So
// a token that is stored while its integration is deleted does not stay for ever. Who
// finds none logs in, as with a new integration.
// https://help.salesforce.com/s/articleView?id=sf.admin_sessions.htm
const TokenKept = 48 * time.Hour
