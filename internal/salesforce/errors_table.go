package salesforce

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// Class says what kind of trouble an error is, and so who can end it.
type Class string

// The classes. Credential and permission stand for the whole integration until an
// administrator acts; data and gone for one record; the others pass by themselves.
const (
	ClassCredential Class = "credential" // the stored settings, or the app in Salesforce
	ClassPermission Class = "permission" // a right that the Run-As user lacks
	ClassData       Class = "data"       // a value that the org refuses
	ClassGone       Class = "gone"       // the record is not there
	ClassLock       Class = "lock"       // somebody else is writing the record
	ClassLimit      Class = "limit"      // an allowance is used up
	ClassOutage     Class = "outage"     // the org or the network is down
	ClassUnknown    Class = "unknown"    // none of the above
)

// Retryable reports whether sending the same thing again can succeed with nobody
// doing anything. An unknown error is tried again: a bounded number of tries is
// cheaper than a lost change.
func (c Class) Retryable() bool {
	switch c {
	case ClassLock, ClassLimit, ClassOutage, ClassUnknown:
		return true
	default:
		return false
	}
}

// Diagnosis is an error in words for the person who reads the delivery log.
type Diagnosis struct {
	Class     Class
	Code      string // Salesforce's, one of this package's, or such as "HTTP 503"
	Cause     string // what happened
	Fix       string // what to do about it
	Retryable bool
}

// Row is one line of the table of errors. A row matches when all that it names does.
type Row struct {
	Code     string // the error's code; empty: any
	Contains string // a part of the message, in lower case; empty: any
	Status   int    // the HTTP status; 0: any
	Class    Class
	Cause    string
	Fix      string
}

const (
	codeHalted     = "PROCESSING_HALTED"
	codeRolledBack = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
)

const (
	fixCredentials  = "Check the consumer key and secret in the app's settings in Salesforce and save them in the integration again."
	fixWait         = "Nothing: it is sent again by itself."
	fixLogin        = "Open the Run-As user in Salesforce, look at Login History, and remove the restriction named there."
	fixObjectRights = "Give the Run-As user a permission set with Read and Edit on Campaigns, and tick 'Marketing User' on the user."
)

// Classify explains any error of this package. It goes by Salesforce's code first
// and by the HTTP status second: a row lock and a used-up allowance come as 400 and 403.
func Classify(err error) Diagnosis {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return Diagnosis{Class: ClassUnknown, Cause: "Something outside of Salesforce's API failed.", Fix: fixWait, Retryable: true}
	}
	message := strings.ToLower(e.Message)
	for _, row := range Table() {
		if row.matches(e, message) {
			return row.diagnosis(e)
		}
	}
	return Row{Class: ClassUnknown, Cause: "Salesforce gave an error that this product does not know.",
		Fix: "Look the code up in Salesforce's API documentation. It is tried again for about a day."}.diagnosis(e)
}

func (r Row) matches(e *Error, lowerMessage string) bool {
	return (r.Code == "" || r.Code == e.Code) &&
		(r.Status == 0 || r.Status == e.Status) &&
		strings.Contains(lowerMessage, r.Contains)
}

func (r Row) diagnosis(e *Error) Diagnosis {
	code := e.Code
	if code == "" && e.Status != 0 {
		code = fmt.Sprintf("HTTP %d", e.Status)
	}
	return Diagnosis{Class: r.Class, Code: cmp.Or(code, r.Code), Cause: r.Cause, Fix: r.Fix, Retryable: r.Class.Retryable()}
}

// Table returns the errors that the product can explain, the first match first.
// docs/salesforce-errors.md is made from it.
//
// Sources:
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm
// https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_flow_errors.htm
func Table() []Row {
	return []Row{
		// A lock inside another error: triggers and flows wrap what hit them.
		{Contains: "unable_to_lock_row", Class: ClassLock, Cause: "A trigger or flow in the org could not lock a record that somebody else was saving.", Fix: fixWait},
		{Code: "UNABLE_TO_LOCK_ROW", Class: ClassLock, Cause: "The record, or one that hangs on it, was being saved by somebody else.", Fix: fixWait + " If it keeps on, look for a long job that updates Campaigns."},

		// The token, and the grant that makes it.
		{Code: "INVALID_SESSION_ID", Contains: noSessionRepair, Class: ClassCredential, Cause: "The app's token may not be used with the REST API.", Fix: "Add the scope 'Manage user data via APIs (api)' to the app in Salesforce."},
		{Code: "INVALID_SESSION_ID", Class: ClassOutage, Cause: "Salesforce refused even a fresh access token.", Fix: "It is tried again by itself. If it stays, check in Salesforce that the app is still enabled, its Run-As user active, and sessions not locked to an IP address."},
		{Code: "INVALID_AUTH_HEADER", Class: ClassCredential, Cause: "Salesforce could not read the access token.", Fix: "Remove the access token from the integration, so that a new one is fetched."},
		{Code: "invalid_client_id", Class: ClassCredential, Cause: "Salesforce does not know the consumer key. A new app takes some ten minutes until it is known.", Fix: fixCredentials},
		{Code: "invalid_client", Class: ClassCredential, Cause: "The consumer secret is wrong.", Fix: fixCredentials},
		{Code: "invalid_grant", Contains: "rate exceeded", Class: ClassLimit, Cause: "The Run-As user logged in more often than Salesforce allows in an hour.", Fix: fixWait + " Find out what else logs in as this user."},
		{Code: "invalid_grant", Contains: "not supported on this domain", Class: ClassCredential, Cause: "The instance URL is not the org's My Domain URL.", Fix: "Use the URL from Setup, My Domain: https://….my.salesforce.com."},
		{Code: "invalid_grant", Contains: "no client credentials user", Class: ClassCredential, Cause: "The app has no Run-As user for the client-credentials flow.", Fix: "Set the Run-As user in the app's policies in Salesforce."},
		{Code: "invalid_grant", Contains: "client credentials flow not enabled", Class: ClassCredential, Cause: "The client-credentials flow is switched off in the app.", Fix: "Enable the client-credentials flow in the app's settings and policies in Salesforce."},
		{Code: "invalid_grant", Contains: "inactive", Class: ClassCredential, Cause: "The Run-As user or the org is inactive.", Fix: "Activate the user, or choose another Run-As user in the app's policies."},
		{Code: "invalid_grant", Contains: "ip restricted", Class: ClassCredential, Cause: "The Run-As user may not log in from this address or at this hour.", Fix: "Relax the app's IP policy, or give the functions a fixed address by the VPC parameters and allow it in the user's profile."},
		{Code: "invalid_grant", Contains: "no valid scopes", Class: ClassCredential, Cause: "The app has no scope that this flow can use.", Fix: "Add the scope 'Manage user data via APIs (api)' to the app in Salesforce."},
		{Code: "invalid_grant", Class: ClassCredential, Cause: "Salesforce refused to log the app in.", Fix: fixLogin},
		{Code: "unsupported_grant_type", Class: ClassCredential, Cause: "The client-credentials flow is switched off in the app.", Fix: "Enable the client-credentials flow in the app's settings and policies in Salesforce."},
		{Code: "unauthorized_client", Class: ClassCredential, Cause: "The app may not use the client-credentials flow.", Fix: "Enable the client-credentials flow in the app's settings and policies in Salesforce."},
		{Code: "invalid_app_access", Class: ClassCredential, Cause: "The Run-As user is not approved for the app.", Fix: "Give the user the app by a permission set or its profile, in the app's policies."},
		{Code: "inactive_user", Class: ClassCredential, Cause: "The Run-As user is inactive.", Fix: "Activate the user, or choose another Run-As user in the app's policies."},
		{Code: "inactive_org", Class: ClassCredential, Cause: "The org is locked, closed or suspended.", Fix: "Ask Salesforce about the org's state."},
		{Code: "invalid_scope", Class: ClassCredential, Cause: "The app lacks the scope that was asked for.", Fix: "Add the scope 'Manage user data via APIs (api)' to the app in Salesforce."},
		{Code: "access_denied", Class: ClassCredential, Cause: "Salesforce denied the app access.", Fix: fixLogin},
		{Code: "invalid_request", Class: ClassCredential, Cause: "Salesforce did not accept the request for a token.", Fix: "Check the instance URL: it must be the https URL of the org's My Domain."},
		{Code: "rate_limit_exceeded", Class: ClassLimit, Cause: "The Run-As user logged in more often than Salesforce allows in an hour.", Fix: fixWait + " Find out what else logs in as this user."},
		{Code: "unknown_error", Class: ClassOutage, Cause: "Salesforce's login had a passing problem.", Fix: fixWait},
		{Code: "server_error", Class: ClassOutage, Cause: "Salesforce's login had a passing problem.", Fix: fixWait},
		{Code: "temporarily_unavailable", Class: ClassOutage, Cause: "Salesforce's login had a passing problem.", Fix: fixWait},

		// The API as a whole.
		{Code: "REQUEST_LIMIT_EXCEEDED", Contains: "concurrent", Class: ClassLimit, Cause: "Too many long calls were running in the org at once.", Fix: fixWait},
		{Code: "REQUEST_LIMIT_EXCEEDED", Class: ClassLimit, Cause: "The org's API allowance for 24 hours is used up.", Fix: "Nothing: it is sent again when calls are free. If it happens often, find out in Setup, Company Information, what uses them."},
		{Code: "API_DISABLED_FOR_ORG", Class: ClassPermission, Cause: "The org's edition has no REST API.", Fix: "Ask Salesforce to enable API access for the org."},
		{Code: "API_CURRENTLY_DISABLED", Class: ClassPermission, Cause: "The Run-As user may not use the API.", Fix: "Give the Run-As user the permission 'API Enabled'."},
		{Code: "UNSUPPORTED_API_VERSION", Class: ClassCredential, Cause: "The org does not speak this API version any more.", Fix: "Deploy with a newer API version in the template parameter."},
		{Code: "SERVER_UNAVAILABLE", Class: ClassOutage, Cause: "The org could not answer for the moment.", Fix: fixWait + " See https://status.salesforce.com."},
		{Code: "UNKNOWN_EXCEPTION", Class: ClassUnknown, Cause: "Something broke inside Salesforce.", Fix: "It is tried again for about a day. If it stays, give the error id in the message to Salesforce's support."},
		{Code: "QUERY_TIMEOUT", Class: ClassOutage, Cause: "A query took too long in the org.", Fix: fixWait},
		{Code: "REQUEST_RUNNING_TOO_LONG", Class: ClassOutage, Cause: "A request took too long in the org.", Fix: fixWait},

		// Rights.
		{Code: "INSUFFICIENT_ACCESS_OR_READONLY", Class: ClassPermission, Cause: "The Run-As user may not change this record.", Fix: fixObjectRights},
		{Code: "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", Class: ClassPermission, Cause: "The Run-As user may not use a record that this one refers to.", Fix: "Share the Campaign with the Run-As user, or give it access to all Campaigns."},
		{Code: "INSUFFICIENT_ACCESS", Class: ClassPermission, Cause: "The Run-As user may not do this.", Fix: fixObjectRights},
		{Code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", Class: ClassData, Cause: "A trigger in the org refused the change.", Fix: "Read the message: it is the trigger's. Its owner in the org can say what it wants."},
		{Code: "CANNOT_EXECUTE_FLOW_TRIGGER", Class: ClassData, Cause: "A flow in the org failed on the change.", Fix: "Read the message, and repair the flow in Salesforce."},
		{Code: "INVALID_FIELD_FOR_INSERT_UPDATE", Class: ClassPermission, Cause: "The Run-As user may not write a field.", Fix: "Give the Run-As user edit access to the field named, by field-level security."},
		{Code: "INVALID_TYPE", Class: ClassPermission, Cause: "The org has no such object, or the Run-As user may not see it.", Fix: "Switch Notes on in Setup, Notes Settings, or choose Chatter posts in the integration; check the user's object permissions."},
		{Code: "INVALID_FIELD", Class: ClassPermission, Cause: "The org has no such field, or the Run-As user may not see it.", Fix: "Give the Run-As user edit access to the field that the message names, by field-level security. If it is not a field of the org at all, report it."},
		{Code: "FUNCTIONALITY_NOT_ENABLED", Class: ClassPermission, Cause: "A feature that this needs is switched off in the org.", Fix: "Switch on Notes or Chatter in Setup, or choose the other kind of note in the integration."},

		// Values.
		{Code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", Class: ClassData, Cause: "The org's picklist does not have this status.", Fix: "Add the value to Campaign Status in Salesforce, or map it to an existing one in the integration's status map."},
		{Code: "BAD_VALUE_FOR_RESTRICTED_PICKLIST", Class: ClassData, Cause: "The org's picklist does not have this status.", Fix: "Add the value to Campaign Status in Salesforce, or map it to an existing one in the integration's status map."},
		{Code: "FIELD_CUSTOM_VALIDATION_EXCEPTION", Class: ClassData, Cause: "A validation rule in the org refused the change.", Fix: "Read the message: it is the rule's. Correct the Campaign, or except the Run-As user from the rule, then send it again."},
		{Code: "FIELD_FILTER_VALIDATION_EXCEPTION", Class: ClassData, Cause: "A lookup filter in the org refused the change.", Fix: "Read the message, and correct the Campaign or the filter."},
		{Code: "FIELD_INTEGRITY_EXCEPTION", Class: ClassData, Cause: "A value does not fit its field, or a record of the wrong kind was referred to.", Fix: "Read the message. If it names an id, check that the link's id is a Campaign's."},
		{Code: "STRING_TOO_LONG", Class: ClassData, Cause: "A text is longer than its field.", Fix: "Publish a new event with a shorter experiment name or text: sending this one again sends the same text."},
		{Code: "REQUIRED_FIELD_MISSING", Class: ClassData, Cause: "The org requires a field that was not given.", Fix: "Fill the field on the Campaign in Salesforce, or make it optional."},
		{Code: "INVALID_TYPE_ON_FIELD_IN_RECORD", Class: ClassData, Cause: "A value is of the wrong type for its field.", Fix: "Read the message. A status comes from the integration's status map, all else from the event; if the event's value is right, report it."},
		{Code: "NUMBER_OUTSIDE_VALID_RANGE", Class: ClassData, Cause: "A number is too large or too small for its field.", Fix: "Read the message. The number comes from the event: publish a new one with another value."},
		{Code: "DUPLICATE_VALUE", Class: ClassData, Cause: "The org has such a record already.", Fix: "Nothing, if the Campaign shows the change; else look at the record named in the message."},
		{Code: "DUPLICATES_DETECTED", Class: ClassData, Cause: "A duplicate rule in the org refused the record.", Fix: "Except the Run-As user from the duplicate rule."},
		{Code: "STORAGE_LIMIT_EXCEEDED", Class: ClassLimit, Cause: "The org's storage is full.", Fix: "Free some storage in Salesforce (Setup, Storage Usage), or buy more."},
		{Code: "MALFORMED_ID", Class: ClassData, Cause: "An id is not one of the kind that belongs there.", Fix: "Check the Campaign's id in the link."},
		{Code: "JSON_PARSER_ERROR", Class: ClassData, Cause: "Salesforce could not read the request.", Fix: "Report it: the product made the request."},
		{Code: "MALFORMED_QUERY", Class: ClassData, Cause: "Salesforce could not read a query.", Fix: "Report it: the product made the query."},
		{Code: "LIMIT_EXCEEDED", Class: ClassLimit, Cause: "One call held more than Salesforce takes.", Fix: fixWait},
		{Code: "EXCEEDED_ID_LIMIT", Class: ClassLimit, Cause: "One call held more records than Salesforce takes.", Fix: fixWait},

		// Records.
		{Code: "ENTITY_IS_DELETED", Class: ClassGone, Cause: "The Campaign was deleted.", Fix: "Restore it from the Recycle Bin in Salesforce and send it again, or remove the link."},
		{Code: "INVALID_CROSS_REFERENCE_KEY", Class: ClassGone, Cause: "There is no such Campaign in the org.", Fix: "Check the Campaign's id in the link. An id of a sandbox does not exist in production."},
		{Code: "NOT_FOUND", Contains: "requested resource does not exist", Class: ClassPermission, Cause: "The org has nothing at this address: it does not speak this API version, or an object is switched off or hidden from the Run-As user.", Fix: "Check the API version in the template parameter, and that Notes are switched on in Setup, Notes Settings."},
		{Code: "NOT_FOUND", Class: ClassGone, Cause: "There is no such thing in the org, or the Run-As user may not see it.", Fix: "Check the Campaign's id in the link, and that the Run-As user may see the Campaign."},

		// Records that failed only because others did.
		{Code: codeHalted, Class: ClassLimit, Cause: "Salesforce stopped the call after too many other records of it failed.", Fix: fixWait},
		{Code: codeRolledBack, Class: ClassLimit, Cause: "Salesforce undid the change because another record of the same call failed.", Fix: fixWait},

		// Ours.
		{Code: CodeNotSent, Class: ClassOutage, Cause: "Too little time was left to send it.", Fix: fixWait},
		{Code: CodeTimeout, Class: ClassOutage, Cause: "The org did not answer in time.", Fix: fixWait + " See https://status.salesforce.com."},
		{Code: CodeNetwork, Class: ClassOutage, Cause: "The connection to the org failed.", Fix: fixWait + " If it stays, check the instance URL, and the VPC's way out if there is one."},
		{Code: CodeTokenWait, Class: ClassOutage, Cause: "Another function was fetching an access token and took too long.", Fix: fixWait},
		{Code: CodeInstanceURL, Class: ClassCredential, Cause: "The integration's instance URL is not, or no more, one that secrets may go to.", Fix: "Set the org's My Domain URL as the instance URL, or list its host in the template parameter AllowedSalesforceHosts."},
		{Code: CodeAddress, Class: ClassOutage, Cause: "The name in the instance URL leads to an address that is not public, so nothing was sent there.", Fix: "Check the instance URL, and what the functions' network makes of its name (DNS). If the address is meant, list the host in the template parameter AllowedSalesforceHosts. It is tried again for about a day."},
		{Code: CodeSealed, Class: ClassCredential, Cause: "The stored credentials cannot be opened: they are damaged, or were sealed with another key or for another integration.", Fix: "Save the consumer key and secret in the integration again, by PUT."},
		{Code: CodeVault, Class: ClassOutage, Cause: "The key service (KMS) did not answer, or refused the key.", Fix: "It is tried again by itself. If it stays, check the KMS key's state, and that the functions' roles may use it."},
		{Code: CodeRotated, Class: ClassOutage, Cause: "The credentials were replaced a moment ago.", Fix: "Nothing: it is tried again with the new ones."},
		{Code: CodeTooLarge, Class: ClassUnknown, Cause: "The org's answer was too long to read.", Fix: "Report it: the product asked for too much at once."},

		// No code, or one that is not known: gateways, proxies, pages that are not the API.
		{Status: 301, Class: ClassCredential, Cause: "The org has another address now.", Fix: "Use the URL from Setup, My Domain, as the instance URL."},
		{Status: 302, Class: ClassOutage, Cause: "The org sends callers elsewhere for now: maintenance, or another address.", Fix: "It is tried again by itself. If it stays, use the URL from Setup, My Domain, as the instance URL."},
		{Status: 307, Class: ClassOutage, Cause: "The org sends callers elsewhere for now: maintenance, or another address.", Fix: "It is tried again by itself. If it stays, use the URL from Setup, My Domain, as the instance URL."},
		{Status: 308, Class: ClassCredential, Cause: "The org has another address now.", Fix: "Use the URL from Setup, My Domain, as the instance URL."},
		{Status: 401, Class: ClassCredential, Cause: "Salesforce, or a proxy before it, refused the credentials.", Fix: fixCredentials},
		{Status: 403, Class: ClassPermission, Cause: "Salesforce, or a proxy before it, refused access.", Fix: fixObjectRights},
		{Status: 404, Class: ClassGone, Cause: "There is nothing at this address.", Fix: "Check the instance URL and the API version."},
		{Status: 410, Class: ClassCredential, Cause: "The org does not speak this API version any more.", Fix: "Deploy with a newer API version in the template parameter."},
		{Status: 408, Class: ClassOutage, Cause: "The org did not get the request in time.", Fix: fixWait},
		{Status: 413, Class: ClassData, Cause: "The request was too large.", Fix: "Publish a new event with a shorter text: sending this one again sends the same text."},
		{Status: 414, Class: ClassData, Cause: "The request's address was too long.", Fix: "Report it: the product asked for too much at once."},
		{Status: 420, Class: ClassOutage, Cause: "Salesforce could not route the request to the org.", Fix: fixWait + " See https://status.salesforce.com."},
		{Status: 429, Class: ClassLimit, Cause: "Too many requests came at once.", Fix: fixWait},
		{Status: 431, Class: ClassData, Cause: "The request's headers were too long.", Fix: "Report it: the product asked for too much at once."},
		{Status: 500, Class: ClassOutage, Cause: "Something broke inside Salesforce.", Fix: fixWait},
		{Status: 502, Class: ClassOutage, Cause: "Salesforce's gateway could not reach the org.", Fix: fixWait + " See https://status.salesforce.com."},
		{Status: 503, Class: ClassOutage, Cause: "The org is not available: maintenance, or too much load.", Fix: fixWait + " See https://status.salesforce.com."},
		{Status: 504, Class: ClassOutage, Cause: "The org did not answer its gateway in time.", Fix: fixWait + " See https://status.salesforce.com."},
		{Code: CodeUnreadable, Class: ClassUnknown, Cause: "The answer was not what Salesforce's API returns: a proxy or a login page may have given it.", Fix: "Check the instance URL. It is tried again for about a day."},
	}
}
