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
	later      map[int]bool         // messages that this invocation does not come to
	failed     map[int]error        // commands that failed, by message
	parked     map[string]bool      // integrations for which something was parked that may just have been mended
	// parkedBlindly: whether it was mended could not be found out.
	parkedBlindly bool
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
