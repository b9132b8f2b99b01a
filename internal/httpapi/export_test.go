package httpapi

// Words shows the tests what huma's messages become.
func Words(message string) string { return words(message) }
