package apidocs_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"salesforce-integration/internal/apidocs"
)

// document has one of everything that the page shows differently.
const document = `{
 "openapi": "3.1.0",
 "info": {"title": "Tea <shop>", "version": "1.0.0", "description": "Sells ` + "`tea`" + ` & <b>more</b>."},
 "tags": [{"name": "Green teas", "description": "All of them."}],
 "paths": {"/teas/{id}": {
   "get": {"operationId": "get-tea", "summary": "Read one", "description": "With its leaves.", "tags": ["Green teas"],
     "security": [{"bearer": ["admin"]}, {"bearer": ["viewer"]}],
     "parameters": [{"name": "id", "in": "path", "required": true, "description": "Which.", "schema": {"type": "string"}},
       {"name": "size", "in": "query", "required": true, "schema": {"type": "string", "enum": ["small", "large"], "examples": ["small cup"]}},
       {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}}],
     "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tea"}, "example": {"name": "Sencha"}}}},
       "404": {"$ref": "#/components/responses/NotFound"}}},
   "put": {"operationId": "put-tea", "summary": "Change one", "tags": ["Green teas"], "security": [],
     "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tea"}, "example": {"name": "Emperor's </script>"}}}},
     "responses": {"204": {"description": "No Content"}}}}},
 "components": {
   "responses": {"NotFound": {"description": "There is none.", "content": {"application/problem+json": {"example": {"status": 404}}}}},
   "securitySchemes": {"bearer": {"description": "A token."}},
   "schemas": {"Tea": {"type": "object", "description": "A tea.", "required": ["name"], "properties": {
     "name": {"type": "string", "minLength": 1, "maxLength": 20, "pattern": "^<.*>$", "description": "Its name."},
     "leaves": {"type": "array", "items": {"$ref": "#/components/schemas/Leaf"}},
     "grams": {"type": "object", "additionalProperties": {"type": ["integer", "null"]}}}},
    "Leaf": {"type": "object", "properties": {"at": {"type": "string", "format": "date-time"}}}}}
}`

func render(t *testing.T, openAPI string) (page apidocs.Page, html string) {
	t.Helper()
	page, err := apidocs.Render([]byte(openAPI), "https://api.example.com/prod")
	if err != nil {
		t.Fatal(err)
	}
	return page, string(page.HTML)
}

func TestPageSaysWhatTheDocumentSays(t *testing.T) {
	_, html := render(t, document)
	for name, part := range map[string]string{
		"title, escaped":       "<title>Tea &lt;shop&gt; API 1.0.0</title>",
		"code in prose":        "Sells <code>tea</code> &amp; &lt;b&gt;more&lt;/b&gt;.",
		"group":                `<section id="green-teas">`,
		"operation":            `<span class="GET">GET</span> /teas/{id}`,
		"roles":                "<strong>admin</strong> and <strong>viewer</strong>",
		"no role":              "For anybody.",
		"enum":                 "one of <code>small</code>, <code>large</code>",
		"range":                "1 to 100",
		"default":              "default <code>20</code>",
		"length":               "1 to 20 characters",
		"pattern":              "<code>^&lt;.*&gt;$</code>",
		"list of a schema":     `<a href="#schema-Leaf">list of Leaf</a>`,
		"map":                  "map to integer or null",
		"format":               "date-time",
		"example":              "{\n  &#34;name&#34;: &#34;Sencha&#34;\n}",
		"shared error":         `<a href="#error-NotFound">There is none.</a>`,
		"base":                 "BASE=https://api.example.com/prod",
		"curl of a read":       "curl -s &#34;$BASE/teas/$ID?size=small+cup&#34; \\\n  -H &#34;Authorization: Bearer $TOKEN&#34;",
		"curl of a change":     "curl -s -X PUT &#34;$BASE/teas/$ID&#34; \\\n  -H &#39;Content-Type: application/json&#39; \\\n  -d &#39;{",
		"quote within a quote": `Emperor&#39;\&#39;&#39;s &lt;/script&gt;`,
	} {
		if !strings.Contains(html, part) {
			t.Errorf("%s: the page does not have %s", name, part)
		}
	}
}

// TestPageLoadsNothing: what is not in the page is not in its policy either.
func TestPageLoadsNothing(t *testing.T) {
	page, html := render(t, document)
	for _, stray := range []string{"<script", "<link", "<img", "<iframe", "@import", "url(", "style=", "onclick", "src="} {
		if strings.Contains(html, stray) {
			t.Errorf("the page has %s", stray)
		}
	}
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(html)
	if len(style) != 2 || len(style[1]) < 100 {
		t.Fatal("the page has no style")
	}
	sum := sha256.Sum256([]byte(style[1]))
	if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(page.Policy, "style-src "+want+";") {
		t.Errorf("a browser would refuse the style: the policy is %s, want %s", page.Policy, want)
	}
	if !strings.HasPrefix(page.Policy, "default-src 'none';") || strings.Contains(page.Policy, "unsafe") {
		t.Errorf("the policy is %s", page.Policy)
	}
}

// TestPageIsWhole: tags that close, ids that are there once, and links that lead
// somewhere.
func TestPageIsWhole(t *testing.T) {
	_, html := render(t, document)
	if !strings.HasPrefix(html, "<!DOCTYPE html>\n") {
		t.Errorf("it begins with %.40q", html)
	}
	d := xml.NewDecoder(strings.NewReader(html))
	d.Entity = xml.HTMLEntity
	var ids, links []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		start, _ := token.(xml.StartElement)
		for _, a := range start.Attr {
			switch target, local := strings.CutPrefix(a.Value, "#"); {
			case a.Name.Local == "id":
				ids = append(ids, a.Value)
			case a.Name.Local == "href" && local:
				links = append(links, target)
			}
		}
	}
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) != len(ids) || len(ids) < 5 {
		t.Errorf("an id is there twice: %q", ids)
	}
	for _, target := range links {
		if !slices.Contains(ids, target) {
			t.Errorf("a link leads to #%s, which is not there", target)
		}
	}
}

func TestRenderRefusesWhatIsNoDocument(t *testing.T) {
	if _, err := apidocs.Render([]byte("openapi: 3.1.0"), ""); err == nil {
		t.Error("no error")
	}
}
