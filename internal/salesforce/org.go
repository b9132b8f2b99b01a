package salesforce

import (
	"context"
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

// Ping asks for the list of the API's resources, which every user may see: the least
// call that tells, by [Client.Usage], what is left of the org's allowance.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_discoveryresource.htm
func (c *Client) Ping(ctx context.Context) error {
	return c.do(ctx, call{op: "list resources", method: http.MethodGet, path: c.data + "/"}, nil)
}
