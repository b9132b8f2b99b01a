package trial

import (
	"fmt"
	"strings"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/push/pushtest"
)

// Load is the events of a trial.
type Load struct {
	Campaigns int // each is linked to an experiment of its own
	events    func(campaigns []string, start time.Time, f Fault) []Event
}

// Story is sixty Campaigns with three events each, in nine bursts over four
// minutes: a status, a note some time before or after it, and then another status.
// Half of the Campaigns complete first.
func Story() Load { return Load{Campaigns: 60, events: story} }

// Burst is a thousand events at once, of a thousand Campaigns, a third of them
// notes.
func Burst() Load { return Load{Campaigns: 1000, events: burst} }

const (
	slots    = 9
	slotTime = 30 * time.Second
	// copyDelay is how much later a second copy comes that does not come at once.
	copyDelay = 20 * time.Second
)

// Event is one experiment event.
type Event struct {
	ID         string
	Type       integration.EventType
	Experiment string // there is one Campaign for each
	CampaignID string
	OccurredAt time.Time
	Arrives    time.Time // on the queue
}

// Status is what an event makes of its Campaign; "" for one that asks for a note.
func (e Event) Status() string {
	switch e.Type {
	case integration.EventCompleted:
		return "Completed"
	case integration.EventRolledBack:
		return "Paused"
	default:
		return ""
	}
}

// Body is the event's envelope, as EventBridge puts it on the queue.
func (e Event) Body() string {
	return fmt.Sprintf(`{"version":"0","id":%q,"detail-type":%q,"source":"experimentation.platform","time":%q,"detail":{"experiment_key":%q,`+
		`"experiment_name":"Trial of %s","occurred_at":%q,"results":{"primary_metric":"conversion_rate","winning_variant":"green","lift":0.042,`+
		`"p_value":0.003,"sample_size":48210},"reason":"guardrail metric regressed"}}`,
		e.ID, e.Type, e.OccurredAt.UTC().Format(time.RFC3339), e.Experiment, e.Experiment, e.OccurredAt.UTC().Format(time.RFC3339Nano))
}

// experiment is the key of the experiment that the nth Campaign belongs to.
func experiment(n int) string { return fmt.Sprintf("experiment-%d", n) }

func story(ids []string, start time.Time, f Fault) []Event {
	var all []Event
	for i, id := range ids {
		first, last := integration.EventRolledBack, integration.EventCompleted
		if i%2 == 1 {
			first, last = last, first
		}
		third := slots / 3
		add := func(kind integration.EventType, occurred, arrives int) {
			// Within a burst the events are a few milliseconds apart.
			apart := time.Duration(i) * time.Millisecond
			all = append(all, Event{
				ID: fmt.Sprintf("event-%d-%d-%s", i, occurred, strings.ReplaceAll(string(kind), " ", "-")), Type: kind, Experiment: experiment(i), CampaignID: id,
				OccurredAt: start.Add(time.Duration(occurred)*slotTime + apart), Arrives: start.Add(time.Duration(arrives)*slotTime + apart),
			})
		}
		early, late := i%third, slots-third+(i/third)%third
		if f.backwards {
			add(first, early, late)
			add(last, late, early)
		} else {
			add(first, early, early)
			add(last, late, late)
		}
		add(integration.EventSignificance, i*7%slots, i*7%slots)
	}
	return all
}

func burst(ids []string, start time.Time, _ Fault) []Event {
	all := make([]Event, len(ids))
	for i, id := range ids {
		all[i] = Event{
			ID: fmt.Sprintf("event-%d", i), Experiment: experiment(i), CampaignID: id, OccurredAt: start, Arrives: start,
			Type: []integration.EventType{integration.EventCompleted, integration.EventSignificance, integration.EventRolledBack}[i%3],
		}
	}
	return all
}

// publish puts the events on the queue.
func publish(q *pushtest.Queue, events []Event, f Fault) {
	for i, e := range events {
		q.Put(e.Body(), e.Arrives)
		if f.twice {
			q.Put(e.Body(), e.Arrives.Add(time.Duration(i%2)*copyDelay))
		}
	}
}
