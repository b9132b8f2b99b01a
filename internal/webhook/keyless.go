package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"salesforce-integration/internal/integration"
)

// A JSON call without an Idempotency-Key has no id of its own. One that failed
// half-way and is made again should go on where it stopped; one that was dealt with
// and is made again is a new one, as a person may have done the same twice. So its
// id is one of a few that its content and the time lead to: that of the row that is
// still pending, else the first that is free.
const (
	// keylessWindow is how long a call goes on what it left pending, at least; twice
	// as long at most.
	keylessWindow = 15 * time.Minute
	// keylessRows is how many calls of the same content a window knows; more get ids
	// that nothing leads to.
	keylessRows = 3
)

// keylessIDs are the ids that the n-th notification of a call may have, those of the
// window before first.
func keylessIDs(n notification, place int, now time.Time) ([]string, error) {
	content, err := n.payload()
	if err != nil {
		return nil, unavailable(err)
	}
	window := now.Unix() / int64(keylessWindow/time.Second)
	var ids []string
	for _, w := range []int64{window - 1, window} {
		for row := range keylessRows {
			sum := sha256.Sum256(fmt.Appendf(nil, "%d\n%d\n%d\n%s", w, row, place, content))
			ids = append(ids, "call-"+hex.EncodeToString(sum[:16]))
		}
	}
	return ids, nil
}

// bind gives a call without a key its id, by what is stored under those that it may
// have; newID makes one when all are taken.
func (it *item) bind(integrationID string, stored map[string]integration.Delivery, newID func() string) {
	if len(it.mayBe) == 0 {
		return
	}
	free := ""
	for k, id := range it.mayBe {
		d, taken := stored[integration.DeliveryID(integration.Inbound, integrationID, id)]
		switch {
		case taken && d.Status == integration.StatusPending:
			it.rename(integrationID, id)
			return
		case !taken && free == "" && k >= keylessRows: // of this window
			free = id
		}
	}
	if free == "" {
		free = newID()
	}
	it.rename(integrationID, free)
}

func (it *item) rename(integrationID, id string) {
	it.id = id
	it.delivery.EventID, it.delivery.ID = id, deliveryID(integrationID, it.notification)
}
