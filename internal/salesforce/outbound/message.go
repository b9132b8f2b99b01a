// Package outbound is the codec of Salesforce's outbound messages: the SOAP
// document that an org posts when a record changes, and the answers that it
// understands. What an org sends is untrusted until its secret and organization
// are checked, so the decoder takes a small part of XML and refuses the rest.
package outbound

import (
	"errors"
)

// Limits that the format sets, or that keep a hostile document cheap.
const (
	// MaxNotifications is the WSDL's maxOccurs.
	// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging_wsdl.htm
	MaxNotifications = 100
	// maxDepth is far over the six levels that a message has.
	maxDepth = 16
	// maxFields is over the number of fields that an object can have.
	maxFields = 1000
)

// Errors of [Parse]. Every error of it wraps exactly one of them.
var (
	// ErrMalformed says that the document is not an outbound message.
	ErrMalformed = errors.New("outbound: not an outbound message")
	// ErrTruncated says that the document ends too early; the sender may be cut off.
	ErrTruncated = errors.New("outbound: the message is cut off")
	// ErrDTD says that there is a DOCTYPE, which outbound messages never have.
	ErrDTD = errors.New("outbound: a document type declaration is refused")
	// ErrCharset says that the document is not UTF-8.
	ErrCharset = errors.New("outbound: only UTF-8 is accepted")
	// ErrTooMany says that there are more than [MaxNotifications] notifications.
	ErrTooMany = errors.New("outbound: too many notifications")
	// ErrTooDeep says that elements are nested deeper than a message's ever are.
	ErrTooDeep = errors.New("outbound: nested too deep")
)

// Message is an outbound message. The session id that an org can be set to send
// along is never read.
type Message struct {
	OrganizationID string // 18 characters
	ActionID       string // 18 characters; which outbound message of the org it is
	Notifications  []Notification
}

// Notification is one record's change.
type Notification struct {
	// ID is 18 characters, and the same each time Salesforce sends this
	// notification again.
	ID string
	// ObjectType is such as "Campaign". Empty when there is no record at all.
	ObjectType string
	// RecordID is 18 characters. Empty when there is no record at all, which is
	// how a deleted one may come.
	RecordID string
	// BadRecordID says that what stands in the place of the record's id is none.
	BadRecordID bool
	// Fields are the record's other fields by API name, with the values at the
	// time of sending. A field that is null is not in it.
	Fields map[string]string
}
