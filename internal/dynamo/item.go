package dynamo

import (
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"salesforce-integration/internal/integration"
)

// item is a table item. The put methods leave zero values out, the reader gives
// them back; attributes it is not asked for, of a newer version of the product,
// are ignored.
type item map[string]types.AttributeValue

// timeLayout is of fixed width, so that times sort as strings.
const timeLayout = "2006-01-02T15:04:05.000000000Z"

func formatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

func (i item) putString(name, v string) {
	if v != "" {
		i[name] = &types.AttributeValueMemberS{Value: v}
	}
}

func (i item) putStrings(name string, vs []string) {
	if len(vs) == 0 {
		return
	}
	l := &types.AttributeValueMemberL{}
	for _, v := range vs {
		l.Value = append(l.Value, &types.AttributeValueMemberS{Value: v})
	}
	i[name] = l
}

func (i item) putInt(name string, v int64) {
	if v != 0 {
		i[name] = &types.AttributeValueMemberN{Value: strconv.FormatInt(v, 10)}
	}
}

func (i item) putBool(name string, v bool) {
	if v {
		i[name] = &types.AttributeValueMemberBOOL{Value: true}
	}
}

func (i item) putBytes(name string, v []byte) {
	if len(v) > 0 {
		i[name] = &types.AttributeValueMemberB{Value: append([]byte(nil), v...)}
	}
}

func (i item) putTime(name string, v time.Time) {
	if !v.IsZero() {
		i.putString(name, formatTime(v))
	}
}

// putTTL stores when DynamoDB may delete the item, in whole seconds, the only form
// that it reads.
func (i item) putTTL(v time.Time) {
	if !v.IsZero() {
		i[attrTTL] = &types.AttributeValueMemberN{Value: strconv.FormatInt(v.Unix(), 10)}
	}
}

// size estimates how many bytes DynamoDB counts for the item: names and values,
// with a little for each.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func (i item) size() int {
	n := 0
	for name, v := range i {
		n += len(name) + valueSize(v)
	}
	return n
}

func valueSize(v types.AttributeValue) int {
	const overhead = 3
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value) + overhead
	case *types.AttributeValueMemberN:
		return len(v.Value) + overhead
	case *types.AttributeValueMemberB:
		return len(v.Value) + overhead
	case *types.AttributeValueMemberM:
		return item(v.Value).size() + overhead
	case *types.AttributeValueMemberL:
		n := overhead
		for _, e := range v.Value {
			n += valueSize(e) + 1
		}
		return n
	default:
		return overhead
	}
}

// reader takes attributes out of an item and remembers the first that cannot be
// read.
type reader struct {
	item item
	err  error
}

func read[T types.AttributeValue](r *reader, name string) (v T, ok bool) {
	raw, there := r.item[name]
	if !there {
		return v, false
	}
	v, ok = raw.(T)
	if !ok {
		r.fail(name, fmt.Errorf("it is a %T", raw))
	}
	return v, ok
}

func (r *reader) fail(name string, err error) {
	if r.err == nil {
		k := keyOf(r.item)
		r.err = &integration.Error{
			Code: integration.CodeInternal, Message: "a stored item cannot be read",
			Err: fmt.Errorf("item %s %s, attribute %s: %w", k.pk, k.sk, name, err),
		}
	}
}

func (r *reader) string(name string) string {
	if v, ok := read[*types.AttributeValueMemberS](r, name); ok {
		return v.Value
	}
	return ""
}

func (r *reader) strings(name string) []string {
	l, ok := read[*types.AttributeValueMemberL](r, name)
	if !ok {
		return nil
	}
	vs := make([]string, 0, len(l.Value))
	for _, v := range l.Value {
		s, ok := v.(*types.AttributeValueMemberS)
		if !ok {
			r.fail(name, fmt.Errorf("one of it is a %T", v))
			return nil
		}
		vs = append(vs, s.Value)
	}
	return vs
}

func (r *reader) int(name string) int64 {
	v, ok := read[*types.AttributeValueMemberN](r, name)
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(v.Value, 10, 64)
	if err != nil {
		r.fail(name, err)
	}
	return n
}

func (r *reader) bool(name string) bool {
	v, ok := read[*types.AttributeValueMemberBOOL](r, name)
	return ok && v.Value
}

func (r *reader) bytes(name string) []byte {
	if v, ok := read[*types.AttributeValueMemberB](r, name); ok && len(v.Value) > 0 {
		return append([]byte(nil), v.Value...)
	}
	return nil
}

func (r *reader) time(name string) time.Time {
	s := r.string(name)
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(timeLayout, s)
	if err != nil {
		r.fail(name, err)
	}
	return t
}

func (r *reader) epoch(name string) time.Time {
	if _, ok := r.item[name]; !ok {
		return time.Time{}
	}
	return time.Unix(r.int(name), 0).UTC()
}
