package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"salesforce-integration/internal/integration"
)

// CreateIntegration implements [integration.IntegrationStore].
func (s *Store) CreateIntegration(ctx context.Context, i integration.Integration) (integration.Integration, error) {
	if !usable(i.ID) {
		return integration.Integration{}, integration.Invalidf("id", "An integration needs an id.")
	}
	if i.Version == 0 {
		stored, ok, err := s.putIntegration(ctx, i)
		if err != nil || ok {
			return stored, err
		}
	}
	return integration.Integration{}, integration.Conflictf("Integration %s exists already.", i.ID)
}

// GetIntegration implements [integration.IntegrationStore].
func (s *Store) GetIntegration(ctx context.Context, id string) (integration.Integration, error) {
	if !usable(id) {
		return integration.Integration{}, noIntegration(id)
	}
	it, err := s.getItem(ctx, integrationKey(id))
	if err != nil {
		return integration.Integration{}, err
	}
	if it == nil {
		return integration.Integration{}, noIntegration(id)
	}
	return readIntegration(it)
}

// GetIntegrations implements [integration.IntegrationStore].
func (s *Store) GetIntegrations(ctx context.Context, ids []string) (map[string]integration.Integration, error) {
	return getMany(ctx, s, ids, func(id string) (key, bool) { return integrationKey(id), usable(id) }, readIntegration)
}

// ListIntegrations implements [integration.IntegrationStore].
func (s *Store) ListIntegrations(ctx context.Context, p integration.Page) (integration.List[integration.Integration], error) {
	const name = "integrations"
	if err := checkPage(p); err != nil {
		return integration.List[integration.Integration]{}, err
	}
	after, err := parseCursor(name, p.Cursor)
	if err != nil {
		return integration.List[integration.Integration]{}, err
	}
	pk := item{}
	pk.putString(":pk", pkIntegrations)
	return readPart(ctx, s, listing[integration.Integration]{
		name: name,
		query: dynamodb.QueryInput{
			KeyConditionExpression:    aws.String("pk = :pk"),
			ExpressionAttributeValues: pk,
			ScanIndexForward:          aws.Bool(false),
			ConsistentRead:            aws.Bool(true),
		},
		position: attrSK,
		start:    func(id string) item { return integrationKey(id).item() },
		decode:   readIntegration,
	}, p.Limit, after)
}

// UpdateIntegration implements [integration.IntegrationStore].
func (s *Store) UpdateIntegration(ctx context.Context, i integration.Integration) (integration.Integration, error) {
	if !usable(i.ID) {
		return integration.Integration{}, noIntegration(i.ID)
	}
	if i.Version == 0 { // it was never read; a put could only create it
		if _, err := s.GetIntegration(ctx, i.ID); err != nil {
			return integration.Integration{}, err
		}
		return integration.Integration{}, changedIntegration(i.ID)
	}
	stored, ok, err := s.putIntegration(ctx, i)
	switch {
	case err != nil || ok:
		return stored, err
	case stored.ID == "":
		return stored, noIntegration(i.ID)
	default:
		return integration.Integration{}, changedIntegration(i.ID)
	}
}

// putIntegration stores the next version of i. When the version does not fit, ok
// is false and stored is what is there, or nothing.
func (s *Store) putIntegration(ctx context.Context, i integration.Integration) (stored integration.Integration, ok bool, err error) {
	i.Version++
	current, ok, err := s.put(ctx, row{integrationItem(i)})
	if err != nil || current == nil {
		return integration.Integration{}, false, err
	}
	stored, err = readIntegration(current)
	return stored, ok && err == nil, err
}

func noIntegration(id string) error {
	return integration.NotFoundf("There is no integration %.64q.", id)
}

func changedIntegration(id string) error {
	return integration.Conflictf("Integration %s was changed by somebody else meanwhile; read it again.", id)
}
