package story

import (
	"fmt"
	"io"
	"strings"
)

// Paper is what the story is written on.
type Paper struct {
	w      io.Writer
	colour bool
	step   int
}

// NewPaper writes to w, in colour if asked to.
func NewPaper(w io.Writer, colour bool) *Paper { return &Paper{w: w, colour: colour} }

// The few colours: https://en.wikipedia.org/wiki/ANSI_escape_code#SGR.
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

func (p *Paper) paint(code, s string) string {
	if !p.colour {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p *Paper) line(format string, args ...any) { fmt.Fprintf(p.w, format+"\n", args...) }

// chapter starts a numbered step.
func (p *Paper) chapter(title string) {
	p.step++
	p.line("\n%s  %s", p.paint(cyan, fmt.Sprintf("%d", p.step)), p.paint(bold, title))
}

// fact is something that is so.
func (p *Paper) fact(name, value string) {
	p.line("   %s %s", p.paint(dim, fmt.Sprintf("%-14s", name)), value)
}

// change is something that became so.
func (p *Paper) change(name, before, after string) {
	p.fact(name, p.paint(dim, before)+" → "+p.paint(green, after))
}

// quote shows a text of several lines as it is read.
func (p *Paper) quote(text string) {
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		p.line("   %s %s", p.paint(yellow, "│"), line)
	}
}

func (p *Paper) done(text string) { p.line("\n%s %s", p.paint(green, "✓"), text) }

func (p *Paper) failed(text string) { p.line("\n%s %s", p.paint(red, "✗"), text) }
