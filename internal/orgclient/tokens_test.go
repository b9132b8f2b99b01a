package orgclient_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"salesforce-integration/internal/inmem"
	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce"
)

// TestOneExchangeForAll: functions that start together, and those that start later,
// work with the token of one login, which lies in the table sealed.
func TestOneExchangeForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.takes = time.Second
		i := r.plain()
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { r.wantToken(i, "token-1") })
		}
		all.Wait()
		r.wantToken(i, "token-1")
		if got := r.loggedIn(); !slices.Equal(got, []string{secret}) {
			t.Errorf("%d logins", len(got))
		}
		row := r.record()
		if row.Generation != 1 || row.CredentialsVersion != 1 || !row.LeaseUntil.IsZero() || row.ObtainedAt.IsZero() {
			t.Errorf("row: generation %d of credentials %d, obtained at %s, leased until %s", row.Generation, row.CredentialsVersion, row.ObtainedAt, row.LeaseUntil)
		}
		if bytes.Contains(row.Sealed, []byte("token-1")) {
			t.Error("the token lies in the table in clear")
		}
		if _, err := r.vault.Open(t.Context(), integrationID, integration.PurposeAccessToken, row.Sealed); err != nil {
			t.Errorf("the token is not sealed as one: %v", err)
		}
	})
}

// TestTheTokenIsWhatTheOrgGave: also for the function that reads it from the table.
func TestTheTokenIsWhatTheOrgGave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		i := r.plain()
		for _, who := range []string{"who logged in", "who read the row"} {
			got, err := r.source(i).Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got.OrgID != orgID || got.InstanceURL != orgURL || got.Generation != 1 || !got.IssuedAt.Equal(time.UnixMilli(1772445600000)) {
				t.Errorf("%s: %+v", who, got)
			}
		}
	})
}

// TestARefusedTokenIsReplacedOnce, whoever finds out.
func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.takes = time.Second
		i := r.plain()
		r.wantToken(i, "token-1")
		var all sync.WaitGroup
		for range 20 {
			source := r.source(i)
			all.Go(func() {
				stale, err := source.Token(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				if got, err := source.Refresh(t.Context(), stale); err != nil || got.Value.Reveal() != "token-2" {
					t.Errorf("%q, %v", got.Value.Reveal(), err)
				}
			})
		}
		all.Wait()
		if n := len(r.loggedIn()); n != 2 {
			t.Errorf("%d logins", n)
		}
	})
}

// TestAnInitialTokenIsUsedFirst, and not gone back to.
func TestAnInitialTokenIsUsedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		i := r.integration(integration.Credentials{ClientSecret: secret, AccessToken: "given"}, 1)
		r.wantToken(i, "given")
		r.wantToken(i, "given")
		if n := len(r.loggedIn()); n != 0 {
			t.Fatalf("%d logins, with a token at hand", n)
		}
		refresh := func() (salesforce.Token, error) {
			source := r.source(i)
			stale, err := source.Token(t.Context())
			if err != nil {
				return stale, err
			}
			return source.Refresh(t.Context(), stale)
		}
		r.refuses(http.StatusBadRequest, "", `{"error":"invalid_client"}`)
		_, err := refresh() // the org refuses the given token, and a login
		wantCode(t, err, "invalid_client")
		r.wantCode(i, "invalid_client")
		r.refuses(0, "", "")
		r.wantToken(i, "token-3")
		r.wantToken(i, "token-3")
		if got, err := refresh(); err != nil || got.Value.Reveal() != "token-4" {
			t.Errorf("after the token that took its place: %q, %v", got.Value.Reveal(), err)
		}
		if end := r.record().ExpiresAt; !end.IsZero() {
			t.Errorf("what tells that it is used up goes at %s", end)
		}
	})
}

// TestReplacedCredentials: what older ones obtained counts as nothing, and who has
// them still gives way.
func TestReplacedCredentials(t *testing.T) {
	replaced := func(r *rig) integration.Integration {
		return r.integration(integration.Credentials{ClientSecret: "another-value"}, 2)
	}
	tests := []struct {
		name   string
		before func(r *rig, old integration.Integration) // with the older ones
		token  string
		logins int
	}{
		{"a token of older ones", func(r *rig, old integration.Integration) { r.wantToken(old, "token-1") }, "token-2", 2},
		{"a failure of older ones brakes nothing", func(r *rig, old integration.Integration) {
			r.refuses(http.StatusServiceUnavailable, "300", `{"error":"server_error"}`)
			r.wantCode(old, "server_error")
			r.refuses(0, "", "")
		}, "token-2", 2},
		{"a lease of older ones holds nobody up", func(r *rig, _ integration.Integration) {
			r.put(integration.TokenRecord{CredentialsVersion: 1, LeaseUntil: time.Now().Add(time.Hour)})
		}, "token-1", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				old, began := r.plain(), time.Now()
				tt.before(r, old)
				i := replaced(r)
				r.wantToken(i, tt.token)
				if took := time.Since(began); took != 0 {
					t.Errorf("it waited %s", took)
				}
				row := r.record()
				if row.CredentialsVersion != 2 || row.Generation != 1 {
					t.Errorf("row: generation %d of credentials %d", row.Generation, row.CredentialsVersion)
				}
				r.wantCode(old, salesforce.CodeRotated)
				if got := r.loggedIn(); len(got) != tt.logins || got[len(got)-1] != "another-value" {
					t.Errorf("%d logins, or the last one with the old secret", len(got))
				}
			})
		})
	}
}

// TestCredentialsAreReplacedDuringAnExchange: whatever the function with the older
// ones is about to do, it does not get in the way of the newer ones.
func TestCredentialsAreReplacedDuringAnExchange(t *testing.T) {
	for _, tt := range []struct {
		name string
		op   string
		n    int
	}{
		{"before it looks for a token", "GetToken", 1},
		{"before it takes the lease", "GetToken", 2},
		{"before the lease is stored", "SwapToken", 1},
		{"before the token is stored", "GetToken", 3},
		{"while the token is stored", "SwapToken", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				old := r.plain()
				i := r.integration(integration.Credentials{ClientSecret: "another-value"}, 2)
				r.before(tt.op, tt.n, func() {
					if _, err := r.source(i).Token(t.Context()); err != nil {
						t.Error(err)
					}
				})
				r.wantCode(old, salesforce.CodeRotated)
				if row := r.record(); row.CredentialsVersion != 2 || row.Generation != 1 {
					t.Errorf("row: generation %d of credentials %d", row.Generation, row.CredentialsVersion)
				}
				logins := len(r.loggedIn())
				if got, err := r.token(i); err != nil || len(r.loggedIn()) != logins {
					t.Errorf("the newer ones' token is lost: %q, %v", got, err)
				}
			})
		})
	}
}

// TestBrake: a failed login that may be tried again holds up the others' for a
// while; one that a person has to mend holds up nobody.
func TestBrake(t *testing.T) {
	const down, refused = `{"error":"server_error","error_description":"try later"}`, `{"error":"invalid_client","error_description":"invalid client credentials"}`
	tests := []struct {
		name       string
		status     int
		retryAfter string
		body       string
		brake      time.Duration
	}{
		{"an org that is down", 503, "", down, 15 * time.Second},
		{"one that asks for less", 503, "3", down, 15 * time.Second},
		{"one that asks for more", 503, "40", down, 40 * time.Second},
		{"one that asks for a day", 503, "86400", down, 5 * time.Minute},
		{"a credential that is refused", 400, "", refused, 0},
		{"one that is refused, and asked to wait", 400, "40", refused, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				i := r.plain()
				r.refuses(tt.status, tt.retryAfter, tt.body)
				code := "server_error"
				if tt.brake == 0 {
					code = "invalid_client"
				}
				first := r.wantCode(i, code)
				r.refuses(0, "", "")
				if tt.brake > 0 {
					for _, in := range []time.Duration{0, tt.brake - time.Second} {
						time.Sleep(in)
						told := r.wantCode(i, code)
						if told.Status != first.Status || told.Message != first.Message || told.Op != first.Op || told.RetryAfter != tt.brake-in {
							t.Errorf("after %s others are told %+v, the first one %+v", in, told, first)
						}
					}
					if n := len(r.loggedIn()); n != 1 {
						t.Fatalf("%d logins", n)
					}
					time.Sleep(time.Second)
				}
				r.wantToken(i, "token-2")
			})
		})
	}
}

// TestWhoSavesTooLate: a function that is held up until its lease is over uses the
// token that another one got meanwhile.
func TestWhoSavesTooLate(t *testing.T) {
	for _, tt := range []struct {
		name string
		op   string
		n    int // the calls before it are for the lease
	}{{"before it looks at the row", "GetToken", 3}, {"before it changes the row", "SwapToken", 2}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				i := r.plain()
				r.before(tt.op, tt.n, func() {
					time.Sleep(20 * time.Second)
					r.wantToken(i, "token-2")
				})
				r.wantToken(i, "token-2")
				r.wantToken(i, "token-2")
				if row := r.record(); row.Generation != 1 || len(r.loggedIn()) != 2 {
					t.Errorf("generation %d after %d logins", row.Generation, len(r.loggedIn()))
				}
			})
		})
	}
}

// TestALeaseThatIsTakenFirst is waited for, and no longer than it lasts: whoever took
// it may be dead.
func TestALeaseThatIsTakenFirst(t *testing.T) {
	for _, tt := range []struct {
		name string
		n    int // of the reads of the row
	}{{"before the row is looked at", 1}, {"before it is taken", 2}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				i, began := r.plain(), time.Now()
				r.before("GetToken", tt.n, func() {
					r.put(integration.TokenRecord{CredentialsVersion: 1, LeaseUntil: began.Add(5 * time.Second)})
				})
				r.wantToken(i, "token-1")
				if took := time.Since(began); took < 5*time.Second || took > 10*time.Second {
					t.Errorf("it waited %s", took)
				}
			})
		})
	}
}

// TestARowThatCannotBeUsed: nothing is sent to the org, and no secret is in the words.
func TestARowThatCannotBeUsed(t *testing.T) {
	seal := func(r *rig, id string, plaintext string) {
		sealed, err := r.vault.Seal(r.tb.Context(), id, integration.PurposeAccessToken, []byte(plaintext))
		if err != nil {
			r.tb.Fatal(err)
		}
		r.put(integration.TokenRecord{Sealed: sealed, Generation: 1, CredentialsVersion: 1})
	}
	away := &integration.Error{Code: integration.CodeUnavailable, Message: "the key service did not answer"}
	tests := []struct {
		name  string
		spoil func(*rig)
		words string
	}{
		{"of another integration", func(r *rig) { seal(r, "another", `{"token":"t0p"}`) }, "opening the shared access token"},
		{"no token at all", func(r *rig) { seal(r, integrationID, `t0p`) }, "cannot be read"},
		{"a store that is away", func(r *rig) { r.store.Before(func(context.Context, string) error { return away }) }, "reading the shared access token"},
		{"a vault that is away", func(r *rig) { seal(r, integrationID, `{"token":"t0p"}`); r.vault.Fail(away) }, "opening the shared access token"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				source := r.source(r.plain())
				tt.spoil(r)
				_, err := source.Token(t.Context())
				if err == nil || !strings.Contains(err.Error(), tt.words) || strings.Contains(err.Error(), "t0p") {
					t.Errorf("error %v, want %q in it", err, tt.words)
				}
				if errors.Is(err, away) != strings.HasSuffix(tt.name, "away") {
					t.Errorf("the cause is not to be seen in %v", err)
				}
				if n := len(r.loggedIn()); n != 0 {
					t.Errorf("%d logins", n)
				}
			})
		})
	}
}

// TestATokenThatCannotBeKept is not used: the next one could not know of it.
func TestATokenThatCannotBeKept(t *testing.T) {
	away := &integration.Error{Code: integration.CodeUnavailable, Message: "the key service did not answer"}
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		source := r.source(r.plain())
		r.vault.Fail(away)
		if _, err := source.Token(t.Context()); !errors.Is(err, away) || !strings.Contains(err.Error(), "sealing the shared access token") {
			t.Errorf("error %v", err)
		}
	})
}

// TestARowOfATokenDoesNotStayForEver, whatever it holds and whatever time the org's
// clock shows; when it is gone, the next function logs in.
func TestARowOfATokenDoesNotStayForEver(t *testing.T) {
	for name, refuse := range map[string]func(*rig){
		"a token":        func(*rig) {},
		"a failed login": func(r *rig) { r.refuses(http.StatusServiceUnavailable, "120", `{"error":"unavailable"}`) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				refuse(r)
				var leased integration.TokenRecord
				r.before("SwapToken", 2, func() { leased = r.record() })
				_, _ = r.token(r.plain())
				end := time.Now().Add(integration.TokenKept)
				for when, row := range map[string]integration.TokenRecord{"leased": leased, "saved": r.record()} {
					if !row.ExpiresAt.Equal(end.Truncate(time.Second)) {
						t.Errorf("%s, it expires at %s, want %s", when, row.ExpiresAt, end)
					}
				}
			})
		})
	}
	t.Run("gone", func(t *testing.T) {
		r := newRig(t)
		i := r.plain()
		r.wantToken(i, "token-1")
		warm := r.source(i)
		had, err := warm.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r.store = inmem.New() // the row with it
		if again, err := warm.Token(t.Context()); err != nil || again != had {
			t.Errorf("a warm function: %v, %v", again, err)
		}
		r.wantToken(i, "token-2")
		r.wantToken(i, "token-2")
	})
}
