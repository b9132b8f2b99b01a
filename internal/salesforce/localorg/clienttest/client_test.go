package clienttest_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"salesforce-integration/internal/salesforce/localorg"
)

// client is one library with the program that drives it.
type client struct {
	name string
	// needs is the file below the tools folder that shows that it is installed.
	needs string
	// command makes the program's command line; tools is the client's folder.
	command func(tools string) []string
	// tampered are fields of the wire format without which the client must fail.
	tampered []string
}

func clients() []client {
	return []client{
		{
			name: "jsforce", needs: "node_modules/jsforce/package.json",
			command: func(string) []string { return []string{"node", filepath.Join("jsforce", "run.mjs")} },
			tampered: []string{"access_token", "instance_url", "success", "errorCode", "statusCode", "totalSize", "nextRecordsUrl",
				"picklistValues", "keyPrefix", "DailyApiRequests", "attributes"},
		},
		{
			name: "simple_salesforce", needs: "bin/python",
			command: func(tools string) []string {
				return []string{filepath.Join(tools, "bin", "python"), filepath.Join("simple_salesforce", "run.py")}
			},
			tampered: []string{"access_token", "instance_url", "success", "errorCode", "statusCode", "totalSize", "records",
				"httpStatusCode", "compositeResponse", "deletedRecords", "DailyApiRequests"},
		},
		{
			name: "gosalesforce", needs: "client",
			command:  func(tools string) []string { return []string{filepath.Join(tools, "client")} },
			tampered: []string{"access_token", "instance_url", "success", "errorCode", "statusCode", "records", "compositeResponse", "id"},
		},
	}
}

// definition adds the external id that the upsert of a client needs.
const definition = `{"name": "Campaign", "fields": [{"name": "Flag_Key__c", "length": 80, "externalId": true, "unique": true}]}`

func TestUnmodifiedClients(t *testing.T) {
	for _, c := range clients() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tools := c.installed(t)
			org, key := startOrg(t, nil)
			if out, err := c.run(t, tools, org, key); err != nil {
				t.Fatalf("the client failed: %v\n%s", err, out)
			}
		})
	}
}

func TestClientsNoticeAWrongWireFormat(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped by -short: it starts each client about ten times")
	}
	for _, c := range clients() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tools := c.installed(t)
			for _, field := range c.tampered {
				t.Run(field, func(t *testing.T) {
					var hits int
					org, key := startOrg(t, func(body []byte) []byte {
						hits += bytes.Count(body, []byte(`"`+field+`":`))
						return bytes.ReplaceAll(body, []byte(`"`+field+`":`), []byte(`"`+field+`X":`))
					})
					out, err := c.run(t, tools, org, key)
					if hits == 0 {
						t.Fatalf("the field %s was never sent\n%s", field, out)
					}
					if err == nil {
						t.Errorf("the client passed although %s was renamed in every answer", field)
					}
				})
			}
		})
	}
}

// installed returns the client's tools folder, or skips the test with the reason.
func (c client) installed(t *testing.T) string {
	t.Helper()
	root := os.Getenv("LOCALORG_CLIENTS")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", ".tools", "clients")
	}
	root, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	tools := filepath.Join(root, c.name)
	if _, err := os.Stat(filepath.Join(tools, c.needs)); err != nil {
		t.Skipf("%s is not installed: run internal/salesforce/localorg/clienttest/install.sh", c.name)
	}
	if _, err := exec.LookPath(c.command(tools)[0]); err != nil {
		t.Skipf("%s can't run: %v", c.name, err)
	}
	return tools
}

// run starts the client's program against an org and returns what it printed.
func (c client) run(t *testing.T, tools, orgURL, key string) (string, error) {
	t.Helper()
	const limit = time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	line := c.command(tools)
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Env = append(os.Environ(), "ORG_URL="+orgURL, "CLIENT_DIR="+tools,
		"CLIENT_ID="+localorg.DefaultClientID, "CLIENT_SECRET="+localorg.DefaultClientSecret, "CLIENT_KEY="+key, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// startOrg serves an org, behind a proxy that edits its answers when edit is set. It
// returns the URL and the private key of the app's certificate, as PEM.
func startOrg(t *testing.T, edit func([]byte) []byte) (orgURL, clientKey string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	clientKey = string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	org, err := localorg.New(localorg.Config{Definitions: [][]byte{[]byte(definition)}, JWTKey: &key.PublicKey})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(org)
	t.Cleanup(srv.Close)
	if edit == nil {
		return srv.URL, clientKey
	}
	target, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(res *http.Response) error {
			body, err := io.ReadAll(res.Body)
			if err != nil {
				return err
			}
			body = edit(body)
			res.Body = io.NopCloser(bytes.NewReader(body))
			res.ContentLength = int64(len(body))
			res.Header.Set("Content-Length", strconv.Itoa(len(body)))
			return nil
		},
	}
	front := httptest.NewServer(proxy)
	t.Cleanup(front.Close)
	if !strings.HasPrefix(front.URL, "http://127.0.0.1:") {
		t.Fatalf("the proxy listens at %s", front.URL)
	}
	return front.URL, clientKey
}
