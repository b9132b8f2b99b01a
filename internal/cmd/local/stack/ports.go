package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"
)

// Ports are the three that a stack listens on.
type Ports struct{ API, Org, AWS int }

// names of the environment variables that change a port.
const (
	apiVariable = "API_PORT"
	orgVariable = "ORG_PORT"
	awsVariable = "AWS_PORT"
)

// PortsFrom reads API_PORT, ORG_PORT and AWS_PORT; what is not set is 8000, 8001 and 4566.
func PortsFrom(getenv func(string) string) (Ports, error) {
	var p Ports
	for _, v := range []struct {
		name     string
		fallback int
		port     *int
	}{{apiVariable, 8000, &p.API}, {orgVariable, 8001, &p.Org}, {awsVariable, 4566, &p.AWS}} {
		*v.port = v.fallback
		text := getenv(v.name)
		if text == "" {
			continue
		}
		port, err := strconv.Atoi(text)
		if err != nil || port < 1 || port > 65535 {
			return Ports{}, fmt.Errorf("%s is %q, and must be a port from 1 to 65535", v.name, text)
		}
		*v.port = port
	}
	if p.API == p.Org || p.API == p.AWS || p.Org == p.AWS {
		return Ports{}, fmt.Errorf("%s, %s and %s must be three different ports, and are %d, %d and %d",
			apiVariable, orgVariable, awsVariable, p.API, p.Org, p.AWS)
	}
	return p, nil
}

// FreePorts finds three ports that nobody listens on.
func FreePorts(ctx context.Context) (Ports, error) {
	var ports [3]int
	for i := range ports {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return Ports{}, fmt.Errorf("look for a free port: %w", err)
		}
		defer l.Close() // after the last one, so that no port comes up twice
		address, err := netip.ParseAddrPort(l.Addr().String())
		if err != nil {
			return Ports{}, fmt.Errorf("look for a free port: %w", err)
		}
		ports[i] = int(address.Port())
	}
	return Ports{API: ports[0], Org: ports[1], AWS: ports[2]}, nil
}

// listen takes the two ports that this process serves, and looks whether the third, which a child process will take, is
// free.
func (p Ports) listen(ctx context.Context) (api, org net.Listener, err error) {
	if api, err = listen(ctx, "the API", p.API, apiVariable); err != nil {
		return nil, nil, err
	}
	if org, err = listen(ctx, "the local Salesforce org", p.Org, orgVariable); err != nil {
		return nil, nil, errors.Join(err, api.Close())
	}
	aws, err := listen(ctx, "the local AWS", p.AWS, awsVariable)
	if err != nil {
		return nil, nil, errors.Join(err, api.Close(), org.Close())
	}
	return api, org, aws.Close()
}

func listen(ctx context.Context, what string, port int, variable string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("port %d, for %s, is in use; %s=%d, say, takes another one", port, what, variable, port+1000)
	}
	if err != nil {
		return nil, fmt.Errorf("take port %d for %s (%s changes it): %w", port, what, variable, err)
	}
	return l, nil
}
