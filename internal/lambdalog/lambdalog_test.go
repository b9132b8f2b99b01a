package lambdalog_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"salesforce-integration/internal/lambdalog"
)

func TestEachLineCarriesTheRequestID(t *testing.T) {
	var out bytes.Buffer
	log, err := lambdalog.New(&out, "warn")
	if err != nil {
		t.Fatal(err)
	}
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "request-1"})
	log.InfoContext(ctx, "not grave enough")
	log.With("a", 1).WithGroup("g").WarnContext(ctx, "seen", slog.Int("b", 2))

	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v in %s", err, out.Bytes())
	}
	group, _ := line["g"].(map[string]any)
	if line["msg"] != "seen" || line["a"] != 1.0 || group["b"] != 2.0 || group["request_id"] != "request-1" {
		t.Errorf("line = %s", out.Bytes())
	}
}

func TestAnUnknownLevelIsRefused(t *testing.T) {
	if _, err := lambdalog.New(nil, "loud"); err == nil {
		t.Error("want an error")
	}
	if _, err := lambdalog.New(nil, ""); err != nil {
		t.Error(err)
	}
}
