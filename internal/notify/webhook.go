package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"culprit/model"
)

// keyOf names a revision to a receiver: the same whenever it is sent.
func keyOf(in *model.Incident) string { return in.ID + ":" + strconv.Itoa(in.Revision) }

// cloudEvent is a CloudEvent 1.0 in structured mode: the signature covers all of it.
type cloudEvent struct {
	SpecVersion string         `json:"specversion"`
	ID          string         `json:"id"`
	Type        string         `json:"type"`
	Source      string         `json:"source"`
	Subject     string         `json:"subject"`
	Time        time.Time      `json:"time"`
	ContentType string         `json:"datacontenttype"`
	Data        model.Incident `json:"data"`
}

// eventRequest makes the request of a webhook, signed if there is a key, as Standard
// Webhooks describes it (standardwebhooks.com): base64 of HMAC-SHA256 over
// "<webhook-id>.<webhook-timestamp>.<body>".
func eventRequest(in *model.Incident, to string, key secret, now time.Time) (request, error) {
	body, err := json.Marshal(cloudEvent{"1.0", keyOf(in), "culprit.incident." + in.Event, "/culprit", in.ID, in.UpdatedAt.UTC(), "application/json", *in})
	if err != nil {
		return request{}, refusal{fmt.Errorf("as JSON: %w", err)}
	}
	r := request{url: to, kind: "application/cloudevents+json; charset=utf-8", body: body, header: http.Header{}}
	r.header.Set("Idempotency-Key", keyOf(in))
	if !key.set() {
		return r, nil
	}
	text, err := key.read()
	if err != nil {
		return r, fmt.Errorf("key of the signature: %w", err)
	}
	raw, err := signingKey(text)
	if err != nil {
		return r, err
	}
	stamp := strconv.FormatInt(now.Unix(), 10)
	r.header.Set("webhook-id", keyOf(in))
	r.header.Set("webhook-timestamp", stamp)
	r.header.Set("webhook-signature", "v1,"+sign(raw, keyOf(in), stamp, body))
	return r, nil
}

// signingKey reads a key: base64 behind "whsec_", as the libraries of Standard Webhooks
// write it, or the text itself.
func signingKey(text string) ([]byte, error) {
	coded, ok := strings.CutPrefix(text, "whsec_")
	if !ok {
		return []byte(text), nil
	}
	raw, err := base64.StdEncoding.DecodeString(coded)
	if err != nil || len(raw) == 0 {
		return nil, fmt.Errorf("key of the signature: what follows whsec_ is not base64")
	}
	return raw, nil
}

func sign(key []byte, id, stamp string, body []byte) string {
	m := hmac.New(sha256.New, key)
	fmt.Fprintf(m, "%s.%s.", id, stamp)
	m.Write(body)
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}
