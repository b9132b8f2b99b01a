package main

import (
	"context"
	"errors"

	"salesforce-integration/internal/cmd/local/issuer"
)

func demo(context.Context, string, *issuer.Issuer) error { return errors.New("no story yet") }
