package opname

import "strings"

var sqlVerbs = map[string]bool{
	"select": true, "insert": true, "update": true, "delete": true, "with": true, "merge": true,
	"replace": true, "call": true, "exec": true, "execute": true, "upsert": true,
}

// sqlWords tell a statement from a name that begins with the same word: "update
// cart 5" is not SQL, "UPDATE cart SET n = 5" is.
var sqlWords = []string{" from ", " into ", " set ", " where ", " values", " limit ", "=", "(", "'", "?", "*", ","}

// isSQL reports whether s is a statement.
func isSQL(s string) bool {
	s = strings.TrimLeft(s, " (")
	verb := runOf(s, isLetter)
	if verb < 4 || verb > 7 || verb == len(s) || isAlnum(s[verb]) || s[verb] != ' ' {
		return false
	}
	var low [7]byte
	for i := range verb {
		low[i] = s[i] | 0x20
	}
	if !sqlVerbs[string(low[:verb])] {
		return false
	}
	for _, w := range sqlWords {
		if containsFold(s[verb:], w) {
			return true
		}
	}
	return false
}

// containsFold reports whether low, in small letters, occurs in s in any case.
func containsFold(s, low string) bool {
	for i := 0; i+len(low) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(low)], low) {
			return true
		}
	}
	return false
}

// literal folds string literals, comments and numbered placeholders ($1, :1, @p1)
// of SQL. Numbers are words and fold as such; "..." is an identifier unless it
// could not be one. An unclosed literal reaches to the end.
func literal(s string, i int) step {
	switch c := s[i]; c {
	case '\'', '"':
		n := quoted(s[i:])
		if c == '"' && isIdentifier(strings.Trim(s[i:i+n], `"`)) {
			return step{keep: n}
		}
		return fold(n)
	case '/':
		if strings.HasPrefix(s[i:], "/*") {
			end := strings.Index(s[i+2:], "*/")
			if end < 0 {
				return fold(len(s) - i)
			}
			return fold(end + 4)
		}
	case '$', ':', '@':
		n := 1
		if c == '@' && i+1 < len(s) && s[i+1]|0x20 == 'p' {
			n = 2
		}
		if d := digits(s[i+n:]); d > 0 && (i+n+d == len(s) || !isAlnum(s[i+n+d])) && (i == 0 || s[i-1] != c) {
			return fold(n + d)
		}
	}
	return step{}
}

// quoted measures a literal: its quote doubled or behind a backslash is inside.
func quoted(s string) int {
	q := s[0]
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == q && i+1 < len(s) && s[i+1] == q:
			i++
		case s[i] == q:
			return i + 1
		}
	}
	return len(s)
}

func isIdentifier(s string) bool {
	return s != "" && isLetter(s[0]|0x20) && runOf(s, func(c byte) bool { return isAlnum(c) || c == '_' || c == '$' }) == len(s) &&
		pass(s) == s
}

// shortenLists makes lists of placeholders one: IN ({}, {}) and VALUES ({}), ({}).
func shortenLists(s string) string {
	for _, item := range []string{placeholder, "?", "({})", "(?)"} {
		s = shortenList(s, item)
	}
	return s
}

func shortenList(s, item string) string {
	if strings.Count(s, item) < 2 {
		return s
	}
	var b strings.Builder
	for {
		i := strings.Index(s, item)
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		i += len(item)
		b.WriteString(s[:i])
		s = s[i:]
		for {
			next, ok := strings.CutPrefix(strings.TrimLeft(s, " "), ",")
			if !ok {
				break
			}
			if next, ok = strings.CutPrefix(strings.TrimLeft(next, " "), item); !ok {
				break
			}
			s = next
		}
	}
}
