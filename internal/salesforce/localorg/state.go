package localorg

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"salesforce-integration/internal/salesforce/localorg/outbound"
	"salesforce-integration/internal/salesforce/localorg/records"
)

// state is what a state file holds. Tokens, faults and the journal are not in it:
// they belong to one run.
type state struct {
	Format         int                     `json:"format"`
	OrganizationID string                  `json:"organizationId"`
	Settings       *Settings               `json:"settings"`
	Definitions    []json.RawMessage       `json:"definitions,omitempty"`
	Picklists      map[string]picklistEdit `json:"picklists,omitempty"`
	APIUsage       int                     `json:"apiUsage"`
	Outbound       outbound.State          `json:"outbound"`
	Records        records.Snapshot        `json:"records"`
}

// picklistEdit is a picklist that [Org.SetPicklist] has replaced.
type picklistEdit struct {
	Values     []string `json:"values"`
	Restricted bool     `json:"restricted"`
}

// stateFormat is raised when an old file can't be read any more.
const stateFormat = 1

// Reset brings the org back to its seeded state: records, rules, faults, journal,
// tokens, usage, switches and clock. Definitions that were given to New stay.
func (o *Org) Reset() error {
	o.faults.Clear()
	o.journal.clear()
	o.tokens.RevokeAll()
	o.usage.set(0)
	o.queue.Reset()
	o.ahead.Store(0)
	o.mu.Lock()
	defer o.mu.Unlock()
	set := o.cfg.Settings.Clone()
	o.set.Store(&set)
	return o.build(o.cfg.Definitions)
}

// Save writes the state file, if the Config names one and anything happened since
// the last time.
func (o *Org) Save() error {
	now := o.activity.Load() + o.queue.Changes()
	if o.cfg.StateFile == "" || now == o.saved.Load() {
		return nil
	}
	raw, err := o.snapshot()
	if err != nil {
		return fmt.Errorf("save the state: %w", err)
	}
	if err := writeFile(o.cfg.StateFile, raw); err != nil {
		return fmt.Errorf("save the state: %w", err)
	}
	o.saved.Store(now)
	return nil
}

func (o *Org) snapshot() ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	st := state{Format: stateFormat, OrganizationID: o.cfg.OrgID, Settings: o.settings(), Picklists: o.picklists,
		APIUsage: o.usage.sum(), Outbound: o.queue.State(), Records: o.store.Snapshot()}
	for _, def := range o.definitions {
		st.Definitions = append(st.Definitions, def)
	}
	return json.MarshalIndent(st, "", " ")
}

// writeFile replaces a file in one step, so that a crash leaves the old or the new.
func writeFile(name string, raw []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(raw)
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

// load takes over a state file; one that does not exist yet is no error.
func (o *Org) load(name string) error {
	raw, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load the state: %w", err)
	}
	var st state
	if err := json.Unmarshal(raw, &st); err != nil {
		return fmt.Errorf("load the state: %w", err)
	}
	if st.Format != stateFormat || st.OrganizationID != o.cfg.OrgID || st.Settings == nil {
		return fmt.Errorf("load the state: it is of another org, or of another version of the program")
	}
	if err := st.Settings.Validate(); err != nil {
		return fmt.Errorf("load the state: %w", err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.set.Store(st.Settings)
	definitions := make([][]byte, len(st.Definitions))
	for i, def := range st.Definitions {
		definitions[i] = def
	}
	if err := o.build(definitions); err != nil {
		return fmt.Errorf("load the state: %w", err)
	}
	for field, edit := range st.Picklists {
		if err := o.setPicklist(field, edit); err != nil {
			return fmt.Errorf("load the state: %w", err)
		}
	}
	o.usage.set(st.APIUsage)
	o.queue.Restore(st.Outbound)
	return o.store.Restore(st.Records)
}
