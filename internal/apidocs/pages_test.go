package apidocs_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"salesforce-integration/internal/apidocs"
)

// shelf is Pages, and how often one was rendered.
type shelf struct {
	*apidocs.Pages
	t        *testing.T
	rendered int
	err      error
}

func newShelf(t *testing.T) *shelf {
	s := &shelf{t: t}
	s.Pages = apidocs.NewPages(func() ([]byte, error) {
		s.rendered++
		return []byte(`{"openapi":"3.1.0","info":{"title":"T","version":"1.0.0"},"paths":{}}`), s.err
	})
	return s
}

func (s *shelf) page(base string) []byte {
	s.t.Helper()
	page, err := s.Page(base)
	if err != nil || page.Policy == "" {
		s.t.Fatalf("page of %q: policy %q, %v", base, page.Policy, err)
	}
	return page.HTML
}

func TestAPageIsRenderedOnceForABase(t *testing.T) {
	s := newShelf(t)
	for range 3 {
		for _, base := range []string{"https://a.example", "https://b.example/prod"} {
			if !bytes.Contains(s.page(base), []byte("BASE="+base+"\n")) {
				t.Errorf("the page of %s is another's", base)
			}
		}
	}
	if s.rendered != 2 {
		t.Errorf("rendered %d times for two bases", s.rendered)
	}
}

// TestManyBasesDoNotFillTheMemory: hardly any of them is kept, and the one that is asked
// for again and again is kept all the same.
func TestManyBasesDoNotFillTheMemory(t *testing.T) {
	const many = 100
	s := newShelf(t)
	again := func() (rendered int) {
		before := s.rendered
		for n := range many {
			s.page(fmt.Sprintf("https://%d.example", n))
		}
		return s.rendered - before
	}
	again()
	if got := again(); got != many {
		t.Errorf("%d of %d were kept", many-got, many)
	}
	s.page("https://real.example")
	before := s.rendered
	s.page("https://real.example")
	if s.rendered != before {
		t.Error("after many others the real one is not kept")
	}
}

func TestAPageThatCannotBeRenderedIsTriedAgain(t *testing.T) {
	s := newShelf(t)
	s.err = errors.New("not now")
	if _, err := s.Page(""); !errors.Is(err, s.err) {
		t.Errorf("error %v", err)
	}
	s.err = nil
	s.page("")
}
