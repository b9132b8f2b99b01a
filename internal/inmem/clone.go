package inmem

import (
	"maps"
	"slices"
	"time"

	"salesforce-integration/internal/integration"
)

// The clones go in and out, so that nobody can change a stored value by keeping a
// slice of it. They also give values the form in which a table would return them:
// times in UTC, empty slices as nil.

func cloneIntegration(i integration.Integration) integration.Integration {
	i.SealedCredentials = copied(i.SealedCredentials)
	i.SealedWebhookSecret = copied(i.SealedWebhookSecret)
	i.CreatedAt, i.UpdatedAt = utc(i.CreatedAt), utc(i.UpdatedAt)
	i.WebhookSecretIssuedAt, i.PreviousWebhookSecretUntil = utc(i.WebhookSecretIssuedAt), utc(i.PreviousWebhookSecretUntil)
	i.Settings.StatusMap = copiedMap(i.Settings.StatusMap)
	i.Settings.NoteEvents = copiedMap(i.Settings.NoteEvents)
	i.Settings.FinalizeStatuses = copied(i.Settings.FinalizeStatuses)
	if i.Attention != nil {
		a := *i.Attention
		a.Since = utc(a.Since)
		i.Attention = &a
	}
	return i
}

func cloneDelivery(d integration.Delivery) integration.Delivery {
	d.Payload = copied(d.Payload)
	d.History = copied(d.History)
	for n := range d.History {
		d.History[n].At = utc(d.History[n].At)
	}
	d.OccurredAt, d.CreatedAt, d.UpdatedAt = utc(d.OccurredAt), utc(d.CreatedAt), utc(d.UpdatedAt)
	d.ResumedAt = utc(d.ResumedAt)
	d.NextAttemptAt, d.LeaseUntil = utc(d.NextAttemptAt), utc(d.LeaseUntil)
	d.ExpiresAt = utc(d.ExpiresAt).Truncate(time.Second)
	return d
}

func cloneCampaign(c integration.Campaign) integration.Campaign {
	c.EventAt, c.ClaimedUntil, c.WrittenAt = utc(c.EventAt), utc(c.ClaimedUntil), utc(c.WrittenAt)
	return c
}

func cloneSeen(s integration.Seen) integration.Seen {
	s.LinkedAt, s.At, s.RequestedAt = utc(s.LinkedAt), utc(s.At), utc(s.RequestedAt)
	return s
}

func cloneToken(t integration.TokenRecord) integration.TokenRecord {
	t.Sealed = copied(t.Sealed)
	t.ObtainedAt, t.LeaseUntil = utc(t.ObtainedAt), utc(t.LeaseUntil)
	t.ExpiresAt = utc(t.ExpiresAt).Truncate(time.Second)
	return t
}

func copied[S ~[]E, E any](s S) S {
	if len(s) == 0 {
		return nil
	}
	return slices.Clone(s)
}

func copiedMap[K comparable, V any](m map[K]V) map[K]V {
	if len(m) == 0 {
		return nil
	}
	return maps.Clone(m)
}

func utc(t time.Time) time.Time { return t.UTC().Round(0) }

// pick clones the wanted values of m; keys that are not there are left out.
func pick[K comparable, V any](m map[K]V, keys []K, clone func(V) V) map[K]V {
	found := make(map[K]V, len(keys))
	for _, k := range keys {
		if v, ok := m[k]; ok {
			found[k] = clone(v)
		}
	}
	return found
}
