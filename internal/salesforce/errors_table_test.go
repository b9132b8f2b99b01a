package salesforce_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"salesforce-integration/internal/salesforce"
)

func TestClassify(t *testing.T) {
	tests := []struct {
		name  string
		err   error
		class salesforce.Class
		code  string
		cause string
	}{
		{"code before status", &salesforce.Error{Status: 400, Code: "UNABLE_TO_LOCK_ROW"}, salesforce.ClassLock, "UNABLE_TO_LOCK_ROW", "saved by somebody"},
		{"a lock in a trigger's text", &salesforce.Error{Status: 400, Code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", Message: "Upd: execution of BeforeUpdate caused by: UNABLE_TO_LOCK_ROW"}, salesforce.ClassLock, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "trigger or flow"},
		{"a trigger", &salesforce.Error{Status: 400, Code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", Message: "Upd: no"}, salesforce.ClassData, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "trigger"},
		{"the day's allowance", &salesforce.Error{Status: 403, Code: "REQUEST_LIMIT_EXCEEDED", Message: "TotalRequests Limit exceeded."}, salesforce.ClassLimit, "REQUEST_LIMIT_EXCEEDED", "24 hours"},
		{"too much at once", &salesforce.Error{Status: 403, Code: "REQUEST_LIMIT_EXCEEDED", Message: "ConcurrentRequests (Concurrent API Requests) Limit exceeded."}, salesforce.ClassLimit, "REQUEST_LIMIT_EXCEEDED", "long calls"},
		{"deleted", &salesforce.Error{Status: 404, Code: "ENTITY_IS_DELETED"}, salesforce.ClassGone, "ENTITY_IS_DELETED", "deleted"},
		{"only a status", &salesforce.Error{Status: 503}, salesforce.ClassOutage, "HTTP 503", "maintenance"},
		{"an unknown code with a known status", &salesforce.Error{Status: 403, Code: "NEW"}, salesforce.ClassPermission, "NEW", "refused access"},
		{"an unknown code and status", &salesforce.Error{Status: 400, Code: "NEW"}, salesforce.ClassUnknown, "NEW", "does not know"},
		{"a status nobody gives", &salesforce.Error{Status: 599}, salesforce.ClassUnknown, "HTTP 599", "does not know"},
		{"wrapped", fmt.Errorf("deliver: %w", &salesforce.Error{Code: "MALFORMED_ID"}), salesforce.ClassData, "MALFORMED_ID", "id"},
		{"of another package", context.Canceled, salesforce.ClassUnknown, "", "outside"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := salesforce.Classify(tt.err)
			if got.Class != tt.class || got.Code != tt.code || !strings.Contains(got.Cause, tt.cause) || got.Retryable != tt.class.Retryable() {
				t.Errorf("%+v", got)
			}
		})
	}
}

// Every row can be reached, and says something.
func TestTable(t *testing.T) {
	retryable := map[salesforce.Class]bool{salesforce.ClassCredential: false, salesforce.ClassPermission: false, salesforce.ClassData: false,
		salesforce.ClassGone: false, salesforce.ClassLock: true, salesforce.ClassLimit: true, salesforce.ClassOutage: true, salesforce.ClassUnknown: true}
	for _, row := range salesforce.Table() {
		got := salesforce.Classify(&salesforce.Error{Code: row.Code, Status: row.Status, Message: strings.ToUpper(row.Contains)})
		if got.Cause != row.Cause || got.Class != row.Class {
			t.Errorf("the row of %q %q %d is hidden by an earlier one: %+v", row.Code, row.Contains, row.Status, got)
		}
		if want, known := retryable[row.Class]; !known || got.Retryable != want {
			t.Errorf("%s is retryable: %t", row.Class, got.Retryable)
		}
		if !strings.HasSuffix(row.Cause, ".") || row.Fix == "" || row.Contains != strings.ToLower(row.Contains) {
			t.Errorf("the row of %q %d is not a sentence with a fix", row.Code, row.Status)
		}
	}
}

// A fix only names what can be done: an event that is sent again is the stored
// one, a retry goes on for a day, and an integration has no settings for fields.
func TestNoFixPromisesWhatThereIsNot(t *testing.T) {
	fixes := map[string]string{"no row": salesforce.Classify(&salesforce.Error{Status: 400, Code: "NEW"}).Fix}
	for _, row := range salesforce.Table() {
		fixes[fmt.Sprintf("%s %q %d", row.Code, row.Contains, row.Status)] = row.Fix
	}
	for row, fix := range fixes {
		for _, wrong := range []string{"horten", "a few times", "additional field", "API name in the integration", "value in the integration"} {
			if strings.Contains(fix, wrong) {
				t.Errorf("%s: %q names what is not there: %s", row, wrong, fix)
			}
		}
	}
}

// docs/salesforce-errors.md is the table in print.
func TestDocumentation(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("# What Salesforce's errors mean, and what to do\n\n" +
		"Made from the table in `internal/salesforce/errors_table.go` by `go test ./internal/salesforce -run Documentation -update`.\n" +
		"The delivery log shows these words with the delivery. The first line that fits is used; a code counts before an HTTP status.\n\n" +
		"What happens then:\n\n" +
		"- **credential**, **permission**: the integration's events are parked until the credentials are replaced or a connection test succeeds.\n" +
		"- **data**, **gone**: this delivery is parked; send it again after the fix.\n" +
		"- **lock**, **limit**, **outage**, **unknown**: sent again by itself, with growing pauses.\n\n" +
		"| code | class | cause | fix |\n| --- | --- | --- | --- |\n")
	for _, row := range salesforce.Table() {
		code := "`" + row.Code + "`"
		if row.Code == "" && row.Status != 0 {
			code = fmt.Sprintf("HTTP %d", row.Status)
		} else if row.Code == "" {
			code = "any"
		}
		if row.Contains != "" {
			code += fmt.Sprintf(" with %q", row.Contains)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", code, row.Class, row.Cause, row.Fix)
	}
	golden(t, "../../docs/salesforce-errors.md", b.Bytes())
}

func TestErrorText(t *testing.T) {
	tests := []struct {
		name string
		err  *salesforce.Error
		want string
	}{
		{"all of it", &salesforce.Error{Op: "update", Status: 400, Code: "INVALID_FIELD", Message: "No such column", Fields: []string{"A", "B"}},
			"salesforce: update: INVALID_FIELD (HTTP 400): No such column [A, B]"},
		{"a record", &salesforce.Error{Op: "update", Code: "MALFORMED_ID"}, "salesforce: update: MALFORMED_ID"},
		{"a page", &salesforce.Error{Op: "update", Status: 502}, "salesforce: update: HTTP 502"},
		{"a cause", &salesforce.Error{Op: "update", Code: "TIMEOUT", Err: context.DeadlineExceeded}, "salesforce: update: TIMEOUT: context deadline exceeded"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.err.Error(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
	if salesforce.Uncertain(nil) || salesforce.Uncertain(errors.New("x")) || !salesforce.Uncertain(fmt.Errorf("a: %w", &salesforce.Error{Uncertain: true})) {
		t.Error("Uncertain is wrong")
	}
}

func TestASecretDoesNotShow(t *testing.T) {
	s := salesforce.NewSecret("hidden")
	token := salesforce.Token{Value: s, OrgID: "00D"}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", s, "token", token, "pointer", &token)
	text, err := json.Marshal(token)
	if err != nil {
		t.Fatal(err)
	}
	all := log.String() + string(text)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		all += fmt.Sprintf(verb+verb+verb, s, token, &token)
	}
	if strings.Contains(all, "hidden") || strings.Contains(all, fmt.Sprintf("%x", "hidden")) {
		t.Errorf("the secret shows: %s", all)
	}
	if s.Reveal() != "hidden" || s.IsZero() || !(salesforce.Secret{}).IsZero() || fmt.Sprint(salesforce.Secret{}) != "" {
		t.Error("Secret is wrong")
	}
}
