package webhook

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce/outbound"
	"salesforce-integration/internal/salesforce/sfid"
)

// Fields of the Campaign that are read from an outbound message.
// https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_campaign.htm
const (
	fieldName      = "Name"
	fieldStatus    = "Status"
	fieldModified  = "LastModifiedDate"
	fieldStamp     = "SystemModstamp"
	objectCampaign = "Campaign"
)

// parseSOAP reads an outbound message. What is wrong with the document refuses it
// whole; what is wrong with one record in it only spoils that notification, so
// that its 99 neighbours get through.
func parseSOAP(body []byte, keyField string) (message, error) {
	in, err := outbound.Parse(body)
	if err != nil {
		return message{}, refuseSOAP(err)
	}
	m := message{kind: kindSOAP, organizationID: in.OrganizationID}
	for _, n := range in.Notifications {
		m.notifications = append(m.notifications, fromOutbound(n, keyField))
	}
	return m, nil
}

// refuseSOAP words a codec error; the codec's own texts name elements and lines,
// never content.
func refuseSOAP(err error) error {
	status := http.StatusBadRequest
	detail := "The body is not an outbound message of Salesforce."
	switch {
	case errors.Is(err, outbound.ErrTruncated):
		detail = "The message is cut off."
	case errors.Is(err, outbound.ErrDTD):
		detail = "A document type declaration is refused."
	case errors.Is(err, outbound.ErrCharset):
		detail = "The message is not UTF-8."
	case errors.Is(err, outbound.ErrTooDeep):
		detail = "The message is nested too deep."
	case errors.Is(err, outbound.ErrTooMany):
		status = http.StatusUnprocessableEntity
		detail = fmt.Sprintf("A message has at most %d notifications.", outbound.MaxNotifications)
	}
	return &refusal{status: status, detail: detail, cause: err}
}

func fromOutbound(in outbound.Notification, keyField string) notification {
	n := notification{
		id:           in.ID,
		eventType:    eventCampaignUpdated,
		campaignName: clip(strings.TrimSpace(in.Fields[fieldName]), maxCampaignNameLen),
		status:       clip(strings.TrimSpace(in.Fields[fieldStatus]), maxStatusLen),
		modifiedAt:   latest(in.Fields[fieldModified], in.Fields[fieldStamp]),
	}
	switch id, err := sfid.ParsePrefix(in.RecordID, sfid.PrefixCampaign); {
	case in.BadRecordID:
		n.problem = "The record's Id in the outbound message is no Salesforce id. The sender is at fault: Salesforce itself sends 15 or 18 characters with a right checksum."
		return n
	case in.RecordID == "":
		n.problem = "The outbound message carries no record; it was probably deleted before the message was sent."
		return n
	case err != nil:
		if in.ObjectType != "" && in.ObjectType != objectCampaign {
			n.eventType = strings.ToLower(in.ObjectType) + "_updated"
		}
		n.problem = "The outbound message is about something else than a Campaign. In Salesforce, point only outbound messages of the Campaign object here."
		return n
	default:
		n.campaignID = id
	}
	if raw := strings.TrimSpace(in.Fields[keyField]); raw != "" {
		key, err := integration.ParseExperimentKey(raw)
		if err != nil {
			n.problem = badKey(keyField).detail
			return n
		}
		n.experimentKey = key
	}
	return n
}

// latest returns the later of the dates that can be read.
func latest(dates ...string) time.Time {
	var newest time.Time
	for _, d := range dates {
		if t, ok := parseTime(strings.TrimSpace(d)); ok && t.After(newest) {
			newest = t
		}
	}
	return newest
}
