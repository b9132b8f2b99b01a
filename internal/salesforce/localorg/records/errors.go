package records

import (
	"fmt"
	"net/http"
)

// Codes that Salesforce answers with.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm#statuscode
const (
	CodeNotFound           = "NOT_FOUND"
	CodeInvalidCrossRef    = "INVALID_CROSS_REFERENCE_KEY"
	CodeDeleted            = "ENTITY_IS_DELETED"
	CodeMalformedID        = "MALFORMED_ID"
	CodeFieldIntegrity     = "FIELD_INTEGRITY_EXCEPTION"
	CodeRestrictedPicklist = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
	CodeValidation         = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
	CodeInvalidField       = "INVALID_FIELD"
	CodeNotWriteable       = "INVALID_FIELD_FOR_INSERT_UPDATE"
	CodeTooLong            = "STRING_TOO_LONG"
	CodeRequired           = "REQUIRED_FIELD_MISSING"
	CodeDuplicateValue     = "DUPLICATE_VALUE"
	CodeJSON               = "JSON_PARSER_ERROR"
	CodeAccess             = "INSUFFICIENT_ACCESS_OR_READONLY"
	CodeAccessCrossRef     = "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
	CodeLock               = "UNABLE_TO_LOCK_ROW"
	CodeNumberRange        = "NUMBER_OUTSIDE_VALID_RANGE"
	CodeInvalidEmail       = "INVALID_EMAIL_ADDRESS"
	CodeMissingArgument    = "MISSING_ARGUMENT"
	CodeInvalidType        = "INVALID_TYPE_FOR_OPERATION"
	CodeMethodNotAllowed   = "METHOD_NOT_ALLOWED"
	CodeUnknown            = "UNKNOWN_EXCEPTION"
	CodeLimit              = "REQUEST_LIMIT_EXCEEDED"
)

// Error is Salesforce's refusal of one operation on one record.
type Error struct {
	Code    string
	Message string
	// Fields names the fields at fault; nil leaves the member out of an answer,
	// an empty slice shows it empty.
	Fields []string
	// Status is the HTTP status of a single-record call; 0: by the code.
	Status int
	// Several is set when an external id fits more than one record: their ids.
	Several []string
}

// Error makes it an error; the text is for logs.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// HTTPStatus is the status of a single-record call that fails with this error.
func (e *Error) HTTPStatus() int {
	if e.Status != 0 {
		return e.Status
	}
	switch e.Code {
	case CodeNotFound:
		return http.StatusNotFound
	case CodeMethodNotAllowed:
		return http.StatusMethodNotAllowed
	case CodeUnknown:
		return http.StatusInternalServerError
	case CodeLimit:
		return http.StatusForbidden
	}
	return http.StatusBadRequest
}

func errNoColumn(field, object string) *Error {
	return &Error{Code: CodeInvalidField, Message: fmt.Sprintf("No such column '%s' on sobject of type %s", field, object)}
}

func errDeleted(status int) *Error {
	return &Error{Code: CodeDeleted, Message: "entity is deleted", Fields: []string{}, Status: status}
}
