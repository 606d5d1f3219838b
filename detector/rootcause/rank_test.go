package rootcause_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"culprit/detector"
	"culprit/detector/rootcause"
	"culprit/graph"
	"culprit/internal/tracetest"
	"culprit/model"
)

// stage draws windows of traces and has them judged.
type stage struct {
	table    *model.Symbols
	rng      *rand.Rand
	observer *detector.Observer
	asm      *graph.Assembler
	serial   uint64
	from     int64
}

func newStage() *stage {
	table := model.NewSymbols()
	return &stage{
		table: table, rng: rand.New(rand.NewPCG(7, 7)),
		observer: detector.NewObserver(table), asm: graph.NewAssembler(graph.Config{}),
		from: tracetest.Epoch,
	}
}

// window observes n traces drawn by draw, their durations blurred by a tenth.
func (s *stage) window(n int, draw func(i int) string) *detector.Summary {
	const length = int64(30 * time.Second)
	sum := detector.NewSummary(s.from, s.from+length, 100)
	for i := range n {
		f := tracetest.Draw(s.table, draw(i))
		s.serial++
		for b := range 8 {
			f.Trace[15-b] = byte(s.serial >> (8 * b))
		}
		for j := range f.Spans {
			sp := &f.Spans[j]
			sp.Start += s.from - tracetest.Epoch
			sp.Duration = int64(float64(sp.Duration) * math.Exp(0.1*s.rng.NormFloat64()))
		}
		s.observer.Observe(sum, s.asm.Assemble(f))
	}
	s.from += length
	return sum
}

// verdict ranks odd against ten windows of usual.
func verdict(t *testing.T, usual, odd func(i int) string) []model.Suspect {
	t.Helper()
	scene := play(usual, odd)
	return rootcause.Suspects(scene, rootcause.Deepen(scene, rootcause.Rank(scene)))
}

// rank ranks odd against ten windows of usual, without a part.
func rank(t *testing.T, usual, odd func(i int) string, without rootcause.Part) []rootcause.Cause {
	t.Helper()
	scene := play(usual, odd)
	scene.Without = without
	return rootcause.Rank(scene)
}

// play draws ten usual windows and an odd one, and judges that.
func play(usual, odd func(i int) string) *rootcause.Scene {
	s := newStage()
	var healthy []*detector.Summary
	for range 10 {
		healthy = append(healthy, s.window(40, usual))
	}
	b := detector.NewBaseline(s.table, len(healthy))
	b.LearnAll(healthy)
	w := detector.NewWindow(s.window(40, odd), b)
	scene := &rootcause.Scene{
		Table: s.table, Evidence: b.Judge([]*detector.Window{w}).Evidence, Now: w, Baseline: b,
		Traces: w.Summary.Sample.Traces(),
	}
	for _, h := range healthy {
		scene.Healthy = append(scene.Healthy, h.Sample.Traces())
	}
	return scene
}

func say(s model.Suspect) string {
	out := strings.TrimSpace(s.Service + " " + s.Operation)
	if s.Instance != "" {
		out += " @" + s.Instance
	}
	if s.Attribute != nil {
		out += " [" + s.Attribute.Key + "=" + s.Attribute.Value + "]"
	}
	return fmt.Sprintf("%s: %s", strings.TrimSpace(out), s.Kind)
}

// shop is the system of these tests: web asks cart and pay, cart asks its database.
func shop(edit func(i int) map[string]string) func(i int) string {
	return func(i int) string {
		v := map[string]string{
			"pod": fmt.Sprint(i % 3), "node": fmt.Sprint(i % 3), "ver": "v1", "tenant": []string{"acme", "bolt", "cobra", "delta"}[i%4],
			"web": "200ms", "cartgap": "52ms", "cart": "50ms", "sql": "20ms", "paygap": "82ms", "pay": "80ms", "log": "10ms",
			"cartmark": "", "paymark": "", "sqlmark": "",
		}
		if edit != nil {
			for k, x := range edit(i) {
				v[k] = x
			}
		}
		text := `
web GET/buy 0ms {web} kind=server instance=web-0 tenant={tenant}
  web call 5ms {cartgap} kind=client instance=web-0
    cart list 6ms {cart} kind=server instance=cart-{pod} host=node-{node} version={ver} {cartmark}
      cart SELECT 10ms {sql} kind=client instance=cart-{pod} host=node-{node} version={ver} peer=mysql {sqlmark}
  web call2 100ms {paygap} kind=client instance=web-0
    pay charge 101ms {pay} kind=server instance=pay-0 {paymark}
      pay log 110ms {log} kind=internal instance=pay-0
`
		if v["cut"] != "" {
			lines := strings.SplitAfter(strings.TrimLeft(text, "\n"), "\n")
			text = ""
			for _, l := range lines {
				if !strings.Contains(l, v["cut"]) {
					text += l
				}
			}
		}
		for k, x := range v {
			text = strings.ReplaceAll(text, "{"+k+"}", x)
		}
		return text
	}
}

func TestRank(t *testing.T) {
	always := func(m map[string]string) func(int) map[string]string { return func(int) map[string]string { return m } }
	when := func(cond func(i int) bool, m map[string]string) func(int) map[string]string {
		return func(i int) map[string]string {
			if cond(i) {
				return m
			}
			return nil
		}
	}
	tests := []struct {
		name string
		odd  func(int) map[string]string
		want string
	}{
		{"a slow operation is blamed, not its callers",
			always(map[string]string{"pay": "160ms", "paygap": "162ms", "web": "280ms"}),
			"pay charge @pay-0: own_time"},
		{"a slow internal operation is blamed at its own name",
			always(map[string]string{"log": "70ms", "pay": "140ms", "paygap": "142ms", "web": "260ms"}),
			"pay log @pay-0: own_time"},
		{"a slow database is blamed though it sends no spans",
			always(map[string]string{"sql": "40ms", "cart": "70ms", "cartgap": "72ms", "web": "220ms"}),
			"mysql SELECT: own_time"},
		{"time between caller and callee is the network's, where only one edge is slow the callee's",
			always(map[string]string{"paygap": "122ms", "web": "240ms"}),
			"pay @pay-0: network"},
		{"a slow instance is named",
			when(func(i int) bool { return i%3 == 1 }, map[string]string{"cart": "150ms", "cartgap": "152ms", "web": "300ms"}),
			"cart list @cart-1: own_time"},
		{"a new version is named with the instance it runs on",
			when(func(i int) bool { return i%3 == 2 }, map[string]string{"ver": "v2", "cart": "150ms", "cartgap": "152ms", "web": "300ms"}),
			"cart list @cart-2 [service.version=v2]: own_time"},
		{"an attribute of an upstream span is named",
			when(func(i int) bool { return i%4 == 1 }, map[string]string{"pay": "320ms", "paygap": "322ms", "web": "440ms"}),
			"pay charge @pay-0 [tenant=bolt]: own_time"},
		{"errors are blamed where they start",
			when(func(i int) bool { return i%2 == 0 }, map[string]string{"paymark": "error"}),
			"pay charge @pay-0: error"},
		{"errors that only the caller sees are the callee's",
			when(func(i int) bool { return i%2 == 0 }, map[string]string{"sqlmark": "error", "cartmark": "error"}),
			"mysql SELECT: error"},
		{"a call that is no longer made is blamed on who made it",
			always(map[string]string{"cut": "pay log"}),
			"pay charge @pay-0: structure"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := verdict(t, shop(nil), shop(tt.odd))
			if len(got) == 0 || say(got[0]) != tt.want {
				t.Errorf("first suspect is not %q; have", tt.want)
				for _, s := range got {
					t.Errorf("  %s %.2f %s", say(s), float64(s.Score), s.Reason)
				}
			}
		})
	}
}

func TestRankSilence(t *testing.T) {
	usual := `
web GET/buy 0ms 200ms kind=server
  web call 5ms 52ms kind=client
    cart list 6ms 50ms kind=server
  web call 100ms 82ms kind=client
    pay charge 101ms 80ms kind=server
`
	odd := `
web GET/buy 0ms 110ms kind=server error
  web call 5ms 52ms kind=client
    cart list 6ms 50ms kind=server
  web call 100ms 2ms kind=client error
`
	got := verdict(t, func(int) string { return usual }, func(int) string { return odd })
	if len(got) == 0 || say(got[0]) != "pay charge: silence" {
		t.Errorf("a callee that no longer answers is blamed, not its caller; have %v", got)
	}
}

func TestRankHost(t *testing.T) {
	draw := func(slow bool) func(i int) string {
		return func(i int) string {
			cart, pay := 50, 80
			if slow && i%3 == 1 {
				cart = 150
			}
			if slow && i%2 == 1 {
				pay = 200
			}
			return fmt.Sprintf(`
web GET/buy 0ms 400ms kind=server instance=web-0 host=n0
  web call 5ms %dms kind=client instance=web-0 host=n0
    cart list 6ms %dms kind=server instance=cart-%d host=n%d
  web call2 160ms %dms kind=client instance=web-0 host=n0
    pay charge 161ms %dms kind=server instance=pay-%d host=n%d
`, cart+2, cart, i%3, 1+(i+2)%3, pay+2, pay, i%2, 1+(i+1)%2)
		}
	}
	got := verdict(t, draw(false), draw(true))
	if len(got) == 0 || say(got[0]) != "[host.name=n1]: own_time" {
		t.Errorf("slow instances of several services on one host are the host's fault; have")
		for _, s := range got {
			t.Errorf("  %s %.2f %s", say(s), float64(s.Score), s.Reason)
		}
	}
}

func TestRankIsQuietWhenNothingChanged(t *testing.T) {
	for _, s := range verdict(t, shop(nil), shop(nil)) {
		if s.Score > 0.2 {
			t.Errorf("%s scores %.2f: %s", say(s), float64(s.Score), s.Reason)
		}
	}
}

// Equal traces give equal verdicts, whatever maps do.
func TestRankIsDeterministic(t *testing.T) {
	odd := shop(func(i int) map[string]string {
		if i%3 == 0 {
			return map[string]string{"cart": "120ms", "cartgap": "122ms", "web": "270ms"}
		}
		return nil
	})
	want := fmt.Sprint(verdict(t, shop(nil), odd))
	for range 5 {
		if got := fmt.Sprint(verdict(t, shop(nil), odd)); got != want {
			t.Fatalf("two verdicts differ:\n%s\n%s", want, got)
		}
	}
}

// When there are several times as many requests and everything waits, nobody is to
// blame: the verdict says load, and names no service first.
func TestRankLoad(t *testing.T) {
	s := newStage()
	crowded := shop(func(int) map[string]string {
		return map[string]string{"pay": "160ms", "paygap": "190ms", "web": "320ms"}
	})
	var healthy []*detector.Summary
	for range 10 {
		healthy = append(healthy, s.window(40, shop(nil)))
	}
	b := detector.NewBaseline(s.table, len(healthy))
	b.LearnAll(healthy)
	for _, tt := range []struct {
		traces int
		want   string
	}{{40, "pay: network"}, {160, ": load"}} {
		w := detector.NewWindow(s.window(tt.traces, crowded), b)
		scene := &rootcause.Scene{Table: s.table, Evidence: b.Judge([]*detector.Window{w}).Evidence, Now: w, Baseline: b}
		got := rootcause.Suspects(scene, rootcause.Rank(scene))
		if say(got[0]) != tt.want {
			t.Errorf("%d requests instead of 40: first suspect is %q, want %q: %s", tt.traces, say(got[0]), tt.want, got[0].Reason)
		}
	}
}
