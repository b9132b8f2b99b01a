package integration

import (
	"context"
	"fmt"
	"log/slog"
)

// updateTries is how often an update is merged again after somebody else's change
// came between; a third one in a row is told to the caller.
const updateTries = 3

// Patch is a change of an integration. Nil fields keep their value; so do
// secrets that are [Mask].
type Patch struct {
	Name        *string
	Type        *Type // may only repeat the stored one
	Description *string
	Active      *bool

	InstanceURL  *string
	ClientID     *string
	ClientSecret *Secret
	AccessToken  *Secret // empty: forget the token

	// Settings, each part replaced as a whole; nil maps keep their value, empty
	// ones go back to the contract's.
	StatusMap  map[EventType]string
	NoteEvents map[EventType]bool
	NoteKind   *NoteKind
	// What Salesforce's messages do; no statuses: those of the deployment.
	FinalizeStatuses *[]string
	Reread           *bool
	LookupKey        *bool

	// Match is what the stored integration has to be; nil: anything.
	Match Match
}

// mends says whether the patch touches something that may have kept deliveries
// from going out.
func (p Patch) mends() bool {
	return p.Active != nil || p.InstanceURL != nil || p.ClientID != nil || p.ClientSecret != nil || p.AccessToken != nil ||
		p.StatusMap != nil || p.NoteEvents != nil || p.NoteKind != nil
}

// Update merges a change into a stored integration. New credentials (or another
// org or app) make a new CredentialsVersion, so that no token of the old ones is
// used any more, and unpin the org: the next connection pins the one it finds. A
// new access token alone does not. A secret that is sent again unchanged is no
// rotation.
//
// A change of the connection or the settings, and switching the integration on,
// takes its [Attention] away and leaves it Recovering. A patch that names one of
// these and leaves the integration active has what waited for it sent, even when it
// changes nothing: so the same request, sent again after [CodeStored], does what the
// first could not.
//
// Errors: [CodeInvalid] for each field at fault, [CodeNotFound], [CodeConflict]
// when others keep changing it meanwhile, [CodeStale] when the stored one is not
// what the patch's Match expects, [CodeStored].
func (s *Service) Update(ctx context.Context, by Actor, id string, p Patch) (Integration, error) {
	p, err := s.checkPatch(p)
	if err != nil {
		return Integration{}, err
	}
	stored, err := s.update(ctx, by, id, p)
	if err != nil {
		return Integration{}, err
	}
	if stored.Active && p.mends() {
		if err := s.resume(ctx, by, stored.ID); err != nil {
			return Integration{}, err
		}
	}
	return stored, nil
}

// update stores a checked patch.
func (s *Service) update(ctx context.Context, by Actor, id string, p Patch) (Integration, error) {
	var lost []slog.Attr // what a try was to change that met another version
	defer func() {
		// What it met may be somebody's change of what itself had stored, its answer lost.
		if lost != nil {
			s.audit(ctx, by, "integration updated", id, append(lost, outcomeUnknown())...)
		}
	}()
	for try := 1; ; try++ {
		old, err := s.Get(ctx, id)
		if err != nil {
			return Integration{}, err
		}
		// After a lost race this is asked anew: what won it is not what was expected.
		if err := p.Match.check(old); err != nil {
			return Integration{}, err
		}
		next, changes, err := s.merge(ctx, old, p)
		if err != nil {
			return Integration{}, err
		}
		if len(changes) == 0 {
			return old, nil
		}
		next.UpdatedAt = s.now()
		stored, err := s.c.Store.UpdateIntegration(ctx, next)
		if ErrorCode(err) == CodeConflict {
			lost = changes
			if try < updateTries {
				continue
			}
		} else {
			lost = nil
			s.audited(ctx, err, by, "integration updated", old.ID, changes...)
		}
		if ErrorCode(err) == CodeConflict {
			err = busy(err)
		}
		if err != nil {
			return Integration{}, missing("integration", fmt.Errorf("update integration %s: %w", old.ID, err))
		}
		return stored, nil
	}
}

// busy words that others were faster time and again. Who merges has nothing to read
// again.
func busy(err error) error {
	return &Error{Code: CodeConflict, Message: "Others keep changing this integration at this moment, and this was not stored. Send the same request again.", Err: err}
}

// checkPatch checks and cleans each field that is there. A mask becomes nil.
func (s *Service) checkPatch(p Patch) (Patch, error) {
	var errs []error
	p.Name = optionalField(&errs, p.Name, parseName)
	p.Type = optionalField(&errs, p.Type, parseType)
	p.Description = optionalField(&errs, p.Description, parseDescription)
	p.InstanceURL = optionalField(&errs, p.InstanceURL, s.parseInstanceURL)
	p.ClientID = optionalField(&errs, p.ClientID, parseClientID)
	p.ClientSecret = optionalField(&errs, unmasked(p.ClientSecret), parseClientSecret)
	p.AccessToken = optionalField(&errs, unmasked(p.AccessToken), parseAccessToken)
	if p.StatusMap != nil {
		p.StatusMap = kept(field(&errs, p.StatusMap, checkStatusMap))
	}
	if p.NoteEvents != nil {
		p.NoteEvents = kept(field(&errs, p.NoteEvents, checkNoteEvents))
	}
	p.NoteKind = optionalField(&errs, p.NoteKind, checkNoteKind)
	p.FinalizeStatuses = optionalField(&errs, p.FinalizeStatuses, checkFinalizeStatuses)
	errs = append(errs, s.checkLooks(p.Reread != nil && *p.Reread, p.LookupKey != nil && *p.LookupKey))
	return p, joined(errs)
}

// merge applies a checked patch and lists what really changed, for the audit
// trail: secrets as 'changed' only.
func (s *Service) merge(ctx context.Context, i Integration, p Patch) (Integration, []slog.Attr, error) {
	var changes []slog.Attr
	if set(&i.Name, p.Name) {
		changes = append(changes, slog.String("name", i.Name))
	}
	if set(&i.Description, p.Description) {
		changes = append(changes, slog.String("description", "changed"))
	}
	if set(&i.Active, p.Active) {
		changes = append(changes, slog.Bool("is_active", i.Active))
		if i.Active {
			mended(&i)
		}
	}
	changes = append(changes, mergeInbound(&i.Settings, p)...)
	if changed := mergeSettings(&i.Settings, p); len(changed) > 0 {
		changes = append(changes, changed...)
		mended(&i)
	}
	other := len(changes)
	if set(&i.InstanceURL, p.InstanceURL) {
		i.OrgID = ""
		changes = append(changes, slog.String("instance_url", i.InstanceURL))
	}
	if set(&i.ClientID, p.ClientID) {
		i.OrgID = ""
		changes = append(changes, slog.String("client_id", i.ClientID))
	}
	secrets, err := s.mergeSecrets(ctx, &i, p)
	if err != nil {
		return i, nil, err
	}
	changes = append(changes, secrets...)
	if len(changes) > other {
		i.CredentialsVersion++
		mended(&i)
	}
	// Who saves a secret once more, though it is the same, has mended something in
	// Salesforce and wants it tried.
	if i.Attention != nil && (p.ClientSecret != nil || p.AccessToken != nil) {
		mended(&i)
		changes = append(changes, slog.String("attention", "taken away"))
	}
	return i, changes, nil
}

// mended takes an integration's attention away. Whether it really works is only
// known when something was sent.
func mended(i *Integration) {
	if i.Attention != nil {
		i.Attention, i.Recovering = nil, true
	}
}

// mergeSecrets seals the secrets anew if the patch changes one. Stored ones that
// do not open any more (their key is gone) must not stand in the way of new ones,
// as long as nothing of them is to be kept.
func (s *Service) mergeSecrets(ctx context.Context, i *Integration, p Patch) ([]slog.Attr, error) {
	if p.ClientSecret == nil && p.AccessToken == nil {
		return nil, nil
	}
	stored, err := OpenCredentials(ctx, s.c.Vault, *i)
	keepsSome := p.ClientSecret == nil || p.AccessToken == nil && i.HasAccessToken
	if err != nil && keepsSome {
		return nil, err
	}
	var changes []slog.Attr
	if set(&stored.ClientSecret, p.ClientSecret) {
		i.OrgID = "" // a refreshed sandbox keeps its address, and has another id
		changes = append(changes, slog.String("client_secret", "changed"))
	}
	if set(&stored.AccessToken, p.AccessToken) {
		changes = append(changes, slog.String("access_token", "changed"))
	}
	if len(changes) == 0 {
		return nil, nil
	}
	i.HasAccessToken = stored.AccessToken != ""
	i.SealedCredentials, err = SealCredentials(ctx, s.c.Vault, i.ID, stored)
	return changes, err
}

// set stores a value that is there and says whether that changed anything.
func set[T comparable](to *T, value *T) bool {
	if value == nil || *to == *value {
		return false
	}
	*to = *value
	return true
}

func optionalField[T any](errs *[]error, value *T, check func(T) (T, error)) *T {
	if value == nil {
		return nil
	}
	checked := field(errs, *value, check)
	return &checked
}

// unmasked turns a secret that is the mask into one that is not there.
func unmasked(s *Secret) *Secret {
	if s != nil && s.Reveal() == Mask {
		return nil
	}
	return s
}
