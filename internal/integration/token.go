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
	// Version is the compare-and-swap counter; 0 is a record not stored yet.
	Version int64
}
