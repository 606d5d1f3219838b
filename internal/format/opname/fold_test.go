package opname

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// What was made for one request becomes {}; what the programmer wrote stays.
func TestFold(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		// fixed names
		{"", ""},
		{"GET", "GET"},
		{"HTTP GET", "HTTP GET"},
		{"/*", "/*"},
		{"driver.DriverService/FindNearest", "driver.DriverService/FindNearest"},
		{"hipstershop.Frontend/Recv.", "hipstershop.Frontend/Recv."},
		{"FilteringWebHandler.handle", "FilteringWebHandler.handle"},
		{"/api/v1/travel2service/trips/left", "/api/v1/travel2service/trips/left"},
		{"Travel2Controller.queryInfo", "Travel2Controller.queryInfo"},
		{"SELECT ts.trip2", "SELECT ts.trip2"},
		{"UsersController#show", "UsersController#show"},
		{"App\\Http\\UserController@index", "App\\Http\\UserController@index"},
		{"std::vector<a::b>", "std::vector<a::b>"},
		{"db::add1", "db::add1"},
		{"deadbeef facade accede", "deadbeef facade accede"},

		// versions, protocols and words that hold digits
		{"GET /v1/users", "GET /v1/users"},
		{"GET /v2.1/servers", "GET /v2.1/servers"},
		{"/api3/items", "/api3/items"},
		{"s3.GetObject", "s3.GetObject"},
		{"k8s ipv4 base64 sha256 utf-8 oauth2 tls1.2", "k8s ipv4 base64 sha256 utf-8 oauth2 tls1.2"},
		{"HTTP 2", "HTTP 2"},
		{"HTTP/1.1 GET", "HTTP/1.1 GET"},
		{"phase 3", "phase 3"},
		{"status 404", "status 404"},
		{"v20230101", "v20230101"},
		{"Convert OAuth2TokenToV1Session", "Convert OAuth2TokenToV1Session"},
		{"UpgradeV1ToV2API", "UpgradeV1ToV2API"},
		{"3ds_check", "3ds_check"},
		{"step-2", "step-2"},

		{"csf_005", "csf_005"},
		{"local-method-017.run", "local-method-017.run"},
		{"csf_105 csf_0051", "csf_{} csf_{}"},

		// hosts
		{"cart.shop.svc.cluster.local:8080/*", "cart.shop.svc.cluster.local:8080/*"},
		{"GET ratings.svc:80 x.com:4711", "GET ratings.svc:80 x.com:4711"},
		{"key.of:4711 x.com:471100", "key.of:{} x.com:{}"},

		// templates
		{"GET /users/{id}", "GET /users/{id}"},
		{"GET /users/:id/orders", "GET /users/:id/orders"},
		{"/orders/<int:pk>", "/orders/<int:pk>"},
		{"/x/{id:[0-9]+}/y", "/x/{id:[0-9]+}/y"},
		{"/x/{42}", "/x/{}"},
		{"/x/{550e8400-e29b-41d4-a716-446655440000}", "/x/{}"},
		{"GET /users/{}", "GET /users/{}"},

		// ids
		{"GET /users/42", "GET /users/{}"},
		{"GET /users/42/orders/7", "GET /users/{}/orders/{}"},
		{"GET /users/-1", "GET /users/-{}"},
		{"Retry 17", "Retry {}"},
		{"Job #42", "Job #{}"},
		{"GET user:42", "GET user:{}"},
		{"user-12345", "user-{}"},
		{"cart_4711.load", "cart_{}.load"},
		{"item98765", "item{}"},
		{"/range/12-34", "/range/{}"},
		{"WSGI_GET_/v2.1/550e8400-e29b-41d4-a716-446655440000/servers", "WSGI_GET_/v2.1/{}/servers"},
		{"cart-550E8400-E29B-41D4-A716-446655440000.json", "cart-{}.json"},
		{"/commit/9fceb02d0ae598e9", "/commit/{}"},
		{"/short/abc123", "/short/abc123"},
		{"/o/507f1f77bcf86cd799439011", "/o/{}"},
		{"ptr 0x7ffe", "ptr {}"},
		{"exec frontend-579b9bff58-t2dbm", "exec frontend-{}"},
		{"/t/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/t/{}"},
		{"/t/dBjftJeZ4CVPmB92K27uhbUJU1p1r", "/t/{}"},
		{"/t/aGVsbG8gd29ybGQxMjM0NQ==/x", "/t/{}/x"},
		{"/n/V1StGXR8_Z5jdHi6B-myT", "/n/{}"},

		// addresses, times
		{"mail jane.doe+x@example.co.uk", "mail {}"},
		{"ping 10.0.0.1", "ping {}"},
		{"ping 10.0.0.1:8080/x", "ping {}/x"},
		{"ip-10-0-0-12", "ip-{}"},
		{"ping fe80::1", "ping {}"},
		{"ping ::1", "ping {}"},
		{"ping 2001:db8::ff00:42:8329", "ping {}"},
		{"GET http://10.0.0.1:8080/users/7", "GET http://{}/users/{}"},
		{"GET http://[2001:db8::1]:8080/x", "GET http://{}/x"},
		{"GET http://shop:8080/users/7", "GET http://shop:8080/users/{}"},
		{"GET http://joe:secret@shop/x", "GET http://{}@shop/x"},
		{"report 2023-01-15", "report {}"},
		{"report 2023-01-15T10:20:30.123Z done", "report {} done"},
		{"report 2023-01-15T10:20:30+02:00", "report {}"},
		{"backup 20230115T102030Z", "backup {}"},
		{"report 2023/01/15", "report {}/{}/{}"},
		{"release 1.2.3", "release {}"},

		// queries
		{"GET /search?q=shoes&page=2", "GET /search"},
		{"GET /search?q=a b", "GET /search b"},
		{"really?", "really?"},

		// SQL
		{"SELECT * FROM users WHERE id = 5", "SELECT * FROM users WHERE id = {}"},
		{"SELECT * FROM t1 WHERE a.b = 'it''s' AND c > -1.5", "SELECT * FROM t1 WHERE a.b = {} AND c > -{}"},
		{"select a from b where c in (1, 2,3) limit 10", "select a from b where c in ({}) limit {}"},
		{"select a from b where c in (?, ?,?)", "select a from b where c in (?)"},
		{"INSERT INTO t (a, b) VALUES ('x', 1), ('y', 2)", "INSERT INTO t (a, b) VALUES ({})"},
		{"INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)", "INSERT INTO t (a, b) VALUES ({})"},
		{`UPDATE "order" SET n = "it is" WHERE x = @p1`, `UPDATE "order" SET n = {} WHERE x = {}`},
		{"SELECT a FROM b /* traceparent='00-1' */", "SELECT a FROM b {}"},
		{"SELECT a FROM b WHERE c = 'open", "SELECT a FROM b WHERE c = {}"},
		{"select shop", "select shop"},
		{"Update cart 5", "Update cart {}"},

		// dirt
		{"a\x00b\nc", "a b c"},
		{"a\xff\xfe", "a\uFFFD\uFFFD"},
		{"größe7", "größe7"},
		{strings.Repeat("ä", 200), strings.Repeat("ä", 128)},
	} {
		if got := Fold(c.name); got != c.want {
			t.Errorf("Fold(%q)\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

// names draws names from the parts that the rules look at, so that they meet.
func names() *rapid.Generator[string] {
	part := rapid.OneOf(
		rapid.SampledFrom([]string{"/", "-", "_", ".", ":", "::", " ", "{", "}", "{}", "'", `"`, "?", "@", "=", "(", ")", ", ", "%", "://",
			"SELECT ", " FROM ", " IN (", "GET ", "HTTP", "/users/", "v1", "/*", "*/", "$1", "\\", "T", "Z", "0x", "\xff", "ä", "t2dbm",
			"550e8400-e29b-41d4-a716-446655440000", "9fceb02d0ae598e9", "2023-01-15", "10.0.0.1", "fe80::1", "a@b.de"}),
		rapid.StringMatching(`[a-z]{1,6}`), rapid.StringMatching(`[0-9]{1,6}`), rapid.StringMatching(`[A-Za-z0-9]{1,24}`),
		rapid.String(),
	)
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(part, 0, 40).Draw(t, "parts"), "")
	})
}

// Folding what is folded changes nothing, or a span that passed through culprit's
// own recording would get another name.
func TestFoldIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkFold(t, names().Draw(t, "name")) })
}

type failer interface{ Fatalf(string, ...any) }

func checkFold(t failer, name string) {
	once := Fold(name)
	if again := Fold(once); again != once {
		t.Fatalf("Fold(%q) = %q, but folded again %q", name, once, again)
	}
	if len(once) > maxName || !utf8.ValidString(once) || strings.IndexFunc(once, isControl) >= 0 {
		t.Fatalf("Fold(%q) = %q: too long or not printable", name, once)
	}
}

// Whatever the name, it is folded after a few passes: or a hostile one could stop the
// service.
func TestFoldNeedsFewPasses(t *testing.T) {
	passes := func(name string) int {
		s := Clean(name, maxRead)
		for n := 1; ; n++ {
			next := cut(pass(s), maxName)
			if next == s {
				return n
			}
			s = next
		}
	}
	for _, unit := range []string{"a.", "1-", "::", "a::1", "SELECT '", "{a", "({}),", "a@b.c1 ", "://a@", "1.1.1.1:", "Aa1_", "{1", "'1"} {
		for _, before := range []string{"", "SELECT a FROM "} {
			if n := passes(before + strings.Repeat(unit, maxRead)); n > 6 {
				t.Errorf("%q%q...: %d passes", before, unit, n)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		if name := names().Draw(t, "name"); passes(name) > 6 {
			t.Fatalf("%q: %d passes", name, passes(name))
		}
	})
}

// A number in a path does not matter, whichever it is.
func TestFoldIgnoresTheNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Uint64().Draw(t, "a"), rapid.Uint64().Draw(t, "b")
		for _, form := range []func(uint64) string{
			func(n uint64) string { return "GET /users/" + itoa(n) + "/cart" },
			func(n uint64) string { return "DELETE FROM cart WHERE id=" + itoa(n) },
			func(n uint64) string { return "GET key:" + itoa(n) },
		} {
			if x, y := Fold(form(a)), Fold(form(b)); x != y {
				t.Fatalf("%q and %q are two operations", x, y)
			}
		}
	})
}

func itoa(n uint64) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

func TestFoldDoesNotAllocateForFixedNames(t *testing.T) {
	for _, name := range []string{"HTTP GET", "/api/v1/orders", "driver.DriverService/FindNearest", "GET /users/{id}", "SELECT ts.trip2"} {
		if n := testing.AllocsPerRun(100, func() { Fold(name) }); n != 0 {
			t.Errorf("Fold(%q) allocates %v times", name, n)
		}
	}
}

func TestGenerated(t *testing.T) {
	for v, want := range map[string]bool{
		"":                                     false,
		"acme":                                 false,
		"eu-west-1":                            false,
		"10.0.0.1":                             false,
		"9fceb02":                              false,
		"123456":                               false,
		"1234567":                              true,
		"550e8400-e29b-41d4-a716-446655440000": true,
		"9fceb02d0ae598e9":                     true,
		"jane@example.com":                     true,
		"2023-01-15T10:20:30Z":                 true,
		"01ARZ3NDEKTSV4RRFFQ69G5FAV":           true,
		"TrainTicketOrderServiceV2":            false,
		"v1.27.3-eks-a5565ad":                  false,
	} {
		if got := Generated(v); got != want {
			t.Errorf("Generated(%q) = %v", v, got)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"GET /users/42", "SELECT a FROM b WHERE c IN ('x', 2)", "x@y.de 10.0.0.1:80", "a{1}\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) { checkFold(t, name) })
}

func BenchmarkFold(b *testing.B) {
	for _, name := range []string{"driver.DriverService/FindNearest", "GET /api/v1/users/{id}", "GET /users/550e8400-e29b-41d4-a716-446655440000"} {
		b.Run(name[:8], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Fold(name)
			}
		})
	}
}
