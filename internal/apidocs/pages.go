package apidocs

import "sync"

// maxPages bounds what [Pages] keeps: a deployment has one address, or a few with its
// custom domains, and what a request calls itself must not be able to fill the memory.
const maxPages = 8

// Pages keeps the rendered page of each base address: rendering takes milliseconds, and
// anybody may ask for it. It is safe for concurrent use.
type Pages struct {
	document func() ([]byte, error)

	mu   sync.Mutex
	kept map[string]Page
}

// NewPages returns a keeper of pages of one OpenAPI document in JSON, which is asked for
// when a page has to be rendered.
func NewPages(document func() ([]byte, error)) *Pages {
	return &Pages{document: document, kept: map[string]Page{}}
}

// Page is [Render] of the document, done once for a base. Its HTML is shared: it must not
// be changed. Errors are the document's and Render's, and are not kept.
func (p *Pages) Page(base string) (Page, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if page, ok := p.kept[base]; ok {
		return page, nil
	}
	document, err := p.document()
	if err != nil {
		return Page{}, err
	}
	page, err := Render(document, base)
	if err != nil {
		return Page{}, err
	}
	if len(p.kept) >= maxPages {
		clear(p.kept) // so that addresses nobody has do not keep the real one out
	}
	p.kept[base] = page
	return page, nil
}
