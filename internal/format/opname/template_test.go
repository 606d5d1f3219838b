package opname

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// What stands in a hole of the template becomes {}, and nothing else changes.
func TestFoldBy(t *testing.T) {
	for _, c := range []struct{ name, template, want string }{
		// the holes of frameworks
		{"GET /users/alice/orders", "/users/{name}/orders", "GET /users/{}/orders"},
		{"GET /users/alice/orders", "/users/:name/orders", "GET /users/{}/orders"},
		{"GET /users/alice/orders", "/users/<name>/orders", "GET /users/{}/orders"},
		{"GET /users/alice/orders", "users/<str:name>/orders", "GET /users/{}/orders"},
		{"GET /users/alice/orders", "/users/[name]/orders", "GET /users/{}/orders"},
		{"GET /users/alice/orders", "/users/*/orders", "GET /users/{}/orders"},
		{"GET /users/alice/orders", "/users/{name:[a-z]{3,}}/orders", "GET /users/{}/orders"},
		{"GET /users/alice/orders", "/users/:name([a-z]+)/orders", "GET /users/{}/orders"},
		{"GET /users/alice/orders", "/users/:name?/orders", "GET /users/{}/orders"},
		{"GET /users/alice/orders", "/users/{}/orders", "GET /users/{}/orders"},
		{"GET /acme/boots", "/{shop}/{article}", "GET /{}/{}"},
		{"GET /files/report.pdf", "/files/{name}.pdf", "GET /files/{}.pdf"},
		{"GET /files/q1.report.pdf", "/files/{name}.pdf", "GET /files/{}.pdf"},
		{"GET /map/north-west", "/map/{lat}-{lon}", "GET /map/{}-{}"},
		{"POST /v1/runs/blue:cancel", "/v1/runs/{run}:cancel", "POST /v1/runs/{}:cancel"},

		// where the path stands
		{"/users/alice", "/users/{name}", "/users/{}"},
		{"GET http://shop:8080/users/alice", "/users/{name}", "GET http://shop:8080/users/{}"},
		{"GET http://shop/users/alice", "http://shop/users/{name}", "GET http://shop/users/{}"},
		{"GET /users/alice", "GET /users/{name}", "GET /users/{}"},
		{"GET /app/users/alice", "/users/{name}", "GET /app/users/{}"},
		{"WSGI_GET_/users/alice", "/users/{name}", "WSGI_GET_/users/{}"},
		{"GET /users/alice HTTP/1.1", "/users/{name}", "GET /users/{} HTTP/1.1"},
		{"GET /users/alice?full=1", "/users/{name}", "GET /users/{}"},
		{"GET /users/alice/", "/users/{name}", "GET /users/{}/"},
		{"GET /users/alice", "/users/{name}/", "GET /users/{}"},
		{"GET /users/42/carts/red", "/users/{id}/carts/{name}", "GET /users/{}/carts/{}"},
		{"GET /users/alice/17", "/users/{name}/17", "GET /users/{}/{}"},

		// a name is never enriched
		{"GET", "/users/{name}", "GET"},
		{"HTTP GET", "/users/{name}", "HTTP GET"},
		{"", "/users/{name}", ""},
		{"UserController.show", "/users/{name}", "UserController.show"},

		// what does not match stays
		{"GET /users/alice", "/carts/{name}", "GET /users/alice"},
		{"GET /users/alice", "/users/{name}/orders", "GET /users/alice"},
		{"GET /users/alice/orders", "/users/{name}", "GET /users/alice/orders"},
		{"GET /users/", "/users/{name}", "GET /users/"},
		{"GET /users/list/all", "/{x}", "GET /users/list/all"},
		{"GET /users/alice", "/users/alice", "GET /users/alice"},
		{"GET /users/42", "/carts", "GET /users/{}"},
		{"GET /files/a.txt", "/files/{name}.pdf", "GET /files/a.txt"},
		{"GET /Users/alice", "/users/{name}", "GET /Users/alice"},

		// templates as names stay as written
		{"GET /users/{name}", "/users/{name}", "GET /users/{name}"},
		{"GET /users/{user}", "/users/{name}", "GET /users/{user}"},
		{"GET /users/{user?}", "/users/{name?}", "GET /users/{user?}"},
		{"GET /users/:name", "/users/:name", "GET /users/:name"},
		{"/orders/<int:pk>", "/orders/<int:pk>", "/orders/<int:pk>"},

		// mounts say nothing
		{"GET /users/alice", "/*", "GET /users/alice"},
		{"GET /users/alice", "/**", "GET /users/alice"},
		{"GET /users/alice", "/{proxy+}", "GET /users/alice"},
		{"GET /users/alice", "/users/{rest:.*}", "GET /users/alice"},
		{"GET /users/alice", "/users/<path:rest>", "GET /users/alice"},
		{"GET /users/alice", "/users/*rest", "GET /users/alice"},
		{"GET /users/alice/a/b", "/users/{name}/*", "GET /users/{}/a/b"},
		{"GET /users/alice/a/b", "/users/{name}/{path...}", "GET /users/{}/a/b"},
		{"GET /users/alice/a/b", "/users/[name]/[...rest]", "GET /users/{}/a/b"},
		{"GET /a/b/users/alice", "/**/users/{name}", "GET /a/b/users/alice"},
		{"GET /projects/p/things/t", "/{name=projects/*/things/*}", "GET /projects/p/things/t"},
		{"GET /users/alice", "/users/{name", "GET /users/alice"},
		{"GET /users/alice", "^/users/(?P<name>[^/]+)/$", "GET /users/alice"},

		// destinations of messages, and other words
		{"publish orders-eu", "orders-{region}", "publish orders-{}"},
		{"orders.eu.created process", "orders.{region}.created", "orders.{}.created process"},
		{"HGETALL cart:alice", "HGETALL cart:{user}", "HGETALL cart:{}"},
		{"publish orders-eu", "{topic}", "publish orders-eu"},
	} {
		got := FoldBy(c.name, c.template)
		if got != c.want {
			t.Errorf("FoldBy(%q, %q)\n got %q\nwant %q", c.name, c.template, got, c.want)
		}
		if again := FoldBy(got, c.template); again != got {
			t.Errorf("FoldBy(%q, %q) = %q, but folded again %q", c.name, c.template, got, again)
		}
	}
}

// What a name has beyond operation and target of a query is data.
func TestFoldBySummary(t *testing.T) {
	for _, c := range []struct{ name, summary, want string }{
		{"HGET sessions alice", "HGET sessions", "HGET sessions {}"},
		{"hget sessions alice bob", "HGET sessions", "hget sessions {}"},
		{"HGET sessions {}", "HGET sessions", "HGET sessions {}"},
		{"HGETALL cart:alice", "HGETALL cart:{user}", "HGETALL cart:{}"},
		{"HGET sessions", "HGET sessions", "HGET sessions"},
		{"HGET sessions ", "HGET sessions", "HGET sessions "},
		{"HGET sessionsalice", "HGET sessions", "HGET sessionsalice"},
		{"HGETALL carts", "HGETALL", "HGETALL carts"}, // one word may leave a target
		{"SELECT", "SELECT users", "SELECT"},
		{"SELECT users", "SELECT users", "SELECT users"},
		{"SELECT * FROM users WHERE name = 'x' AND a = b", "SELECT users", "SELECT * FROM users WHERE name = {} AND a = b"},
		{"SELECT users WHERE name = 'x'", "SELECT users", "SELECT users WHERE name = {}"},
		{"find shop.carts", "find carts", "find shop.carts"},
	} {
		got := FoldBySummary(c.name, c.summary)
		if got != c.want {
			t.Errorf("FoldBySummary(%q, %q)\n got %q\nwant %q", c.name, c.summary, got, c.want)
		}
		if again := FoldBySummary(got, c.summary); again != got {
			t.Errorf("FoldBySummary(%q, %q) = %q, but folded again %q", c.name, c.summary, got, again)
		}
	}
}

// A path that was made from a template is folded to the template's literals, whatever
// stands in its holes.
func TestFoldByFindsWhatFilledATemplate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var template, name, want strings.Builder
		name.WriteString("GET ")
		want.WriteString("GET ")
		for i := range rapid.IntRange(1, 6).Draw(t, "segments") {
			if i > 0 && rapid.Bool().Draw(t, "hole") {
				template.WriteString(rapid.SampledFrom([]string{"/{x}", "/:x", "/<int:x>", "/{x:[a-z]{2}}", "/[x]"}).Draw(t, "as"))
				name.WriteString("/" + rapid.StringMatching(`[a-zA-Z0-9._~%!$&'()+,;=@-]{1,12}`).Draw(t, "value"))
				want.WriteString("/{}")
				continue
			}
			word := "/" + rapid.StringMatching(`[a-z]{1,8}`).Draw(t, "word")
			template.WriteString(word)
			name.WriteString(word)
			want.WriteString(word)
		}
		if got := FoldBy(name.String(), template.String()); got != want.String() {
			t.Fatalf("FoldBy(%q, %q) = %q, want %q", name.String(), template.String(), got, want.String())
		}
	})
}

// checkFoldBy: whatever the template, what comes out is a folded name like any other.
// Folding that by the template again may fold more, where the template's own text looks
// generated; nobody does.
func checkFoldBy(t failer, name, template string) {
	for _, fold := range []func(name, template string) string{FoldBy, FoldBySummary} {
		once := fold(name, template)
		if again := Fold(once); again != once {
			t.Fatalf("%q by %q is %q, which folds to %q", name, template, once, again)
		}
		if len(once) > maxName || !utf8.ValidString(once) || strings.IndexFunc(once, isControl) >= 0 {
			t.Fatalf("%q by %q is %q: too long or not printable", name, template, once)
		}
	}
}

func FuzzFoldBy(f *testing.F) {
	for _, s := range [][2]string{
		{"GET /users/alice/orders", "/users/{name}/orders"}, {"GET http://a/b/c?d", "http://a/<int:b>/*"},
		{"HGET sessions alice", "HGET sessions"}, {"publish orders-eu", "orders-{region}"}, {"/a/b", "/:a(x)/[b]"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, name, template string) { checkFoldBy(t, name, template) })
}

func TestFoldByOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkFoldBy(t, names().Draw(t, "name"), names().Draw(t, "template")) })
}
