package salesforce

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"salesforce-integration/internal/salesforce/sfid"
)

// ErrNoObject is wrapped by the error of a describe when the object is switched off
// in the org, or hidden from the Run-As user.
var ErrNoObject = errors.New("the org has no such object")

// ObjectDescription is what the Run-As user may do with an object.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm
type ObjectDescription struct {
	Name       string
	Createable bool
	Updateable bool
	Queryable  bool
	Fields     map[string]FieldDescription // by API name
}

// FieldDescription is what the Run-As user may do with a field.
type FieldDescription struct {
	Type       string // such as "picklist"
	Label      string
	Length     int
	Updateable bool
	Restricted bool // a picklist that refuses values it does not have
	Values     []PicklistValue
}

// PicklistValue is one entry of a picklist. Value is what is written, Label what
// people see.
type PicklistValue struct {
	Value   string `json:"value"`
	Label   string `json:"label"`
	Active  bool   `json:"active"`
	Default bool   `json:"defaultValue"`
}

// DescribeCampaign returns what the Run-As user may do with campaigns; the entry
// "Status" of its fields holds the org's statuses.
func (c *Client) DescribeCampaign(ctx context.Context) (ObjectDescription, error) {
	return c.Describe(ctx, "Campaign")
}

// Describe returns what the Run-As user may do with an object, by its API name. The
// error wraps [ErrNoObject] when there is none: so it is found out whether an org
// has ContentNotes.
func (c *Client) Describe(ctx context.Context, object string) (ObjectDescription, error) {
	if !sfid.IsAPIName(object) {
		return ObjectDescription{}, fmt.Errorf("%w: %q is no object's API name", ErrArgument, object)
	}
	var answer struct {
		Name       string `json:"name"`
		Createable bool   `json:"createable"`
		Updateable bool   `json:"updateable"`
		Queryable  bool   `json:"queryable"`
		Fields     []struct {
			Name       string          `json:"name"`
			Type       string          `json:"type"`
			Label      string          `json:"label"`
			Length     int             `json:"length"`
			Updateable bool            `json:"updateable"`
			Restricted bool            `json:"restrictedPicklist"`
			Values     []PicklistValue `json:"picklistValues"`
		} `json:"fields"`
	}
	what := call{op: "describe " + object, method: http.MethodGet, path: c.data + "/sobjects/" + object + "/describe"}
	err := c.do(ctx, what, &answer)
	if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusNotFound && e.Code != "" {
		return ObjectDescription{}, fmt.Errorf("%w: %w", ErrNoObject, err)
	}
	if err != nil {
		return ObjectDescription{}, err
	}
	d := ObjectDescription{Name: answer.Name, Createable: answer.Createable, Updateable: answer.Updateable,
		Queryable: answer.Queryable, Fields: make(map[string]FieldDescription, len(answer.Fields))}
	for _, f := range answer.Fields {
		d.Fields[f.Name] = FieldDescription{Type: f.Type, Label: f.Label, Length: f.Length,
			Updateable: f.Updateable, Restricted: f.Restricted, Values: f.Values}
	}
	return d, nil
}
