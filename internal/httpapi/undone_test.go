package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"salesforce-integration/internal/integration"
)

// dies lets a request end right behind one of its writes.
func (h *harness) dies(op string, request func()) {
	h.t.Helper()
	h.store.After(func(_ context.Context, called string) error {
		if called == op {
			panic("dies")
		}
		return nil
	})
	request()
	h.store.After(nil)
	h.now = h.now.Add(time.Minute) // the lease is over
}

// undone sends a request that was carried out before, twice: it is refused, has no
// effect, and shows none of the secrets.
func (h *harness) undone(target, body string, secrets ...string) {
	h.t.Helper()
	before := h.integrations()
	for range 2 {
		p, resp := h.refused(once(target, body, aKey), http.StatusConflict)
		if !strings.Contains(p.Detail, "new Idempotency-Key") || header(resp, "Retry-After") != "" || header(resp, "Idempotency-Replayed") != "" {
			h.t.Errorf("%+v %v", p, resp.MultiValueHeaders)
		}
		for _, secret := range secrets {
			if strings.Contains(resp.Body, secret) {
				h.t.Error("the answer shows a secret")
			}
		}
		h.now = h.now.Add(time.Minute)
	}
	if after := h.integrations(); after != before {
		h.t.Errorf("%d integrations, %d before", after, before)
	}
}

// liveSecret is what the webhook takes now.
func (h *harness) liveSecret(id string) string {
	h.t.Helper()
	i, err := h.store.GetIntegration(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	secrets, err := integration.OpenWebhookSecrets(h.t.Context(), h.vault, i)
	if err != nil {
		h.t.Fatal(err)
	}
	return secrets.Current.Reveal()
}

// TestASecretThatWasReplacedSinceIsNotReplacedAgain by the repetition of the request
// that made it: what Salesforce sends by now would end.
func TestASecretThatWasReplacedSinceIsNotReplacedAgain(t *testing.T) {
	const atOnce = `{"previous_valid_for": 0}`
	for name, dies := range map[string]bool{"it was answered": false, "it died": true} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, "")
			id := h.create()
			target := base + "/" + id + "/webhook-secret"
			first := func() { h.send(once(target, atOnce, aKey)) }
			if dies {
				h.dies("UpdateIntegration", first)
			} else {
				first()
			}
			gone := h.liveSecret(id)
			_, theirs := h.admin("POST", target, atOnce)
			h.undone(target, atOnce, gone, theirs["webhook_secret"].(string))
			if h.liveSecret(id) != theirs["webhook_secret"] {
				t.Error("the secret that somebody else made is no more")
			}
			h.admin("POST", target, atOnce)
			h.undone(target, atOnce, gone)
			if resp := h.send(once(target, atOnce, "another")); resp.StatusCode != http.StatusOK {
				t.Errorf("with a new key: %d %s", resp.StatusCode, resp.Body)
			}
		})
	}
}

// TestASecretThatIsReplacedWhileItsRequestIsRepeated, after the repetition was let
// in.
func TestASecretThatIsReplacedWhileItsRequestIsRepeated(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	target := base + "/" + id + "/webhook-secret"
	h.dies("UpdateIntegration", func() { h.send(once(target, "", aKey)) })
	var theirs map[string]any
	h.during("GetIntegration", func() { _, theirs = h.admin("POST", target, "") })
	h.undone(target, "")
	if h.liveSecret(id) != theirs["webhook_secret"] {
		t.Error("the secret that somebody else made is no more")
	}
}

// TestARepetitionGoesOnForADayFromTheFirstAttempt: longer than that nobody remembers
// what became of its effect.
func TestARepetitionGoesOnForADayFromTheFirstAttempt(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	target := base + "/" + id + "/webhook-secret"
	h.dies("UpdateIntegration", func() { h.send(once(target, "", aKey)) })
	h.now = h.now.Add(23 * time.Hour)
	resp := h.send(once(target, "", aKey))
	var made struct {
		Secret string `json:"webhook_secret"`
	}
	if err := json.Unmarshal([]byte(resp.Body), &made); err != nil || resp.StatusCode != http.StatusOK || made.Secret != h.liveSecret(id) {
		t.Fatalf("%d %s", resp.StatusCode, resp.Body)
	}
	h.now = h.now.Add(time.Hour)
	if resp := h.send(once(target, "", aKey)); resp.StatusCode != http.StatusOK || header(resp, "Idempotency-Replayed") != "" || strings.Contains(resp.Body, made.Secret) {
		t.Errorf("a day later: %d %s", resp.StatusCode, resp.Body)
	}
}

// TestWhatIsGoneIsNotCreatedAgain by the repetition of the request that created it.
func TestWhatIsGoneIsNotCreatedAgain(t *testing.T) {
	deleted := func(h *harness, id string) {
		if resp := h.send(as("admin", "DELETE", base+"/"+id, "")); resp.StatusCode != http.StatusNoContent {
			h.t.Fatalf("%d %s", resp.StatusCode, resp.Body)
		}
	}
	replaced := func(h *harness, id string) { h.admin("POST", base+"/"+id+"/webhook-secret", "") }
	for name, tt := range map[string]struct {
		dies bool
		gone []func(*harness, string)
	}{
		"answered, and deleted":                  {false, []func(*harness, string){deleted}},
		"died, and deleted":                      {true, []func(*harness, string){deleted}},
		"answered, and its secret replaced":      {false, []func(*harness, string){replaced}},
		"died, and its secret replaced":          {true, []func(*harness, string){replaced}},
		"died, its secret replaced, and deleted": {true, []func(*harness, string){replaced, deleted}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, "")
			id, secret := h.createdOnce(tt.dies)
			for _, gone := range tt.gone {
				gone(h, id)
			}
			h.undone(base, contractCreate, secret)
			before := h.integrations()
			if resp := h.send(once(base, contractCreate, "another")); resp.StatusCode != http.StatusCreated || h.integrations() != before+1 {
				t.Errorf("with a new key: %d %s", resp.StatusCode, resp.Body)
			}
		})
	}
}

// createdOnce creates an integration by a request that dies behind that, or not.
func (h *harness) createdOnce(dies bool) (id, secret string) {
	h.t.Helper()
	first := func() { h.send(once(base, contractCreate, aKey)) }
	if dies {
		h.dies("CreateIntegration", first)
	} else {
		first()
	}
	l, err := h.store.ListIntegrations(h.t.Context(), integration.Page{Limit: 2})
	if err != nil || len(l.Items) != 1 {
		h.t.Fatalf("%+v, %v", l, err)
	}
	return l.Items[0].ID, h.liveSecret(l.Items[0].ID)
}

// TestWhatIsDeletedWhileItsCreationIsRepeated, after the repetition was let in.
func TestWhatIsDeletedWhileItsCreationIsRepeated(t *testing.T) {
	h := newHarness(t, "")
	id, secret := h.createdOnce(true)
	h.during("GetIntegration", func() { h.send(as("admin", "DELETE", base+"/"+id, "")) })
	h.refused(once(base, contractCreate, aKey), http.StatusConflict)
	h.undone(base, contractCreate, secret)
	if n := h.integrations(); n != 0 {
		t.Errorf("%d integrations", n)
	}
}

// TestADeletionThatIsRefusedUndoesNothing: the creation's answer is good for as long.
func TestADeletionThatIsRefusedUndoesNothing(t *testing.T) {
	h := newHarness(t, "")
	id, _ := h.createdOnce(false)
	h.refused(with(as("admin", "DELETE", base+"/"+id, ""), "If-Match", `"7"`), http.StatusPreconditionFailed)
	if resp := h.send(once(base, contractCreate, aKey)); resp.StatusCode != http.StatusCreated || header(resp, "Idempotency-Replayed") != "true" {
		t.Errorf("%d %s", resp.StatusCode, resp.Body)
	}
}

// TestADeletedSecretIsNotShown: a secret that was made anew goes with its
// integration.
func TestADeletedSecretIsNotShown(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	target := base + "/" + id + "/webhook-secret"
	h.send(once(target, "", aKey))
	secret := h.liveSecret(id)
	// The deletion that was read is not the one that is made: somebody replaces the secret in between.
	h.during("DeleteIntegration", func() {
		h.send(once(target, "", "another"))
		secret = h.liveSecret(id)
	})
	if resp := h.send(as("admin", "DELETE", base+"/"+id, "")); resp.StatusCode != http.StatusNoContent {
		t.Fatalf("%d %s", resp.StatusCode, resp.Body)
	}
	h.undone(target, "", secret)
	h.refused(once(target, "", "another"), http.StatusConflict)
}

// TestANoteWhoseWriteWasRefusedSaysNothing: somebody was about to replace or delete what
// the request made, and was refused; so it is still there.
func TestANoteWhoseWriteWasRefusedSaysNothing(t *testing.T) {
	for _, tt := range []struct{ method, path, lost string }{{"DELETE", "", "DeleteIntegration"}, {"POST", "/webhook-secret", "UpdateIntegration"}} {
		t.Run(tt.method, func(t *testing.T) {
			h := newHarness(t, "")
			first := h.send(once(base, contractCreate, aKey))
			h.overtake(tt.lost)
			h.refused(with(as("admin", tt.method, base+"/"+testID(1)+tt.path, ""), "If-Match", `"1"`), http.StatusPreconditionFailed)
			again := h.send(once(base, contractCreate, aKey))
			if again.StatusCode != http.StatusCreated || again.Body != first.Body || !strings.Contains(again.Body, h.liveSecret(testID(1))) {
				t.Errorf("%d %s", again.StatusCode, again.Body)
			}
		})
	}
}

// overtake has push change the integration right before the next such write.
func (h *harness) overtake(op string) {
	done := false
	h.store.Before(func(ctx context.Context, called string) error {
		if done || called != op {
			return nil
		}
		done = true
		return h.pin(ctx)
	})
}

// pin changes the integration as push does after its first login.
func (h *harness) pin(ctx context.Context) error {
	i, err := h.store.GetIntegration(ctx, testID(1))
	if err != nil {
		return err
	}
	i.OrgID = "00Dxx0000001gPFEAY"
	_, err = h.store.UpdateIntegration(ctx, i)
	return err
}

// TestADeletionThatWasCutOffIsEndedByItsRepetition, with the same If-Match.
func TestADeletionThatWasCutOffIsEndedByItsRepetition(t *testing.T) {
	h := newHarness(t, "")
	id := h.create()
	deletion := with(as("admin", "DELETE", base+"/"+id, ""), "If-Match", `"1"`)
	h.store.After(func(_ context.Context, op string) error {
		if op == "DeleteIntegration" { // its row is gone, and what is below it is not
			return errors.New("connection reset")
		}
		return nil
	})
	if resp := h.send(deletion); resp.StatusCode != http.StatusInternalServerError && resp.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("%d %s", resp.StatusCode, resp.Body)
	}
	h.store.After(nil)
	before := h.store.Calls()["DeleteIntegration"]
	h.refused(deletion, http.StatusNotFound)
	if swept := h.store.Calls()["DeleteIntegration"] - before; swept != 1 {
		t.Errorf("what was below it was swept %d times", swept)
	}
}

// TestALeaseOutlivesTheRequestsDay: a key that is about to be forgotten is still one of a
// request that is under way.
func TestALeaseOutlivesTheRequestsDay(t *testing.T) {
	h := newHarness(t, "")
	h.store.Before(func(_ context.Context, op string) error {
		if op == "CreateIntegration" {
			return errors.New("connection refused")
		}
		return nil
	})
	h.send(once(base, contractCreate, aKey))
	h.now = h.now.Add(integration.RequestRetention - 5*time.Second)
	inside := false
	h.store.Before(func(_ context.Context, op string) error {
		if op == "CreateIntegration" && !inside {
			inside = true
			h.now = h.now.Add(6 * time.Second)
			h.refused(once(base, contractCreate, aKey), http.StatusConflict) //nolint:contextcheck // the test's own is as good
		}
		return nil
	})
	if resp := h.send(once(base, contractCreate, aKey)); resp.StatusCode != http.StatusCreated || h.integrations() != 1 {
		t.Errorf("%d %s; %d integrations", resp.StatusCode, resp.Body, h.integrations())
	}
}
