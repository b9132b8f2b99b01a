package push_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push"
	"salesforce-integration/internal/push/pushtest"
)

// rotate gives the integration another client secret, as an administrator does.
func (w *world) rotate(t testing.TB, secret string) {
	t.Helper()
	sealed, err := integration.SealCredentials(t.Context(), w.vault, integrationID, integration.Credentials{ClientSecret: integration.Secret(secret)})
	if err != nil {
		t.Fatal(err)
	}
	w.changeIntegration(t, func(i *integration.Integration) {
		i.SealedCredentials = sealed
		i.CredentialsVersion++
	})
}

func TestCredentialsThatWereReplacedAreNotUsedAnyMore(t *testing.T) {
	const otherURL = "https://other.my.salesforce.com"
	starts := func(w *world) func() *push.Handler { return w.handler }
	warm := func(w *world) func() *push.Handler {
		h := w.handler()
		return func() *push.Handler { return h }
	}
	tests := []struct {
		name     string
		function func(w *world) func() *push.Handler // the functions of before and after
		change   func(t *testing.T, w *world)
		secrets  []string // that logged in
		hosts    []string // that were called
	}{
		{
			"a secret, by a function that starts", starts,
			func(t *testing.T, w *world) { w.rotate(t, "another-value") },
			[]string{"s3cr3t-value", "another-value"}, []string{"org.my.salesforce.com", "org.my.salesforce.com"},
		},
		{
			"a secret, by one that is warm", warm,
			func(t *testing.T, w *world) { w.rotate(t, "another-value") },
			[]string{"s3cr3t-value", "another-value"}, []string{"org.my.salesforce.com", "org.my.salesforce.com"},
		},
		{
			"an address, by one that is warm", warm,
			func(t *testing.T, w *world) {
				w.changeIntegration(t, func(i *integration.Integration) { i.InstanceURL = otherURL })
			},
			[]string{"s3cr3t-value"}, []string{"org.my.salesforce.com", "other.my.salesforce.com"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, time.Now)
			w.link(t, integrationID, "exp", demoCampaign)
			function := tt.function(w)
			now := time.Now()
			if _, err := function().Handle(t.Context(), []byte(event("e1", "Experiment Completed", "exp", now))); err != nil {
				t.Fatal(err)
			}
			tt.change(t, w) // the old token would still do
			if _, err := function().Handle(t.Context(), []byte(event("e2", "Experiment Rolled Back", "exp", now.Add(time.Second)))); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(w.org.secrets, tt.secrets) {
				t.Errorf("%d logins, wanted %d, each with its own secret", len(w.org.secrets), len(tt.secrets))
			}
			if !slices.Equal(w.org.hosts, tt.hosts) {
				t.Errorf("called %q, wanted %q", w.org.hosts, tt.hosts)
			}
			if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written", "delivered status_written"}) {
				t.Errorf("deliveries: %v", got)
			}
		})
	}
}

func TestAFunctionWithOlderCredentialsGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.link(t, integrationID, "exp", demoCampaign)
		w.link(t, integrationID, "other", "7015g000000AbCdAAK")
		rotated := false
		rotate := func() { w.rotate(t, "another-value") }
		w.store.Before(func(ctx context.Context, op string) error {
			if op != "GetToken" || rotated {
				return nil
			}
			rotated = true
			rotate()
			_, err := w.handler().Handle(ctx, []byte(event("e2", "Experiment Completed", "other", time.Now())))
			return err
		})
		w.publish("e1", "Experiment Completed", time.Now())
		w.work(t)
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written", "retrying failing"}) {
			t.Errorf("deliveries: %v", got)
		}
		w.drain(t)
		if got := w.outcomes(t); !slices.Equal(got, []string{"delivered status_written", "delivered status_written"}) {
			t.Errorf("in the end: %v", got)
		}
		if !slices.Equal(w.org.secrets, []string{"another-value"}) {
			t.Errorf("%d logins, wanted one, with the new secret", len(w.org.secrets))
		}
	})
}

func TestFunctionsThatStartTogetherLogInOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now)
		w.through = func(next http.RoundTripper) http.RoundTripper {
			return pushtest.RoundTripper(func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, "/token") {
					time.Sleep(time.Second)
				}
				return next.RoundTrip(r)
			})
		}
		// As far away as a table is, so that all of them look before one has begun.
		w.store.Before(func(context.Context, string) error { time.Sleep(5 * time.Millisecond); return nil })
		campaigns := []string{demoCampaign, "7015g000000AbCdAAK", "7015g000000AbCeAAK"}
		var wg sync.WaitGroup
		for _, c := range campaigns {
			w.link(t, integrationID, "exp-"+c, c)
			wg.Go(func() {
				if _, err := w.handler().Handle(t.Context(), []byte(event("event-"+c, "Experiment Completed", "exp-"+c, time.Now()))); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if statuses, _ := w.org.snapshot(); len(statuses) != len(campaigns) || w.org.logins != 1 {
			t.Errorf("%d campaigns written with %d logins, wanted %d with 1", len(statuses), w.org.logins, len(campaigns))
		}
	})
}
