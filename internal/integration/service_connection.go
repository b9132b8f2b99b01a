package integration

import (
	"context"
	"fmt"
	"log/slog"
)

// CheckStatus is how one part of a connection test ended.
type CheckStatus string

// How a check ends. A connection test as a whole ends as its worst check does;
// skipped ones do not count, as another one says why they could not be made.
const (
	CheckOK      CheckStatus = "ok"
	CheckWarning CheckStatus = "warning" // it works, but somebody should look
	CheckFailed  CheckStatus = "failed"
	CheckSkipped CheckStatus = "skipped" // could not be looked at, or is not needed
)

// The names of the checks.
const (
	CheckToken         = "token"
	CheckOrg           = "org_id"
	CheckAPI           = "api_version"
	CheckCampaigns     = "campaigns"
	CheckMarketingUser = "marketing_user"
	CheckPicklist      = "status"          // one for each status that the settings write; Subject is it
	CheckFinalize      = "finalize_status" // one for each status that finishes an experiment; Subject is it
	CheckKeyField      = "key_field"       // of lookup_key; Subject is the field
	CheckNotes         = "notes"
	CheckAllowance     = "allowance"
)

// Check is one part of a connection test, in words that lead to a fix.
type Check struct {
	Name    string
	Subject string // what it is about, where there are several of a name
	Status  CheckStatus
	Detail  string // what was found
	Code    string // Salesforce's error code, if it gave one
	Cause   string // what is wrong; empty when nothing is
	Fix     string // what to do about it
}

// OrgAccess is how to reach an org, and what is to be done there.
type OrgAccess struct {
	InstanceURL  string // checked: its host may be given the secret
	ClientID     string
	ClientSecret Secret
	OrgID        string // the org that it has to be; "" for any
	Settings     Settings
}

// OrgReport is what a look into an org found. It holds no secret.
type OrgReport struct {
	Checks     []Check
	OrgID      string // "" when it was not learnt
	APIVersion string
	APICalls   int // of the org's allowance
}

// Status is the worst of the checks.
func (r OrgReport) Status() CheckStatus {
	worst := CheckOK
	for _, c := range r.Checks {
		switch c.Status {
		case CheckFailed:
			return CheckFailed
		case CheckWarning:
			worst = CheckWarning
		default:
		}
	}
	return worst
}

// Works says whether the integration as a whole works again: events can go out,
// though single ones may still be refused for a status that the picklist lacks,
// or a note that cannot be written. What is wrong with messages of the org holds up
// no event.
func (r OrgReport) Works() bool {
	for _, c := range r.Checks {
		if c.Status != CheckFailed {
			continue
		}
		switch c.Name {
		case CheckPicklist, CheckNotes, CheckFinalize, CheckKeyField:
		default:
			return false
		}
	}
	return len(r.Checks) > 0
}

// OrgChecker looks into an org with a fresh token, writing nothing. What is wrong
// there, or on the way there, is in the report and no error of the caller's.
type OrgChecker interface {
	CheckOrg(ctx context.Context, a OrgAccess) OrgReport
}

// ConnectionTest is a connection test's outcome.
type ConnectionTest struct {
	OrgReport
	// Resumed says that what waited for this integration was told to go out.
	Resumed bool
}

// NewConnection is a connection to test before it is saved. InstanceURL, ClientID
// and Credentials are needed.
type NewConnection struct {
	InstanceURL string
	ClientID    string
	Credentials Credentials
	Settings    Settings
}

// TestNewConnection tests a connection that is not saved, and saves nothing.
// Errors: [CodeInvalid] for each field at fault.
func (s *Service) TestNewConnection(ctx context.Context, by Actor, n NewConnection) (ConnectionTest, error) {
	var errs []error
	a := OrgAccess{
		InstanceURL:  field(&errs, n.InstanceURL, s.parseInstanceURL),
		ClientID:     field(&errs, n.ClientID, parseClientID),
		ClientSecret: field(&errs, n.Credentials.ClientSecret, parseClientSecret),
		Settings:     field(&errs, n.Settings, s.checkSettings),
	}
	field(&errs, n.Credentials.AccessToken, parseAccessToken)
	if err := joined(errs); err != nil {
		return ConnectionTest{}, err
	}
	report := s.c.Orgs.CheckOrg(ctx, a)
	s.auditTest(ctx, by, "", report, slog.String("instance_url", a.InstanceURL))
	return ConnectionTest{OrgReport: report}, nil
}

// TestConnection tests a stored integration. One that works is pinned to its org,
// is freed of its [Attention], and what waited for it goes out. Errors:
// [CodeNotFound], [CodeConflict] for an instance_url that the operator does not
// allow any more, [CodeStored] when it works but the queue fails.
func (s *Service) TestConnection(ctx context.Context, by Actor, id string) (ConnectionTest, error) {
	i, err := s.Get(ctx, id)
	if err != nil {
		return ConnectionTest{}, err
	}
	// It was checked when it was saved; the operator's list may have changed since.
	instanceURL, err := s.parseInstanceURL(i.InstanceURL)
	if err != nil {
		return ConnectionTest{}, &Error{Code: CodeConflict, Err: err,
			Message: "Secrets may not be sent to this integration's instance_url any more. Change it, or have its host allowed by whoever operates this deployment."}
	}
	credentials, err := OpenCredentials(ctx, s.c.Vault, i)
	if err != nil {
		return ConnectionTest{}, err
	}
	report := s.c.Orgs.CheckOrg(ctx, OrgAccess{
		InstanceURL: instanceURL, ClientID: i.ClientID, ClientSecret: credentials.ClientSecret, OrgID: i.OrgID, Settings: i.Settings,
	})
	s.auditTest(ctx, by, i.ID, report)
	test := ConnectionTest{OrgReport: report}
	if !report.Works() {
		return test, nil
	}
	stored, err := s.connected(ctx, i, report.OrgID)
	if err != nil {
		return ConnectionTest{}, err
	}
	if !stored.Active || stored.CredentialsVersion != i.CredentialsVersion {
		return test, nil
	}
	if err := s.resume(ctx, by, i.ID); err != nil {
		return ConnectionTest{}, err
	}
	test.Resumed = true
	return test, nil
}

// connected stores what a working connection means: the org is pinned, and the
// attention is gone. The outcome says nothing about credentials that somebody
// changed meanwhile: then nothing is stored, and what is there is returned.
func (s *Service) connected(ctx context.Context, tested Integration, orgID string) (Integration, error) {
	for try := 1; ; try++ {
		i, err := s.Get(ctx, tested.ID)
		if err != nil {
			return Integration{}, err
		}
		if i.CredentialsVersion != tested.CredentialsVersion || i.Attention == nil && (i.OrgID != "" || orgID == "") {
			return i, nil
		}
		mended(&i)
		if i.OrgID == "" {
			i.OrgID = orgID
		}
		stored, err := s.c.Store.UpdateIntegration(ctx, i)
		if ErrorCode(err) == CodeConflict && try < updateTries {
			continue
		}
		if ErrorCode(err) == CodeConflict {
			err = busy(err)
		}
		if err != nil {
			return Integration{}, missing("integration", fmt.Errorf("update integration %s: %w", i.ID, err))
		}
		return stored, nil
	}
}

func (s *Service) auditTest(ctx context.Context, by Actor, id string, r OrgReport, details ...slog.Attr) {
	s.audit(ctx, by, "connection tested", id, append(details,
		slog.String("status", string(r.Status())), slog.String("org_id", r.OrgID), slog.Int("api_calls", r.APICalls))...)
}
