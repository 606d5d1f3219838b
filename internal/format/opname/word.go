package opname

import (
	"net/netip"
	"strings"
)

const (
	minHex    = 8  // shorter hex ids collide with words and versions
	minToken  = 16 // a CamelCase name of 16 letters is easy to tell from a token
	minGlued  = 3  // digits between dashes: user-123 is an id, utf-8 and tls1.2 are not
	minTail   = 5  // digits at the end of a word: item98765 is an id, sha512 is not
	maxCount  = 3  // digits that a count after a fixed word may have: "HTTP 404"
	podSuffix = 5  // the random end of a Kubernetes pod name

	// maxSpan is how far an id may stretch over dashes and dots. It keeps the time for
	// a hostile name in proportion to its length.
	maxSpan = 128
)

// near is the part of s in which an id that starts at its beginning must end.
func near(s string) string { return s[:min(len(s), maxSpan)] }

// word decides about the word that starts at s[i]; what is before it is no letter
// or digit.
func word(s string, i int) step {
	if i >= len(s) {
		return step{}
	}
	rest := s[i:]
	chained := i > 0 && s[i-1] == ':' // in the middle of what would be an IPv6 address
	if s[i] == ':' {
		if strings.HasPrefix(rest, "::") && !chained {
			if n := ipv6(rest); n > 0 {
				return fold(n)
			}
		}
		return step{}
	}
	if n := uuid(rest); n > 0 {
		return fold(n)
	}
	if n := email(rest); n > 0 {
		return fold(n)
	}
	if n := ipv6(rest); n > 0 && !chained {
		return fold(n)
	}
	if n := dateTime(rest); n > 0 {
		return fold(n)
	}
	if n := hexID(rest); n > 0 {
		return fold(n)
	}
	if n := number(s, i); n > 0 {
		return fold(n)
	}
	if n := token(rest); n > 0 {
		return fold(n)
	}
	run := runOf(rest, isAlnum)
	if head := tail(rest[:run]); head > 0 {
		return step{keep: head, drop: run - head, with: placeholder}
	}
	return step{keep: run}
}

// uuid matches 8-4-4-4-12 hex digits.
func uuid(s string) int {
	const n = 36
	if len(s) < n || len(s) > n && isAlnum(s[n]) {
		return 0
	}
	for i := 0; i < n; i++ {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return 0
			}
		} else if !isHex(s[i]) {
			return 0
		}
	}
	return n
}

// email matches local@domain.tld.
func email(s string) int {
	far := len(s) > maxSpan
	s = near(s)
	at := runOf(s, func(c byte) bool { return isAlnum(c) || strings.IndexByte("._%+-", c) >= 0 })
	if at == 0 || at == len(s) || s[at] != '@' {
		return 0
	}
	domain := s[at+1:]
	n := runOf(domain, func(c byte) bool { return isAlnum(c) || c == '.' || c == '-' })
	for n > 0 && !isAlnum(domain[n-1]) { // a full stop behind it
		n--
	}
	dot := strings.LastIndexByte(domain[:n], '.')
	if dot < 1 || n-dot-1 < 2 || runOf(domain[dot+1:n], isLetter) != n-dot-1 {
		return 0
	}
	if far && at+1+n == len(s) { // it goes on where nobody looks
		return 0
	}
	return at + 1 + n
}

// ipv6 matches addresses whose first group holds a digit (db::add is C++), and
// those that start with "::" and a digit.
func ipv6(s string) int {
	s = near(s)
	n := runOf(s, func(c byte) bool { return isHex(c) || c == ':' || c == '.' })
	for n > 0 && (s[n-1] == '.' || s[n-1] == ':' && !strings.HasSuffix(s[:n], "::")) {
		n--
	}
	if strings.Count(s[:n], ":") < 2 || n < len(s) && isAlnum(s[n]) {
		return 0
	}
	first := s[:strings.IndexByte(s, ':')]
	if first == "" {
		first = strings.TrimLeft(s[:n], ":")
	}
	if strings.IndexFunc(first, func(r rune) bool { return '0' <= r && r <= '9' }) < 0 {
		return 0
	}
	if _, err := netip.ParseAddr(s[:n]); err != nil {
		return 0
	}
	return n
}

// dateTime matches 2006-01-02T15:04:05.999+07:00, its shorter forms that have a T,
// and 20060102T150405Z. Plain dates are numbers with dashes.
func dateTime(s string) int {
	t := strings.IndexAny(s, "Tt")
	var n int
	switch {
	case t == 10 && s[4] == '-' && s[7] == '-' && digits(s[:4])+digits(s[5:7])+digits(s[8:10]) == 8:
		n = 11 + runOf(s[11:], func(c byte) bool { return isDigit(c) || c == ':' || c == '.' })
	case t == 8 && digits(s[:8]) == 8:
		n = 9 + digits(s[9:])
	default:
		return 0
	}
	if n <= t+2 {
		return 0
	}
	if n < len(s) && (s[n] == 'Z' || s[n] == 'z') {
		n++
	} else if n < len(s) && (s[n] == '+' || s[n] == '-') {
		if z := runOf(s[n+1:], func(c byte) bool { return isDigit(c) || c == ':' }); z >= 4 {
			n += 1 + z
		}
	}
	if n < len(s) && isAlnum(s[n]) {
		return 0
	}
	return n
}

// hexID matches hex digits of which some are letters and some are decimal, with the
// rest of a pod name behind them: frontend-579b9bff58-t2dbm.
func hexID(s string) int {
	if strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X") {
		if n := runOf(s[2:], isHex); n > 0 && (n+2 == len(s) || !isAlnum(s[n+2])) {
			return n + 2
		}
	}
	n := runOf(s, isHex)
	if n < minHex || n < len(s) && isAlnum(s[n]) {
		return 0
	}
	if d := strings.IndexAny(s[:n], "0123456789"); d < 0 || digits(s) == n {
		return 0
	}
	if n <= 10 && len(s) > n+podSuffix && s[n] == '-' {
		pod := runOf(s[n+1:], func(c byte) bool { return strings.IndexByte("bcdfghjklmnpqrstvwxz2456789", c) >= 0 })
		if pod == podSuffix && (n+1+pod == len(s) || !isAlnum(s[n+1+pod])) {
			n += 1 + pod
		}
	}
	return n
}

// number matches digits at s[i:] that are a whole word, with dots, dashes and
// underscores inside (dates, versions, IPv4 addresses with their port), or that are
// long enough for an id when such a character glues them to a word.
func number(s string, i int) int {
	n := runOf(s[i:], func(c byte) bool { return isDigit(c) || isGlue(c) })
	for n > 0 && !isDigit(s[i+n-1]) {
		n--
	}
	if n == 0 || i+n < len(s) && isAlnum(s[i+n]) {
		// The run goes on with a letter: only its first part may stand alone.
		n = digits(s[i:])
		if n == 0 || i+n < len(s) && isAlnum(s[i+n]) {
			return 0
		}
	}
	end := i + n
	before := i > 0 && isGlue(s[i-1]) && !(s[i-1] == '-' && (i == 1 || isEdge(s[i-2])))
	after := end < len(s) && isGlue(s[end]) && end+1 < len(s) && !isEdge(s[end+1])
	if before || after {
		count := 0
		for _, c := range []byte(s[i:end]) {
			if isDigit(c) {
				count++
			}
		}
		if count < minGlued || padded(s[i:end]) {
			return 0
		}
		return n
	}
	if isPort(s, i) {
		return 0
	}
	if n <= maxCount && counted(s, i) {
		return 0
	}
	if _, err := netip.ParseAddr(s[i:end]); err == nil && end < len(s) && s[end] == ':' {
		if port := digits(s[end+1:]); port > 0 && (end+1+port == len(s) || !isAlnum(s[end+1+port])) {
			n += 1 + port
		}
	}
	return n
}

// padded matches three digits of which the first is 0. Who pads numbers counts something
// fixed, such as services without better names (csf_005); ids have more digits, or none to
// spare.
func padded(digits string) bool { return len(digits) == minGlued && digits[0] == '0' }

// zones are what the names of hosts end with inside clusters and outside; other words with
// a colon and a number behind them may be keys.
var zones = map[string]bool{"local": true, "svc": true, "internal": true, "com": true, "net": true, "org": true, "io": true}

// isPort reports whether the number at s[i] is the port of a host: cart.shop.svc:8080/*.
func isPort(s string, i int) bool {
	if i < 2 || s[i-1] != ':' {
		return false
	}
	host := s[:i-1]
	if start := strings.LastIndexFunc(host, func(r rune) bool { return r >= 0x80 || isEdge(byte(r)) }); start >= 0 {
		host = host[start+1:]
	}
	dot := strings.LastIndexByte(host, '.')
	return dot > 0 && zones[host[dot+1:]] && digits(s[i:]) <= 5
}

// countWords are followed by a number that belongs to the name.
var countWords = map[string]bool{
	"http": true, "version": true, "status": true, "step": true, "phase": true,
	"stage": true, "level": true, "layer": true, "tier": true,
}

// counted reports whether the number at s[i] follows one of countWords: "HTTP 2",
// "HTTP/1.1", "phase 3". A path like /status/5 does not count.
func counted(s string, i int) bool {
	if i < 2 || s[i-1] != ' ' && s[i-1] != '/' {
		return false
	}
	end := i - 1
	start := end
	for start > 0 && isLetter(s[start-1]) {
		start--
	}
	if start > 0 && s[start-1] != ' ' {
		return false
	}
	w := strings.ToLower(s[start:end])
	if s[i-1] == '/' {
		return w == "http"
	}
	return countWords[w]
}

// tail returns where the digits at the end of a word begin if there are so many
// that they are an id; 0 if not. A v before them makes them a version.
func tail(w string) int {
	n := len(w)
	for n > 0 && isDigit(w[n-1]) {
		n--
	}
	if n == 0 || len(w)-n < minTail || n == 1 && (w[0] == 'v' || w[0] == 'V') {
		return 0
	}
	return n
}
