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

// ListDeliveries implements [integration.DeliveryStore]. A time range narrows what
// is read; the other filters only what is answered, out of a bounded read.
func (s *Store) ListDeliveries(ctx context.Context, f integration.DeliveryFilter, p integration.Page) (integration.List[integration.Delivery], error) {
	var none integration.List[integration.Delivery]
	if err := checkPage(p); err != nil {
		return none, err
	}
	after, err := parseLogCursor(p.Cursor)
	if err != nil {
		return none, err
	}
	low, high, start, ok := logRange(f, after)
	if !ok {
		return none, nil
	}
	values := item{}
	values.putString(":log", pkLog)
	values.putString(":low", low)
	values.putString(":high", high)
	q := dynamodb.QueryInput{
		IndexName:                 aws.String(logIndex),
		KeyConditionExpression:    aws.String("log_pk = :log AND log_sk BETWEEN :low AND :high"),
		ScanIndexForward:          aws.Bool(false),
		ExpressionAttributeValues: values,
	}
	q.FilterExpression, q.ExpressionAttributeNames = logFilter(f, values)
	return readPart(ctx, s, listing[integration.Delivery]{
		name: logName, query: q, position: attrLogSK, start: logStart, decode: readDelivery,
	}, p.Limit, start)
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

// parseLogCursor returns the position in a cursor of the log.
func parseLogCursor(cursor string) (string, error) { return parsePosition(logName, cursor) }

// parsePosition returns the position in a cursor of a list of deliveries, which
// must be one that logPosition made.
func parsePosition(list, cursor string) (string, error) {
	position, err := parseCursor(list, cursor)
	if err != nil || position == "" {
		return "", err
	}
	at, id, ok := strings.Cut(position, "#")
	if _, err := time.Parse(timeLayout, at); err != nil || !ok || !usable(id) {
		return "", badCursor()
	}
	return position, nil
}

// logStart is the index key of a position in the log.
func logStart(position string) item {
	_, id, _ := strings.Cut(position, "#")
	it := deliveryKey(id).item()
	it.putString(attrLogPK, pkLog)
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

// logFilter makes the filter expression, nil when nothing is filtered.
func logFilter(f integration.DeliveryFilter, values item) (*string, map[string]string) {
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
		if c.want != "" {
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
