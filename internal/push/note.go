package push

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"salesforce-integration/internal/integration"
	"salesforce-integration/internal/salesforce"
)

// noteMarker is how a note is found again when the answer to its creation was
// lost. It stands in the title, since a note's content cannot be queried.
func noteMarker(deliveryID string) string {
	return "[#" + strings.ReplaceAll(deliveryID, "-", "")[:12] + "]"
}

// eventNote says what happened to an experiment, and what it found, for a person in
// marketing. Its HTML is of p, ul, li, b and a only: what the note editor keeps.
func eventNote(e integration.Event, deliveryID, campaignID string) salesforce.Note {
	name := e.Name
	if name == "" {
		name = e.ExperimentKey
	}
	var b strings.Builder
	r := e.Results
	if r == nil {
		r = &integration.Results{}
	}
	paragraph(&b, fmt.Sprintf("<b>%s</b> %s.", salesforce.EscapeText(name), salesforce.EscapeText(headline(e))))
	list(&b, resultLines(r))
	if len(r.Variants) > 0 {
		paragraph(&b, "<b>Variants</b>")
		list(&b, variantLines(r.Variants))
	}
	if link := webLink(r.URL); link != "" {
		paragraph(&b, fmt.Sprintf(`<a href="%s">Open the experiment</a>`, salesforce.EscapeText(link)))
	}
	paragraph(&b, salesforce.EscapeText(fmt.Sprintf("Experiment %s, result of %s.", e.ExperimentKey, e.OccurredAt.UTC().Format("2 January 2006, 15:04 UTC"))))
	return salesforce.Note{CampaignID: campaignID, Title: noteTitle(e, name, r), HTML: b.String(), Marker: noteMarker(deliveryID)}
}

// headline says in one clause what happened.
func headline(e integration.Event) string {
	switch e.Type {
	case integration.EventSignificance:
		return "has reached statistical significance"
	case integration.EventCompleted:
		return "is completed"
	case integration.EventRolledBack:
		if e.Reason != "" {
			return "was rolled back: " + e.Reason
		}
		return "was rolled back"
	default:
		return strings.ToLower(strings.TrimPrefix(string(e.Type), "Experiment "))
	}
}

func noteTitle(e integration.Event, name string, r *integration.Results) string {
	if e.Type != integration.EventSignificance {
		return "A/B test: " + name + ": " + strings.ToLower(strings.TrimPrefix(string(e.Type), "Experiment "))
	}
	outcome := "significant result"
	if r.WinningVariant != "" {
		outcome = r.WinningVariant + " wins"
	}
	if r.Lift != nil {
		outcome += " (" + signedPercent(*r.Lift) + ")"
	}
	return "A/B test: " + name + ": " + outcome
}

func resultLines(r *integration.Results) []string {
	var lines []string
	add := func(label, value string) { lines = append(lines, "<b>"+label+":</b> "+salesforce.EscapeText(value)) }
	if r.WinningVariant != "" {
		add("Winner", r.WinningVariant)
	}
	if r.PrimaryMetric != "" {
		add("Metric", strings.ReplaceAll(r.PrimaryMetric, "_", " "))
	}
	if r.Lift != nil {
		value := signedPercent(*r.Lift)
		if ci := r.ConfidenceInterval; ci != nil {
			value += fmt.Sprintf(" (confidence interval %s to %s)", signedPercent(ci[0]), signedPercent(ci[1]))
		}
		add("Lift", value)
	}
	if r.PValue != nil {
		add("p-value", formatPValue(*r.PValue)+" (the chance of such a difference if the variants were equal)")
	}
	if r.SampleSize != nil {
		add("Sample size", thousands(*r.SampleSize))
	}
	return lines
}

func variantLines(variants []integration.Variant) []string {
	lines := make([]string, 0, len(variants))
	for _, v := range variants {
		line := salesforce.EscapeText(v.Key)
		if v.Users != nil {
			line += ": " + thousands(*v.Users) + " users"
			if v.Conversions != nil {
				line += ", " + thousands(*v.Conversions) + " conversions"
				if *v.Users > 0 {
					line += fmt.Sprintf(" (%.2f %%)", 100*float64(*v.Conversions)/float64(*v.Users))
				}
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func paragraph(b *strings.Builder, html string) { b.WriteString("<p>" + html + "</p>") }

func list(b *strings.Builder, items []string) {
	if len(items) == 0 {
		return
	}
	b.WriteString("<ul>")
	for _, item := range items {
		b.WriteString("<li>" + item + "</li>")
	}
	b.WriteString("</ul>")
}

func clip(s string, runes int) string {
	if utf8.RuneCountInString(s) <= runes {
		return s
	}
	return string([]rune(s)[:runes-1]) + "…"
}

// webLink returns the address if a browser may be sent there, else "".
func webLink(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return ""
	}
	return u.String()
}

// signedPercent shows a ratio: 0.042 is "+4.2 %".
func signedPercent(ratio float64) string {
	rounded := math.Round(ratio*10000) / 100
	if rounded == 0 {
		return "0 %"
	}
	return strings.Replace(fmt.Sprintf("%+g %%", rounded), "-", "−", 1)
}

// smallestPValue is the least p-value that is worth spelling out.
const smallestPValue = 0.0001

func formatPValue(p float64) string {
	if p >= 0 && p < smallestPValue {
		return "less than " + strconv.FormatFloat(smallestPValue, 'f', -1, 64)
	}
	return strconv.FormatFloat(math.Round(p/smallestPValue)*smallestPValue, 'g', 4, 64)
}

// thousands groups digits: 48210 is "48,210".
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "−", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}
