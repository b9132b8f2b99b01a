package dynamo

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"salesforce-integration/internal/integration"
)

// putSettings stores an integration's settings as one map, left out when they are
// the contract's.
func (i item) putSettings(name string, s integration.Settings) {
	m := item{}
	if len(s.StatusMap) > 0 {
		statuses := item{}
		for event, status := range s.StatusMap {
			statuses[string(event)] = &types.AttributeValueMemberS{Value: status}
		}
		m["status_map"] = &types.AttributeValueMemberM{Value: statuses}
	}
	if len(s.NoteEvents) > 0 {
		notes := item{}
		for event, on := range s.NoteEvents {
			notes[string(event)] = &types.AttributeValueMemberBOOL{Value: on}
		}
		m["note_events"] = &types.AttributeValueMemberM{Value: notes}
	}
	m.putString("note_kind", string(s.NoteKind))
	m.putStrings("finalize_statuses", s.FinalizeStatuses)
	m.putBool("reread", s.Reread)
	m.putBool("lookup_key", s.LookupKey)
	if len(m) > 0 {
		i[name] = &types.AttributeValueMemberM{Value: m}
	}
}

func (r *reader) settings(name string) integration.Settings {
	var s integration.Settings
	m, ok := read[*types.AttributeValueMemberM](r, name)
	if !ok {
		return s
	}
	in := reader{item: m.Value}
	s.NoteKind = integration.NoteKind(in.string("note_kind"))
	s.FinalizeStatuses = in.strings("finalize_statuses")
	s.Reread, s.LookupKey = in.bool("reread"), in.bool("lookup_key")
	if statuses, ok := read[*types.AttributeValueMemberM](&in, "status_map"); ok {
		s.StatusMap = map[integration.EventType]string{}
		for event, v := range statuses.Value {
			status, ok := v.(*types.AttributeValueMemberS)
			if !ok {
				in.fail("status_map", fmt.Errorf("%q is a %T", event, v))
				break
			}
			s.StatusMap[integration.EventType(event)] = status.Value
		}
	}
	if notes, ok := read[*types.AttributeValueMemberM](&in, "note_events"); ok {
		s.NoteEvents = map[integration.EventType]bool{}
		for event, v := range notes.Value {
			on, ok := v.(*types.AttributeValueMemberBOOL)
			if !ok {
				in.fail("note_events", fmt.Errorf("%q is a %T", event, v))
				break
			}
			s.NoteEvents[integration.EventType(event)] = on.Value
		}
	}
	if in.err != nil {
		r.fail(name, in.err)
	}
	return s
}

func (i item) putAttention(name string, a *integration.Attention) {
	if a == nil {
		return
	}
	m := item{}
	m.putTime("since", a.Since)
	m.putString("code", a.Code)
	m.putString("cause", a.Cause)
	m.putString("fix", a.Fix)
	m.putBool("announced", a.Announced)
	i[name] = &types.AttributeValueMemberM{Value: m}
}

func (r *reader) attention(name string) *integration.Attention {
	m, ok := read[*types.AttributeValueMemberM](r, name)
	if !ok {
		return nil
	}
	in := reader{item: m.Value}
	a := &integration.Attention{
		Since: in.time("since"), Code: in.string("code"), Cause: in.string("cause"), Fix: in.string("fix"), Announced: in.bool("announced"),
	}
	if in.err != nil {
		r.fail(name, in.err)
	}
	return a
}
