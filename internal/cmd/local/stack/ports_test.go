package stack_test

import (
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"salesforce-integration/internal/cmd/local/stack"
)

func TestPortsFrom(t *testing.T) {
	for name, test := range map[string]struct {
		env  map[string]string
		want stack.Ports
		says string // a part of the error
	}{
		"nothing set":   {nil, stack.Ports{API: 8000, Org: 8001, AWS: 4566}, ""},
		"all set":       {map[string]string{"API_PORT": "1", "ORG_PORT": "2", "AWS_PORT": "65535"}, stack.Ports{API: 1, Org: 2, AWS: 65535}, ""},
		"no number":     {map[string]string{"ORG_PORT": "http"}, stack.Ports{}, `ORG_PORT is "http"`},
		"zero":          {map[string]string{"API_PORT": "0"}, stack.Ports{}, "API_PORT"},
		"too high":      {map[string]string{"AWS_PORT": "65536"}, stack.Ports{}, "AWS_PORT"},
		"one for two":   {map[string]string{"API_PORT": "8001"}, stack.Ports{}, "three different ports"},
		"two for three": {map[string]string{"API_PORT": "9", "AWS_PORT": "9"}, stack.Ports{}, "three different ports"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := stack.PortsFrom(func(name string) string { return test.env[name] })
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("ports (-want +got):\n%s", diff)
			}
			checkError(t, err, test.says)
		})
	}
}

func TestFreePortsAreThreeAndFree(t *testing.T) {
	p, err := stack.FreePorts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, port := range []int{p.API, p.Org, p.AWS} {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			t.Fatalf("port %d of %+v: %v", port, p, err)
		}
		defer l.Close()
	}
}

func TestStartNamesAPortInUseAndItsVariable(t *testing.T) {
	for _, variable := range []string{"API_PORT", "ORG_PORT", "AWS_PORT"} {
		t.Run(variable, func(t *testing.T) {
			ports, err := stack.FreePorts(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			port := map[string]int{"API_PORT": ports.API, "ORG_PORT": ports.Org, "AWS_PORT": ports.AWS}[variable]
			l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			_, err = stack.Start(t.Context(), stack.Config{Root: t.TempDir(), Ports: ports})
			checkError(t, err, "port "+strconv.Itoa(port))
			checkError(t, err, "is in use; "+variable+"=")
		})
	}
}

// checkError fails unless err says so; an empty text means no error.
func checkError(t *testing.T, err error, says string) {
	t.Helper()
	switch {
	case says == "" && err != nil:
		t.Errorf("error: %v", err)
	case says != "" && err == nil:
		t.Errorf("no error, want one that says %q", says)
	case says != "" && !strings.Contains(err.Error(), says):
		t.Errorf("error %q does not say %q", err, says)
	}
}
