package apidocs

// page writes the whole page.
func (v view) page() []byte {
	var m markup
	m.add(`<!DOCTYPE html>`)
	m.add(`<html lang="en">`)
	m.add(`<head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>`)
	m.add(`<title>%s API %s</title>`, v.Title, v.Version)
	m.add(`<style>%s</style></head>`, raw(style))
	m.add(`<body>`)
	m.add(`<a class="skip" href="#content">Skip to the content</a>`)
	v.navigation(&m)
	m.add(`<main id="content">`)
	v.start(&m)
	for _, g := range v.Groups {
		m.add(`<section id="%s"><h2>%s</h2><p>%s</p>`, g.Anchor, g.Name, prose(g.Description))
		for _, e := range g.Operations {
			e.write(&m)
		}
		m.add(`</section>`)
	}
	m.add(`<section id="errors"><h2>Errors</h2>`)
	for _, a := range v.Errors {
		m.add(`<article id="error-%s"><h3>%s</h3>`, a.Name, a.Description)
		a.write(&m)
		m.add(`</article>`)
	}
	m.add(`</section>`)
	m.add(`<section id="schemas"><h2>Schemas</h2>`)
	for _, s := range v.Schemas {
		m.add(`<article id="schema-%s"><h3>%s</h3><p>%s</p>`, s.Name, s.Name, prose(s.Description))
		table(&m, s.Fields)
		m.add(`</article>`)
	}
	m.add(`</section></main></body></html>`)
	return []byte(m.b.String())
}

func (v view) navigation(m *markup) {
	m.add(`<nav aria-label="Operations"><ul><li><a href="#start">Start</a></li></ul>`)
	for _, g := range v.Groups {
		m.add(`<h2><a href="#%s">%s</a></h2><ul>`, g.Anchor, g.Name)
		for _, e := range g.Operations {
			m.add(`<li><a href="#%s">%s</a></li>`, e.ID, e.Summary)
		}
		m.add(`</ul>`)
	}
	m.add(`<h2>Reference</h2><ul><li><a href="#errors">Errors</a></li><li><a href="#schemas">Schemas</a></li></ul></nav>`)
}

func (v view) start(m *markup) {
	base := v.Base
	if base == "" {
		base = "https://api.example.com"
	}
	m.add(`<h1>%s API <span class="dim">%s</span></h1><p>%s</p>`, v.Title, v.Version, prose(v.Description))
	m.add(`<p>The same for programs: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>`)
	m.add(`<section id="start"><h2>Start</h2>`)
	for _, words := range v.Auth {
		m.add(`<p>%s</p>`, prose(words))
	}
	m.add(`<p>The commands on this page take from the shell what only you know:</p>`)
	m.code("BASE=" + base + "\nTOKEN=...   # a bearer token\nID=...      # of what the address names: an integration or a delivery")
	m.add(`</section>`)
}

func (e entry) write(m *markup) {
	m.add(`<article id="%s" aria-labelledby="%s-title"><h3 id="%s-title">%s</h3>`, e.ID, e.ID, e.ID, e.Summary)
	m.add(`<p class="call"><span class="%s">%s</span> %s</p>`, e.Method, e.Method, e.Path)
	e.audience(m)
	m.add(`<p>%s</p>`, prose(e.Description))
	if len(e.Parameters) > 0 {
		m.add(`<h4>Parameters</h4>`)
		table(m, e.Parameters)
	}
	for i, c := range e.Bodies {
		switch {
		case i > 0:
			m.add(`<h4>Or</h4>`)
		case c.Required:
			m.add(`<h4>Body</h4>`)
		default:
			m.add(`<h4>Body (may be left out)</h4>`)
		}
		c.write(m)
	}
	m.add(`<h4>Try it</h4>`)
	m.code(e.Curl)
	m.add(`<h4>Answers</h4>`)
	for _, a := range e.Answers {
		if !a.Shared {
			m.add(`<details open="open"><summary><strong>%s</strong> %s</summary>`, a.Status, a.Description)
			a.write(m)
			m.add(`</details>`)
		}
	}
	m.add(`<details><summary>Errors</summary><ul>`)
	for _, a := range e.Answers {
		if a.Shared {
			m.add(`<li><strong>%s</strong> <a href="#error-%s">%s</a></li>`, a.Status, a.Name, a.Description)
		}
	}
	m.add(`</ul></details></article>`)
}

// audience says who may use the operation.
func (e entry) audience(m *markup) {
	switch len(e.Roles) {
	case 0:
		m.add(`<p class="dim">For anybody.</p>`)
	case 1:
		m.add(`<p class="dim">For the role <strong>%s</strong>.</p>`, e.Roles[0])
	default:
		words := raw("")
		for i, role := range e.Roles {
			if i > 0 {
				words += " and "
			}
			words += "<strong>" + prose(role) + "</strong>"
		}
		m.add(`<p class="dim">For the roles %s.</p>`, words)
	}
}

func (a answer) write(m *markup) {
	for _, c := range a.Contents {
		c.write(m)
	}
	if len(a.Headers) > 0 {
		table(m, a.Headers)
	}
}

func (c content) write(m *markup) {
	m.add(`<p class="dim"><code>%s</code>: %s</p>`, c.MediaType, typed(c.Type, c.Link))
	m.code(c.Example)
}

func table(m *markup, fields []field) {
	m.add(`<div class="scroll"><table><thead><tr><th scope="col">Name</th><th scope="col">Type</th><th scope="col">Meaning</th></tr></thead><tbody>`)
	for _, f := range fields {
		m.add(`<tr><th scope="row"><code>%s</code> <span class="dim">%s</span></th><td>%s`, f.Name, f.In, typed(f.Type, f.Link))
		if f.Required {
			m.add(`<br/><strong>required</strong>`)
		}
		m.add(`</td><td>%s`, prose(f.Description))
		for _, limit := range f.Limits {
			m.add(`<br/><span class="dim">%s</span>`, prose(limit))
		}
		m.add(`</td></tr>`)
	}
	m.add(`</tbody></table></div>`)
}
