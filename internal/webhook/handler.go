package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"salesforce-integration/internal/integration"
)

// answerMargin is what is left of the function's time to send an answer with.
const answerMargin = time.Second

// refusalTime is how long a 401 takes at least. An integration whose data key is
// not at hand costs a call of the key service, one that does not exist costs none,
// and that must not tell which ids there are.
const refusalTime = 100 * time.Millisecond

// Publisher puts finalization requests on the platform's bus. It answers with one
// error for each, in their order; nil: the bus has it.
type Publisher interface {
	Publish(ctx context.Context, requests []integration.FinalizationRequest) []error
}

// Deps are the outside things that a [Handler] works with. All are needed.
type Deps struct {
	Store     integration.Store
	Vault     integration.Vault
	Publisher Publisher
	Org       Org // asked only where an integration's settings want it; needed where [Config.ReadsSalesforce]
	Now       func() time.Time
	NewID     func() string // makes an id for a call that brings none
	Log       *slog.Logger  // takes one line a request
	Metrics   func(counts map[string]int) error
	// Wait returns after d (at once, if that is not positive), or when ctx ends.
	Wait func(ctx context.Context, d time.Duration)
}

// Handler answers the webhook's requests. It keeps nothing between them.
type Handler struct {
	config    Config
	store     integration.Store
	publisher Publisher
	org       Org
	verifier  verifier
	now       func() time.Time
	newID     func() string
	log       *slog.Logger
	metrics   func(map[string]int) error
	wait      func(context.Context, time.Duration)
}

// New returns a handler, or an error that names everything that is wrong.
func New(c Config, d Deps) (*Handler, error) {
	errs := []error{c.validateRules()}
	for _, part := range []struct {
		name    string
		missing bool
	}{
		{"Store", d.Store == nil},
		{"Vault", d.Vault == nil},
		{"Publisher", d.Publisher == nil},
		{"Org", c.ReadsSalesforce && d.Org == nil},
		{"Now", d.Now == nil},
		{"NewID", d.NewID == nil},
		{"Log", d.Log == nil},
		{"Metrics", d.Metrics == nil},
		{"Wait", d.Wait == nil},
	} {
		if part.missing {
			errs = append(errs, fmt.Errorf("webhook: %s is missing", part.name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Handler{
		config:    c,
		store:     d.Store,
		publisher: d.Publisher,
		org:       d.Org,
		verifier:  newVerifier(c, d),
		now:       d.Now,
		newID:     d.NewID,
		log:       d.Log,
		metrics:   d.Metrics,
		wait:      d.Wait,
	}, nil
}

// Handle answers one request of API Gateway. It never returns an error: whatever
// happens has an answer of its own, and only one with status 200 lets Salesforce
// forget the message.
func (h *Handler) Handle(ctx context.Context, e events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-answerMargin))
		defer cancel()
	}
	entry := &logEntry{started: h.now(), gateway: e.RequestContext.RequestID, kind: kindUnknown}
	entry.err = h.handle(ctx, e, entry)
	response := respond(entry.kind, entry.err, requestID(ctx, e))
	entry.status = response.StatusCode
	entry.write(ctx, h.log, h.now())
	if err := h.metrics(entry.metrics()); err != nil {
		h.log.WarnContext(ctx, "metrics are lost", slog.Any("error", err))
	}
	if response.StatusCode == http.StatusUnauthorized {
		h.wait(ctx, refusalTime-h.now().Sub(entry.started))
	}
	return response, nil
}

// requestID is the invocation's, which the log's lines have, too.
func requestID(ctx context.Context, e events.APIGatewayProxyRequest) string {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		return lc.AwsRequestID
	}
	return e.RequestContext.RequestID
}

// handle takes a request through its steps and notes in entry how far it came.
func (h *Handler) handle(ctx context.Context, e events.APIGatewayProxyRequest, entry *logEntry) error {
	r, err := readRequest(e)
	if err != nil {
		return err
	}
	entry.integrationID, _ = parseUUID(r.integrationID)
	// A failure of ours has its answer in the request's form, too. What is wrong with
	// the form is told only to who may know.
	k, malformed := r.kind()
	entry.kind = k
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ahead := h.readAhead(ctx, r)
	trust, err := h.verifier.verify(ctx, r)
	if err != nil {
		return err
	}
	entry.trust = trust
	if malformed != nil {
		return malformed
	}
	m, err := h.parsed(entry.kind, r, ahead)
	if err != nil {
		return err
	}
	entry.message = m
	if m.kind == kindSOAP {
		if err := verifyOrg(trust, m.organizationID); err != nil {
			return err
		}
	}
	entry.items, err = h.process(ctx, trust.integration, m, ahead, h.now())
	return err
}

// parsed is a verified request's message, which may have been parsed ahead.
func (h *Handler) parsed(k kind, r request, a *ahead) (message, error) {
	if a != nil {
		return a.message, nil
	}
	return h.parse(k, r)
}

func (h *Handler) parse(k kind, r request) (message, error) {
	if len(r.body) == 0 {
		return message{}, emptyBody()
	}
	if k == kindSOAP {
		return parseSOAP(r.body, h.config.ExperimentKeyField)
	}
	key, err := idempotencyKey(r.idempotency)
	if err != nil {
		return message{}, err
	}
	m, err := parseJSON(r.body)
	if err != nil {
		return message{}, err
	}
	for n := range m.notifications {
		it := &m.notifications[n]
		switch {
		case key == "":
			if it.mayBe, err = keylessIDs(*it, n, h.now()); err != nil {
				return message{}, err
			}
			it.id = it.mayBe[len(it.mayBe)-1]
		case m.batch:
			it.id, it.fromCaller = fmt.Sprintf("%s[%d]", key, n), true
		default:
			it.id, it.fromCaller = key, true
		}
	}
	return m, nil
}

// idempotencyKey reads the header of that name; "" when there is none.
func idempotencyKey(given []string) (string, error) {
	if len(given) == 0 {
		return "", nil
	}
	key := given[0]
	bad := len(given) > 1 || key == "" || len(key) > maxIdempotencyKeyLen ||
		strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' })
	if bad {
		return "", &refusal{
			status:   http.StatusUnprocessableEntity,
			detail:   "header.Idempotency-Key: expected one key.",
			problems: []fieldProblem{{"header.Idempotency-Key", fmt.Sprintf("expected one key of 1 to %d printable ASCII characters", maxIdempotencyKeyLen)}},
		}
	}
	return key, nil
}
