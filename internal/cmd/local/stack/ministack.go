package stack

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// startWait is how long the local AWS may take to answer; it usually needs two seconds.
const startWait = 60 * time.Second

// miniStackProgram starts it, in Python.
//
//go:embed ministack.py
var miniStackProgram string

// A miniStack is a running MiniStack, the Python package that tools/ministack.in names.
type miniStack struct {
	*child
	url string
}

// startMiniStack starts it with IAM on, so that each function has the rights of its own role and no more, and with all of
// its files below dir.
func startMiniStack(ctx context.Context, root, dir string, port int) (*miniStack, error) {
	python := filepath.Join(root, ".tools", "ministack", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		return nil, errors.New("the tools are not installed; run make tools")
	}
	temporary := filepath.Join(dir, "tmp")
	if err := os.MkdirAll(temporary, 0o700); err != nil {
		return nil, fmt.Errorf("make a folder for the local AWS: %w", err)
	}
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	env := append(environment(url),
		"AUTH=true",
		"BIND_HOST=127.0.0.1",
		fmt.Sprintf("GATEWAY_PORT=%d", port),
		"TMPDIR="+temporary,
		"STATE_DIR="+filepath.Join(temporary, "state"),
		"S3_DATA_DIR="+filepath.Join(temporary, "s3"),
		// Services that would listen on ports of their own.
		"IOT_MTLS_ENABLED=0",
		"SFTP_ENABLED=0",
	)
	c, err := start(ctx, filepath.Join(dir, "aws.log"), env, dir, python, "-c", miniStackProgram)
	if err != nil {
		return nil, err
	}
	return &miniStack{child: c, url: url}, nil
}

// ready waits until it answers.
func (m *miniStack) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.url+"/_ministack/health", nil)
		if err != nil {
			return fmt.Errorf("ask the local AWS: %w", err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-m.done:
			return fmt.Errorf("the local AWS did not start; the end of %s:\n%s", m.log.Name(), tail(m.log.Name(), 10))
		case <-ctx.Done():
			return fmt.Errorf("the local AWS does not answer (its log is %s): %w", m.log.Name(), ctx.Err())
		case <-tick.C:
		}
	}
}

// environment is this process's, with AWS being the local one: the user's own credentials and profiles stay out of it.
func environment(awsURL string) []string {
	env := []string{
		"AWS_ENDPOINT_URL=" + awsURL,
		"AWS_ACCESS_KEY_ID=" + accessKey,
		"AWS_SECRET_ACCESS_KEY=" + secretKey,
		"AWS_DEFAULT_REGION=" + region,
		"AWS_REGION=" + region,
		"AWS_CONFIG_FILE=" + os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true",
		"NO_PROXY=localhost,127.0.0.1",
		"no_proxy=localhost,127.0.0.1",
	}
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, "AWS_") && !strings.EqualFold(name, "NO_PROXY") {
			env = append(env, variable)
		}
	}
	return env
}
