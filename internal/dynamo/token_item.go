package dynamo

import "salesforce-integration/internal/integration"

func tokenItem(t integration.TokenRecord) item {
	it := tokenKey(t.IntegrationID).item()
	it.putString("integration_id", t.IntegrationID)
	it.putBytes("sealed", t.Sealed)
	it.putTime("obtained_at", t.ObtainedAt)
	it.putInt("credentials_version", t.CredentialsVersion)
	it.putInt("generation", t.Generation)
	it.putTime("lease_until", t.LeaseUntil)
	it.putTTL(t.ExpiresAt)
	it.putInt(attrVersion, t.Version)
	return it
}

func readToken(it item) (integration.TokenRecord, error) {
	r := reader{item: it}
	t := integration.TokenRecord{
		IntegrationID:      r.string("integration_id"),
		Sealed:             r.bytes("sealed"),
		ObtainedAt:         r.time("obtained_at"),
		CredentialsVersion: r.int("credentials_version"),
		Generation:         r.int("generation"),
		LeaseUntil:         r.time("lease_until"),
		ExpiresAt:          r.epoch(attrTTL),
		Version:            r.int(attrVersion),
	}
	return t, r.err
}
