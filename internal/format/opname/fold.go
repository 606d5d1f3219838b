package opname

import (
	"net/netip"
	"strings"
	"unicode/utf8"
)

// placeholder stands where a generated part was.
const placeholder = "{}"

const (
	// maxName is the most bytes of a folded name. Longer names are statements or
	// hostile; operations that differ only behind it count as one.
	maxName = 256
	// maxRead is how far into a name Fold looks at all: statements shrink when their
	// literals fold, and four times maxName is enough to fill it.
	maxRead = 4 * maxName
)

// Fold returns name with its generated parts replaced by {}:
//
//   - UUIDs, hex ids of at least 8 digits with a decimal digit among them, 0x ids,
//     base64-like tokens of at least 16 characters, Kubernetes pod suffixes;
//   - numbers that are a word or a path segment, numbers of at least three digits
//     between dashes, dots or underscores, and five digits at the end of a word
//     (a count after a fixed word, as in "HTTP 2" or "phase 3", stays);
//   - dates and times, e-mail addresses, IP addresses with their port;
//   - in SQL: string and number literals, comments, and lists of placeholders of
//     any length as one;
//   - query strings, which are cut off.
//
// Bytes that are no UTF-8 become U+FFFD and control characters become spaces;
// what lies beyond 256 bytes is cut. Fold is pure and idempotent, and allocates only if
// something changes.
func Fold(name string) string {
	if plain(name) {
		return name
	}
	s := Clean(name, maxRead)
	// Each pass that changes something leaves fewer characters that are not
	// placeholders, so this ends; mostly after one or two passes.
	for {
		next := cut(pass(s), maxName)
		if next == s {
			return s
		}
		s = next
	}
}

// plain reports whether nothing in name can fold: outside SQL every rule needs a
// digit, a query or an address.
func plain(name string) bool {
	if len(name) > maxName || isSQL(name) {
		return false
	}
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case isDigit(c), c == '?', c == '@', c < ' ', c >= 0x7f:
			return false
		}
	}
	return true
}

// Clean makes a name that came from outside printable and at most max bytes long,
// without folding anything.
func Clean(name string, max int) string {
	name = cut(name, max)
	if !utf8.ValidString(name) {
		name = replaceInvalid(name)
	}
	name = cut(name, max) // U+FFFD is longer than what it replaces
	if strings.IndexFunc(name, isControl) >= 0 {
		name = strings.Map(func(r rune) rune {
			if isControl(r) {
				return ' '
			}
			return r
		}, name)
	}
	return name
}

// replaceInvalid replaces each bad byte, as JSON encoders do, so that a name is the
// same before and after it was recorded.
func replaceInvalid(s string) string { return string([]rune(s)) }

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// cut shortens s to at most n bytes without splitting a rune.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// step is what to do at one place of a name: keep some bytes, then put with in
// place of the next drop bytes. The zero step keeps one byte.
type step struct {
	keep, drop int
	with       string
}

func fold(n int) step { return step{drop: n, with: placeholder} }

// pass folds once from left to right.
func pass(s string) string {
	var b []byte
	done := 0 // s[:done] is in b
	sql := isSQL(s)
	for i := 0; i < len(s); {
		st := at(s, i, sql)
		i += st.keep
		switch {
		case st.drop > 0:
			b = append(b, s[done:i]...)
			b = append(b, st.with...)
			i += st.drop
			done = i
		case st.keep == 0:
			i++
		}
	}
	if b != nil {
		s = string(append(b, s[done:]...))
	}
	if sql {
		s = shortenLists(s)
	}
	return s
}

// at decides what happens at s[i].
func at(s string, i int, sql bool) step {
	c := s[i]
	if c == '{' {
		return template(s, i)
	}
	if sql {
		if st := literal(s, i); st != (step{}) {
			return st
		}
	} else if c == '?' {
		return query(s, i)
	}
	if c == ':' && strings.HasPrefix(s[i:], "://") {
		return authority(s, i)
	}
	if (isAlnum(c) || c == ':') && (i == 0 || !isAlnum(s[i-1])) {
		return word(s, i)
	}
	return step{}
}

// template keeps {id}, {} and {id:[0-9]+} as written; {42} is an id in braces.
func template(s string, i int) step {
	end := strings.IndexAny(s[i+1:], "{} \"'")
	if end < 0 || s[i+1+end] != '}' {
		return step{}
	}
	inside := s[i+1 : i+1+end]
	switch {
	case inside == "":
		return step{keep: 2}
	case pass(inside) == placeholder:
		return fold(len(inside) + 2)
	}
	return step{keep: len(inside) + 2}
}

// query cuts ?a=b off a path.
func query(s string, i int) step {
	start := strings.LastIndexByte(s[:i], ' ') + 1
	if strings.IndexByte(s[start:i], '/') < 0 {
		return step{}
	}
	end := strings.IndexByte(s[i:], ' ')
	if end < 0 {
		end = len(s) - i
	}
	return step{drop: end}
}

// authority keeps the host and port of a URL unless they are numbers, and folds
// the user in front of them.
func authority(s string, i int) step {
	start := i + len("://")
	end := len(s)
	if n := strings.IndexAny(s[start:], "/? "); n >= 0 {
		end = start + n
	}
	if user := strings.LastIndexByte(s[start:end], '@'); user >= 0 {
		if s[start:start+user] != placeholder && user > 0 {
			return step{keep: len("://"), drop: user, with: placeholder}
		}
		start += user + 1
	}
	if host := s[start:end]; isAddress(host) {
		return step{keep: start - i, drop: len(host), with: placeholder}
	}
	return step{keep: end - i}
}

// isAddress reports whether host is an IP address, maybe with a port.
func isAddress(host string) bool {
	if _, err := netip.ParseAddrPort(host); err == nil {
		return true
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}
