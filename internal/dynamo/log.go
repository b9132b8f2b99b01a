package dynamo

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"salesforce-integration/internal/integration"
)

// logName is the log's name in its cursors.
const logName = "log"

// ListDeliveries implements [integration.DeliveryStore]: one Query of an index, and
// one read of what it found, however many deliveries there are. The index is that of
// the filter's Campaign, experiment or integration, or of the whole log; a time range
// narrows what is read in it, the other filters only what is answered. So a part may
// be short: it looks at as many deliveries as it may show, and at more only where the
// parts before it found few ([wider]).
func (s *Store) ListDeliveries(ctx context.Context, f integration.DeliveryFilter, p integration.Page) (integration.List[integration.Delivery], error) {
	var none integration.List[integration.Delivery]
	if err := checkPage(p); err != nil {
		return none, err
	}
	after, look, err := parseLogCursor(p.Cursor)
	if err != nil {
		return none, err
	}
	low, high, start, ok := logRange(f, after)
	in := indexFor(f)
	if !ok || !partitions(in.value) {
		return none, nil
	}
	values := item{}
	values.putString(":in", in.value)
	values.putString(":low", low)
	values.putString(":high", high)
	q := dynamodb.QueryInput{
		TableName:                 s.table,
		IndexName:                 aws.String(in.name),
		KeyConditionExpression:    aws.String(in.attr + " = :in AND log_sk BETWEEN :low AND :high"),
		ScanIndexForward:          aws.Bool(false),
		ExpressionAttributeValues: values,
	}
	if start != "" {
		q.ExclusiveStartKey = in.start(start)
	}
	// One more than asked for tells whether there is another part.
	if q.FilterExpression, q.ExpressionAttributeNames = logFilter(f, in, values); q.FilterExpression == nil {
		look = 0
	}
	look = min(max(look, p.Limit+1), maxLook)
	q.Limit = aws.Int32(int32(look)) // at most maxLook
	out, err := s.client.Query(ctx, &q)
	if err != nil {
		return none, failed("Query", err)
	}
	return s.readLog(ctx, f, p.Limit, look, out)
}

// readLog reads what a query of the log found, which looked at so many deliveries.
// The index lags behind its table, so what does not fit the filter any more is left
// out.
func (s *Store) readLog(ctx context.Context, f integration.DeliveryFilter, limit, looked int, out *dynamodb.QueryOutput) (integration.List[integration.Delivery], error) {
	found := out.Items
	part := integration.List[integration.Delivery]{PassedOver: int(out.ScannedCount) - len(found)}
	next := wider(looked, len(found), limit)
	switch {
	case len(found) > limit:
		found = found[:limit]
		part.NextCursor = formatLogCursor(text(found[limit-1], attrLogSK), next, limit)
	case len(out.LastEvaluatedKey) > 0:
		part.NextCursor = formatLogCursor(text(out.LastEvaluatedKey, attrLogSK), next, limit)
	}
	if len(found) == 0 {
		return part, nil
	}
	ids := make([]string, len(found))
	for n, it := range found {
		_, ids[n], _ = strings.Cut(text(it, attrLogSK), "#")
	}
	deliveries, err := s.GetDeliveries(ctx, ids)
	if err != nil {
		return integration.List[integration.Delivery]{}, err
	}
	for _, id := range ids {
		if d, ok := deliveries[id]; ok && (f.Status == "" || d.Status == f.Status) {
			part.Items = append(part.Items, d)
		}
	}
	return part, nil
}

// ListWaiting implements [integration.DeliveryStore].
func (s *Store) ListWaiting(ctx context.Context, integrationID string, p integration.Page) (integration.List[integration.Delivery], error) {
	var none integration.List[integration.Delivery]
	if err := checkPage(p); err != nil {
		return none, err
	}
	name := "parked " + integrationID
	after, err := parsePosition(name, p.Cursor)
	if err != nil || !usable(integrationID) {
		return none, err
	}
	values := item{}
	values.putString(":parked", parkedPartition(integrationID))
	q := dynamodb.QueryInput{
		IndexName:                 aws.String(parkedIndex),
		KeyConditionExpression:    aws.String("parked_pk = :parked"),
		ScanIndexForward:          aws.Bool(false),
		ExpressionAttributeValues: values,
	}
	start := func(position string) item {
		_, id, _ := strings.Cut(position, "#")
		it := deliveryKey(id).item()
		it.putString(attrParkedPK, parkedPartition(integrationID))
		it.putString(attrParkedSK, position)
		return it
	}
	return readPart(ctx, s, listing[integration.Delivery]{
		name: name, query: q, position: attrParkedSK, start: start, decode: readDelivery,
	}, p.Limit, after)
}

// parsePosition returns the position in a cursor of a list of deliveries, which
// must be one that logPosition made.
func parsePosition(list, cursor string) (string, error) {
	position, err := parseCursor(list, cursor)
	if err != nil || position == "" {
		return "", err
	}
	if err := checkPosition(position); err != nil {
		return "", err
	}
	return position, nil
}

// checkPosition refuses what logPosition did not make.
func checkPosition(position string) error {
	at, id, ok := strings.Cut(position, "#")
	if _, err := time.Parse(timeLayout, at); err != nil || !ok || !usable(id) {
		return badCursor()
	}
	return nil
}

// index is one of the log's indexes, and the part of it to look in: attr is its
// partition key, which holds the delivery's attribute of.
type index struct{ name, attr, value, of string }

// indexFor chooses the index that holds the least beside what the filter lets pass:
// a Campaign has fewer deliveries than its experiment, and that fewer than an
// integration.
func indexFor(f integration.DeliveryFilter) index {
	switch {
	case f.CampaignID != "":
		return index{logCampaignIndex, attrLogCampaign, f.CampaignID, "campaign_id"}
	case f.ExperimentKey != "":
		return index{logExperimentIndex, attrLogExperiment, f.ExperimentKey, "experiment_key"}
	case f.IntegrationID != "":
		return index{logIntegrationIndex, attrLogIntegration, f.IntegrationID, "integration_id"}
	default:
		return index{name: logIndex, attr: attrLogPK, value: pkLog}
	}
}

// start is the index key of a position in the log.
func (x index) start(position string) item {
	_, id, _ := strings.Cut(position, "#")
	it := deliveryKey(id).item()
	it.putString(x.attr, x.value)
	it.putString(attrLogSK, position)
	return it
}

// logRange turns a time range and a cursor into the bounds of a query, both
// included, and the position to start behind. A bare time sorts before every
// position of that time, so as an upper bound it excludes them and as a lower one
// it does not. DynamoDB refuses bounds back to front and a start outside of them,
// which a cursor has that is used with another range: hence the cases.
func logRange(f integration.DeliveryFilter, after string) (low, high, start string, ok bool) {
	low, high = "0", "~" // before and after every year
	if !f.From.IsZero() {
		low = formatTime(f.From)
	}
	if !f.To.IsZero() {
		high = formatTime(f.To)
	}
	if after != "" && after < high {
		high, start = after, after
	}
	return low, high, start, low < high
}

// logFilter makes the expression of what the index itself does not filter, nil when
// there is nothing.
func logFilter(f integration.DeliveryFilter, in index, values item) (*string, map[string]string) {
	var terms []string
	names := map[string]string{}
	for _, c := range []struct{ attr, want string }{
		{"direction", string(f.Direction)},
		{"status", string(f.Status)},
		{"event_type", f.EventType},
		{"integration_id", f.IntegrationID},
		{"experiment_key", f.ExperimentKey},
		{"campaign_id", f.CampaignID},
	} {
		if c.want != "" && c.attr != in.of {
			names["#"+c.attr] = c.attr
			values.putString(":"+c.attr, c.want)
			terms = append(terms, "#"+c.attr+" = :"+c.attr)
		}
	}
	if terms == nil {
		return nil, nil
	}
	return aws.String(strings.Join(terms, " AND ")), names
}
