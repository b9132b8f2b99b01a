package httpapi

// Words shows the tests what huma's messages become.
func Words(message string) string { return words(message) }

// BulkRows reads many links by the body's type.
var BulkRows = bulkRows
