package push

import (
	"time"

	"salesforce-integration/internal/integration"
)

// progress is what became of a batch: the deliveries by id, and for each message
// the ids of its deliveries.
type progress struct {
	deliveries map[string]integration.Delivery
	comeBack   map[string]time.Time // by delivery id: when its message is to come back
	ofMessage  [][]string           // in the order of the messages
	absent     map[string]bool      // deliveries that only matter when they are stored, and are not
	failed     map[int]error        // commands that failed, by message
	parked     map[string]bool      // integrations for which something was parked that may just have been mended
	// parkedBlindly: whether it was mended could not be found out.
	parkedBlindly bool
}

// messageComesBack says when a message's deliveries are tried again: all of them
// when the last one wants to be, for a message may only be received so often.
func (p *progress) messageComesBack(i int) (time.Time, bool) {
	var at time.Time
	for _, id := range p.ofMessage[i] {
		if t, ok := p.comeBack[id]; ok && t.After(at) {
			at = t
		}
	}
	return at, !at.IsZero()
}

// messageSettled says whether every delivery of a message is stored in a state
// that this invocation leaves behind on purpose.
func (p *progress) messageSettled(i int) bool {
	for _, id := range p.ofMessage[i] {
		if p.absent[id] {
			continue
		}
		d, ok := p.deliveries[id]
		if !ok || d.Status == integration.StatusSending || p.parkedBlindly && d.Resumable() {
			return false
		}
	}
	return len(p.ofMessage[i]) > 0
}
