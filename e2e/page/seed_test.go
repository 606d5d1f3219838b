package page

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"culprit/e2e/outside"
)

// seed appends so many resolved incidents to the log of a running culprit: copies of one
// that it told itself, with all that it is shown with, an hour before one another and of
// other services each.
func seed(ctx context.Context, url string, n int, service func(int) string) error {
	conn, err := nats.Connect(url)
	if err != nil {
		return fmt.Errorf("connecting to %s: %w", url, err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn, jetstream.WithPublishAsyncMaxPending(n))
	if err != nil {
		return err
	}
	log, err := js.Stream(ctx, outside.Stream)
	if err != nil {
		return err
	}
	first, err := log.GetMsg(ctx, 1)
	if err != nil {
		return fmt.Errorf("reading the log's first message: %w", err)
	}
	for i := range n {
		var in map[string]any
		if err := json.Unmarshal(first.Data, &in); err != nil {
			return err
		}
		opened := epoch.Add(-time.Duration(i+1) * time.Hour)
		id, of := fmt.Sprintf("seeded%04d", i), service(i)
		in["id"], in["title"] = id, of+" GET /resource-0 is slow"
		in["severity"] = []string{"critical", "major", "minor"}[i%3]
		in["started_at"], in["opened_at"] = opened.Add(-windowLength), opened
		in["suspects"].([]any)[0].(map[string]any)["service"] = of
		in["revision"], in["event"], in["state"] = 1, "resolved", "resolved"
		in["updated_at"], in["resolved_at"] = opened.Add(10*time.Minute), opened.Add(10*time.Minute)
		data, err := json.Marshal(in)
		if err != nil {
			return err
		}
		msg := nats.NewMsg("culprit.log.resolved." + of + "." + id)
		msg.Data = data
		msg.Header.Set(jetstream.MsgIDHeader, id+":1")
		if _, err := js.PublishMsgAsync(msg); err != nil {
			return err
		}
	}
	select {
	case <-js.PublishAsyncComplete():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
