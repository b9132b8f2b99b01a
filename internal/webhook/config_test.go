package webhook_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/webhook"
)

func env(pairs ...string) func(string) string {
	set := map[string]string{
		"TABLE_NAME": "table", "KMS_KEY_ID": "key", "EVENT_BUS_NAME": "bus", "EVENT_SOURCE_OUT": "experimentation.salesforce",
	}
	for n := 0; n < len(pairs); n += 2 {
		set[pairs[n]] = pairs[n+1]
	}
	return func(name string) string { return set[name] }
}

func TestConfigDefaults(t *testing.T) {
	t.Parallel()
	c := webhook.FromEnv(env())
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if c.Authentication != webhook.AuthenticationRequired || c.ExperimentKeyField != "Experiment_Key__c" || c.EchoWindow != 10*time.Minute || c.ReadsSalesforce {
		t.Errorf("config = %+v", c)
	}
	if diff := cmp.Diff([]string{"Completed"}, c.FinalStatuses); diff != "" {
		t.Error(diff)
	}
}

func TestConfigFromEnv(t *testing.T) {
	t.Parallel()
	c := webhook.FromEnv(env("WEBHOOK_AUTHENTICATION", "optional", "EXPERIMENT_KEY_FIELD", "Test__c",
		"FINALIZE_STATUSES", "Completed, Aborted ,", "WEBHOOK_READS_SALESFORCE", "yes", "ECHO_WINDOW", "90s", "LOG_LEVEL", "debug", "STAGE", "prod"))
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if c.Authentication != webhook.AuthenticationOptional || c.ExperimentKeyField != "Test__c" || !c.ReadsSalesforce || c.EchoWindow != 90*time.Second || c.LogLevel != "debug" || c.Stage != "prod" {
		t.Errorf("config = %+v", c)
	}
	if diff := cmp.Diff([]string{"Completed", "Aborted"}, c.FinalStatuses); diff != "" {
		t.Error(diff)
	}
}

func TestConfigSaysEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	err := webhook.FromEnv(func(name string) string {
		return map[string]string{
			"WEBHOOK_AUTHENTICATION": "off", "WEBHOOK_CLIENT_CERTIFICATE": "no", "WEBHOOK_READS_SALESFORCE": "maybe", "EXPERIMENT_KEY_FIELD": "a b", "FINALIZE_STATUSES": " , ", "ECHO_WINDOW": "soon",
		}[name]
	}).Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, name := range []string{"WEBHOOK_AUTHENTICATION", "WEBHOOK_CLIENT_CERTIFICATE", "WEBHOOK_READS_SALESFORCE", "EXPERIMENT_KEY_FIELD", "FINALIZE_STATUSES", "ECHO_WINDOW",
		"TABLE_NAME", "KMS_KEY_ID", "EVENT_BUS_NAME", "EVENT_SOURCE_OUT"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("the error does not name %s: %v", name, err)
		}
	}
}

func TestNewSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := webhook.New(webhook.FromEnv(env()), webhook.Deps{})
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{"Store", "Vault", "Publisher", "Now", "NewID", "Log", "Metrics", "Wait"} {
		if !strings.Contains(err.Error(), part+" is missing") {
			t.Errorf("the error does not name %s: %v", part, err)
		}
	}
}
