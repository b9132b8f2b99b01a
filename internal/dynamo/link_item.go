package dynamo

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"salesforce-integration/internal/integration"
)

// attrLinkExperiment names the experiment of a link.
const attrLinkExperiment = "experiment_key"

func linkItem(l integration.Link) item {
	it := linkKey(l.Ref()).item()
	it.putString("integration_id", l.IntegrationID)
	it.putString(attrLinkExperiment, l.ExperimentKey)
	it.putString("campaign_id", l.CampaignID)
	it.putString("source", string(l.Source))
	it.putTime("created_at", l.CreatedAt)
	it.putString("delivery_id", l.DeliveryID)
	return it
}

func readLink(it item) (integration.Link, error) {
	r := reader{item: it}
	l := integration.Link{
		IntegrationID: r.string("integration_id"),
		ExperimentKey: r.string(attrLinkExperiment),
		CampaignID:    r.string("campaign_id"),
		Source:        integration.LinkSource(r.string("source")),
		CreatedAt:     r.time("created_at"),
		DeliveryID:    r.string("delivery_id"),
	}
	return l, r.err
}

// indexedLink is what a link's attribute in its experiment's item holds; the rest
// is in the attribute's name and the item's key.
func indexedLink(l integration.Link) *types.AttributeValueMemberM {
	m := item{}
	m.putString("source", string(l.Source))
	m.putTime("created_at", l.CreatedAt)
	m.putString("delivery_id", l.DeliveryID)
	return &types.AttributeValueMemberM{Value: m}
}

// readIndexedLinks reads an experiment's item, by integration and campaign.
func readIndexedLinks(it item) ([]integration.Link, error) {
	outer := reader{item: it}
	var links []integration.Link
	experiment := strings.TrimPrefix(outer.string(attrPK), experimentKey("").pk)
	for name := range it {
		ref, ok := parseLinkAttr(name)
		if !ok {
			continue
		}
		m, ok := read[*types.AttributeValueMemberM](&outer, name)
		if !ok {
			continue
		}
		r := reader{item: m.Value}
		links = append(links, integration.Link{
			IntegrationID: ref.IntegrationID, CampaignID: ref.CampaignID, ExperimentKey: experiment,
			Source: integration.LinkSource(r.string("source")), CreatedAt: r.time("created_at"), DeliveryID: r.string("delivery_id"),
		})
		if r.err != nil {
			outer.fail(name, r.err)
		}
	}
	slices.SortFunc(links, func(a, b integration.Link) int {
		return cmp.Or(strings.Compare(a.IntegrationID, b.IntegrationID), strings.Compare(a.CampaignID, b.CampaignID))
	})
	return links, outer.err
}
