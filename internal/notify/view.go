package notify

import (
	"fmt"
	"math"
	"net/url"
	"strings"
	"text/template"
	"time"
	"unicode"
	"unicode/utf8"

	"culprit/model"
)

// View is an incident as templates see it. All texts are cut and escaped for the
// receiver already.
type View struct {
	ID, Event, State, Severity, Title, Summary, Because string

	Revision                           int
	Service, Operation, Instance, Kind string // of the first suspect
	Suspects                           []Suspect
	Affected                           []string
	Requests, AffectedRequests         int
	Percent                            int // of requests affected
	Changes                            []string
	StartedAt, OpenedAt, UpdatedAt     time.Time
	ResolvedAt                         *time.Time
	URL                                string   // of the incident on culprit's page
	Traces                             []string // URLs
	Provisional                        bool
}

// Suspect is one of the first three causes.
type Suspect struct {
	Rank                int
	Where, Kind, Reason string
	Percent             int // confidence
}

// Bounds of texts, in runes. Names of spans may have any length.
const (
	maxWord     = 256
	maxSentence = 1000
	maxList     = 20
	maxSuspects = 3
	maxLinks    = 3
)

// clean makes foreign text harmless in a line: valid, without control characters and
// without those that turn the direction of what follows, and cut.
func clean(s string, most int) string {
	var b strings.Builder
	n := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case r == utf8.RuneError && size == 1:
			r = '\uFFFD'
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029':
			r = ' '
		case r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069' || r == '\u200E' || r == '\u200F' || r == '\u061C' || r == '\uFEFF':
			continue
		}
		if n++; n > most {
			return strings.TrimSpace(b.String()) + "…"
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// viewOf shows an incident to a template; escape makes a text safe for the receiver.
func viewOf(in *model.Incident, base string, escape func(string) string) View {
	word := func(s string) string { return escape(clean(s, maxWord)) }
	sentence := func(s string) string { return escape(clean(s, maxSentence)) }
	v := View{
		ID: word(in.ID), Revision: in.Revision, Event: word(in.Event), State: word(in.State), Severity: word(in.Severity),
		Title: word(in.Title), Summary: sentence(in.Summary), Because: sentence(in.Because),
		Requests: in.Impact.Requests, AffectedRequests: in.Impact.Affected, Percent: percent(in.Impact.Share),
		StartedAt: in.StartedAt.UTC(), OpenedAt: in.OpenedAt.UTC(), UpdatedAt: in.UpdatedAt.UTC(), ResolvedAt: in.ResolvedAt,
		URL: escape(pageOf(in, base)), Provisional: in.Provisional,
	}
	for i, s := range in.Suspects[:min(maxSuspects, len(in.Suspects))] {
		if i == 0 {
			v.Service, v.Operation, v.Instance, v.Kind = word(s.Service), word(s.Operation), word(s.Instance), word(s.Kind)
		}
		v.Suspects = append(v.Suspects, Suspect{Rank: s.Rank, Where: word(s.Where()), Kind: word(s.Kind), Reason: sentence(s.Reason), Percent: percent(s.Confidence)})
	}
	for _, s := range in.Affected[:min(maxList, len(in.Affected))] {
		v.Affected = append(v.Affected, word(s))
	}
	if more := len(in.Affected) - maxList; more > 0 {
		v.Affected = append(v.Affected, fmt.Sprintf("and %d more", more))
	}
	for _, c := range in.Changes {
		v.Changes = append(v.Changes, sentence(c.Sentence))
	}
	for _, l := range in.Links {
		if u, err := url.Parse(l.URL); err == nil && (u.Scheme == "http" || u.Scheme == "https") && len(v.Traces) < maxLinks {
			v.Traces = append(v.Traces, escape(u.String()))
		}
	}
	return v
}

func percent(share model.Number) int {
	p := math.Round(100 * float64(share))
	if !(p >= 0 && p <= 100) {
		return 0
	}
	return int(p)
}

// pageOf is the incident on culprit's page.
func pageOf(in *model.Incident, base string) string {
	return strings.TrimSuffix(base, "/") + "/incidents/" + url.PathEscape(in.ID)
}

// words are the templates of a target.
type words struct{ title, text *template.Template }

// Our own templates: what the on-call engineer needs in thirty seconds.
const (
	ownTitle = `{{if eq .State "open"}}{{.Severity}}{{else}}{{.Event}}{{end}}: {{.Title}}`
	ownText  = `{{.Summary}}
{{range .Suspects}}{{.Rank}}. {{.Where}} ({{.Kind}}, {{.Percent}} %): {{.Reason}}
{{end}}{{range .Changes}}Changed: {{.}}
{{end}}{{if .Because}}{{.Event}}: {{.Because}}
{{end}}Since {{utc .StartedAt}}; affected: {{join .Affected ", "}}.`
)

// maxRendered bounds what a template makes, in bytes.
const maxRendered = 8 << 10

func newWords(t *Target) (words, error) {
	var w words
	for _, f := range []struct {
		name, text, own string
		into            **template.Template
	}{{"title", t.Title, ownTitle, &w.title}, {"text", t.Text, ownText, &w.text}} {
		if f.text == "" {
			f.text = f.own
		}
		tpl, err := template.New(f.name).Option("missingkey=error").Funcs(template.FuncMap{
			"join":  strings.Join,
			"utc":   func(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05 UTC") },
			"upper": strings.ToUpper,
		}).Parse(f.text)
		if err != nil {
			return w, fmt.Errorf("template: %w", err)
		}
		*f.into = tpl
	}
	// A field that does not exist shows only when it is asked for.
	for _, in := range []model.Incident{{}, sample} {
		if _, _, err := w.render(viewOf(&in, "http://culprit", func(s string) string { return s })); err != nil {
			return w, err
		}
	}
	return w, nil
}

// sample is an incident with everything in it, to try templates on.
var sample = model.Incident{
	ID: "a", Revision: 1, Event: model.EventResolved, State: model.StateResolved, Severity: model.SeverityMinor, Title: "a", Summary: "a", Because: "a",
	ResolvedAt: &time.Time{}, Affected: []string{"a"}, Links: []model.Link{{Trace: "a", URL: "http://a"}},
	Suspects: []model.Suspect{{Rank: 1, Service: "a", Operation: "a", Instance: "a", Kind: model.KindError, Reason: "a"}},
	Changes:  []model.Preceding{{Sentence: "a"}},
}

func (w words) render(v View) (title, text string, err error) {
	var a, b strings.Builder
	if err := w.title.Execute(&a, v); err != nil {
		return "", "", fmt.Errorf("template: %w", err)
	}
	if err := w.text.Execute(&b, v); err != nil {
		return "", "", fmt.Errorf("template: %w", err)
	}
	return cut(strings.TrimSpace(a.String())), cut(strings.TrimSpace(b.String())), nil
}

func cut(s string) string {
	if len(s) <= maxRendered {
		return s
	}
	n := maxRendered
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
