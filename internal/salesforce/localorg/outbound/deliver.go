package outbound

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"salesforce-integration/internal/salesforce/localorg/records"
	"salesforce-integration/internal/salesforce/localorg/settings"
)

// Deliver sends what is due now and returns how many notifications were
// acknowledged. Endpoints are served side by side, the messages of one rule in turn.
func (q *Queue) Deliver(ctx context.Context) int {
	due := q.take()
	counts := make([]int, len(due))
	var wg sync.WaitGroup
	for i, job := range due {
		wg.Go(func() { counts[i] = q.sendAll(ctx, job) })
	}
	wg.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	return total
}

// job is the due notifications of one rule.
type job struct {
	rule  Rule
	notes []*Notification
	act   Behaviour
}

// take marks what is due as being sent and drops what is too old.
func (q *Queue) take() []*job {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.behaviour.Hold {
		return nil
	}
	now := q.cfg.Now()
	byRule := map[string]*job{}
	var order []*job
	for _, r := range q.rules {
		j := &job{rule: *r, act: q.behaviour}
		byRule[r.Name] = j
		order = append(order, j)
	}
	for _, n := range q.notes {
		if n.Status != Pending || n.inFlight || n.NextAttempt.After(now) {
			continue
		}
		j, ok := byRule[n.Rule]
		switch {
		case ok && now.Before(n.expires):
			n.inFlight = true
			j.notes = append(j.notes, n)
		case ok && j.rule.UseDeadLetterQueue:
			n.Status = Failed
		default:
			n.Status = Dropped
		}
	}
	q.trim()
	return slices.DeleteFunc(order, func(j *job) bool { return len(j.notes) == 0 })
}

// trim forgets the oldest finished notifications.
func (q *Queue) trim() {
	done := 0
	for _, n := range q.notes {
		if n.Status != Pending {
			done++
		}
	}
	if done <= keepDone {
		return
	}
	q.notes = slices.DeleteFunc(q.notes, func(n *Notification) bool {
		if n.Status == Pending || done <= keepDone {
			return false
		}
		done--
		return true
	})
}

func (q *Queue) sendAll(ctx context.Context, j *job) int {
	if j.act.Reverse {
		slices.Reverse(j.notes)
	}
	size := j.act.BatchSize
	if size == 0 {
		size = MaxBatch
	}
	acked := 0
	for batch := range slices.Chunk(j.notes, size) {
		err := q.send(ctx, j.rule, batch)
		for range j.act.Duplicates {
			if err == nil {
				_ = q.send(ctx, j.rule, batch) // a duplicate's answer changes nothing
			}
		}
		q.settle(batch, err)
		if err == nil {
			acked += len(batch)
		}
	}
	return acked
}

// settle notes the outcome of one message on each of its notifications.
func (q *Queue) settle(batch []*Notification, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.cfg.Now()
	for _, n := range batch {
		n.inFlight = false
		n.Attempts++
		n.LastAttempt = now
		if err == nil {
			n.Status, n.LastError = Delivered, ""
			continue
		}
		n.LastError = err.Error()
		n.NextAttempt = now.Add(interval(n.Attempts))
	}
	q.signal()
}

// interval is the pause after so many attempts.
func interval(attempts int) time.Duration {
	d := FirstInterval
	for range attempts - 1 {
		if d *= 2; d >= MaxInterval {
			return MaxInterval
		}
	}
	return d
}

// maxAnswer bounds what is read of an endpoint's answer.
const maxAnswer = 1 << 20

// send posts one message and returns nil when it was acknowledged. Error texts have
// no URL in them, since an endpoint's URL may hold a secret.
func (q *Queue) send(ctx context.Context, r Rule, batch []*Notification) error {
	set := q.cfg.Settings()
	m := message{orgID: q.cfg.OrgID, base: q.cfg.Base(), rule: r, nilNulls: set.Disputed.OutboundNulls == settings.NullsNil, idLen: set.Disputed.OutboundIDs}
	if r.IncludeSessionID && q.cfg.Session != nil {
		m.session = q.cfg.Session()
	}
	var body []byte
	q.cfg.Source.View(func(current func(string, string) (*records.Record, bool)) {
		for _, n := range batch {
			p := part{id: n.ID, rid: n.RecordID}
			if rec, ok := current(r.Object, n.RecordID); ok {
				p.rec = rec
			}
			m.notes = append(m.notes, p)
		}
		body = m.xml()
	})
	ctx, cancel := context.WithTimeout(ctx, q.cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.EndpointURL, bytes.NewReader(body))
	if err != nil {
		return errors.New("the endpoint's URL can't be used")
	}
	req.Header.Set("Content-Type", "text/xml; charset=UTF-8")
	req.Header.Set("SOAPAction", `""`)
	res, err := q.cfg.Client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return fmt.Errorf("send: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer)) // so that the connection can be used again
		return fmt.Errorf("the endpoint answered %d", res.StatusCode)
	}
	return readAck(io.LimitReader(res.Body, maxAnswer))
}

// idle is how long the queue sleeps when nothing is due.
const idle = time.Minute

// Run delivers until the context ends. It uses the real clock to wake up; what is
// due is decided by the injected one.
func (q *Queue) Run(ctx context.Context) {
	for ctx.Err() == nil {
		q.Deliver(ctx)
		timer := time.NewTimer(q.pause())
		select {
		case <-ctx.Done():
		case <-q.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (q *Queue) pause() time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	pause := idle
	for _, n := range q.notes {
		if n.Status == Pending && !n.inFlight && !q.behaviour.Hold {
			pause = min(pause, max(n.NextAttempt.Sub(q.cfg.Now()), time.Millisecond))
		}
	}
	return pause
}
