package dynamo

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"salesforce-integration/internal/integration"
)

// The names of the table's own attributes and of its index.
const (
	attrPK    = "pk"
	attrSK    = "sk"
	attrLogPK = "log_pk"
	attrLogSK = "log_sk"
	attrTTL   = "expires_at"

	// The log once more, by what it is mostly narrowed by.
	attrLogIntegration = "log_integration"
	attrLogExperiment  = "log_experiment"
	attrLogCampaign    = "log_campaign"

	// Only deliveries that wait have these, so their index is as small as
	// what waits.
	attrParkedPK = "parked_pk"
	attrParkedSK = "parked_sk"

	logIndex            = "log"
	logIntegrationIndex = "log-integration"
	logExperimentIndex  = "log-experiment"
	logCampaignIndex    = "log-campaign"
	parkedIndex         = "parked"
)

// The fixed parts of the keys.
const (
	pkIntegrations = "INTEGRATIONS"
	pkLog          = "LOG"
	skToken        = "TOKEN"
	skAllowance    = "ALLOWANCE"
	skDelivery     = "DELIVERY"
	skLinks        = "LINKS"
	skRequest      = "REQUEST"
	skLinkPrefix   = "LINK#"
	skCampaign     = "CAMPAIGN#"
	skSeen         = "SEEN#"
)

// maxKeyPart bounds an id in a key, in bytes. A sort key holds 1,024.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
const maxKeyPart = 512

// maxPartitionPart bounds what may be part of a partition key, in bytes: an experiment
// key of 256 characters has up to 1,024. A partition key holds 2,048.
const maxPartitionPart = 1024

// key is an item's primary key.
type key struct{ pk, sk string }

func integrationKey(id string) key { return key{pkIntegrations, id} }
func tokenKey(id string) key       { return key{integrationPartition(id), skToken} }
func deliveryKey(id string) key    { return key{"DELIVERY#" + id, skDelivery} }
func requestKey(id string) key     { return key{"REQUEST#" + id, skRequest} }
func experimentKey(k string) key   { return key{"EXPERIMENT#" + k, skLinks} }

// allowanceKey puts an integration's allowance beside its token, and an org's in a
// partition of its own: it stays when one of the org's integrations goes.
func allowanceKey(k integration.AllowanceKey) (key, bool) {
	if k.OrgID != "" {
		return key{"ORG#" + k.OrgID, skAllowance}, k.Valid() && usable(k.OrgID)
	}
	return key{integrationPartition(k.IntegrationID), skAllowance}, usable(k.IntegrationID)
}

// integrationPartition holds what belongs to an integration and is deleted with it.
func integrationPartition(id string) string { return "INTEGRATION#" + id }

// parkedPartition holds, in the index of what is parked, an integration's part.
func parkedPartition(integrationID string) string { return "PARKED#" + integrationID }

func linkKey(r integration.CampaignRef) key {
	return key{integrationPartition(r.IntegrationID), skLinkPrefix + r.CampaignID}
}

func campaignKey(r integration.CampaignRef) key {
	return key{integrationPartition(r.IntegrationID), skCampaign + r.CampaignID}
}

func seenKey(r integration.CampaignRef) key {
	return key{integrationPartition(r.IntegrationID), skSeen + r.CampaignID}
}

func (k key) item() item {
	return item{attrPK: &types.AttributeValueMemberS{Value: k.pk}, attrSK: &types.AttributeValueMemberS{Value: k.sk}}
}

func keyOf(i item) key { return key{text(i, attrPK), text(i, attrSK)} }

// usable says whether every id may be part of a key. What is not usable is not
// there, and asking for it would be refused as a malformed request.
func usable(ids ...string) bool {
	for _, id := range ids {
		if id == "" || len(id) > maxKeyPart {
			return false
		}
	}
	return true
}

// partitions says whether a value may be part of a partition key.
func partitions(value string) bool { return value != "" && len(value) <= maxPartitionPart }

// text returns a string attribute, "" if there is none.
func text(i item, name string) string {
	if v, ok := i[name].(*types.AttributeValueMemberS); ok {
		return v.Value
	}
	return ""
}

// linkAttr is the name of a link's attribute in its experiment's item. Integration
// ids are UUIDs, so the first # after the prefix ends one.
func linkAttr(r integration.CampaignRef) string {
	return skLinkPrefix + r.IntegrationID + "#" + r.CampaignID
}

func parseLinkAttr(name string) (integration.CampaignRef, bool) {
	rest, ok := strings.CutPrefix(name, skLinkPrefix)
	if !ok {
		return integration.CampaignRef{}, false
	}
	id, campaign, ok := strings.Cut(rest, "#")
	return integration.CampaignRef{IntegrationID: id, CampaignID: campaign}, ok
}
