package integration_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"salesforce-integration/internal/inmem"
	"salesforce-integration/internal/integration"
)

const someID = "0195562f-3b80-7cc1-a3f5-5d3c2d4b1a90"

var ada = integration.Actor{Subject: "ada", Role: integration.RoleAdmin}

type bench struct {
	store   *inmem.Store
	vault   *inmem.Vault
	queue   *commandQueue
	org     *fixedOrg
	found   *foundCampaigns
	service *integration.Service
}

// commandQueue takes commands, until it fails after so many.
type commandQueue struct {
	taken     []integration.Command
	failAfter int // 0: never
}

func (q *commandQueue) Dispatch(_ context.Context, c integration.Command) error {
	if q.failAfter > 0 && len(q.taken) == q.failAfter {
		return &integration.Error{Code: integration.CodeUnavailable, Message: "away"}
	}
	q.taken = append(q.taken, c)
	return nil
}

// fixedOrg finds the same in every org.
type fixedOrg struct {
	report integration.OrgReport
	asked  []integration.OrgAccess
	during func() // what somebody else does meanwhile; may be nil
}

func (o *fixedOrg) CheckOrg(_ context.Context, a integration.OrgAccess) integration.OrgReport {
	o.asked = append(o.asked, a)
	if o.during != nil {
		o.during()
	}
	return o.report
}

func newBench(t *testing.T, change func(*integration.ServiceConfig)) bench {
	t.Helper()
	b := bench{store: inmem.New(), vault: &inmem.Vault{}, queue: &commandQueue{}, org: &fixedOrg{}, found: &foundCampaigns{}}
	c := integration.ServiceConfig{
		Store: b.store, Vault: b.vault, Commands: b.queue, Orgs: b.org, Campaigns: b.found, Previews: noPreviews{}, Log: slog.New(slog.DiscardHandler),
		Now:          func() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) },
		NewID:        func() (string, error) { return someID, nil },
		WebhookReads: true,
		Random:       strings.NewReader(strings.Repeat("r", 32)),
	}
	if change != nil {
		change(&c)
	}
	var err error
	if b.service, err = integration.NewService(c); err != nil {
		t.Fatal(err)
	}
	return b
}

func good() integration.NewIntegration {
	return integration.NewIntegration{
		Name: "n", Type: integration.TypeSalesforce, InstanceURL: "https://your-org.my.salesforce.com", ClientID: "id",
		Credentials: integration.Credentials{ClientSecret: "first", AccessToken: "token"},
	}
}

func TestNewServiceNamesWhatIsMissing(t *testing.T) {
	_, err := integration.NewService(integration.ServiceConfig{})
	for _, part := range []string{"Store", "Vault", "Commands", "Orgs", "Campaigns", "Previews", "Now", "NewID", "Random", "Log"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v does not name %s", err, part)
		}
	}
}

func TestWebhookSecretHas32RandomBytes(t *testing.T) {
	b := newBench(t, nil)
	created, err := b.service.Create(t.Context(), ada, good())
	if err != nil {
		t.Fatal(err)
	}
	const want = "cnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI" // 32 times 'r'
	if got := created.WebhookSecret.Reveal(); got != want {
		t.Errorf("secret = %q, want %q", got, want)
	}
	stored, err := integration.OpenWebhookSecrets(t.Context(), b.vault, created.Integration)
	if err != nil || stored.Current.Reveal() != want || stored.Previous != "" {
		t.Errorf("stored secrets = %q and %q, %v", stored.Current.Reveal(), stored.Previous.Reveal(), err)
	}
}

func TestCreateStoresNothingWhenSomethingFails(t *testing.T) {
	boom := errors.New("boom")
	for name, change := range map[string]func(*integration.ServiceConfig){
		"no randomness": func(c *integration.ServiceConfig) { c.Random = iotest.ErrReader(boom) },
		"too little": func(c *integration.ServiceConfig) {
			c.Random = io.MultiReader(strings.NewReader("r"), iotest.ErrReader(boom))
		},
		"no id":          func(c *integration.ServiceConfig) { c.NewID = func() (string, error) { return "", boom } },
		"a locked vault": func(c *integration.ServiceConfig) { c.Vault.(*inmem.Vault).Fail(boom) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, change)
			if _, err := b.service.Create(t.Context(), ada, good()); !errors.Is(err, boom) || integration.ErrorCode(err) != integration.CodeInternal {
				t.Errorf("error = %v, want boom", err)
			}
			if n := b.store.Calls()["CreateIntegration"]; n != 0 {
				t.Errorf("stored %d times", n)
			}
		})
	}
}

// TestAnUpdateMergesAgainAfterAnother: two administrators change different fields
// at the same time, and both changes stay.
func TestAnUpdateMergesAgainAfterAnother(t *testing.T) {
	b := newBench(t, nil)
	if _, err := b.service.Create(t.Context(), ada, good()); err != nil {
		t.Fatal(err)
	}
	interrupt := 1
	b.store.Before(func(ctx context.Context, op string) error {
		if op != "UpdateIntegration" || interrupt == 0 {
			return nil
		}
		interrupt--
		i, err := b.store.GetIntegration(ctx, someID)
		if err != nil {
			return err
		}
		i.Description = "by somebody else"
		b.store.Before(nil)
		_, err = b.store.UpdateIntegration(ctx, i)
		return err
	})
	name := "by me"
	got, err := b.service.Update(t.Context(), ada, someID, integration.Patch{Name: &name})
	if err != nil || got.Name != name || got.Description != "by somebody else" {
		t.Errorf("Update = %q, %q, %v", got.Name, got.Description, err)
	}
}

func TestAnUpdateGivesUpWhenOthersNeverStop(t *testing.T) {
	b := newBench(t, nil)
	if _, err := b.service.Create(t.Context(), ada, good()); err != nil {
		t.Fatal(err)
	}
	b.store.Before(func(_ context.Context, op string) error {
		if op == "UpdateIntegration" {
			return integration.Conflictf("It was changed meanwhile.")
		}
		return nil
	})
	name := "by me"
	_, err := b.service.Update(t.Context(), ada, someID, integration.Patch{Name: &name})
	var told *integration.Error
	if !errors.As(err, &told) || told.Code != integration.CodeConflict || !strings.Contains(told.Message, "Send the same request again") {
		t.Errorf("error = %v, want a conflict that says what to do", err)
	}
	if n := b.store.Calls()["UpdateIntegration"]; n != 3 {
		t.Errorf("%d tries, want 3", n)
	}
}

// TestCredentialsThatNobodyCanOpenCanBeReplaced: the key of the old ones is gone.
func TestCredentialsThatNobodyCanOpenCanBeReplaced(t *testing.T) {
	b := newBench(t, nil)
	if _, err := b.service.Create(t.Context(), ada, good()); err != nil {
		t.Fatal(err)
	}
	i, err := b.store.GetIntegration(t.Context(), someID)
	if err != nil {
		t.Fatal(err)
	}
	i.SealedCredentials = integration.Sealed("nobody's")
	if _, err := b.store.UpdateIntegration(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	secret, none := integration.Secret("second"), integration.Secret("")
	if _, err := b.service.Update(t.Context(), ada, someID, integration.Patch{ClientSecret: &secret}); !errors.Is(err, inmem.ErrSealedForOther) {
		t.Errorf("with a token to keep: error %v, want %v", err, inmem.ErrSealedForOther)
	}
	got, err := b.service.Update(t.Context(), ada, someID, integration.Patch{ClientSecret: &secret, AccessToken: &none})
	if err != nil {
		t.Fatal(err)
	}
	c, err := integration.OpenCredentials(t.Context(), b.vault, got)
	if err != nil || c.ClientSecret != "second" || c.AccessToken != "" || got.HasAccessToken || got.CredentialsVersion != 2 {
		t.Errorf("credentials open: %v, version %d", err, got.CredentialsVersion)
	}
}

func TestCredentialsOpenOnlyWhereTheyWereSealed(t *testing.T) {
	b := newBench(t, nil)
	created, err := b.service.Create(t.Context(), ada, good())
	if err != nil {
		t.Fatal(err)
	}
	other := created.Integration
	other.ID = "0195562f-3b80-7cc1-a3f5-000000000000"
	if _, err := integration.OpenCredentials(t.Context(), b.vault, other); err == nil {
		t.Error("another integration's credentials open")
	}
	swapped := created.Integration
	swapped.SealedCredentials, swapped.SealedWebhookSecret = swapped.SealedWebhookSecret, swapped.SealedCredentials
	if _, err := integration.OpenCredentials(t.Context(), b.vault, swapped); err == nil {
		t.Error("a webhook secret opens as credentials")
	}
	if _, err := integration.OpenWebhookSecrets(t.Context(), b.vault, swapped); err == nil {
		t.Error("credentials open as a webhook secret")
	}
}

func TestAnOpenedBlobThatIsNoCredentialsIsNotQuoted(t *testing.T) {
	b := newBench(t, nil)
	for _, plain := range []string{`hunter2`, `{"client_secret": ""}`, `{"client_secret": 7}`} {
		sealed, err := b.vault.Seal(t.Context(), someID, integration.PurposeCredentials, []byte(plain))
		if err != nil {
			t.Fatal(err)
		}
		_, err = integration.OpenCredentials(t.Context(), b.vault, integration.Integration{ID: someID, SealedCredentials: sealed})
		if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "'h'") {
			t.Errorf("%s: error = %v", plain, err)
		}
	}
}

func TestListsCheckTheirPage(t *testing.T) {
	b := newBench(t, nil)
	for _, limit := range []int{-1, 101} {
		p := integration.Page{Limit: limit}
		_, err1 := b.service.List(t.Context(), p)
		_, err2 := b.service.ListLinks(t.Context(), someID, integration.LinkFilter{}, p)
		_, err3 := b.service.ListDeliveries(t.Context(), integration.DeliveryFilter{}, p)
		for _, err := range []error{err1, err2, err3} {
			if integration.ErrorCode(err) != integration.CodeInvalid {
				t.Errorf("limit %d: error %v", limit, err)
			}
		}
	}
	if _, err := b.service.List(t.Context(), integration.Page{}); err != nil {
		t.Errorf("without a limit: %v", err)
	}
}
