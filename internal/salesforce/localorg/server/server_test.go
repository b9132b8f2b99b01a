package server_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"salesforce-integration/internal/salesforce/localorg"
	"salesforce-integration/internal/salesforce/localorg/server"
)

func none(string) string { return "" }

func TestServeUntilTheContextEnds(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var log bytes.Buffer
	state := filepath.Join(t.TempDir(), "state.json")
	done := make(chan error, 1)
	go func() {
		done <- server.Serve(ctx, listener, localorg.Config{StateFile: state}, slog.New(slog.NewJSONHandler(&log, nil)))
	}()
	base := "http://" + listener.Addr().String()
	res, err := http.PostForm(base+"/services/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {localorg.DefaultClientID}, "client_secret": {localorg.DefaultClientSecret}})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), `"instance_url":"`+base+`"`) {
		t.Errorf("%d %s %v", res.StatusCode, body, err)
	}
	_ = res.Body.Close()
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it does not end")
	}
	if strings.Contains(log.String(), localorg.DefaultClientSecret) || !strings.Contains(log.String(), localorg.DefaultOrgID) {
		t.Errorf("the log reads %s", log.String())
	}
	if _, err := os.Stat(state); err != nil {
		t.Errorf("the state was not saved: %v", err)
	}
}

func TestParseOptions(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	definition := write("a.json", `{"name":"A__c","fields":[]}`)
	good := write("settings.json", `{"restrictStatus":true}`)
	bad := write("bad.json", `{"restrict":true}`)
	getenv := func(name string) string {
		return map[string]string{"LOCALORG_LISTEN": "127.0.0.1:9", "LOCALORG_CLIENT_SECRET": "other"}[name]
	}
	opts, err := server.ParseOptions([]string{"-objects", definition, "-settings", good}, getenv, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if opts.Address != "127.0.0.1:9" || opts.Config.ClientSecret != "other" || len(opts.Config.Definitions) != 1 || !opts.Config.Settings.RestrictStatus || !opts.Config.Settings.MarketingUser {
		t.Errorf("%+v", opts)
	}
	if opts, err := server.ParseOptions(nil, none, io.Discard); err != nil || opts.Address != "127.0.0.1:8001" {
		t.Errorf("%+v %v", opts, err)
	}
	for name, args := range map[string][]string{
		"unknown flag":         {"-nope"},
		"no such definition":   {"-objects", filepath.Join(dir, "nope*.json")},
		"settings not known":   {"-settings", bad},
		"settings not there":   {"-settings", filepath.Join(dir, "nope")},
		"no certificate in it": {"-jwt-certificate", good},
		"no client's either":   {"-outbound-certificate", good, "-outbound-key", good},
	} {
		if _, err := server.ParseOptions(args, none, io.Discard); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
	if err := server.Main(t.Context(), []string{"-listen", "nowhere"}, none, io.Discard); err == nil {
		t.Error("an address that can't be listened on was taken")
	}
	if err := server.Main(t.Context(), []string{"-help"}, none, io.Discard); err != nil {
		t.Errorf("-help ends with %v", err)
	}
}
