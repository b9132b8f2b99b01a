package e2e_test

import (
	"net/http"
	"testing"

	"salesforce-integration/internal/salesforce/localorg"
)

// testFaults: whatever the org does, a crowd of events has its effect in the end, each once, and the log says meanwhile
// what the matter is.
func (s *suite) testFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		effect localorg.Effect
		code   string // in the log, while it lasts
	}{
		{"LockedRows", localorg.Effect{Kind: localorg.LockRow}, "UNABLE_TO_LOCK_ROW"},
		{"UsedUpAllowance", localorg.Effect{Kind: localorg.RequestLimit}, "REQUEST_LIMIT_EXCEEDED"},
		{"Maintenance", localorg.Effect{Kind: localorg.Unavailable}, "HTTP 503"},
		{"RevokedTokens", localorg.Effect{Kind: localorg.RevokeToken}, "INVALID_SESSION_ID"},
		{"LostAnswers", localorg.Effect{Kind: localorg.LostAnswer}, "CONNECTION_FAILED"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := s.crowd(t, s.connect(t))
			stop := c.strikeAll(t, tt.effect)
			c.publishNewest(t)
			c.publishRest(t)
			c.awaitFailing(t, tt.code)
			stop()
			c.check(t)
		})
	}
	t.Run("OrgDown", func(t *testing.T) {
		t.Parallel()
		way := s.newDoor(t)
		way.open(t)
		config := s.orgConfig(orgSecret)
		config["instance_url"] = s.SpareOrgURL
		i := s.create(t, object{"name": t.Name(), "integration_type": "SALESFORCE", "config": config})
		// An org that is down for good would be the failure of whoever finds it in the list.
		defer func() { s.api(t, http.MethodDelete, "/integrations/"+i.ID, nil).want(t, http.StatusNoContent) }()
		c := s.crowd(t, i)
		c.publishNewest(t)
		way.shut(t)
		c.publishRest(t)
		c.awaitFailing(t, "CONNECTION_FAILED")
		way.open(t)
		c.check(t)
	})
}

// strikeAll makes the org misbehave whenever it is called about one of the Campaigns, until stop is called.
func (c *crowd) strikeAll(t *testing.T, effect localorg.Effect) (stop func()) {
	t.Helper()
	var stops []func()
	for _, id := range c.campaigns() {
		stops = append(stops, c.strike(t, localorg.Fault{Match: localorg.Match{Record: id}, Effect: effect}))
	}
	return func() {
		for _, stop := range stops {
			stop()
		}
	}
}
