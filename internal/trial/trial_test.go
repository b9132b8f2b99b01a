package trial_test

import (
	"testing"
	"testing/synctest"

	"salesforce-integration/internal/trial"
)

// TestNothingIsLostDoubledOrWrong puts the product through every fault of the
// table.
func TestNothingIsLostDoubledOrWrong(t *testing.T) {
	t.Parallel()
	for _, f := range trial.Faults() {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				row, err := trial.Run(t.Context(), trial.NewProduct(), f, trial.Story())
				if err != nil {
					t.Fatal(err)
				}
				if row.In == 0 || row.Delivered != row.In || row.Lost+row.Doubled+row.Wrong+row.Unread > 0 {
					t.Errorf("%+v", row)
				}
			})
		})
	}
}
