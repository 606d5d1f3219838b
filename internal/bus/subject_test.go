package bus

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"pgregory.net/rapid"

	"culprit/model"
)

func TestToken(t *testing.T) {
	long := strings.Repeat("x", 128)
	for _, c := range []struct{ text, want string }{
		{"", "_"},
		{"_", "%5F"},
		{"payment", "payment"},
		{"payment_v2-eu", "payment_v2-eu"},
		{"my.service", "my%2Eservice"},
		{"a b\tc\r\nd", "a%20b%09c%0D%0Ad"},
		{"*", "%2A"},
		{">", "%3E"},
		{"50%~", "50%25%7E"},
		{"Zürich", "Zürich"},
		{"\u202egnp", "%E2%80%AEgnp"}, // right-to-left override
		{"\xff", "%FF"},
		{"\x00", "%00"},
		{long, long},
		{long + "x", strings.Repeat("x", 95) + "~0ec9eb33e74510bcdd1f2ea55206e82f"},
	} {
		if got := Token(c.text); got != c.want {
			t.Errorf("Token(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

func TestTokenIsSafeAndTellsNamesApart(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[.*> %~_a]{0,60}`),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 300), func(b []byte) string { return string(b) }))
	rapid.Check(t, func(t *rapid.T) {
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		for _, s := range []string{a, b} {
			tok := Token(s)
			if tok == "" || len(tok) > maxToken || strings.ContainsAny(tok, ".*> \t\r\n\x00") {
				t.Fatalf("Token(%q) = %q", s, tok)
			}
		}
		if a != b && Token(a) == Token(b) {
			t.Fatalf("%q and %q have the same token", a, b)
		}
	})
}

// Hostile names reach the log and plain subscribers, on a subject of four tokens.
func TestHostileServiceNames(t *testing.T) {
	b := open(t, local(t))
	nc, err := nats.Connect(b.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	sub, _ := nc.SubscribeSync("culprit.incidents.*.*")
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", ".", "*", ">", "a.b", " ", "\r\nPUB x 1\r\ny", "\x00", "\xff\xfe", "$SYS", "{{wildcard(1)}}", "_", strings.Repeat("长", 5000)} {
		in := revision("id of "+name[:min(len(name), 150)], 1)
		in.Suspects = []model.Suspect{{Service: name}}
		appendAll(t, b, in)
		appendAll(t, b, in)
		m, err := sub.NextMsg(5 * time.Second)
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if want := "culprit.incidents.opened." + Token(name); m.Subject != want {
			t.Errorf("%q came on %q", name, m.Subject)
		}
	}
	if n := len(logged(t, b)); n != 13 {
		t.Errorf("%d incidents in the log, want 13", n)
	}
}
