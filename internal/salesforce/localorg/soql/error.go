package soql

import (
	"fmt"
	"strings"
)

// Codes of refused queries.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm
const (
	CodeMalformed   = "MALFORMED_QUERY"
	CodeField       = "INVALID_FIELD"
	CodeType        = "INVALID_TYPE"
	CodeFilter      = "INVALID_QUERY_FILTER_OPERATOR"
	CodeNumberRange = "NUMBER_OUTSIDE_VALID_RANGE"
)

// Error is a refused query.
type Error struct {
	Code string
	// Message is Salesforce's, with the excerpt and the caret where there is a
	// position.
	Message string
	// Row and Column are 1-based; 0 when the error has no position.
	Row, Column int
}

// Error makes it an error.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// excerptLen is about how much of a query the excerpt above the caret shows.
const excerptLen = 80

// at makes an error that points at a byte of the query.
func at(text string, pos int, code, message string) *Error {
	pos = min(pos, len(text))
	before := text[:pos]
	row := strings.Count(before, "\n") + 1
	lineStart := strings.LastIndexByte(before, '\n') + 1
	line := text[lineStart:]
	if end := strings.IndexByte(line, '\n'); end >= 0 {
		line = line[:end]
	}
	column := len([]rune(text[lineStart:pos]))
	runes := []rune(line)
	from := max(0, column-excerptLen/2)
	if len(runes) <= excerptLen {
		from = 0
	}
	to := min(len(runes), from+excerptLen)
	return &Error{Code: code, Row: row, Column: column + 1,
		Message: fmt.Sprintf("\n%s\n%s^\nERROR at Row:%d:Column:%d\n%s", string(runes[from:to]), strings.Repeat(" ", column-from), row, column+1, message)}
}
