package notify

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"culprit/model"
)

// slackEscape makes text literal for Slack and what speaks its webhooks (Mattermost,
// Rocket.Chat): without angle brackets it is no link and calls nobody.
func slackEscape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// plain is the escape for receivers that show text as it is.
func plain(s string) string { return s }

var colours = map[string]string{model.SeverityCritical: "#c4314b", model.SeverityMajor: "#cc7a00", model.SeverityMinor: "#8a8886"}

const calmColour = "#2e7d32"

func colourOf(in *model.Incident) string {
	if in.State != model.StateOpen {
		return calmColour
	}
	if c := colours[in.Severity]; c != "" {
		return c
	}
	return colours[model.SeverityMinor]
}

type slackBody struct {
	Text        string            `json:"text"`
	Attachments []slackAttachment `json:"attachments"`
}

type slackAttachment struct {
	Fallback  string   `json:"fallback"`
	Color     string   `json:"color"`
	Title     string   `json:"title"`
	TitleLink string   `json:"title_link"`
	Text      string   `json:"text"`
	Footer    string   `json:"footer"`
	MarkdIn   []string `json:"mrkdwn_in"`
}

// slackRequest makes the body of a Slack webhook.
func slackRequest(in *model.Incident, to, base string, w words) (request, error) {
	v := viewOf(in, base, slackEscape)
	title, text, err := w.render(v)
	if err != nil {
		return request{}, refusal{err}
	}
	for i, url := range v.Traces {
		text += fmt.Sprintf("\n<%s|trace %d>", url, i+1)
	}
	return chatRequest(in, to, slackBody{Text: title, Attachments: []slackAttachment{{
		Fallback: title, Color: colourOf(in), Title: v.Title, TitleLink: v.URL, Text: text, MarkdIn: []string{"text"},
		Footer: "culprit " + v.ID + ":" + fmt.Sprint(v.Revision),
	}}})
}

// The parts of a card for Teams (Adaptive Cards 1.4 in the envelope of its webhooks).
type (
	teamsBody struct {
		Type        string            `json:"type"`
		Attachments []teamsAttachment `json:"attachments"`
	}
	teamsAttachment struct {
		ContentType string    `json:"contentType"`
		Content     teamsCard `json:"content"`
	}
	teamsCard struct {
		Schema  string        `json:"$schema"`
		Type    string        `json:"type"`
		Version string        `json:"version"`
		Body    []teamsBlock  `json:"body"`
		Actions []teamsAction `json:"actions"`
	}
	teamsBlock struct {
		Type    string     `json:"type"`
		Inlines []teamsRun `json:"inlines"`
	}
	teamsRun struct {
		Type   string `json:"type"`
		Text   string `json:"text"`
		Weight string `json:"weight,omitempty"`
		Color  string `json:"color,omitempty"`
	}
	teamsAction struct {
		Type  string `json:"type"`
		Title string `json:"title"`
		URL   string `json:"url"`
	}
)

// teamsRequest makes the body of a Teams webhook. Text stands in runs of rich text, which
// Teams shows as they are: its other blocks would read Markdown out of the names of spans.
func teamsRequest(in *model.Incident, to, base string, w words) (request, error) {
	v := viewOf(in, base, plain)
	title, text, err := w.render(v)
	if err != nil {
		return request{}, refusal{err}
	}
	colour := "Attention"
	if in.State != model.StateOpen {
		colour = "Good"
	}
	card := teamsCard{Schema: "http://adaptivecards.io/schemas/adaptive-card.json", Type: "AdaptiveCard", Version: "1.4",
		Body:    []teamsBlock{{"RichTextBlock", []teamsRun{{Type: "TextRun", Text: title, Weight: "Bolder", Color: colour}}}},
		Actions: []teamsAction{{"Action.OpenUrl", "Incident", v.URL}}}
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" {
			card.Body = append(card.Body, teamsBlock{"RichTextBlock", []teamsRun{{Type: "TextRun", Text: line}}})
		}
	}
	for i, url := range v.Traces {
		card.Actions = append(card.Actions, teamsAction{"Action.OpenUrl", fmt.Sprintf("Trace %d", i+1), url})
	}
	return chatRequest(in, to, teamsBody{"message", []teamsAttachment{{"application/vnd.microsoft.card.adaptive", card}}})
}

func chatRequest(in *model.Incident, to string, body any) (request, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return request{}, refusal{fmt.Errorf("as JSON: %w", err)}
	}
	h := http.Header{}
	h.Set("Idempotency-Key", keyOf(in))
	return request{url: to, kind: "application/json; charset=utf-8", body: text, header: h}, nil
}
