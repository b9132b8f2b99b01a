// Package functions_test holds what is to be true of all functions and the template
// together.
package functions_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/authz"
	apiwire "salesforce-integration/internal/httpapi/wire"
	pushwire "salesforce-integration/internal/push/wire"
	webhookwire "salesforce-integration/internal/webhook/wire"
)

// TestTheTemplateSetsWhatTheFunctionsRead: no setting that nobody can set, and none
// that nobody reads.
func TestTheTemplateSetsWhatTheFunctionsRead(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	template := strings.Split(string(raw), "\n")
	common := variables(template, "Globals")
	read := map[string]bool{} // of the common ones
	for resource, wire := range map[string]func(getenv func(string) string) error{
		"AuthorizerFunction": func(getenv func(string) string) error {
			_, err := authz.Wire(getenv, &bytes.Buffer{})
			return err
		},
		"IntegrationsFunction": func(getenv func(string) string) error {
			_, err := apiwire.Handler(getenv, &bytes.Buffer{})
			return err
		},
		"WebhookFunction": func(getenv func(string) string) error {
			_, err := webhookwire.Handler(getenv, &bytes.Buffer{})
			return err
		},
		"PushFunction": func(getenv func(string) string) error {
			_, err := pushwire.Handler(getenv, &bytes.Buffer{})
			return err
		},
	} {
		t.Run(resource, func(t *testing.T) {
			asked := map[string]bool{}
			if err := wire(func(name string) string {
				if !strings.HasPrefix(name, "AWS_") { // Lambda's own
					asked[name] = true
				}
				return settings[name]
			}); err != nil {
				t.Fatal(err)
			}
			own := variables(template, resource)
			if len(own) == 0 {
				t.Fatal("the template sets nothing")
			}
			set := slices.Clone(own)
			for _, name := range common {
				read[name] = read[name] || asked[name]
				if asked[name] {
					set = append(set, name)
				}
			}
			slices.Sort(set)
			if diff := cmp.Diff(set, slices.Sorted(maps.Keys(asked))); diff != "" {
				t.Errorf("the environment (-the template sets, +the function reads):\n%s", diff)
			}
		})
	}
	for _, name := range common {
		if !read[name] {
			t.Errorf("no function reads %s", name)
		}
	}
}

// settings let every function start.
var settings = map[string]string{
	"TABLE_NAME": "table", "KMS_KEY_ID": "key", "QUEUE_URL": "https://sqs.example/queue",
	"EVENT_BUS_NAME": "bus", "EVENT_SOURCE_OUT": "experimentation.salesforce",
	"TOKEN_ISSUER": "https://login.example.com/", "TOKEN_AUDIENCE": "audience", "TOKEN_JWKS_URL": "https://login.example.com/jwks", "TOKEN_ROLE_CLAIM": "role",
}

var variable = regexp.MustCompile(`^\s+([A-Z][A-Z0-9_]*):`)

// variables lists the environment that a resource, or a section, of the template
// sets.
func variables(template []string, block string) []string {
	var names []string
	inBlock, indent := false, -1
	for _, line := range template {
		depth := len(line) - len(strings.TrimLeft(line, " "))
		switch {
		case strings.TrimSpace(line) == block+":" && depth <= 2:
			inBlock, indent = true, -1
		case strings.TrimSpace(line) == "" || strings.HasPrefix(strings.TrimSpace(line), "#"):
		case inBlock && depth == 0, inBlock && depth == 2 && block != "Globals":
			return names
		case inBlock && strings.TrimSpace(line) == "Variables:":
			indent = depth
		case indent >= 0 && depth <= indent:
			indent = -1
		case indent >= 0:
			if m := variable.FindStringSubmatch(line); m != nil {
				names = append(names, m[1])
			}
		}
	}
	return names
}
