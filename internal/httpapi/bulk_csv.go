package httpapi

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"salesforce-integration/internal/bodytext"
	"salesforce-integration/internal/integration"
)

// The columns of a CSV with links.
const (
	columnExperiment = "experiment_key"
	columnID         = "campaign_id"
	columnName       = "campaign_name"
)

const utf8Mark = "\xef\xbb\xbf"

// bulkCSV reads links as RFC 4180 has them, with a header. A fault of the table (no
// header, an unknown column, a quote that does not end) refuses all of it, since
// then no row is sure to be what was meant; a fault of a row is told with it.
// https://www.rfc-editor.org/rfc/rfc4180
func bulkCSV(ctx context.Context, body []byte) ([]integration.BulkRow, *Problem) {
	refuse := func(status int, detail string, args ...any) ([]integration.BulkRow, *Problem) {
		return nil, newProblem(ctx, status, fmt.Sprintf(detail, args...))
	}
	if bodytext.Packed(body) {
		return refuse(http.StatusBadRequest, packed)
	}
	if bodytext.Lost(body) || bytes.IndexByte(body, 0) >= 0 {
		return refuse(http.StatusBadRequest, "The CSV is not UTF-8. Save it as 'CSV UTF-8', and send it as it is (with curl: --data-binary).")
	}
	if bytes.IndexByte(body, '\r') >= 0 && bytes.IndexByte(body, '\n') < 0 {
		return refuse(http.StatusUnprocessableEntity, "The lines of the CSV end with a carriage return alone, so all of it is one line. Save it as 'CSV UTF-8', or with the line ends of Unix or Windows.")
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(body, []byte(utf8Mark))))
	r.FieldsPerRecord = -1 // each row is told of its own
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return refuse(http.StatusUnprocessableEntity, "The CSV is empty. Its first row names the columns: experiment_key,campaign_id or experiment_key,campaign_name.")
	}
	if err != nil {
		return refuse(http.StatusUnprocessableEntity, "%s", csvFault(err))
	}
	if fault := checkHeader(header); fault != "" {
		return refuse(http.StatusUnprocessableEntity, "%s", fault)
	}
	var rows []integration.BulkRow
	for {
		record, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return rows, nil
		case err != nil:
			return refuse(http.StatusUnprocessableEntity, "%s Nothing of it was done.", csvFault(err))
		case len(rows) == integration.MaxBulkLinks:
			return refuse(http.StatusUnprocessableEntity, "There are more than %d rows. Send them in several requests, each with the header. Nothing of it was done.", integration.MaxBulkLinks)
		}
		rows = append(rows, csvRow(header, record))
	}
}

// checkHeader cleans the names of the columns, and says what is wrong with them.
func checkHeader(header []string) string {
	const want = "The columns are experiment_key, and campaign_id or campaign_name or both."
	known := []string{columnExperiment, columnID, columnName}
	for n, name := range header {
		header[n] = strings.ToLower(strings.TrimSpace(name))
		switch {
		case n == 0 && strings.HasPrefix(header[n], "sep="):
			return "Leave out the first line, sep=, which is for a spreadsheet only: the first row has to name the columns. " + want
		case len(header) == 1 && strings.ContainsAny(name, ";\t|"):
			return "The columns have to be separated by commas. " + want
		case !slices.Contains(known, header[n]):
			return fmt.Sprintf("The first row names a column %q, which there is not. %s", told(strings.TrimSpace(name)), want)
		case slices.Contains(header[:n], header[n]):
			return fmt.Sprintf("The first row names the column %q twice. %s", header[n], want)
		}
	}
	if !slices.Contains(header, columnExperiment) || len(header) < 2 {
		return "The first row has to name the columns. " + want
	}
	return ""
}

func csvRow(header, record []string) integration.BulkRow {
	if len(record) != len(header) {
		return integration.BulkRow{Err: integration.Invalidf("", "The row has %d fields, and the header %d.", len(record), len(header))}
	}
	var row integration.BulkRow
	for n, value := range record {
		switch value = strings.TrimSpace(value); header[n] {
		case columnExperiment:
			row.ExperimentKey = value
		case columnID:
			row.CampaignID = value
		case columnName:
			row.CampaignName = value
		}
	}
	return row
}

// csvFault says where a table breaks, without what stands there.
func csvFault(err error) string {
	var p *csv.ParseError
	if !errors.As(err, &p) {
		return "The CSV cannot be read."
	}
	if errors.Is(p.Err, csv.ErrBareQuote) {
		return fmt.Sprintf("Line %d of the CSV has a quote inside of a field. Put the whole field into quotes, and each quote in it twice.", p.Line)
	}
	return fmt.Sprintf("In the row that begins on line %d of the CSV a quote begins, and does not end where the field does. Was the CSV cut off?", p.StartLine)
}
