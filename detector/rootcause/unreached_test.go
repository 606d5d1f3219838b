package rootcause_test

import (
	"fmt"
	"strings"
	"testing"
)

// called draws web, which asks pay, cart and mail, and app, which asks pay. What a service says
// of its call to another stands in marks, by caller and callee; "gone" is a call that fails
// without an answer.
func called(marks map[string]string) func(i int) string {
	return func(i int) string {
		who, callees := "web", []string{"pay", "cart", "mail"}
		if i%2 == 0 {
			who, callees = "app", callees[:1]
		}
		out := "\n" + who + " GET/buy 0ms 100ms kind=server\n"
		for k, callee := range callees {
			mark := marks[who+" "+callee]
			if mark == "gone" {
				out += fmt.Sprintf("  %s POST %dms 2ms kind=client peer=%s error\n", who, 5+30*k, callee)
				continue
			}
			out += fmt.Sprintf("  %s POST %dms 22ms kind=client peer=%s %s\n    %s charge %dms 20ms kind=server\n", who, 5+30*k, callee, mark, callee, 6+30*k)
		}
		return out
	}
}

// One caller that reaches none of those whom it asks is to blame; one callee that nobody
// reaches is to blame itself, and so is one of several that a caller asks.
func TestWhoDoesNotReach(t *testing.T) {
	for _, c := range []struct {
		name  string
		marks map[string]string
		want  string
	}{
		{"one caller, all whom it asks", map[string]string{"web pay": "gone", "web cart": "gone", "web mail": "gone"}, "web: error"},
		{"one of those whom it asks", map[string]string{"web cart": "gone"}, "cart charge: silence"},
		{"all callers, one whom they ask", map[string]string{"web pay": "gone", "app pay": "gone"}, "pay charge: silence"},
	} {
		first := verdict(t, called(nil), called(c.marks))[0]
		if got := say(first); got != c.want {
			t.Errorf("%s: first suspect is %q, want %q: %s", c.name, got, c.want, first.Reason)
		}
		if first.Service == "web" && !strings.HasPrefix(first.Reason, "web does not reach 3 services: ") {
			t.Errorf("%s: the reason does not say so: %s", c.name, first.Reason)
		}
	}
	if causes := rank(t, called(nil), called(map[string]string{"web pay": "gone", "web cart": "gone", "web mail": "gone"}), "unreached"); causes[0].Kind == "error" {
		t.Error("without the rule the caller is blamed all the same")
	}
}

// Timeouts while the callee does what it always did are those of a caller that waits less;
// where the callee is slower, or all of its callers give up, they are not.
func TestWhoIsImpatient(t *testing.T) {
	draw := func(web, app, took int) func(i int) string {
		return func(i int) string {
			who, patience := "web", web
			if i%2 == 0 {
				who, patience = "app", app
			}
			call, mark := took+2, ""
			if patience < call {
				call, mark = patience, "error timeout"
			}
			return fmt.Sprintf(`
%[1]s GET/buy 0ms %[5]dms kind=server
  %[1]s POST 5ms %[2]dms kind=client peer=pay %[3]s
    pay charge 6ms %[4]dms kind=server
`, who, call, mark, took, call+30)
		}
	}
	usual := draw(500, 500, 40)
	for _, c := range []struct {
		name string
		odd  func(i int) string
		want string
	}{
		{"one caller waits less", draw(15, 500, 40), "web GET/buy: error"},
		{"the callee is slower than one of them waits", draw(60, 500, 120), "pay charge: error"},
		{"nobody waits any more", draw(15, 15, 40), "pay charge: error"},
	} {
		first := verdict(t, usual, c.odd)[0]
		if got := say(first); got != c.want {
			t.Errorf("%s: first suspect is %q, want %q: %s", c.name, got, c.want, first.Reason)
		}
	}
	if causes := rank(t, usual, draw(15, 500, 40), "impatient"); len(causes) == 0 || causes[0].Lead == nil || causes[0].Site.Operation == 0 {
		t.Error("without the rule nobody is blamed")
	}
}

// Of a caller without spans for its calls only the failures are left when its callee is gone:
// as many runs fail as used to ask it. A caller that fails for itself loses calls in part.
func TestWhoIsGoneFails(t *testing.T) {
	draw := func(share int, mark string) func(i int) string {
		return func(i int) string {
			if i%3 == 0 {
				return "\nweb GET/buy 0ms 20ms kind=server\n"
			}
			if i%100 < share {
				return "\nweb GET/buy 0ms 10ms kind=server " + mark + "\n"
			}
			return "\nweb GET/buy 0ms 60ms kind=server\n  pay charge 6ms 30ms kind=server\n"
		}
	}
	for share, want := range map[int]string{100: "pay charge: silence", 20: "web GET/buy: error"} {
		first := verdict(t, draw(0, ""), draw(share, "error"))[0]
		if got := say(first); got != want {
			t.Errorf("%d%% fail: first suspect is %q, want %q: %s", share, got, want, first.Reason)
		}
	}
}

// Two operations of web stop asking pay, which is gone, and fail or end there, while a third goes
// on: that is pay's. Where web is well nowhere, or only one of them asked, it is web's.
func TestWhoIsDeserted(t *testing.T) {
	draw := func(broken ...string) func(i int) string {
		return func(i int) string {
			op := []string{"GET/buy", "GET/gift", "GET/list"}[i%3]
			switch {
			case len(broken) > 0 && strings.Contains(strings.Join(broken, " "), op):
				return "\nweb " + op + " 0ms 10ms kind=server error\n"
			case op == "GET/list":
				return "\nweb GET/list 0ms 60ms kind=server\n  web-db read 1ms 5ms kind=server\n  log put 20ms 10ms kind=server\n"
			}
			return "\nweb " + op + " 0ms 60ms kind=server\n  web-db read 1ms 5ms kind=server\n  pay charge 8ms 30ms kind=server\n  log put 40ms 10ms kind=server\n"
		}
	}
	if got, want := say(verdict(t, draw(), draw("GET/buy", "GET/gift"))[0]), "pay charge: silence"; got != want {
		t.Errorf("first suspect is %q, want %q", got, want)
	}
	if got := verdict(t, draw(), draw("GET/buy", "GET/gift", "GET/list"))[0]; got.Service != "web" {
		t.Errorf("all of web fails: first suspect is %q, want web", say(got))
	}
}
