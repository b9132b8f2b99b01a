package integration

import (
	"cmp"
	"strings"
)

// What a deployment says of Salesforce's messages when its parameters say nothing else.
const (
	DefaultExperimentKeyField = "Experiment_Key__c"
	DefaultFinalStatus        = "Completed"
)

// InboundRules are what a deployment says of Salesforce's messages, by the template's
// parameters.
type InboundRules struct {
	// ExperimentKeyField is the Campaign field that holds the experiment's key.
	ExperimentKeyField string
	// FinalStatuses are the Campaign statuses that finish an experiment, in capitals
	// or not, of integrations whose settings name none.
	FinalStatuses []string
}

// ReadInbound reads EXPERIMENT_KEY_FIELD and FINALIZE_STATUSES (separated by commas)
// from a function's environment. It checks neither.
func ReadInbound(getenv func(string) string) InboundRules {
	i := InboundRules{ExperimentKeyField: cmp.Or(getenv("EXPERIMENT_KEY_FIELD"), DefaultExperimentKeyField)}
	for part := range strings.SplitSeq(cmp.Or(getenv("FINALIZE_STATUSES"), DefaultFinalStatus), ",") {
		if part = strings.TrimSpace(part); part != "" {
			i.FinalStatuses = append(i.FinalStatuses, part)
		}
	}
	return i
}

// Finals returns the statuses that finish an experiment of an integration with these
// settings.
func (i InboundRules) Finals(s Settings) []string {
	if len(s.FinalizeStatuses) > 0 {
		return s.FinalizeStatuses
	}
	return i.FinalStatuses
}
