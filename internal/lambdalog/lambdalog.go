// Package lambdalog makes the functions' logger: one JSON object a line, with the
// id of the invocation that it belongs to.
package lambdalog

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// New returns a logger that writes to w what is at least as grave as level:
// debug, info, warn or error, info when it is empty. Any other level is an error.
func New(w io.Writer, level string) (*slog.Logger, error) {
	least := slog.LevelInfo
	if level != "" {
		if err := least.UnmarshalText([]byte(level)); err != nil {
			return nil, fmt.Errorf("log level %q: want debug, info, warn or error", level)
		}
	}
	return slog.New(handler{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: least})}), nil
}

// handler adds the invocation's id, under the name that the product's errors
// carry it by. lambdacontext.NewLogHandler takes its level from elsewhere.
type handler struct{ slog.Handler }

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		r.AddAttrs(slog.String("request_id", lc.AwsRequestID))
	}
	return h.Handler.Handle(ctx, r)
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}

func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }
