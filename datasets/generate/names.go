package generate

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

var entryNames = []string{"gateway", "storefront", "mobile-api", "partner-api", "admin"}

var nouns = []string{
	"cart", "catalog", "checkout", "payment", "shipping", "inventory", "pricing", "promotion", "review", "search",
	"recommendation", "account", "session", "profile", "order", "invoice", "tax", "currency", "fraud", "notification",
	"email", "ledger", "wallet", "booking", "seat", "route", "station", "ticket", "refund", "loyalty", "address", "geo",
	"media", "thumbnail", "comment", "feed", "message", "audit", "config", "quota", "supplier", "warehouse", "label", "coupon",
}

var verbs = []struct{ method, word string }{
	{"GET", "Get"}, {"GET", "List"}, {"POST", "Create"}, {"PUT", "Update"}, {"POST", "Check"}, {"GET", "Find"}, {"POST", "Calculate"},
	{"DELETE", "Remove"}, {"POST", "Validate"}, {"GET", "Describe"},
}

var objects = []string{
	"items", "totals", "details", "options", "history", "rules", "limits", "summary", "quotes", "entries", "status", "preferences",
}

var tables = []string{"items", "orders", "users", "events", "prices", "stock", "sessions", "accounts", "routes", "documents"}

var languages = []string{"go", "java", "java", "python", "nodejs", "dotnet"}

var regions = []string{"eu-west-1", "us-east-1", "ap-south-1"}

var tenantNames = []string{
	"acme", "globex", "initech", "umbrella", "hooli", "stark", "wayne", "tyrell", "cyberdyne", "soylent", "vandelay", "wonka",
}

var flagNames = []string{"new_checkout", "fast_path", "price_v2", "ml_ranking", "bulk_api"}

// takeNames draws n different names; beyond the list they are numbered.
func takeNames(r *rand.Rand, list []string, n int) []string {
	out := make([]string, 0, n)
	for round := 1; len(out) < n; round++ {
		for _, i := range r.Perm(len(list)) {
			if len(out) == n {
				break
			}
			name := list[i]
			if round > 1 {
				name = fmt.Sprintf("%s-%c", name, 'a'+rune(round-2))
			}
			out = append(out, name)
		}
	}
	return out
}

// nameOperation gives an operation its names in the way of its service. No two of a
// service share (verb, object), but some ways of naming do not tell them apart.
func nameOperation(op *operation, noun string, verb, object int) {
	v, o := verbs[verb], objects[object]
	op.method = v.method
	path := "/" + noun + "/" + o
	switch op.service.naming {
	case routes:
		op.route = path + "/{" + noun + "Id}"
		if verb%2 == 1 {
			op.route = path
		}
		op.name = v.method + " " + op.route
	case rpcs:
		op.route = v.word + title(o)
		op.name = "shop." + title(noun) + "Service/" + op.route
	case bare:
		op.name = v.method
	case verbose:
		op.name = "HTTP " + v.method
	case ids:
		op.before, op.after = v.method+" /"+noun+"/", "/"+o
		op.name = op.before + "{}" + op.after
	case funcs:
		op.name = title(noun) + "Controller." + strings.ToLower(v.word) + title(o)
	}
}

func title(s string) string {
	var b strings.Builder
	for _, part := range strings.Split(s, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// clientName is how a caller names its call.
func clientName(caller *service, callee *operation) string {
	switch {
	case callee.service.naming == rpcs:
		return callee.name
	case caller.naming == verbose || caller.naming == bare && callee.method == "POST":
		return "HTTP " + callee.method
	case caller.naming == funcs:
		return callee.service.name + ":" + callee.method
	}
	return callee.method
}

const podLetters = "bcdfghjklmnpqrstvwxz2456789"

func podName(r *rand.Rand, service, set string) string {
	return service + "-" + set + "-" + letters(r, 5)
}

func letters(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = podLetters[r.IntN(len(podLetters))]
	}
	return string(b)
}
