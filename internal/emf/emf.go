// Package emf writes metrics in CloudWatch's embedded metric format: a line of
// JSON on standard output that CloudWatch Logs turns into metrics, at the price of
// no call.
package emf

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"
)

// Namespace holds all metrics of the product.
const Namespace = "SalesforceIntegration"

// Emitter writes one function's metrics. It is safe for concurrent use.
type Emitter struct {
	function, stage string
	now             func() time.Time

	mu sync.Mutex
	w  io.Writer
}

// New returns an emitter for one function of one stage: those are the metrics'
// dimensions. The function is the Lambda's name, which no two stacks share, or
// their counts would be added up.
func New(w io.Writer, function, stage string, now func() time.Time) *Emitter {
	return &Emitter{w: w, function: function, stage: stage, now: now}
}

// Counts writes counters, all in one line. Names are such as "DeliveriesParked".
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
func (e *Emitter) Counts(counts map[string]int) error {
	type metric struct {
		Name string
		Unit string
	}
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []metric
	}
	type metadata struct {
		Timestamp         int64
		CloudWatchMetrics []directive
	}
	line := map[string]any{"Function": e.function, "Stage": e.stage}
	d := directive{Namespace: Namespace, Dimensions: [][]string{{"Function", "Stage"}}}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		line[name] = counts[name]
		d.Metrics = append(d.Metrics, metric{Name: name, Unit: "Count"})
	}
	line["_aws"] = metadata{Timestamp: e.now().UnixMilli(), CloudWatchMetrics: []directive{d}}
	encoded, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("encoding metrics: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, err := e.w.Write(append(encoded, '\n')); err != nil {
		return fmt.Errorf("writing metrics: %w", err)
	}
	return nil
}
