package salesforce

import (
	"context"
	"encoding/json"
	"net/http"
)

// Version is a REST version that the org speaks.
type Version struct {
	Label   string `json:"label"`
	URL     string `json:"url"`
	Version string `json:"version"` // such as "66.0"
}

// Versions lists the org's REST versions, the oldest first. It needs no token and
// costs no call, so it tells a wrong address from wrong credentials.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_versions.htm
func (c *Client) Versions(ctx context.Context) ([]Version, error) {
	var versions []Version
	what := call{op: "list versions", method: http.MethodGet, path: "/services/data/", open: true}
	if err := c.do(ctx, what, &versions); err != nil {
		return nil, err
	}
	return versions, nil
}

// LimitDailyAPIRequests names the org's API allowance in [Client.Limits].
const LimitDailyAPIRequests = "DailyApiRequests"

// Limit is an allowance of the org. Remaining may be negative.
type Limit struct{ Max, Remaining int }

// Limits returns the org's allowances by name. The Run-As user needs 'View Setup
// and Configuration'; [Client.Usage] needs nothing.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_limits.htm
func (c *Client) Limits(ctx context.Context) (map[string]Limit, error) {
	var answer map[string]json.RawMessage
	what := call{op: "read limits", method: http.MethodGet, path: c.data + "/limits"}
	if err := c.do(ctx, what, &answer); err != nil {
		return nil, err
	}
	limits := make(map[string]Limit, len(answer))
	for name, raw := range answer {
		var l Limit
		if json.Unmarshal(raw, &l) == nil { // an entry of another form is no allowance
			limits[name] = l
		}
	}
	return limits, nil
}
