package dynamo

import (
	"context"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"salesforce-integration/internal/integration"
)

// GetLinks implements [integration.LinkStore].
func (s *Store) GetLinks(ctx context.Context, refs []integration.CampaignRef) (map[integration.CampaignRef]integration.Link, error) {
	return getMany(ctx, s, refs, ofCampaign(linkKey), readLink)
}

// ListLinks implements [integration.LinkStore].
func (s *Store) ListLinks(ctx context.Context, integrationID string, f integration.LinkFilter, p integration.Page) (integration.List[integration.Link], error) {
	var none integration.List[integration.Link]
	name := "links of " + integrationID
	if err := checkPage(p); err != nil {
		return none, err
	}
	after, err := parseCursor(name, p.Cursor)
	switch {
	case err != nil:
		return none, err
	case after != "" && !strings.HasPrefix(after, skLinkPrefix):
		return none, badCursor()
	case !usable(integrationID):
		return none, nil
	case f.CampaignID != "":
		return s.listOneLink(ctx, integration.CampaignRef{IntegrationID: integrationID, CampaignID: f.CampaignID}, f, after)
	case f.ExperimentKey != "":
		return s.listLinksOf(ctx, integrationID, f.ExperimentKey, name, p.Limit, after)
	}
	pk := integrationPartition(integrationID)
	q := dynamodb.QueryInput{
		KeyConditionExpression:    aws.String("pk = :pk AND begins_with(sk, :links)"),
		ExpressionAttributeValues: item{},
		ConsistentRead:            aws.Bool(true),
	}
	values := item(q.ExpressionAttributeValues)
	values.putString(":pk", pk)
	values.putString(":links", skLinkPrefix)
	return readPart(ctx, s, listing[integration.Link]{
		name: name, query: q, position: attrSK, decode: readLink,
		start: func(sk string) item { return key{pk, sk}.item() },
	}, p.Limit, after)
}

// listOneLink answers a list narrowed to one campaign by a plain read.
func (s *Store) listOneLink(ctx context.Context, ref integration.CampaignRef, f integration.LinkFilter, after string) (integration.List[integration.Link], error) {
	var l integration.List[integration.Link]
	if after != "" && linkKey(ref).sk <= after {
		return l, nil
	}
	found, err := s.GetLinks(ctx, []integration.CampaignRef{ref})
	if link, ok := found[ref]; ok && (f.ExperimentKey == "" || f.ExperimentKey == link.ExperimentKey) {
		l.Items = append(l.Items, link)
	}
	return l, err
}

// listLinksOf answers a list narrowed to one experiment by the experiment's item,
// however many links the integration has.
func (s *Store) listLinksOf(ctx context.Context, integrationID, experiment, name string, limit int, after string) (integration.List[integration.Link], error) {
	var part integration.List[integration.Link]
	all, err := s.LinksByExperiment(ctx, []string{experiment})
	if err != nil {
		return part, err
	}
	for _, l := range all[experiment] { // by campaign, within an integration
		switch {
		case l.IntegrationID != integrationID, linkKey(l.Ref()).sk <= after:
		case len(part.Items) == limit:
			part.NextCursor = formatCursor(name, linkKey(part.Items[limit-1].Ref()).sk)
			return part, nil
		default:
			part.Items = append(part.Items, l)
		}
	}
	return part, nil
}

// DeleteLink implements [integration.LinkStore].
func (s *Store) DeleteLink(ctx context.Context, integrationID, campaignID string) error {
	ref := integration.CampaignRef{IntegrationID: integrationID, CampaignID: campaignID}
	for range maxTries {
		found, err := s.GetLinks(ctx, []integration.CampaignRef{ref})
		if err != nil {
			return err
		}
		l, ok := found[ref]
		if !ok {
			return integration.NotFoundf("Campaign %.64q is not linked.", campaignID)
		}
		reasons, err := s.transact(ctx, []types.TransactWriteItem{
			s.deleteLink(l),
			{Delete: &types.Delete{TableName: s.table, Key: seenKey(ref).item()}},
			s.unindex(l.ExperimentKey, []integration.CampaignRef{ref}),
		})
		if err != nil || reasons == nil {
			return err
		}
		// Deleted, or made anew for another experiment, since it was read.
	}
	return integration.Conflictf("The link of campaign %s keeps changing at this moment. Try again.", campaignID)
}

// deleteLink removes a link's own row while it is still of that experiment.
func (s *Store) deleteLink(l integration.Link) types.TransactWriteItem {
	values := item{}
	values.putString(":experiment", l.ExperimentKey)
	return types.TransactWriteItem{Delete: &types.Delete{
		TableName: s.table, Key: linkKey(l.Ref()).item(),
		ConditionExpression:       aws.String("experiment_key = :experiment"),
		ExpressionAttributeValues: values,
	}}
}

// unindex takes links out of their experiment's item. The item stays when it gets
// empty: it is some bytes, and deleting it could hit a link made meanwhile.
func (s *Store) unindex(experiment string, refs []integration.CampaignRef) types.TransactWriteItem {
	names := map[string]string{"#n": attrCount}
	expression := "ADD #n :minus REMOVE "
	for n, r := range refs {
		name := "#l" + strconv.Itoa(n)
		names[name] = linkAttr(r)
		if n > 0 {
			expression += ", "
		}
		expression += name
	}
	return types.TransactWriteItem{Update: &types.Update{
		TableName: s.table, Key: experimentKey(experiment).item(),
		UpdateExpression: &expression, ExpressionAttributeNames: names,
		ExpressionAttributeValues: map[string]types.AttributeValue{":minus": number(-len(refs))},
	}}
}

func number(n int) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.Itoa(n)}
}

// LinksByExperiment implements [integration.LinkStore].
func (s *Store) LinksByExperiment(ctx context.Context, experimentKeys []string) (map[string][]integration.Link, error) {
	found, err := getMany(ctx, s, experimentKeys, func(k string) (key, bool) {
		return experimentKey(k), partitions(k)
	}, readIndexedLinks)
	for k, links := range found {
		if len(links) == 0 {
			delete(found, k)
		}
	}
	return found, err
}
