package localorg_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"salesforce-integration/internal/salesforce/localorg"
)

func (h *harness) fault(f localorg.Fault) string {
	h.t.Helper()
	id, err := h.AddFault(f)
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

func TestFaultsOfWholeCalls(t *testing.T) {
	patch := func(h *harness) reply { return h.call(http.MethodPatch, campaign, `{"Status":"Completed"}`) }
	tests := map[string]struct {
		effect localorg.Effect
		status int // -1: no answer
		text   string
		done   bool
	}{
		"503 as HTML":      {localorg.Effect{Kind: localorg.Unavailable}, 503, "<html>", false},
		"500":              {localorg.Effect{Kind: localorg.ServerError}, 500, "UNKNOWN_EXCEPTION", false},
		"429":              {localorg.Effect{Kind: localorg.TooMany}, 429, "REQUEST_LIMIT_EXCEEDED", false},
		"no allowance":     {localorg.Effect{Kind: localorg.RequestLimit, Message: "ConcurrentPerOrgLongTxn Limit exceeded."}, 403, "ConcurrentPerOrgLongTxn", false},
		"reset":            {localorg.Effect{Kind: localorg.Reset}, -1, "", false},
		"lost answer":      {localorg.Effect{Kind: localorg.LostAnswer}, -1, "", true},
		"lost to a 502":    {localorg.Effect{Kind: localorg.LostAnswer, Status: 502}, 502, "<html>", true},
		"revoked token":    {localorg.Effect{Kind: localorg.RevokeToken}, 401, "INVALID_SESSION_ID", false},
		"a custom answer":  {localorg.Effect{Kind: localorg.CustomAnswer, Status: 200, Body: "not JSON", ContentType: "text/plain"}, 200, "not JSON", false},
		"slow, then done":  {localorg.Effect{Kind: localorg.Slow, Delay: localorg.Duration(30 * time.Millisecond)}, 204, "", true},
		"another's status": {localorg.Effect{Kind: localorg.Unavailable, Status: 420}, 420, "<html>", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			id := h.fault(localorg.Fault{Match: localorg.Match{Route: "row", Record: localorg.CampaignID}, Times: 1, Effect: tt.effect})
			began := time.Now()
			res := patch(h)
			if res.status != tt.status || !strings.Contains(res.text, tt.text) {
				t.Errorf("%d %s", res.status, res.text)
			}
			if time.Since(began) < time.Duration(tt.effect.Delay) {
				t.Error("it was not slow")
			}
			if got := h.status() == "Completed"; got != tt.done {
				t.Errorf("done is %v", got)
			}
			entries := h.Journal()
			last := entries[len(entries)-1]
			if len(last.Faults) != 1 || last.Faults[0] != id || last.Lost != (tt.status < 0) {
				t.Errorf("journal %+v", last)
			}
			h.login()
			patch(h).want(http.StatusNoContent) // the fault was for one call
		})
	}
}

func TestFaultsOfRecords(t *testing.T) {
	h := newHarness(t)
	other := h.create("Campaign", `{"Name":"Other"}`)
	h.fault(localorg.Fault{Match: localorg.Match{Record: localorg.CampaignID[:15]}, Effect: localorg.Effect{Kind: localorg.LockRow}})
	h.call(http.MethodPatch, campaign, `{"Status":"x"}`).want(http.StatusBadRequest, "0.errorCode", "UNABLE_TO_LOCK_ROW",
		"0.message", "unable to obtain exclusive access to this record or 1 records: "+localorg.CampaignID)
	h.change("Aborted") // a person is not struck
	h.set(func(s *localorg.Settings) { s.Disputed.LockStatus = 500 })
	h.call(http.MethodPatch, campaign, `{"Status":"x"}`).want(http.StatusInternalServerError, "0.errorCode", "UNABLE_TO_LOCK_ROW")
	h.call(http.MethodPatch, "composite/sobjects", mustJSON(t, obj{"records": []any{rec("Campaign", "id", other, "Status", "x"), rec("Campaign", "id", localorg.CampaignID, "Status", "x")}})).
		want(http.StatusOK, "0.success", true, "1.errors.0.statusCode", "UNABLE_TO_LOCK_ROW")
	h.call(http.MethodPost, "composite/graph", mustJSON(t, obj{"graphs": []any{noteGraph("a", other, "y"), noteGraph("b", localorg.CampaignID, "y")}})).
		want(http.StatusOK, "graphs.0.isSuccessful", true, "graphs.1.isSuccessful", false)
	h.ClearFaults()

	h.fault(localorg.Fault{Match: localorg.Match{Object: "ContentNote", Operation: "create", Route: "graph"}, Nth: 2, Times: 1,
		Effect: localorg.Effect{Kind: localorg.Validation, Message: "Not on Fridays", Fields: []string{"Title"}}})
	h.create("ContentNote", `{"Title":"not in a graph"}`)
	h.call(http.MethodPost, "composite/graph", mustJSON(t, obj{"graphs": []any{noteGraph("a", other, "z"), noteGraph("b", localorg.CampaignID, "z")}})).
		want(http.StatusOK, "graphs.0.isSuccessful", true, "graphs.1.graphResponse.compositeResponse.2.body.0.errorCode", "FIELD_CUSTOM_VALIDATION_EXCEPTION",
			"graphs.1.graphResponse.compositeResponse.2.body.0.message", "Not on Fridays")
	if f := h.Faults()[0]; f.Matched != 2 || f.Struck != 1 {
		t.Errorf("counts %+v", f)
	}
	h.ClearFaults()
	h.fault(localorg.Fault{Effect: localorg.Effect{Kind: localorg.RecordError, Code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", Status: 400, Message: "trigger: UNABLE_TO_LOCK_ROW"}})
	h.call(http.MethodDelete, campaign, "").want(http.StatusBadRequest, "0.errorCode", "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")
}

func TestProbabilityIsSeeded(t *testing.T) {
	outcomes := func(seed uint64) string {
		h := newHarness(t, func(c *localorg.Config) { c.Seed = seed })
		h.fault(localorg.Fault{Match: localorg.Match{Route: "limits"}, Probability: 0.5, Effect: localorg.Effect{Kind: localorg.ServerError}})
		var b strings.Builder
		for range 40 {
			b.WriteByte("ox"[min(1, h.call(http.MethodGet, "limits", "").status/500)])
		}
		return b.String()
	}
	one, again, other := outcomes(1), outcomes(1), outcomes(2)
	if one != again || one == other || !strings.Contains(one, "o") || !strings.Contains(one, "x") {
		t.Errorf("seed 1: %s and %s, seed 2: %s", one, again, other)
	}
}

func TestFaultsOfTokens(t *testing.T) {
	h := newHarness(t)
	h.fault(localorg.Fault{Match: localorg.Match{Route: "token"}, Times: 1, Effect: localorg.Effect{Kind: localorg.Unavailable}})
	h.token(credentials).want(http.StatusServiceUnavailable)
	h.token(credentials).want(http.StatusOK)
}

func TestBadFaultsAreRefused(t *testing.T) {
	h := newHarness(t)
	for name, f := range map[string]localorg.Fault{
		"no kind":       {},
		"route":         {Match: localorg.Match{Route: "rows"}, Effect: localorg.Effect{Kind: localorg.Reset}},
		"probability":   {Probability: 2, Effect: localorg.Effect{Kind: localorg.Reset}},
		"negative":      {Nth: -1, Effect: localorg.Effect{Kind: localorg.Reset}},
		"no code":       {Effect: localorg.Effect{Kind: localorg.RecordError}},
		"no status":     {Effect: localorg.Effect{Kind: localorg.CustomAnswer}},
		"slow by zero":  {Effect: localorg.Effect{Kind: localorg.Slow}},
		"slow record":   {Effect: localorg.Effect{Kind: localorg.LockRow, Delay: 1}},
		"unknown route": {Match: localorg.Match{Route: "x"}, Effect: localorg.Effect{Kind: localorg.LockRow}},
	} {
		if _, err := h.AddFault(f); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
}

func TestTheAllowanceCountsDown(t *testing.T) {
	h := newHarness(t)
	h.set(func(s *localorg.Settings) { s.DailyAPIRequests = 5 })
	h.SetAPIUsage(3)
	res := h.call(http.MethodGet, "limits", "").want(http.StatusOK, "DailyApiRequests.Max", 5, "DailyApiRequests.Remaining", 2)
	if got := res.header.Get("Sforce-Limit-Info"); got != "api-usage=4/5" {
		t.Errorf("Sforce-Limit-Info %q", got)
	}
	h.login() // a login costs nothing
	h.call(http.MethodGet, "limits", "").want(http.StatusOK)
	h.call(http.MethodGet, "limits", "").want(http.StatusForbidden, "0.errorCode", "REQUEST_LIMIT_EXCEEDED", "0.message", "TotalRequests Limit exceeded.")
	h.pass(25 * time.Hour)
	h.login()
	h.call(http.MethodGet, "limits", "").want(http.StatusOK, "DailyApiRequests.Remaining", 5)
	h.set(func(s *localorg.Settings) { s.ViewSetup = false })
	h.call(http.MethodGet, "limits", "").want(http.StatusForbidden)
}
