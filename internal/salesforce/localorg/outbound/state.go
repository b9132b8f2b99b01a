package outbound

// State is what a queue is saved as.
type State struct {
	Rules         []Rule         `json:"rules"`
	Notifications []Notification `json:"notifications"`
	Serial        uint64         `json:"serial"`
	Behaviour     Behaviour      `json:"behaviour"`
}

// State copies the queue.
func (q *Queue) State() State {
	rules, notes := q.Rules(), q.Notifications()
	q.mu.Lock()
	defer q.mu.Unlock()
	return State{Rules: rules, Notifications: notes, Serial: q.serial, Behaviour: q.behaviour}
}

// Restore replaces the queue by a saved one. What was being sent is sent again.
func (q *Queue) Restore(s State) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.rules, q.notes, q.serial, q.behaviour = nil, nil, s.Serial, s.Behaviour
	for _, r := range s.Rules {
		q.rules = append(q.rules, &r)
	}
	for _, n := range s.Notifications {
		n.expires = n.Created.Add(GiveUpAfter)
		q.notes = append(q.notes, &n)
	}
	q.signal()
}
