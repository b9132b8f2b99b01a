package localorg

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"salesforce-integration/internal/salesforce/localorg/oauth"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (o *Org) getOrg(http.ResponseWriter, *http.Request) (any, error) {
	o.mu.Lock()
	counts := o.store.Counts()
	o.mu.Unlock()
	return map[string]any{
		"organizationId": o.cfg.OrgID, "instanceUrl": o.instance(), "clientId": o.cfg.ClientID, "runAsUser": RunAsUsername, "now": o.now().UTC(),
		"records": counts, "settings": o.settings(), "tokens": o.tokens.Stats(), "apiUsage": o.usage.sum(), "faults": len(o.faults.List()), "rules": len(o.queue.Rules()),
	}, nil
}

func (o *Org) postReset(http.ResponseWriter, *http.Request) (any, error) {
	return nil, o.Reset()
}

func (o *Org) postClock(_ http.ResponseWriter, r *http.Request) (any, error) {
	var in struct {
		Advance Duration `json:"advance"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	o.Advance(time.Duration(in.Advance))
	o.queue.Wake()
	return map[string]any{"now": o.now().UTC()}, nil
}

func (o *Org) getSettings(http.ResponseWriter, *http.Request) (any, error) { return o.settings(), nil }

func (o *Org) patchSettings(_ http.ResponseWriter, r *http.Request) (any, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, badInput("the body can't be read")
	}
	scratch := o.Settings()
	if err := strictInto(raw, &scratch); err != nil {
		return nil, err
	}
	err = o.UpdateSettings(func(s *Settings) { _ = json.Unmarshal(raw, s) }) // it has just been read without an error
	return o.settings(), err
}

func (o *Org) putPicklist(_ http.ResponseWriter, r *http.Request) (any, error) {
	var in struct {
		Values     []string `json:"values"`
		Restricted bool     `json:"restricted"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	return nil, o.SetPicklist(r.PathValue("object"), r.PathValue("field"), in.Values, in.Restricted)
}

func (o *Org) postObjects(_ http.ResponseWriter, r *http.Request) (any, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, badInput("the body can't be read")
	}
	return nil, o.Define(raw)
}

type limitsBody struct {
	Max  *int `json:"max,omitempty"`
	Used *int `json:"used,omitempty"`
}

func (o *Org) getLimits(http.ResponseWriter, *http.Request) (any, error) {
	limit, used := o.settings().DailyAPIRequests, o.usage.sum()
	return limitsBody{Max: &limit, Used: &used}, nil
}

func (o *Org) putLimits(w http.ResponseWriter, r *http.Request) (any, error) {
	var in limitsBody
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	if in.Max != nil {
		if err := o.UpdateSettings(func(s *Settings) { s.DailyAPIRequests = *in.Max }); err != nil {
			return nil, err
		}
	}
	if in.Used != nil {
		o.usage.set(*in.Used)
	}
	return o.getLimits(w, r)
}

func (o *Org) getTokens(http.ResponseWriter, *http.Request) (any, error) {
	return o.tokens.Stats(), nil
}

func (o *Org) deleteTokens(http.ResponseWriter, *http.Request) (any, error) {
	return map[string]int{"revoked": o.tokens.RevokeAll()}, nil
}

func (o *Org) getTokenProblems(http.ResponseWriter, *http.Request) (any, error) {
	return oauth.Problems(), nil
}

func (o *Org) putCertificate(_ http.ResponseWriter, r *http.Request) (any, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, badInput("the body can't be read")
	}
	key, err := ParseKey(raw)
	if err != nil {
		return nil, err
	}
	o.SetJWTKey(key)
	return nil, nil
}

// ParseKey reads the RSA key of a PEM certificate or public key.
func ParseKey(raw []byte) (*rsa.PublicKey, error) {
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, badInput("it is not PEM")
	}
	if cert, err := x509.ParseCertificate(block.Bytes); err == nil {
		if key, ok := cert.PublicKey.(*rsa.PublicKey); ok {
			return key, nil
		}
	}
	if public, err := x509.ParsePKIXPublicKey(block.Bytes); err == nil {
		if key, ok := public.(*rsa.PublicKey); ok {
			return key, nil
		}
	}
	return nil, badInput("it holds neither a certificate nor a public key of RSA")
}

func (o *Org) getFaults(http.ResponseWriter, *http.Request) (any, error) { return o.faults.List(), nil }

func (o *Org) postFault(_ http.ResponseWriter, r *http.Request) (any, error) {
	var f Fault
	if err := readJSON(r, &f); err != nil {
		return nil, err
	}
	id, err := o.AddFault(f)
	if err != nil {
		return nil, err
	}
	return map[string]string{"id": id}, nil
}

func (o *Org) deleteFaults(http.ResponseWriter, *http.Request) (any, error) {
	o.faults.Clear()
	return nil, nil
}

func (o *Org) deleteFault(_ http.ResponseWriter, r *http.Request) (any, error) {
	if !o.faults.Remove(r.PathValue("id")) {
		return nil, ErrNoSuch
	}
	return nil, nil
}

func (o *Org) deleteJournal(http.ResponseWriter, *http.Request) (any, error) {
	o.journal.clear()
	return nil, nil
}
