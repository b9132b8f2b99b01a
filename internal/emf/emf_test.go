package emf_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/emf"
)

func TestCounts(t *testing.T) {
	var out bytes.Buffer
	e := emf.New(&out, "shop-push", "local", func() time.Time { return time.UnixMilli(1772445605000) })
	if err := e.Counts(map[string]int{"SalesforceCalls": 2, "DeliveriesParked": 0}); err != nil {
		t.Fatal(err)
	}
	want := `{"DeliveriesParked":0,"Function":"shop-push","SalesforceCalls":2,"Stage":"local","_aws":{"Timestamp":1772445605000,` +
		`"CloudWatchMetrics":[{"Namespace":"SalesforceIntegration","Dimensions":[["Function","Stage"]],` +
		`"Metrics":[{"Name":"DeliveriesParked","Unit":"Count"},{"Name":"SalesforceCalls","Unit":"Count"}]}]}}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("line (-want +got):\n%s", diff)
	}
}
