// Package apidocs makes a page for people out of an OpenAPI document. The page is
// one file: no script, and nothing that is loaded from anywhere.
package apidocs
