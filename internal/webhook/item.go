package webhook

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"

	"salesforce-integration/internal/integration"
)

// maxAhead is how far a message's time may lie ahead of our clock. One from further
// off would count as newer than everything after it, so it counts as of now.
const maxAhead = 5 * time.Minute

// item is a notification on its way.
type item struct {
	notification
	at     time.Time // when the Campaign was as it says, as far as is known
	newest bool      // no other one of the message is of a later state

	delivery  integration.Delivery // as it is stored, or will be
	duplicate bool                 // an earlier message, or an earlier place in this one, has dealt with it
	again     bool                 // a duplicate of which the stored delivery is to say that it came again
	done      bool                 // it is stored with its verdict

	begunFor   string // the experiment that an earlier try may have asked to finish; empty: none did
	claimedNow bool   // this try is the first that may ask, and that is stored

	link      *integration.Link // what its Campaign follows, or will
	makesLink bool              // the link is still to be made
	linkedNow bool              // this notification made the link
	lookedUp  bool              // its key was found in the org
	verdict   verdict
	asks      ask
	apiCalls  int   // Salesforce API calls that it took part in
	err       error // why it could not be dealt with; it stays pending
}

// ask is the finalization request that an item leads to.
type ask struct {
	id   string // of the request: the same whoever publishes it, however often
	at   time.Time
	done bool // the bus has it
}

// newItems makes the items of a message; what is there twice is a duplicate.
func newItems(i integration.Integration, ns []notification, now time.Time) ([]*item, error) {
	items := make([]*item, len(ns))
	fresh := newest(ns, now)
	seen := map[string]bool{}
	for k, n := range ns {
		it := &item{notification: n, newest: fresh[k], at: n.time(k, now)}
		d, err := newDelivery(i, n, now)
		if err != nil {
			return nil, err
		}
		it.delivery, it.duplicate = d, seen[d.ID]
		seen[d.ID] = true
		items[k] = it
	}
	return items, nil
}

// time is when the Campaign was as a message's k-th notification says, as far as is
// known: of those without a time the later place is the later state.
func (n notification) time(k int, now time.Time) time.Time {
	if n.modifiedAt.IsZero() || n.modifiedAt.After(now.Add(maxAhead)) {
		return now.Add(time.Duration(k))
	}
	return n.modifiedAt
}

// newDelivery is a notification as the log has it.
func newDelivery(i integration.Integration, n notification, now time.Time) (integration.Delivery, error) {
	body, err := n.payload()
	if err != nil {
		return integration.Delivery{}, unavailable(err)
	}
	d := integration.Delivery{
		ID:            deliveryID(i.ID, n),
		Direction:     integration.Inbound,
		EventType:     n.eventType,
		EventID:       n.id,
		IntegrationID: i.ID,
		ExperimentKey: n.experimentKey,
		CampaignID:    n.campaignID,
		CampaignName:  n.campaignName,
		CampaignState: n.status,
		OccurredAt:    n.modifiedAt,
		Payload:       body,
		CreatedAt:     now,
	}
	if d.OccurredAt.IsZero() {
		d.OccurredAt = now
	}
	if n.campaignID != "" {
		d.RecordURL = i.InstanceURL + "/" + n.campaignID
	}
	if err := d.Move(now, integration.StatusPending, "", "Received; not dealt with yet."); err != nil {
		return integration.Delivery{}, unavailable(err)
	}
	return d, nil
}

// deliveryID keeps the ids that callers choose apart from those of Salesforce and ours.
func deliveryID(integrationID string, n notification) string {
	if n.fromCaller {
		return integration.DeliveryID(integration.Inbound, integrationID, "key", n.id)
	}
	return integration.DeliveryID(integration.Inbound, integrationID, n.id)
}

// recall takes in what is stored of the notification. The error is a refusal of
// the message.
func (it *item) recall(stored integration.Delivery) error {
	switch {
	case it.fromCaller && !bytes.Equal(stored.Payload, it.delivery.Payload):
		return reusedKey()
	case stored.Status != integration.StatusPending:
		it.duplicate, it.again, it.delivery = true, true, stored
		return nil
	}
	// It was left pending. What counts is what the message says now: Salesforce fills
	// it with the record's values at the time of sending.
	said := it.delivery
	it.delivery = stored
	if stored.Doubtful && !it.claimedNow {
		it.begunFor = stored.ExperimentKey
	}
	it.delivery.CampaignName, it.delivery.CampaignState = said.CampaignName, said.CampaignState
	it.delivery.ExperimentKey, it.delivery.Payload = said.ExperimentKey, said.Payload
	it.delivery.OccurredAt = said.OccurredAt
	return nil
}

// resumed says whether an earlier try left it pending.
func (it *item) resumed() bool { return it.delivery.Version > 0 }

// open says whether something is still to be done about the item.
func (it *item) open() bool { return !it.duplicate && !it.done && it.err == nil }

// asking says whether a request is to be on the bus before the item is done.
func (it *item) asking() bool {
	return it.open() && it.verdict.reason == integration.ReasonFinalizationRequested
}

// reusedKey refuses an Idempotency-Key that came with another body before.
// https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header
func reusedKey() error {
	return &refusal{
		status:   http.StatusUnprocessableEntity,
		detail:   "This Idempotency-Key was used for a different body. Use a new key for a new message.",
		problems: []fieldProblem{{Location: "header.Idempotency-Key", Message: "expected a key that no other body was sent with"}},
	}
}

// claim notes in the delivery that a request is about to be made for it, and for which
// experiment: a later try finds it there. It says whether there was anything to note.
func (it *item) claim() bool {
	if it.delivery.Doubtful && it.delivery.ExperimentKey == it.link.ExperimentKey {
		return false
	}
	it.delivery.Doubtful, it.delivery.ExperimentKey = true, it.link.ExperimentKey
	return true
}

// outcome is the delivery with its verdict.
func (it *item) outcome(now time.Time) (integration.Delivery, error) {
	d := it.delivery
	if it.link != nil {
		d.ExperimentKey = it.link.ExperimentKey
	}
	d.ErrorCode, d.Cause, d.Fix = "", "", ""
	d.APICalls += it.apiCalls
	detail := it.verdict.detail
	if it.linkedNow && it.link != nil {
		says := ""
		if it.lookedUp {
			says = ", whose key is on it in Salesforce"
		}
		detail = strings.TrimSpace(fmt.Sprintf("The Campaign was linked to experiment %q%s. %s", it.link.ExperimentKey, says, detail))
	}
	if it.begunFor != "" && it.verdict.reason != integration.ReasonFinalizationRequested {
		detail = strings.TrimSpace(fmt.Sprintf("%s An earlier try of this message may have asked the platform to finish experiment %q.", detail, it.begunFor))
	}
	d.Doubtful = false
	if err := d.Move(now, it.verdict.status, it.verdict.reason, detail); err != nil {
		return d, unavailable(err)
	}
	return d, nil
}
