package apidocs

import (
	"encoding/json"
	"fmt"
	"strings"
)

// document is as much of an OpenAPI 3.1 document as the page shows.
// https://spec.openapis.org/oas/v3.1.0
type document struct {
	Info struct {
		Title       string `json:"title"`
		Version     string `json:"version"`
		Description string `json:"description"`
	} `json:"info"`
	Tags []struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	} `json:"tags"`
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas         map[string]*schema    `json:"schemas"`
		Responses       map[string]response   `json:"responses"`
		SecuritySchemes map[string]authScheme `json:"securitySchemes"`
	} `json:"components"`
}

type authScheme struct {
	Description string `json:"description"`
}

type operation struct {
	ID          string                `json:"operationId"`
	Summary     string                `json:"summary"`
	Description string                `json:"description"`
	Tags        []string              `json:"tags"`
	Security    []map[string][]string `json:"security"`
	Parameters  []parameter           `json:"parameters"`
	Body        *struct {
		Required bool             `json:"required"`
		Content  map[string]media `json:"content"`
	} `json:"requestBody"`
	Responses map[string]response `json:"responses"`
}

type parameter struct {
	Name        string  `json:"name"`
	In          string  `json:"in"`
	Required    bool    `json:"required"`
	Description string  `json:"description"`
	Schema      *schema `json:"schema"`
}

type media struct {
	Schema  *schema         `json:"schema"`
	Example json.RawMessage `json:"example"`
}

type response struct {
	Ref         string           `json:"$ref"`
	Description string           `json:"description"`
	Content     map[string]media `json:"content"`
	Headers     map[string]struct {
		Description string  `json:"description"`
		Schema      *schema `json:"schema"`
	} `json:"headers"`
}

type schema struct {
	Ref         string             `json:"$ref"`
	Type        types              `json:"type"`
	Format      string             `json:"format"`
	Description string             `json:"description"`
	Enum        []any              `json:"enum"`
	Default     any                `json:"default"`
	Examples    []any              `json:"examples"`
	Items       *schema            `json:"items"`
	Properties  map[string]*schema `json:"properties"`
	Values      json.RawMessage    `json:"additionalProperties"` // false, true or a schema
	Required    []string           `json:"required"`
	ReadOnly    bool               `json:"readOnly"`
	WriteOnly   bool               `json:"writeOnly"`

	Minimum       *float64 `json:"minimum"`
	Maximum       *float64 `json:"maximum"`
	MinLength     *int     `json:"minLength"`
	MaxLength     *int     `json:"maxLength"`
	MinItems      *int     `json:"minItems"`
	MaxItems      *int     `json:"maxItems"`
	MaxProperties *int     `json:"maxProperties"`
	Pattern       string   `json:"pattern"`
}

// types is one type or several.
type types []string

// UnmarshalJSON takes both forms.
func (t *types) UnmarshalJSON(b []byte) error {
	var several []string
	if err := json.Unmarshal(b, &several); err == nil {
		*t = several
		return nil
	}
	var one string
	if err := json.Unmarshal(b, &one); err != nil {
		return fmt.Errorf("a schema's type: %w", err)
	}
	*t = types{one}
	return nil
}

// values is the schema of a map's values; ok is false where there is none.
func (s *schema) values() (*schema, bool) {
	var v schema
	if !strings.HasPrefix(string(s.Values), "{") || json.Unmarshal(s.Values, &v) != nil {
		return nil, false
	}
	return &v, true
}

// name is what a reference to a component ends in; "" for no reference.
func name(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }
