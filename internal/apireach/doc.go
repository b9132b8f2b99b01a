// Package apireach has one test: that no answer of the administrators' API takes
// more calls of DynamoDB because the table holds more. It is skipped without a
// DynamoDB to test against (see dynamotest); `make reach` runs it on one with 10,000
// integrations and 100,000 deliveries, and prints the table of docs/benchmarks.md.
package apireach
