package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"salesforce-integration/internal/bodytext"
	"salesforce-integration/internal/integration"
)

// utf8BOM may stand before JSON that a Windows tool wrote.
var utf8BOM = []byte("\xef\xbb\xbf")

// parseJSON reads one notification, or an array of them. It refuses what it would
// have to guess at: a field of another type, one that is there twice or in other
// letters, data after the end. Fields that it does not know are ignored. The notifications have
// no id yet.
func parseJSON(body []byte) (message, error) {
	body = bytes.TrimPrefix(body, utf8BOM)
	switch {
	case bodytext.Packed(body):
		return message{}, &refusal{status: http.StatusBadRequest, detail: "The body is compressed by gzip. Send it as it is."}
	case bodytext.Lost(body):
		return message{}, &refusal{status: http.StatusBadRequest, detail: `The body is not UTF-8, or holds U+FFFD, which stands for what was lost on the way. The character itself is sent as \ufffd.`}
	case bodytext.HalfCharacter(body):
		return message{}, &refusal{status: http.StatusBadRequest, detail: `The body holds half of a character: \ud800 to \udfff have to come in pairs.`}
	}
	if !json.Valid(body) {
		// The decoder's own text quotes the body, so only the place is told.
		var syntax *json.SyntaxError
		err := json.Unmarshal(body, new(json.RawMessage))
		detail := "The body is not valid JSON."
		if errors.As(err, &syntax) {
			detail = fmt.Sprintf("The body is not valid JSON: something is wrong at byte %d.", syntax.Offset)
		}
		return message{}, &refusal{status: http.StatusBadRequest, detail: detail}
	}
	p := jsonParser{}
	m := message{kind: kindJSON}
	if isArray(body) {
		m.notifications, m.batch = p.array(body), true
	} else {
		m.notifications = []notification{p.object("body", body)}
	}
	if len(p.problems) > 0 {
		return message{}, unprocessable(p.problems)
	}
	return m, nil
}

func isArray(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("["))
}

// jsonParser collects what is wrong, so that a caller is told everything at once.
type jsonParser struct {
	problems []fieldProblem
}

func (p *jsonParser) bad(location, format string, args ...any) {
	p.problems = append(p.problems, fieldProblem{Location: location, Message: fmt.Sprintf(format, args...)})
}

func (p *jsonParser) array(body []byte) []notification {
	var items []json.RawMessage
	if err := json.Unmarshal(body, &items); err != nil {
		p.bad("body", "expected an array of notifications")
		return nil
	}
	if len(items) == 0 || len(items) > maxNotifications {
		p.bad("body", "expected 1 to %d notifications, there are %d", maxNotifications, len(items))
		return nil
	}
	out := make([]notification, 0, len(items))
	for n, item := range items {
		out = append(out, p.object(fmt.Sprintf("body[%d]", n), item))
	}
	return out
}

func (p *jsonParser) object(location string, raw []byte) notification {
	fields, ok := p.fields(location, raw)
	if !ok {
		return notification{}
	}
	text := func(name string, limit int) string { return p.text(location+"."+name, fields[name], limit) }
	n := notification{eventType: text("event_type", maxEventTypeLen)}
	if at := location + ".event_type"; n.eventType == "" && !p.reported(at) {
		p.bad(at, "expected a text such as %s", eventCampaignUpdated)
	}
	n.campaignID = p.campaign(location, fields["campaign_id"])
	n.campaignName = text("campaign_name", maxCampaignNameLen)
	n.status = text("status", maxStatusLen)
	if key := text("experiment_key", maxBody); key != "" {
		n.experimentKey = checked(p, location, key, integration.ParseExperimentKey)
	}
	if at := text("last_modified_date", maxStatusLen); at != "" {
		var ok bool
		if n.modifiedAt, ok = parseTime(at); !ok {
			p.bad(location+".last_modified_date", "expected a time such as 2026-03-02T10:00:00Z")
		}
	}
	return n
}

func (p *jsonParser) campaign(location string, raw json.RawMessage) string {
	at := location + ".campaign_id"
	id := p.text(at, raw, maxStatusLen)
	switch {
	case p.reported(at):
		return ""
	case id == "":
		p.bad(at, "expected the Campaign's id, 15 or 18 characters that start with 701")
		return ""
	default:
		return checked(p, location, id, integration.ParseCampaignID)
	}
}

// checked runs one of the domain's checks, whose errors name their field.
func checked(p *jsonParser, location, value string, check func(string) (string, error)) string {
	value, err := check(value)
	if err == nil {
		return value
	}
	var invalid *integration.Error
	if errors.As(err, &invalid) {
		p.bad(location+"."+invalid.Field, "%s", invalid.Message)
	} else {
		p.bad(location, "it is not acceptable")
	}
	return ""
}

// fields reads an object without looking into its values. encoding/json would let
// the last of two fields win, and match names without regard to case: both let a
// message say one thing to a reader and another to us.
func (p *jsonParser) fields(location string, raw []byte) (map[string]json.RawMessage, bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		p.bad(location, "expected an object")
		return nil, false
	}
	fields := map[string]json.RawMessage{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			p.bad(location, "expected an object")
			return nil, false
		}
		key, _ := name.(string) // in an object it always is one
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			p.bad(location, "expected an object")
			return nil, false
		}
		if _, twice := fields[key]; twice {
			// Where it is goes into the log as well, so it holds no name of the caller's.
			if isField(key) {
				p.bad(location+"."+key, "the field is there twice")
			} else {
				p.bad(location, "a field is there twice: %q", clip(key, 64))
			}
			return nil, false
		}
		if meant := inOtherLetters(key); meant != "" && !p.reported(location+"."+meant) {
			p.bad(location+"."+meant, "the field is there in other letters: its name is %s", meant)
		}
		fields[key] = value
	}
	if _, err := d.Token(); err != nil && !errors.Is(err, io.EOF) {
		p.bad(location, "expected an object")
		return nil, false
	}
	return fields, true
}

// isField says whether the contract has a field of that name.
func isField(name string) bool { return slices.Contains(fieldNames(), name) }

// inOtherLetters returns the name that the contract has in other letters; "" for one
// that it has, or does not know at all.
func inOtherLetters(name string) string {
	if isField(name) {
		return ""
	}
	for _, known := range fieldNames() {
		if strings.EqualFold(known, name) {
			return known
		}
	}
	return ""
}

func fieldNames() []string {
	return []string{"event_type", "campaign_id", "campaign_name", "status", "experiment_key", "last_modified_date"}
}

// text reads an optional text; null is as good as absent.
func (p *jsonParser) text(location string, raw json.RawMessage, limit int) string {
	if raw == nil || string(raw) == "null" {
		return ""
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		p.bad(location, "expected a text, not %s", typeName(raw))
		return ""
	}
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > limit {
		p.bad(location, "expected at most %d characters", limit)
		return ""
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		p.bad(location, "expected a text without control characters")
		return ""
	}
	return s
}

func (p *jsonParser) reported(location string) bool {
	for _, problem := range p.problems {
		if problem.Location == location {
			return true
		}
	}
	return false
}

func typeName(raw json.RawMessage) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case 't', 'f':
		return "true or false"
	default:
		return "a number"
	}
}
