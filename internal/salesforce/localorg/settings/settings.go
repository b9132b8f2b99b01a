// Package settings holds an org's switches: what an administrator of the org could
// set, and the points on which public sources about Salesforce disagree, so that a
// test can run with each answer.
package settings

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// ErrSetting is wrapped by every error about a switch.
var ErrSetting = errors.New("setting")

// Settings are all switches. The zero value is not useful: start from [Default].
// Its JSON form is what the control API reads and writes; a PATCH changes only the
// switches it names.
type Settings struct {
	// StatusPicklist is the list of Campaign statuses: "paused" (the stock ones and
	// Paused) or "stock".
	StatusPicklist string `json:"statusPicklist"`
	// RestrictStatus makes Campaign.Status refuse values outside of its list.
	RestrictStatus bool `json:"restrictStatus"`
	// MarketingUser is the Run-As user's checkbox without which no Campaign can be written.
	MarketingUser bool `json:"marketingUser"`
	// Notes and Chatter switch ContentNote and FeedItem on.
	Notes   bool `json:"notes"`
	Chatter bool `json:"chatter"`
	// RESTAPI is the org's API right, UserAPI the Run-As user's.
	RESTAPI bool `json:"restApi"`
	UserAPI bool `json:"userApi"`
	// QueryAllFiles lifts the filters that queries of ContentDocumentLink need.
	QueryAllFiles bool `json:"queryAllFiles"`
	// ViewSetup is the right to read the limits.
	ViewSetup bool `json:"viewSetup"`
	// SendOutboundMessages is the integration user's permission of that name; without
	// it, what the integration writes sends no outbound message.
	SendOutboundMessages bool `json:"sendOutboundMessages"`
	// FieldSecurity takes fields from the integration: "Campaign.Status" to "read"
	// or "hidden"; "" gives one back.
	FieldSecurity map[string]string `json:"fieldSecurity"`

	// MyDomain is the host (with port, if any) that the org answers on; on every
	// other host the answers are those of a wrong host. Empty: every host is right.
	MyDomain string `json:"myDomain"`
	// InstanceURL is what token answers say; empty: the URL the org was reached by.
	InstanceURL string `json:"instanceUrl"`
	// Scope is what tokens grant; without "api" the REST API refuses them.
	Scope string `json:"scope"`
	// TokenLifetime is the session time-out; it slides with use.
	TokenLifetime Duration `json:"tokenLifetime"`
	// TokenProblem makes the token endpoint fail: one of the names that
	// GET /local/token-problems lists, or empty.
	TokenProblem string `json:"tokenProblem"`
	// LoginsPerHour is the login rate limit of a user; 0: none.
	LoginsPerHour int `json:"loginsPerHour"`

	// DailyAPIRequests is the org's allowance for a rolling day.
	DailyAPIRequests int `json:"dailyApiRequests"`
	// APIVersionMin and Max bound the versions that are answered.
	APIVersionMin int `json:"apiVersionMin"`
	APIVersionMax int `json:"apiVersionMax"`
	// GzipAnswers compresses answers for clients that accept it.
	GzipAnswers bool `json:"gzipAnswers"`

	Disputed Disputed `json:"disputed"`
}

// Disputed are the points on which sources disagree, or that nobody documented.
type Disputed struct {
	// WrongSecretStatus is the status of invalid_client: 400 or 401.
	WrongSecretStatus int `json:"wrongSecretStatus"`
	// AccessStatus is the status of the INSUFFICIENT_ACCESS family: 400 or 403.
	AccessStatus int `json:"accessStatus"`
	// LockStatus is the status of UNABLE_TO_LOCK_ROW: 400 or 500.
	LockStatus int `json:"lockStatus"`
	// NoteHTML is what happens to bare '& < >' in a note: "refuse" or "strip".
	NoteHTML string `json:"noteHtml"`
	// ArrayReferences lets '@{ref[0].id}' look into the result of a collection.
	ArrayReferences bool `json:"arrayReferences"`
	// GraphFailure is what the healthy nodes of a failed graph show: "halted" or "cause".
	GraphFailure string `json:"graphFailure"`
	// GraphKinds is how the 15 different nodes are counted: by "object" or "methodAndObject".
	GraphKinds string `json:"graphKinds"`
	// OutboundNulls is how empty fields travel in outbound messages: "omit" or "nil".
	OutboundNulls string `json:"outboundNulls"`
	// OutboundIDs is the length of ids inside the sObject of a message: 18 or 15.
	OutboundIDs int `json:"outboundIds"`
}

// Default returns the switches of a new org: everything allowed, the daily
// allowance of an Enterprise org, the more common reading of each disputed point.
func Default() Settings {
	return Settings{
		StatusPicklist: StatusPaused, MarketingUser: true, Notes: true, Chatter: true, RESTAPI: true, UserAPI: true,
		ViewSetup: true, SendOutboundMessages: true, FieldSecurity: map[string]string{}, Scope: "api",
		TokenLifetime: Duration(2 * time.Hour), LoginsPerHour: 3600, DailyAPIRequests: 100_000, APIVersionMin: 31, APIVersionMax: 68,
		Disputed: Disputed{
			WrongSecretStatus: http.StatusBadRequest, AccessStatus: http.StatusForbidden, LockStatus: http.StatusBadRequest,
			NoteHTML: NoteRefuse, ArrayReferences: true, GraphFailure: GraphHalted, GraphKinds: KindsByObject,
			OutboundNulls: NullsOmitted, OutboundIDs: 18,
		},
	}
}

// Values of the switches that are words.
const (
	StatusPaused     = "paused"
	StatusStock      = "stock"
	FieldRead        = "read"
	FieldHidden      = "hidden"
	NoteRefuse       = "refuse"
	NoteStrip        = "strip"
	GraphHalted      = "halted"
	GraphCause       = "cause"
	KindsByObject    = "object"
	KindsByMethod    = "methodAndObject"
	NullsOmitted     = "omit"
	NullsNil         = "nil"
	shortestID       = 15
	longestID        = 18
	oldestAPIVersion = 31
)

// Validate joins everything that is wrong with the switches; each error wraps [ErrSetting].
func (s Settings) Validate() error {
	var errs []error
	word := func(name, got string, allowed ...string) {
		if !slices.Contains(allowed, got) {
			errs = append(errs, fmt.Errorf("%w %s: %q is not one of %q", ErrSetting, name, got, allowed))
		}
	}
	number := func(name string, got int, allowed ...int) {
		if !slices.Contains(allowed, got) {
			errs = append(errs, fmt.Errorf("%w %s: %d is not one of %d", ErrSetting, name, got, allowed))
		}
	}
	word("statusPicklist", s.StatusPicklist, StatusPaused, StatusStock)
	word("disputed.noteHtml", s.Disputed.NoteHTML, NoteRefuse, NoteStrip)
	word("disputed.graphFailure", s.Disputed.GraphFailure, GraphHalted, GraphCause)
	word("disputed.graphKinds", s.Disputed.GraphKinds, KindsByObject, KindsByMethod)
	word("disputed.outboundNulls", s.Disputed.OutboundNulls, NullsOmitted, NullsNil)
	number("disputed.outboundIds", s.Disputed.OutboundIDs, shortestID, longestID)
	number("disputed.wrongSecretStatus", s.Disputed.WrongSecretStatus, http.StatusBadRequest, http.StatusUnauthorized)
	number("disputed.accessStatus", s.Disputed.AccessStatus, http.StatusBadRequest, http.StatusForbidden)
	number("disputed.lockStatus", s.Disputed.LockStatus, http.StatusBadRequest, http.StatusInternalServerError)
	for field, level := range s.FieldSecurity {
		word("fieldSecurity."+field, level, "", FieldRead, FieldHidden)
	}
	if s.APIVersionMin < oldestAPIVersion || s.APIVersionMax < s.APIVersionMin {
		errs = append(errs, fmt.Errorf("%w apiVersionMin, apiVersionMax: %d to %d is not a range from %d up", ErrSetting, s.APIVersionMin, s.APIVersionMax, oldestAPIVersion))
	}
	if s.TokenLifetime <= 0 {
		errs = append(errs, fmt.Errorf("%w tokenLifetime: it must be positive", ErrSetting))
	}
	return errors.Join(errs...)
}

// Clone returns a copy that shares nothing.
func (s Settings) Clone() Settings {
	s.FieldSecurity = maps.Clone(s.FieldSecurity)
	if s.FieldSecurity == nil {
		s.FieldSecurity = map[string]string{}
	}
	return s
}

// FieldLevel is the integration's right on a field: "", [FieldRead] or [FieldHidden].
func (s *Settings) FieldLevel(object, field string) string {
	if len(s.FieldSecurity) == 0 {
		return ""
	}
	return s.FieldSecurity[object+"."+field]
}
