// Command localorg-gosalesforce drives an unmodified go-salesforce through what it
// is used for. It lives in a module of its own, so that the library is no
// dependency of anything else.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/k-capehart/go-salesforce/v3"
)

type campaign struct {
	ID     string `json:"Id,omitempty"`
	Name   string
	Status string `json:",omitempty"`
}

func main() {
	if err := run(os.Getenv("ORG_URL"), os.Getenv("CLIENT_ID"), os.Getenv("CLIENT_SECRET")); err != nil {
		fmt.Fprintln(os.Stderr, "go-salesforce:", err)
		os.Exit(1)
	}
	fmt.Println("go-salesforce: ok")
}

func run(url, id, secret string) error {
	if _, err := salesforce.Init(salesforce.Creds{Domain: url, ConsumerKey: id, ConsumerSecret: "wrong"}); err == nil {
		return errors.New("a wrong secret was taken")
	}
	for _, packed := range []bool{false, true} {
		sf, err := salesforce.Init(salesforce.Creds{Domain: url, ConsumerKey: id, ConsumerSecret: secret},
			salesforce.WithAPIVersion("v63.0"), salesforce.WithCompressionHeaders(packed), salesforce.WithHTTPTimeout(10*time.Second))
		if err != nil {
			return fmt.Errorf("log in: %w", err)
		}
		for _, step := range []func(*salesforce.Salesforce) error{rows, collections, composite, refresh} {
			if err := step(sf); err != nil {
				return err
			}
		}
	}
	return nil
}

func rows(sf *salesforce.Salesforce) error {
	made, err := sf.InsertOne("Campaign", map[string]any{"Name": "From go-salesforce", "Status": "Planned"})
	if err != nil || !made.Success || len(made.Id) != 18 || !strings.HasPrefix(made.Id, "701") {
		return fmt.Errorf("create: %+v %w", made, err)
	}
	if err := sf.UpdateOne("Campaign", map[string]any{"Id": made.Id, "Status": "In Progress"}); err != nil {
		return fmt.Errorf("update: %w", err)
	}
	var found []campaign
	if err := sf.Query("SELECT Id, Name, Status FROM Campaign WHERE Id = '"+made.Id+"'", &found); err != nil {
		return fmt.Errorf("query: %w", err)
	}
	if len(found) != 1 || found[0].Name != "From go-salesforce" || found[0].Status != "In Progress" {
		return fmt.Errorf("query found %+v", found)
	}
	res, err := sf.DoRequest(http.MethodGet, "/sobjects/Campaign/"+made.Id, nil)
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	var row struct {
		Attributes struct{ Type, URL string }
		Name       string
	}
	if err := json.NewDecoder(res.Body).Decode(&row); err != nil || row.Attributes.Type != "Campaign" || row.Name != "From go-salesforce" {
		return fmt.Errorf("read: %+v %w", row, err)
	}
	err = sf.UpdateOne("Campaign", map[string]any{"Id": made.Id, "Name": strings.Repeat("x", 81)})
	if err == nil || !strings.Contains(err.Error(), `"errorCode":"STRING_TOO_LONG"`) {
		return fmt.Errorf("too long a name: %w", err)
	}
	if err := sf.DeleteOne("Campaign", map[string]any{"Id": made.Id}); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	return upsert(sf)
}

// upsert uses the external id that the test's definition file adds to Campaign.
func upsert(sf *salesforce.Salesforce) error {
	key := fmt.Sprint("key-", time.Now().UnixNano())
	// The library takes the key out of the map it is given: each call needs its own.
	record := func() map[string]any { return map[string]any{"Flag_Key__c": key, "Name": "Upserted"} }
	first, err := sf.UpsertOne("Campaign", "Flag_Key__c", record())
	if err != nil || !first.Success {
		return fmt.Errorf("upsert creates: %+v %w", first, err)
	}
	second, err := sf.UpsertOne("Campaign", "Flag_Key__c", record())
	if err != nil || second.Id != first.Id {
		return fmt.Errorf("upsert updates: %+v %w", second, err)
	}
	return nil
}

func collections(sf *salesforce.Salesforce) error {
	results, err := sf.InsertCollection("Campaign", []map[string]any{{"Name": "A"}, {"Name": "B"}, {"Name": ""}}, 200)
	if err != nil || !results.HasSalesforceErrors || len(results.Results) != 3 {
		return fmt.Errorf("create many: %+v %w", results, err)
	}
	bad := results.Results[2]
	if bad.Success || len(bad.Errors) != 1 || bad.Errors[0].StatusCode != "REQUIRED_FIELD_MISSING" || bad.Errors[0].Fields[0] != "Name" {
		return fmt.Errorf("the bad one of many: %+v", bad)
	}
	var updates, ids []map[string]any
	for _, r := range results.Results[:2] {
		if !r.Success {
			return fmt.Errorf("create many: %+v", r)
		}
		updates = append(updates, map[string]any{"Id": r.Id, "Status": "Completed"})
		ids = append(ids, map[string]any{"Id": r.Id})
	}
	if results, err = sf.UpdateCollection("Campaign", updates, 200); err != nil || results.HasSalesforceErrors {
		return fmt.Errorf("update many: %+v %w", results, err)
	}
	if results, err = sf.DeleteCollection("Campaign", ids, 200); err != nil || results.HasSalesforceErrors || len(results.Results) != 2 {
		return fmt.Errorf("delete many: %+v %w", results, err)
	}
	return nil
}

func composite(sf *salesforce.Salesforce) error {
	var many []map[string]any
	for i := range 450 {
		many = append(many, map[string]any{"Name": fmt.Sprintf("Composite %03d", i)})
	}
	results, err := sf.InsertComposite("Campaign", many, 200, true)
	if err != nil || results.HasSalesforceErrors || len(results.Results) != len(many) {
		return fmt.Errorf("create many in a composite call: %d results, %w", len(results.Results), err)
	}
	var found []campaign
	if err := sf.Query("SELECT Id, Name FROM Campaign WHERE Name LIKE 'Composite %' ORDER BY Name DESC LIMIT 10", &found); err != nil || len(found) != 10 {
		return fmt.Errorf("query many: %d %w", len(found), err)
	}
	var ids []map[string]any
	for _, r := range results.Results {
		ids = append(ids, map[string]any{"Id": r.Id})
	}
	if results, err = sf.DeleteComposite("Campaign", ids, 200, true); err != nil || results.HasSalesforceErrors {
		return fmt.Errorf("delete many in a composite call: %w", err)
	}
	return nil
}

// refresh kills the session: the library has to log in again by itself.
func refresh(sf *salesforce.Salesforce) error {
	old := sf.GetAccessToken()
	res, err := http.PostForm(sf.GetInstanceUrl()+"/services/oauth2/revoke", map[string][]string{"token": {old}})
	if err != nil {
		return fmt.Errorf("revoke: %w", err)
	}
	_ = res.Body.Close()
	var found []campaign
	if err := sf.Query("SELECT Id, Name FROM Campaign LIMIT 1", &found); err != nil || len(found) != 1 {
		return fmt.Errorf("query after the session ended: %w", err)
	}
	if sf.GetAccessToken() == old {
		return errors.New("the library did not log in again")
	}
	return nil
}
