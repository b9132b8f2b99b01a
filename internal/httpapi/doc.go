// Package httpapi is the administrators' API over HTTP: its operations, what they
// take and answer, the one table from errors to statuses, and the OpenAPI document
// that comes out of all this. What the operations do is the domain's.
package httpapi
