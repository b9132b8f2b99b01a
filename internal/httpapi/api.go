package httpapi

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"salesforce-integration/internal/apidocs"
	"salesforce-integration/internal/integration"
)

// Version is the version of the API's contract. A change of the OpenAPI document
// needs a new one.
const Version = "1.24.0"

const (
	basePath         = "/api/v1"
	integrationsPath = basePath + "/integrations"
	linksPath        = integrationsPath + "/{id}/links"
	deliveriesPath   = basePath + "/notifications/deliveries"
	deliveryLogPath  = basePath + "/notifications/delivery-log"
	bulkLinksPath    = linksPath + "/bulk"
	exportPath       = deliveryLogPath + "/export"
	campaignsPath    = integrationsPath + "/{id}/campaigns"
	previewPath      = integrationsPath + "/{id}/preview"
	openAPIPath      = basePath + "/openapi.json"
	docsPath         = basePath + "/docs"
)

// maxBodyBytes is far above the longest request and far below what would hurt.
const maxBodyBytes = 64 << 10

// bodyLimit is how many bytes of a body are read, by the operation's pattern.
func bodyLimit(pattern string) int64 {
	switch pattern {
	case "POST " + previewPath:
		return maxEventBytes
	case "POST " + bulkLinksPath:
		return maxBulkBytes
	default:
		return maxBodyBytes
	}
}

// Config is what the API works with. PublicURL may be empty, the rest is needed.
type Config struct {
	Service *integration.Service
	// PublicURL is what callers see in front of /api/v1, for the webhook's URL; when
	// empty it is taken from the request.
	PublicURL string
	Log       *slog.Logger
}

// API serves the administrators' API. It trusts the request context that API
// Gateway's authorizer filled, and refuses what came without one: see [Lambda].
type API struct {
	service   *integration.Service
	publicURL string
	log       *slog.Logger
	// operations is not changed after New.
	operations []operation
	mux        *http.ServeMux
	openAPI    func() *huma.OpenAPI
	document   func() ([]byte, error)
	pages      *apidocs.Pages
}

// New sets all operations up. It is done once for the life of a process.
func New(c Config) (*API, error) {
	if c.Service == nil || c.Log == nil {
		return nil, errors.New("httpapi: Service and Log are needed")
	}
	if err := checkPublicURL(c.PublicURL); err != nil {
		return nil, fmt.Errorf("httpapi: PUBLIC_API_URL: %w", err)
	}
	a := &API{service: c.Service, publicURL: c.PublicURL, log: c.Log, mux: http.NewServeMux()}
	a.operations = slices.Concat(a.integrationOperations(), a.webhookSecretOperations(), a.linkOperations(), a.bulkLinkOperations(), a.campaignOperations(),
		a.previewOperations(), a.deliveryOperations(), a.exportOperations(), a.redeliveryOperations(), a.connectionOperations())
	for _, op := range a.operations {
		a.mux.HandleFunc(op.pattern(), op.handler())
	}
	a.openAPI = sync.OnceValue(func() *huma.OpenAPI { return finished(documentOf(a.operations)) })
	a.document = sync.OnceValues(func() ([]byte, error) { return a.openAPI().MarshalJSON() })
	a.pages = apidocs.NewPages(a.document)
	return a, nil
}

// OpenAPI returns the API's description as YAML.
func (a *API) OpenAPI() ([]byte, error) { return a.openAPI().YAML() }
