// Package stack runs the whole product on this machine: template.yaml deployed with the SAM CLI onto a local AWS
// (MiniStack), a local Salesforce org, an issuer of bearer tokens, and the API on a port of its own.
//
// Nothing of the product knows that it runs here. What the package adds is only what a user brings along: AWS, an org, an
// identity provider and a host name for the API.
package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"salesforce-integration/internal/cmd/local/issuer"
)

// Config says where and how to run a stack.
type Config struct {
	Root  string // the checkout
	Ports Ports
	// Progress is told, a line each, what is being done.
	Progress func(string)
	Issuer   *issuer.Issuer
}

// A Stack is what runs, or what was found running.
type Stack struct {
	Description
	closers []func() error
}

// Description is all that a user of a stack must know. The stack serves it as JSON at DescriptionPath.
type Description struct {
	APIURL       string `json:"api_url"` // without /api/v1
	OrgURL       string `json:"org_url"`
	AWSURL       string `json:"aws_url"`
	StackName    string `json:"stack_name"`
	TableName    string `json:"table_name"`
	EventBusName string `json:"event_bus_name"`
	EventSource  string `json:"event_source"`
	KeyARN       string `json:"key_arn"`
	PushQueueURL string `json:"push_queue_url"`
	BuildDir     string `json:"build_dir"`
	// SpareOrgURL is one more address that an integration may name as its org's, and where nobody listens: a test puts a
	// way to the org there, and takes it away again.
	SpareOrgURL string `json:"spare_org_url"`
}

// DescriptionPath is where the API's port serves the Description: outside of everything that the product has paths for.
const DescriptionPath = "/_local/stack"

// Start starts everything and returns when all of it answers. What it started is stopped again when it fails; afterwards
// Close does.
func Start(ctx context.Context, c Config) (_ *Stack, err error) {
	s := &Stack{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()

	// Ports first: one in use is told of at once, not after half a minute, and a stack that runs on them keeps its folder.
	apiListener, orgListener, err := c.Ports.listen(ctx)
	if err != nil {
		return nil, err
	}
	s.closeLater(closeListener(apiListener))
	s.closeLater(closeListener(orgListener))
	dir := filepath.Join(c.Root, ".local", fmt.Sprintf("stack-%d", c.Ports.AWS))
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("clear the stack's folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the stack's folder: %w", err)
	}

	s.Description = Description{
		APIURL: fmt.Sprintf("http://localhost:%d", c.Ports.API),
		OrgURL: fmt.Sprintf("http://localhost:%d", c.Ports.Org),
		AWSURL: fmt.Sprintf("http://localhost:%d", c.Ports.AWS),
	}

	spare, err := FreePorts(ctx)
	if err != nil {
		return nil, err
	}
	s.SpareOrgURL = fmt.Sprintf("http://localhost:%d", spare.Org)

	c.Progress("starting the local AWS")
	aws, err := startMiniStack(ctx, c.Root, dir, c.Ports.AWS)
	if err != nil {
		return nil, err
	}
	s.closeLater(aws.stop)
	orgLog, err := os.Create(filepath.Join(dir, "org.log"))
	if err != nil {
		return nil, fmt.Errorf("make the org's log: %w", err)
	}
	s.closeLater(orgLog.Close)
	org, stopOrg, err := newOrg(ctx, orgLog)
	if err != nil {
		return nil, err
	}
	s.closeLater(stopOrg)
	s.serve(orgListener, org)

	sam := samCLI{root: c.Root, dir: dir, awsURL: s.AWSURL}
	c.Progress("building the functions")
	if err := sam.build(ctx); err != nil {
		return nil, err
	}
	if err := aws.ready(ctx); err != nil {
		return nil, err
	}
	c.Progress("deploying template.yaml")
	if err := sam.deploy(ctx, s.parameters(c.Ports)); err != nil {
		return nil, err
	}
	cloud := newCloud(s.AWSURL)
	outputs, err := cloud.outputs(ctx)
	if err != nil {
		return nil, err
	}
	if err := cloud.fillGaps(ctx, outputs["ApiId"]); err != nil {
		return nil, err
	}
	s.StackName = stackName
	s.TableName = outputs["TableName"]
	s.EventBusName = outputs["EventBusName"]
	s.EventSource = outputs["EventSource"]
	s.KeyARN = outputs["KeyArn"]
	s.PushQueueURL = outputs["PushQueueUrl"]
	s.BuildDir = sam.buildDir()

	s.serve(apiListener, s.api(c.Issuer, outputs["ApiId"]))
	return s, s.answers(ctx, c.Issuer)
}

// parameters are the template's, for this machine. The function's view of localhost is the user's, as the local AWS runs
// them as plain processes.
func (s *Stack) parameters(p Ports) map[string]string {
	return map[string]string{
		"Stage":                  stage,
		"Architecture":           architecture(),
		"TokenIssuer":            issuer.URL,
		"TokenAudience":          issuer.Audience,
		"TokenRoleClaim":         issuer.RoleClaim,
		"TokenAdminRoles":        "admin," + issuer.AdminGroup,
		"TokenJwksUrl":           s.APIURL + issuer.JWKSPath,
		"WebhookAuthentication":  "optional",
		"WebhookReadsSalesforce": "yes",
		"AllowedSalesforceHosts": fmt.Sprintf("http://localhost:%d,http://127.0.0.1:%d,%s",
			p.Org, p.Org, s.SpareOrgURL),
		"PublicApiUrl": s.APIURL,
		// Tests ask faster than people.
		"ApiRateLimit":  "1000",
		"ApiBurstLimit": "1000",
		"LogLevel":      "debug",
	}
}

// answers checks the whole way once: proxy, API Gateway, authorizer, key set and function.
func (s *Stack) answers(ctx context.Context, i *issuer.Issuer) error {
	token, err := i.Token(issuer.Claims{Role: "viewer", Issued: time.Now()})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.APIURL+"/api/v1/integrations", nil)
	if err != nil {
		return fmt.Errorf("ask the API: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the API does not answer: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if err != nil {
		return fmt.Errorf("the API does not answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the API answered %s to its first request: %s", resp.Status, body)
	}
	return nil
}

// attachTime is how long something on the API's port may take to say that it is a stack.
const attachTime = 5 * time.Second

// Attach finds the stack that another command left running on a port.
func Attach(ctx context.Context, apiPort int) (*Stack, error) {
	ctx, cancel := context.WithTimeout(ctx, attachTime)
	defer cancel()
	url := fmt.Sprintf("http://localhost:%d%s", apiPort, DescriptionPath)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("look for a running stack: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("look for a running stack: %w", err)
	}
	defer resp.Body.Close()
	s := &Stack{}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<16)).Decode(&s.Description); err != nil || s.AWSURL == "" {
		return nil, fmt.Errorf("what answers on port %d is not a local stack", apiPort)
	}
	return s, nil
}

// Close stops all that Start started, the last first.
func (s *Stack) Close() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	s.closers = nil
	return errors.Join(errs...)
}

func (s *Stack) closeLater(stop func() error) { s.closers = append(s.closers, stop) }

// serve answers requests on a listener until Close.
func (s *Stack) serve(listener net.Listener, handler http.Handler) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	s.closeLater(server.Close)
	go func() { _ = server.Serve(listener) }() // it ends by Close, always with an error
}

func closeListener(l net.Listener) func() error {
	return func() error {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}
}
