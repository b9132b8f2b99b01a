package push

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/orgclient"
	"salesforce-integration/internal/salesforce/sfid"
)

// defaultSource is the source of the platform's events, unless the operator says
// otherwise.
const defaultSource = "experimentation.platform"

// PreviewerConfig is what a [Previewer] works with. All fields but EventSource and
// ReservePercent are needed.
type PreviewerConfig struct {
	Store integration.Store
	Orgs  *orgclient.Dialer
	// EventSource is the one source whose events the bus hands on;
	// experimentation.platform if empty.
	EventSource string
	// ReservePercent is the share of an org's API allowance that push leaves to its
	// other applications.
	ReservePercent int
	Now            func() time.Time
}

// Previewer goes the way of an event up to the point where something would be
// written, in the store or in Salesforce, and says what would be.
type Previewer struct{ cfg PreviewerConfig }

var _ integration.Previewer = (*Previewer)(nil)

// NewPreviewer returns a previewer.
func NewPreviewer(cfg PreviewerConfig) *Previewer {
	cfg.EventSource = cmp.Or(cfg.EventSource, defaultSource)
	return &Previewer{cfg: cfg}
}

// unnamedEvent is the id of an event that has none yet, since the bus gives it: it
// sorts before every other, so that of two events of one instant it is the older.
const unnamedEvent = "00000000-0000-0000-0000-000000000000"

// PreviewEvent implements [integration.Previewer] by some reads of the store and one
// call to Salesforce at most: none when nothing would be written.
func (p *Previewer) PreviewEvent(ctx context.Context, i integration.Integration, envelope []byte, page integration.Page) (integration.Preview, error) {
	now := p.cfg.Now()
	in, err := readEvent(0, asPublished(envelope, now), now)
	if err != nil {
		return integration.Preview{}, err
	}
	if foreign := p.foreign(envelope); foreign != nil {
		in.reject = foreign
	}
	after, err := parsePreviewCursor(page.Cursor, in.event.ExperimentKey)
	if err != nil {
		return integration.Preview{}, err
	}
	out := integration.Preview{Event: in.event}
	var links []integration.Link
	if in.reject == nil {
		all, err := p.cfg.Store.LinksByExperiment(ctx, []string{in.event.ExperimentKey})
		if err != nil {
			return integration.Preview{}, fmt.Errorf("reading the links of an experiment: %w", err)
		}
		links, out.NextCursor = pageOf(all[in.event.ExperimentKey], i.ID, after, page.Limit)
	}
	if after != "" && len(links) == 0 {
		return out, nil
	}
	o := outlook{in: in, now: now, wants: plan(in, links, map[string]integration.Integration{i.ID: i}, now)}
	if o.stored, o.campaigns, err = current(ctx, p.cfg.Store, o.wants); err != nil {
		return integration.Preview{}, err
	}
	decisions, err := o.decide()
	if err != nil {
		return integration.Preview{}, err
	}
	seen, err := p.look(ctx, i, o.writtenTo(decisions))
	if err != nil {
		return integration.Preview{}, err
	}
	out.APICalls, out.OrgProblem = seen.calls, seen.problem
	o.hold(seen.turn)
	if decisions, err = o.decide(); err != nil {
		return integration.Preview{}, err
	}
	if err := o.end(decisions, seen); err != nil {
		return integration.Preview{}, err
	}
	out.Effects, out.Note = o.effects(decisions, seen)
	if in.event.ID == unnamedEvent {
		out.Event.ID = ""
	}
	return out, nil
}

// foreign rejects an event that never comes here, since it names another source than
// the bus's rule; nil: it comes.
func (p *Previewer) foreign(envelope []byte) *rejection {
	var e struct {
		Source string `json:"source"`
	}
	if err := json.Unmarshal(envelope, &e); err != nil || e.Source == "" || e.Source == p.cfg.EventSource {
		return nil //nolint:nilerr // what is no event is rejected where it is read
	}
	return &rejection{reason: integration.ReasonInvalidEvent, field: fieldSource, detail: fmt.Sprintf(
		"the event would never arrive: its source is %q, and the bus hands on those of %q only. Publish it with that source, or deploy with another EventSource",
		clip(e.Source, 100), p.cfg.EventSource)}
}

// asPublished gives an envelope what the bus would: an id and a time. One that is
// no JSON object is left for the reader to refuse.
func asPublished(envelope []byte, now time.Time) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(envelope, &fields) != nil || fields == nil {
		return envelope
	}
	given := func(name string) bool {
		raw := bytes.TrimSpace(fields[name])
		return len(raw) > 0 && string(raw) != "null" && string(raw) != `""`
	}
	if !given("id") {
		fields["id"] = json.RawMessage(`"` + unnamedEvent + `"`)
	}
	if !given("time") {
		fields["time"] = json.RawMessage(`"` + now.UTC().Format(time.RFC3339) + `"`)
	}
	published, err := json.Marshal(fields)
	if err != nil {
		return envelope
	}
	return published
}

// pageOf returns an integration's links behind a Campaign, up to limit, and the
// cursor of what follows.
func pageOf(links []integration.Link, integrationID, after string, limit int) (part []integration.Link, next string) {
	for _, l := range links {
		if l.IntegrationID == integrationID && l.CampaignID > after {
			part = append(part, l)
		}
	}
	slices.SortFunc(part, func(a, b integration.Link) int { return strings.Compare(a.CampaignID, b.CampaignID) })
	if len(part) > limit {
		part = part[:limit]
		next = base64.RawURLEncoding.EncodeToString([]byte(previewCursor(part[limit-1].ExperimentKey) + part[limit-1].CampaignID))
	}
	return part, next
}

// previewCursor begins the cursors of previews of an experiment's events.
func previewCursor(experimentKey string) string { return "1\npreview\n" + experimentKey + "\n" }

func parsePreviewCursor(cursor, experimentKey string) (campaignID string, err error) {
	if cursor == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	id, ok := strings.CutPrefix(string(raw), previewCursor(experimentKey))
	if _, notID := sfid.ParsePrefix(id, sfid.PrefixCampaign); err != nil || !ok || notID != nil {
		return "", integration.Invalidf("cursor", "The cursor does not belong to a preview of this experiment; start again without one.")
	}
	return id, nil
}
