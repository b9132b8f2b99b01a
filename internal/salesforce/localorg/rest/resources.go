package rest

import (
	"fmt"
	"net/http"
	"sort"
	"strings"

	"salesforce-integration/internal/salesforce/localorg/settings"
)

// Version is one entry of the versions list.
type Version struct {
	Label   string `json:"label"`
	URL     string `json:"url"`
	Version string `json:"version"`
}

// springOf is the API version of Spring '26, from which the seasons are counted.
const (
	springOf     = 66
	springYear   = 26
	seasonsAYear = 3
)

// Versions lists the API versions of an org, oldest first.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_versions.htm
func Versions(set *settings.Settings) []Version {
	var out []Version
	for n := set.APIVersionMin; n <= set.APIVersionMax; n++ {
		out = append(out, Version{Label: season(n), URL: fmt.Sprintf("/services/data/v%d.0", n), Version: fmt.Sprintf("%d.0", n)})
	}
	return out
}

func season(version int) string {
	// Spring of a year, then Summer, then the Winter that carries the next year's number.
	since := version - springOf
	year := springYear + floorDiv(since, seasonsAYear)
	switch since - floorDiv(since, seasonsAYear)*seasonsAYear {
	case 0:
		return fmt.Sprintf("Spring '%02d", year)
	case 1:
		return fmt.Sprintf("Summer '%02d", year)
	}
	return fmt.Sprintf("Winter '%02d", year+1)
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && a < 0 {
		q--
	}
	return q
}

func (a *API) resources(req *Request) Response {
	if req.Method != http.MethodGet {
		return badMethod(req.Method, "HEAD,GET")
	}
	out := Object{}
	for _, name := range []string{"composite", "limits", "query", "queryAll", "recent", "sobjects"} {
		out = append(out, Member{name, req.prefix() + "/" + name})
	}
	out = append(out, Member{"identity", req.Base + "/id/" + a.orgID + "/" + req.Actor.UserID})
	return Response{Status: http.StatusOK, Body: out}
}

func (a *API) recent(*Request) Response {
	return Response{Status: http.StatusOK, Body: []any{}}
}

// limits is the allowance; only the daily API calls count for real.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_limits.htm
func (a *API) limits(req *Request) Response {
	if req.Method != http.MethodGet {
		return badMethod(req.Method, "HEAD,GET")
	}
	set := a.settings()
	if !set.ViewSetup {
		return Fail(http.StatusForbidden, "FUNCTIONALITY_NOT_ENABLED", "insufficient access: the user has not the permission View Setup and Configuration")
	}
	limit := func(most, left int) Object { return Object{{"Max", most}, {"Remaining", left}} }
	full := func(most int) Object { return limit(most, most) }
	return Response{Status: http.StatusOK, Body: Object{
		{"ActiveScratchOrgs", full(40)},
		{"AnalyticsExternalDataSizeMB", full(40960)},
		{"ConcurrentAsyncGetReportInstances", full(200)},
		{"DailyApiRequests", limit(set.DailyAPIRequests, set.DailyAPIRequests-a.used())},
		{"DailyAsyncApexExecutions", full(250000)},
		{"DailyBulkApiBatches", full(15000)},
		{"DailyBulkV2QueryFileStorageMB", full(976562)},
		{"DailyBulkV2QueryJobs", full(10000)},
		{"DailyDeliveredPlatformEvents", full(50000)},
		{"DailyStreamingApiEvents", full(200000)},
		{"DailyWorkflowEmails", full(1000)},
		{"DataStorageMB", full(1024)},
		{"FileStorageMB", full(1024)},
		{"HourlyPublishedPlatformEvents", full(50000)},
		{"HourlyTimeBasedWorkflow", full(1000)},
		{"MassEmail", full(5000)},
		{"PermissionSets", Object{{"Max", 1500}, {"Remaining", 1499}, {"CreateCustom", limit(1000, 999)}}},
		{"SingleEmail", full(5000)},
	}}
}

func (a *API) recordCount(req *Request) Response {
	counts := a.store.Counts()
	names := strings.Split(req.Query.Get("sObjects"), ",")
	if req.Query.Get("sObjects") == "" {
		names = nil
		for name := range counts {
			names = append(names, name)
		}
		sort.Strings(names)
	}
	list := []Object{}
	for _, name := range names {
		o, ok := a.store.Schema().Object(strings.TrimSpace(name))
		if !ok {
			continue
		}
		list = append(list, Object{{"count", counts[o.Name]}, {"name", o.Name}})
	}
	return Response{Status: http.StatusOK, Body: Object{{"sObjects", list}}}
}
