// Package server runs a local org as a program: flags, environment, listener,
// shutdown. It is apart from the command so that a test can start the whole of it.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"salesforce-integration/internal/salesforce/localorg"
)

// Options are what the command line and the environment say.
type Options struct {
	Address string
	Config  localorg.Config
}

// ParseOptions reads flags; each has an environment variable as its default.
func ParseOptions(args []string, getenv func(string) string, stderr io.Writer) (Options, error) {
	env := func(name, fallback string) string {
		if v := getenv(name); v != "" {
			return v
		}
		return fallback
	}
	var opts Options
	var definitions, certificate, settings, outCert, outKey string
	flags := flag.NewFlagSet("localorg", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&opts.Address, "listen", env("LOCALORG_LISTEN", "127.0.0.1:8001"), "address to listen on (LOCALORG_LISTEN)")
	flags.StringVar(&opts.Config.OrgID, "org-id", env("LOCALORG_ORG_ID", localorg.DefaultOrgID), "organization id (LOCALORG_ORG_ID)")
	flags.StringVar(&opts.Config.StateFile, "state", env("LOCALORG_STATE", ""), "file to keep the state in (LOCALORG_STATE)")
	flags.StringVar(&definitions, "objects", env("LOCALORG_OBJECTS", ""), "pattern of definition files to load (LOCALORG_OBJECTS)")
	flags.StringVar(&certificate, "jwt-certificate", env("LOCALORG_JWT_CERTIFICATE", ""), "PEM certificate for the JWT bearer flow (LOCALORG_JWT_CERTIFICATE)")
	flags.StringVar(&settings, "settings", env("LOCALORG_SETTINGS", ""), "JSON file with switches (LOCALORG_SETTINGS)")
	flags.StringVar(&outCert, "outbound-certificate", env("LOCALORG_OUTBOUND_CERTIFICATE", ""), "PEM client certificate shown by outbound messages (LOCALORG_OUTBOUND_CERTIFICATE)")
	flags.StringVar(&outKey, "outbound-key", env("LOCALORG_OUTBOUND_KEY", ""), "PEM key of that certificate (LOCALORG_OUTBOUND_KEY)")
	flags.Uint64Var(&opts.Config.Seed, "seed", 1, "start of the dice for faults with a probability")
	flags.BoolVar(&opts.Config.ControlFromAnywhere, "control-from-anywhere", false, "let other machines use the control API")
	if err := flags.Parse(args); err != nil {
		return opts, err
	}
	opts.Config.ClientID = env("LOCALORG_CLIENT_ID", localorg.DefaultClientID)
	opts.Config.ClientSecret = env("LOCALORG_CLIENT_SECRET", localorg.DefaultClientSecret)
	return opts, errors.Join(readDefinitions(&opts, definitions), readCertificate(&opts, certificate), readSettings(&opts, settings), readClientCertificate(&opts, outCert, outKey))
}

func readDefinitions(opts *Options, pattern string) error {
	files, err := filepath.Glob(pattern)
	if err != nil {
		return fmt.Errorf("-objects: %w", err)
	}
	if pattern != "" && len(files) == 0 {
		return fmt.Errorf("-objects: no file fits %s", pattern)
	}
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("-objects: %w", err)
		}
		opts.Config.Definitions = append(opts.Config.Definitions, body)
	}
	return nil
}

func readCertificate(opts *Options, name string) error {
	if name == "" {
		return nil
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("-jwt-certificate: %w", err)
	}
	opts.Config.JWTKey, err = localorg.ParseKey(raw)
	if err != nil {
		return fmt.Errorf("-jwt-certificate: %w", err)
	}
	return nil
}

// readClientCertificate makes outbound messages show a certificate, as Salesforce's
// 'API Client Certificate' does.
func readClientCertificate(opts *Options, cert, key string) error {
	if cert == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("-outbound-certificate: %w", err)
	}
	opts.Config.OutboundClient = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
	}}
	return nil
}

func readSettings(opts *Options, name string) error {
	if name == "" {
		return nil
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("-settings: %w", err)
	}
	set, err := localorg.ParseSettings(raw)
	if err != nil {
		return fmt.Errorf("-settings: %w", err)
	}
	opts.Config.Settings = &set
	return nil
}

// Main runs the program until the context ends.
func Main(ctx context.Context, args []string, getenv func(string) string, stderr io.Writer) error {
	opts, err := ParseOptions(args, getenv, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", opts.Address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return Serve(ctx, listener, opts.Config, slog.New(slog.NewJSONHandler(stderr, nil)))
}

// Time-outs of the server.
const (
	headerTimeout = 10 * time.Second
	shutdownGrace = 5 * time.Second
)

// Serve runs an org on a listener until the context ends. It logs no secrets and no
// requests: the journal is for those.
func Serve(ctx context.Context, listener net.Listener, cfg localorg.Config, log *slog.Logger) error {
	org, err := localorg.New(cfg)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	srv := &http.Server{Handler: org, ReadHeaderTimeout: headerTimeout, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	failed := make(chan error, 2)
	go func() { failed <- srv.Serve(listener) }()
	ran := make(chan error, 1)
	go func() { ran <- org.Run(ctx) }()
	log.Info("the local org answers", "address", listener.Addr().String(), "organization", org.OrgID(), "client_id", localorg.DefaultClientID)
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	cancel()
	grace, stop := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer stop()
	return errors.Join(err, srv.Shutdown(grace), <-ran)
}
