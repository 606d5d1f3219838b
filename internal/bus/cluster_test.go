package bus

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"

	"culprit/model"
)

// cluster is three servers in this process that talk over loopback.
func cluster(t *testing.T) []*broker {
	t.Helper()
	routes := make([]string, 3)
	ports := make([]int, 3)
	for i := range routes {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ports[i] = l.Addr().(*net.TCPAddr).Port
		routes[i] = "nats://" + l.Addr().String()
		l.Close()
	}
	nodes := make([]*broker, 3)
	for i := range nodes {
		nodes[i] = start(t, server.Options{
			ServerName: fmt.Sprintf("node-%d", i), JetStream: true,
			Cluster: server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: ports[i]},
			Routes:  server.RoutesFromStr(strings.Join(routes, ",")),
		})
	}
	deadline := time.Now().Add(20 * time.Second)
	for !nodes[0].srv.JetStreamIsClustered() || nodes[0].srv.ClusterName() == "" || !elected(nodes) {
		if time.Now().After(deadline) {
			t.Fatal("no leader was elected")
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nodes
}

func elected(nodes []*broker) bool {
	for _, n := range nodes {
		if n.srv.JetStreamIsLeader() {
			return true
		}
	}
	return false
}

// The node that leads the log stops in the middle of appends, while others publish,
// watch, save and lead.
func TestStreamLeaderStopsInTheMiddleOfAppends(t *testing.T) {
	t.Parallel()
	nodes := cluster(t)
	urls := []string{}
	for _, n := range nodes {
		urls = append(urls, n.srv.ClientURL())
	}
	cfg := external(strings.Join(urls, ","))
	cfg.Replicas, cfg.ConnectWait = 3, 30*time.Second
	b := open(t, cfg)
	next := follow(t, b)
	l := lead(t, b)
	data := learned(1, 3*chunkSize)
	save(t, b, 1, data)

	const n = 90
	want := []string{}
	for i := 1; i <= n; i++ {
		if i == n/2 {
			info, err := b.stream.Info(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, node := range nodes {
				if node.opts.ServerName == info.Cluster.Leader {
					go node.stop()
				}
			}
		}
		appendAll(t, b, revision("a", i), revision("b", i))
		want = append(want, messageID("a", i), messageID("b", i))
	}
	if diff := cmp.Diff(want, logged(t, b)); diff != "" {
		t.Error(diff)
	}
	for _, id := range want {
		if got := next(); got != id {
			t.Fatalf("watched %s, want %s", got, id)
		}
	}
	expectSnapshot(t, b, 1, data)
	select {
	case <-l.Lost():
		t.Error("the lease was lost to an election")
	default:
	}
	if healed, err := b.Heal(t.Context(), []model.Incident{revision("a", n), revision("b", n)}); err != nil || healed != 0 {
		t.Errorf("healed %d: %v", healed, err)
	}
	t.Logf("%d tries were repeated", b.Stats(t.Context()).Retries)
}
