package bus

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// helper makes this test binary the writer that is killed: it appends to the store
// named in the environment and prints each revision that was acknowledged.
func helper() bool {
	dir := os.Getenv("BUS_TEST_WRITER")
	if dir == "" {
		return false
	}
	cfg := DefaultConfig()
	cfg.StoreDir, cfg.Listen = dir, "127.0.0.1:0"
	ctx := context.Background()
	b, err := Open(ctx, cfg, nil)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	from, _ := strconv.Atoi(os.Getenv("BUS_TEST_FROM"))
	fmt.Println("address", b.Address())
	for n := from; ; n++ {
		for _, id := range []string{"a", "b"} {
			if err := b.Append(ctx, revision(id, n)); err != nil {
				fmt.Println("error", err)
				os.Exit(1)
			}
			fmt.Println("acked", messageID(id, n))
		}
		if n%20 == 0 {
			if err := b.SaveSnapshot(ctx, meta(n), learned(uint64(n), 2*chunkSize)); err != nil {
				fmt.Println("error", err)
				os.Exit(1)
			}
			fmt.Println("saved", n)
		}
	}
}

// kill -9 in the middle of appends: after the restart every acknowledged revision is
// in the log once and in order, an outside durable consumer has seen each once, and
// the snapshot is whole.
func TestKilledWriterLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	cfg := local(t)
	acked := map[string]bool{}
	from, saved := 1, 0
	consumed := []string{}
	for round := range 3 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "BUS_TEST_WRITER="+cfg.StoreDir, "BUS_TEST_FROM="+strconv.Itoa(from))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); {
			word, rest, _ := strings.Cut(lines.Text(), " ")
			switch word {
			case "error":
				t.Fatal(rest)
			case "saved":
				saved, _ = strconv.Atoi(rest)
			case "acked":
				acked[rest] = true
				if n++; n == 90+7*round {
					_ = cmd.Process.Kill() // the rest of the pipe is read still
				}
			}
		}
		_ = cmd.Wait()
		kill.Stop()

		b := open(t, cfg)
		log := logged(t, b)
		seen := map[string]int{}
		for _, id := range log {
			seen[id]++
		}
		for id := range acked {
			if seen[id] != 1 {
				t.Errorf("round %d: %s was acknowledged and is in the log %d times", round, id, seen[id])
			}
		}
		last := map[string]int{}
		for _, msgID := range log {
			id, n, _ := revisionOf(msgID)
			if n != last[id]+1 {
				t.Errorf("round %d: %s follows %d", round, msgID, last[id])
			}
			last[id] = n
		}
		if m, data, ok, err := b.LoadSnapshot(t.Context()); err != nil || !ok || int(m.LogSequence) < saved ||
			!cmp.Equal(data, learned(m.LogSequence, 2*chunkSize)) {
			t.Errorf("round %d: snapshot %+v %v %v, want that of %d or later", round, m, ok, err, saved)
		}
		consumed = append(consumed, drainDurable(t, b.Address())...)
		if diff := cmp.Diff(log, consumed); diff != "" {
			t.Errorf("round %d: the durable consumer and the log differ (-log +consumer):\n%s", round, diff)
		}
		from = min(last["a"], last["b"]) - 3 // as after a restart: old revisions come again
		b.Close()
		if t.Failed() {
			return
		}
	}
	if len(acked) < 270 {
		t.Errorf("only %d revisions were acknowledged", len(acked))
	}
}

// drainDurable reads on as another program with its own progress.
func drainDurable(t *testing.T, url string) []string {
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, _ := jetstream.New(nc)
	cons, err := js.CreateOrUpdateConsumer(t.Context(), "CULPRIT_INCIDENTS", jetstream.ConsumerConfig{Durable: "outside", AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for {
		batch, err := cons.FetchNoWait(500)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for m := range batch.Messages() {
			n++
			ids = append(ids, m.Headers().Get("ce-id"))
			if err := m.DoubleAck(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if n == 0 {
			return ids
		}
	}
}
