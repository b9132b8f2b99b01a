package e2e_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// testManyLinks: many links in one request, as CSV and as JSON; what cannot be made keeps no other from being made.
func (s *suite) testManyLinks(t *testing.T) {
	t.Parallel()
	i, other, key := s.follow(t)
	name := unique("Frühling, \"the\" sale")
	var made struct {
		ID string `json:"id"`
	}
	s.org(t, http.MethodPost, "records/Campaign", object{"Name": name, "Status": "Planned"}).want(t, http.StatusOK).into(t, &made)
	first := s.newCampaign(t)
	var table strings.Builder
	table.WriteString("\xef\xbb\xbfexperiment_key,campaign_id,campaign_name\r\n")
	fmt.Fprintf(&table, "%s,%s,\r\n", key, first)
	fmt.Fprintf(&table, "%s,,\"%s\"\r\n", key, strings.ReplaceAll(name, `"`, `""`))
	fmt.Fprintf(&table, "another,%s,\r\n%s,001xx000003DHPh,\r\n", other, key)
	path := s.APIURL + "/api/v1/integrations/" + i.ID + "/links/bulk"
	outcomes := func(r reply) string {
		t.Helper()
		var list page[struct {
			Result     string `json:"result"`
			CampaignID string `json:"campaign_id"`
		}]
		r.want(t, http.StatusOK).into(t, &list)
		var all []string
		for _, item := range list.Items {
			all = append(all, item.Result+" "+item.CampaignID)
		}
		return strings.Join(all, ", ")
	}
	want := fmt.Sprintf("created %s, created %s, conflict %s, invalid ", first, made.ID, other)
	if got := outcomes(send(t, request{method: http.MethodPost, url: path, bearer: s.admin, header: map[string]string{"Content-Type": "text/csv"}, body: table.String()})); got != want {
		t.Errorf("as CSV: %s, want %s", got, want)
	}
	rows := []object{{"experiment_key": key, "campaign_id": first}, {"experiment_key": key, "campaign_name": name}}
	if got, want := outcomes(send(t, request{method: http.MethodPost, url: path, bearer: s.admin, body: rows})), fmt.Sprintf("exists %s, exists %s", first, made.ID); got != want {
		t.Errorf("as JSON, once more: %s, want %s", got, want)
	}
	// As many as one request may have, of many experiments.
	rows = nil
	for n := range 500 {
		rows = append(rows, object{"experiment_key": fmt.Sprint(key, n%50), "campaign_id": fmt.Sprintf("70150000%07d", n)})
	}
	once := request{method: http.MethodPost, url: path, bearer: s.admin, body: rows, header: map[string]string{"Idempotency-Key": uuid.NewString()}}
	all := send(t, once)
	if got := outcomes(all); strings.Count(got, "created") != 500 {
		t.Errorf("of 500 links some were not made: %s", got)
	}
	if again := send(t, once); !bytes.Equal(again.body, all.body) || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("repeated, they are answered with %d and other words", again.status)
	}
	send(t, request{method: http.MethodPost, url: path, bearer: s.admin, header: map[string]string{"Content-Type": "text/csv"}, body: "experiment_key,campaign_name\na,Fr\xfchling\n"}).wantProblem(t, http.StatusBadRequest)
	send(t, request{method: http.MethodPost, url: path, bearer: s.viewer, body: rows}).want(t, http.StatusForbidden)
}
