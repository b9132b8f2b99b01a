package coldstart

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
)

// AWS plays the services that a first request asks: a table that keeps what is put
// and checks no condition, and a KMS with one data key. It answers at once, so what
// is measured is the function.
type AWS struct {
	mu    sync.Mutex
	items map[string]item // by key
	Calls map[string]int  // how often each operation was called
}

// NewAWS returns an empty one.
func NewAWS() *AWS { return &AWS{items: map[string]item{}, Calls: map[string]int{}} }

// Clone returns one that holds the same rows, and was not called yet.
func (a *AWS) Clone() *AWS {
	a.mu.Lock()
	defer a.mu.Unlock()
	return &AWS{items: maps.Clone(a.items), Calls: map[string]int{}}
}

// item is a row as it stands on the wire.
type item map[string]json.RawMessage

func (i item) key() string { return string(i["pk"]) + string(i["sk"]) }

// request has the fields that are looked at, of all operations together.
type request struct {
	Key           item
	Item          item
	TransactItems []struct {
		Put    *struct{ Item item }
		Update *update
	}
	RequestItems map[string]struct{ Keys []item }

	IndexName                 string
	ExpressionAttributeValues map[string]json.RawMessage

	Entries []json.RawMessage
}

// update is a change of a row.
type update struct {
	Key                       item
	UpdateExpression          string
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues map[string]json.RawMessage
}

// update does what an update sets, and leaves out what it counts.
func (a *AWS) update(u update) {
	changed := maps.Clone(u.Key)
	maps.Copy(changed, a.items[u.Key.key()])
	set, _, _ := strings.Cut(strings.TrimPrefix(u.UpdateExpression, "SET "), " ADD ")
	for assignment := range strings.SplitSeq(set, ", ") {
		if name, value, ok := strings.Cut(assignment, " = "); ok {
			changed[u.ExpressionAttributeNames[name]] = u.ExpressionAttributeValues[value]
		}
	}
	a.items[changed.key()] = changed
}

// ServeHTTP implements [http.Handler].
func (a *AWS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	a.Calls[operation]++
	var in request
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out, err := a.answer(operation, in)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
	_ = json.NewEncoder(w).Encode(out) // a function that went away is seen by its end
}

func (a *AWS) answer(operation string, in request) (any, error) {
	switch operation {
	case "GetItem":
		if found, ok := a.items[in.Key.key()]; ok {
			return map[string]any{"Item": found}, nil
		}
		return struct{}{}, nil
	case "PutItem":
		a.items[in.Item.key()] = in.Item
		return struct{}{}, nil
	case "TransactWriteItems":
		for _, t := range in.TransactItems {
			if t.Put != nil {
				a.items[t.Put.Item.key()] = t.Put.Item
			}
			if t.Update != nil {
				a.update(*t.Update)
			}
		}
		return struct{}{}, nil
	case "BatchGetItem":
		found := map[string][]item{}
		for table, keys := range in.RequestItems {
			found[table] = []item{}
			for _, k := range keys.Keys {
				if it, ok := a.items[k.key()]; ok {
					found[table] = append(found[table], it)
				}
			}
		}
		return map[string]any{"Responses": found, "UnprocessedKeys": struct{}{}}, nil
	case "Query":
		return a.query(in), nil
	case "GenerateDataKey":
		return map[string]any{"KeyId": "key", "CiphertextBlob": wrappedKey(), "Plaintext": dataKey()}, nil
	case "Decrypt":
		return map[string]any{"KeyId": "key", "Plaintext": dataKey()}, nil
	case "PutEvents":
		entries := make([]map[string]string, len(in.Entries))
		for n := range entries {
			entries[n] = map[string]string{"EventId": fmt.Sprint(n)}
		}
		return map[string]any{"FailedEntryCount": 0, "Entries": entries}, nil
	}
	return nil, fmt.Errorf("%q is not played here", operation)
}

// query finds the rows whose partition is one of the values, which is enough for
// the queries that are asked.
func (a *AWS) query(in request) any {
	partition := "pk"
	if in.IndexName != "" {
		partition = in.IndexName + "_pk"
	}
	found := []item{}
	for _, it := range a.items {
		for _, value := range in.ExpressionAttributeValues {
			if bytes.Equal(it[partition], value) {
				found = append(found, it)
			}
		}
	}
	return map[string]any{"Items": found, "Count": len(found)}
}

func dataKey() string    { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)) }
func wrappedKey() string { return base64.StdEncoding.EncodeToString([]byte("wrapped")) }
