package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"salesforce-integration/internal/bodytext"
)

const (
	// maxDepth is how far values may lie in one another; the contract needs three.
	maxDepth = 16
	// maxEventDepth is how far they may in an event: as far as encoding/json reads,
	// which reads those on the bus.
	maxEventDepth = 10_000
	// maxStrictErrors bounds what one request is told of.
	maxStrictErrors = 20
	// maxTold is how much of a field's name is told back, in characters.
	maxTold = 64
)

// depthLimit is how far values may lie in one another in an operation's body.
func depthLimit(op *huma.Operation) int {
	if op.Path == previewPath {
		return maxEventDepth
	}
	return maxDepth
}

// strictBody refuses what encoding/json takes in silence, and reads differently
// from other parsers: a field that is there twice, or in other letters than the
// contract's, half of a character, a number that does not fit. Otherwise it returns
// the body with whole numbers in digits, as encoding/json wants them.
func strictBody(ctx context.Context, registry huma.Registry, op *huma.Operation, body []byte) ([]byte, *Problem) {
	schema, deepest := op.RequestBody.Content[jsonType].Schema, depthLimit(op)
	if detail := notJSON(body, wantedBody(op.RequestBody.Content)); detail != "" {
		return nil, newProblem(ctx, http.StatusBadRequest, detail)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	c := checker{decoder: d, registry: registry, deepest: deepest, body: body}
	switch err := c.value(&place{name: "body"}, schema, 0); {
	case errors.Is(err, errTooDeep):
		return nil, newProblem(ctx, http.StatusBadRequest, fmt.Sprintf("The request's body holds objects or lists more than %d deep. Nothing here is so deep.", deepest))
	case err != nil:
		return nil, newProblem(ctx, http.StatusBadRequest, "")
	case len(c.fields) > 0:
		return nil, newProblem(ctx, http.StatusUnprocessableEntity, "", c.fields...)
	default:
		return append(c.digits, body[c.copied:]...), nil
	}
}

// packed says how to send what somebody compressed.
const packed = "The request's body is compressed by gzip. Send it as it is."

// notJSON says why the body is no JSON text of its own, and what is wanted; "" when it
// is one.
func notJSON(body []byte, wanted string) string {
	switch {
	case bodytext.Packed(body):
		return packed
	case bytes.HasPrefix(body, []byte("\xef\xbb\xbf")), bytes.HasPrefix(body, []byte("\xff\xfe")), bytes.HasPrefix(body, []byte("\xfe\xff")):
		return "The request's body begins with a byte order mark. Send it as UTF-8 without one."
	case bodytext.Lost(body):
		return `The request's body is not UTF-8, or holds U+FFFD, which stands for what was lost on the way. JSON is sent in UTF-8; the character itself is sent as \ufffd.`
	case bodytext.HalfCharacter(body):
		return `The request's body holds half of a character: \ud800 to \udfff have to come in pairs.`
	}
	var all json.RawMessage
	err := json.Unmarshal(body, &all)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && len(bytes.TrimSpace(body)) > 0 {
		line, column := position(body, syntax.Offset)
		return fmt.Sprintf("The request's body is not JSON: it cannot be read from line %d, character %d on. %s", line, column, wanted)
	}
	if err != nil {
		return "The request's body is not JSON. " + wanted
	}
	return ""
}

// position is where a byte of the body is, for people.
func position(body []byte, offset int64) (line, column int) {
	before := body[:min(max(offset-1, 0), int64(len(body)))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[start:]) + 1
}

var errTooDeep = errors.New("too deep")

// checker walks a body beside its schema.
type checker struct {
	decoder  *json.Decoder
	registry huma.Registry
	deepest  int
	fields   []FieldError
	body     []byte
	digits   []byte // the body up to copied, with its whole numbers in digits
	copied   int64
}

func (c *checker) refuse(at *place, message string) {
	if len(c.fields) < maxStrictErrors {
		c.fields = append(c.fields, FieldError{Location: at.String(), Message: message})
	}
}

// place is where a value is. It is put into words only when it is told: in a deep
// body they are long.
type place struct {
	in       *place
	name     string // of a field
	n        int    // of a list's element, which has no name
	optional bool   // it may be left out
}

// String names the place by its way from the body, the first part of it when it is
// deep.
func (p *place) String() string {
	var way []*place
	for ; p != nil; p = p.in {
		way = append(way, p)
	}
	slices.Reverse(way)
	var b strings.Builder
	for at, p := range way[:min(len(way), maxDepth)] {
		switch {
		case at == 0:
			b.WriteString(p.name)
		case p.name == "":
			fmt.Fprintf(&b, "[%d]", p.n)
		default:
			b.WriteString("." + told(p.name))
		}
	}
	if len(way) > maxDepth {
		b.WriteString(" …")
	}
	return b.String()
}

// value checks one value; the schema may be nil.
func (c *checker) value(at *place, s *huma.Schema, depth int) error {
	for s != nil && s.Ref != "" {
		s = c.registry.SchemaFromRef(s.Ref)
	}
	token, err := c.decoder.Token()
	if err != nil {
		return err
	}
	if depth > c.deepest {
		return errTooDeep
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '{' {
			err = c.object(at, s, depth)
		} else {
			err = c.list(at, s, depth)
		}
		if err != nil {
			return err
		}
		_, err = c.decoder.Token() // the closing one
		return err
	case json.Number:
		c.number(at, s, v)
	case nil:
		if at.optional && s != nil && s.Type != "" && !s.Nullable {
			c.refuse(at, "null is no value here. Send one, or leave the field out.")
		}
	}
	return nil
}

func (c *checker) object(in *place, s *huma.Schema, depth int) error {
	seen := map[string]bool{}
	for c.decoder.More() {
		token, err := c.decoder.Token()
		if err != nil {
			return err
		}
		name, ok := token.(string)
		if !ok {
			return io.ErrUnexpectedEOF
		}
		at := &place{in: in, name: name}
		if seen[name] {
			c.refuse(at, "This field is there twice. Send it once.")
		}
		seen[name] = true
		field, meant := property(s, name)
		at.optional = s != nil && !slices.Contains(s.Required, name)
		if meant != "" {
			c.refuse(at, "There is no such field. Its name is "+meant+", in these letters.")
		}
		if err := c.value(at, field, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// property finds the schema of an object's field. When the contract knows the name
// in other letters only, meant is how it writes it.
func property(s *huma.Schema, name string) (field *huma.Schema, meant string) {
	if s == nil {
		return nil, ""
	}
	if field, ok := s.Properties[name]; ok {
		return field, ""
	}
	for known := range s.Properties {
		if strings.EqualFold(known, name) {
			return nil, known
		}
	}
	field, _ = s.AdditionalProperties.(*huma.Schema)
	return field, ""
}

func (c *checker) list(in *place, s *huma.Schema, depth int) error {
	var items *huma.Schema
	if s != nil {
		items = s.Items
	}
	for n := 0; c.decoder.More(); n++ {
		if err := c.value(&place{in: in, n: n}, items, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// number refuses what does not fit, or is no whole number where one is wanted. To
// JSON Schema 1e2 and 7.0 are whole, and pass; they are put in digits, as
// encoding/json takes no others.
func (c *checker) number(at *place, s *huma.Schema, n json.Number) {
	f, err := strconv.ParseFloat(n.String(), 64)
	switch {
	case err != nil || math.IsInf(f, 0):
		c.refuse(at, "This number is too large.")
	case s == nil || s.Type != huma.TypeInteger || !strings.ContainsAny(n.String(), ".eE"):
	case f != math.Trunc(f) || math.Abs(f) > maxExact:
		c.refuse(at, wholeNumber)
	default:
		end := c.decoder.InputOffset()
		c.digits = append(c.digits, c.body[c.copied:end-int64(len(n))]...)
		c.digits = strconv.AppendInt(c.digits, int64(f), 10)
		c.copied = end
	}
}

// maxExact is up to where a float64 has every whole number.
const maxExact = 1 << 53

// told is a field's name as it is told back.
func told(name string) string {
	if utf8.RuneCountInString(name) > maxTold {
		return string([]rune(name)[:maxTold]) + "…"
	}
	return name
}
