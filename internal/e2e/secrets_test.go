package e2e_test

import (
	"strings"
	"sync"
)

// register holds the secrets that the tests used, for what must not show them.
type register struct {
	mu     sync.Mutex
	values []string
}

func (r *register) add(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, secret := range secrets {
		if secret != "" {
			r.values = append(r.values, secret)
		}
	}
}

// mask puts stars in the place of those that a text shows.
func (r *register) mask(text string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, secret := range r.values {
		text = strings.ReplaceAll(text, secret, "***")
	}
	return text
}
