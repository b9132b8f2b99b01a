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

// holds says whether a text shows one of them. Which one, it does not tell: that would show it in the test's output.
func (r *register) holds(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, secret := range r.values {
		if strings.Contains(text, secret) {
			return true
		}
	}
	return false
}
