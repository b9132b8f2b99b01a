package webhook

import (
	"bytes"
	"encoding/base64"
	"mime"
	"net/http"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// Headers of a request, lower case.
const (
	headerContentType    = "content-type"
	headerEncoding       = "content-encoding"
	headerSignature      = "x-hub-signature-256"
	headerTimestamp      = "x-webhook-timestamp"
	headerIdempotencyKey = "idempotency-key"
)

// request is what API Gateway hands over, undone of its packing.
type request struct {
	integrationID string // as it came
	tokens        []string
	signatures    []string
	timestamps    []string
	certified     bool // API Gateway has checked a client certificate
	contentType   string
	encodings     []string
	idempotency   []string
	body          []byte
}

// readRequest unpacks a REST API proxy event. The adapter library for net/http is
// not used: on a path that it cannot parse it logs the URL, and with it the token.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
func readRequest(e events.APIGatewayProxyRequest) (request, error) {
	r := request{
		integrationID: integrationID(e),
		tokens:        values(e.MultiValueQueryStringParameters, e.QueryStringParameters, "token", exactly),
		signatures:    header(e, headerSignature),
		timestamps:    header(e, headerTimestamp),
		// Several do not parse as one, and are refused: which counts is not ours to guess.
		contentType: strings.Join(header(e, headerContentType), ", "),
		encodings:   header(e, headerEncoding),
		idempotency: header(e, headerIdempotencyKey),
		// Only API Gateway fills this in, from the handshake.
		// https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html
		certified: e.RequestContext.Identity.ClientCert != nil && e.RequestContext.Identity.ClientCert.SerialNumber != "",
	}
	if e.HTTPMethod != http.MethodPost {
		return r, &refusal{status: http.StatusMethodNotAllowed, detail: "Messages are sent with POST."}
	}
	r.body = []byte(e.Body)
	if e.IsBase64Encoded {
		if len(e.Body) > base64.StdEncoding.EncodedLen(maxBody) {
			return r, tooLarge()
		}
		body, err := base64.StdEncoding.DecodeString(e.Body)
		if err != nil {
			return r, &refusal{status: http.StatusBadRequest, detail: "The body cannot be read.", cause: err}
		}
		r.body = body
	}
	if len(r.body) > maxBody {
		return r, tooLarge()
	}
	return r, nil
}

func tooLarge() error {
	return &refusal{status: http.StatusRequestEntityTooLarge, detail: "The body is larger than 1 MiB."}
}

// integrationID finds the id in the path's parameters or, where the gateway has a
// greedy path, in the path itself.
func integrationID(e events.APIGatewayProxyRequest) string {
	if id := e.PathParameters["integration_id"]; id != "" {
		return id
	}
	parts := strings.Split(strings.Trim(e.Path, "/"), "/")
	if n := len(parts); n >= 4 && parts[n-4] == "integrations" && parts[n-2] == "webhook" && parts[n-1] == "salesforce" {
		return parts[n-3]
	}
	return ""
}

func exactly(a, b string) bool { return a == b }

func header(e events.APIGatewayProxyRequest, name string) []string {
	return values(e.MultiValueHeaders, e.Headers, name, strings.EqualFold)
}

// values returns everything that was given under a name: API Gateway fills both
// maps, other senders of events only one.
func values(multi map[string][]string, single map[string]string, name string, same func(a, b string) bool) []string {
	var out []string
	for key, vs := range multi {
		if same(key, name) {
			out = append(out, vs...)
		}
	}
	if len(out) > 0 {
		return out
	}
	for key, v := range single {
		if same(key, name) {
			out = append(out, v)
		}
	}
	return out
}

// kind decides by Content-Type which form the body has; without one, by how the
// body begins.
func (r request) kind() (kind, error) {
	if strings.TrimSpace(r.contentType) == "" {
		return sniff(r.body)
	}
	mediaType, params, err := mime.ParseMediaType(r.contentType)
	if err != nil {
		return kindUnknown, unsupported()
	}
	var k kind
	switch {
	case mediaType == "text/xml", mediaType == "application/xml", mediaType == "application/soap+xml":
		k = kindSOAP
	case mediaType == "application/json", mediaType == "text/json", strings.HasPrefix(mediaType, "application/") && strings.HasSuffix(mediaType, "+json"):
		k = kindJSON
	default:
		return kindUnknown, unsupported()
	}
	switch charset := strings.ToLower(params["charset"]); charset {
	case "", "utf-8", "utf8", "us-ascii":
	default:
		return k, &refusal{status: http.StatusUnsupportedMediaType, detail: "The only charset that is read is UTF-8."}
	}
	if r.encoded() {
		return k, &refusal{status: http.StatusUnsupportedMediaType, detail: "The body is compressed, as Content-Encoding says. Send it as it is."}
	}
	return k, nil
}

// encoded says whether the body is something else than its type says.
// https://www.rfc-editor.org/rfc/rfc9110#section-8.4
func (r request) encoded() bool {
	for _, line := range r.encodings {
		for coding := range strings.SplitSeq(line, ",") {
			if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "identity") {
				return true
			}
		}
	}
	return false
}

func sniff(body []byte) (kind, error) {
	body = bytes.TrimLeft(bytes.TrimPrefix(body, utf8BOM), " \t\r\n")
	switch {
	case len(body) == 0:
		return kindUnknown, emptyBody()
	case body[0] == '<':
		return kindSOAP, nil
	case body[0] == '{' || body[0] == '[':
		return kindJSON, nil
	default:
		return kindUnknown, unsupported()
	}
}

func emptyBody() error {
	return &refusal{status: http.StatusBadRequest, detail: "The body is empty."}
}

func unsupported() error {
	return &refusal{
		status: http.StatusUnsupportedMediaType,
		detail: "Send an outbound message as text/xml, or JSON as application/json, and say so in Content-Type.",
	}
}
