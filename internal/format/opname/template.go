package opname

import "strings"

// FoldBy is [Fold] for a name whose form is known from elsewhere: what stands in name
// where template has a hole becomes {}, whether it looks generated or not. So
// "GET /users/alice/orders" is "GET /users/{}/orders" by /users/{name}/orders.
//
// Holes are written as frameworks write them: {id}, {id:[0-9]+}, :id, <int:id>, [id] and,
// between slashes, *. A path is looked for at any slash of the name, up to its end or its
// query; other templates ("orders-{region}") at any word. A name that does not match is
// folded as usual, which is what happens to a bare "GET": nothing is put into a name
// that is not there. So are
//
//   - holes of the name's own (/users/{id}, /users/:id), which stay as written;
//   - what a hole for any number of segments stands for (/static/*, {path:.*},
//     {proxy+}): such a route says where its operations are mounted, not what varies.
//
// FoldBy is pure, and allocates only if something changes.
func FoldBy(name, template string) string {
	if steered, ok := steer(name, template); ok {
		name = steered
	}
	return Fold(name)
}

// FoldBySummary is FoldBy for the summary of a query (db.query.summary): operation and
// target. What a name has beyond them is data and becomes one {}, unless it is a
// statement, of which [Fold] knows more. A summary of one word says too little.
func FoldBySummary(name, summary string) string {
	if steered, ok := steer(name, summary); ok {
		return Fold(steered)
	}
	n := len(summary)
	if n < len(name)-1 && name[n] == ' ' && strings.EqualFold(name[:n], summary) && strings.IndexByte(summary, ' ') > 0 && !isSQL(name) {
		name = name[:n+1] + placeholder
	}
	return Fold(name)
}

// holes are the characters that holes begin with.
const holes = "{:<[*"

// MayHold reports whether a template or summary could say anything about a name. It costs
// little, and says yes too often.
func MayHold(name, template string) bool {
	if strings.IndexByte(template, '/') >= 0 {
		return strings.IndexByte(name, '/') >= 0
	}
	return strings.IndexByte(name, ' ') >= 0 || strings.ContainsAny(template, holes)
}

// maxStarts is at how many places of a name a template is tried.
const maxStarts = 32

// steer puts {} where the template has holes, and reports whether the name has the
// template's form.
func steer(name, template string) (string, bool) {
	if len(template) > maxName || !strings.ContainsAny(template, holes) {
		return "", false
	}
	t, isPath := path(template)
	name = Clean(name, maxRead)
	first := 0
	if isPath {
		if first = pathStart(name); first < 0 {
			return "", false
		}
	} else if _, what := hole(t, 0); what != noHole {
		return "", false // it would match any word
	}
	_, opens := hole(t, 1)
	tries := 0
	for i := first; i < len(name) && tries < maxStarts; i++ {
		switch {
		case isPath && name[i] != '/', !isPath && i > 0 && name[i-1] != ' ':
			continue
		case isPath && i > first && opens != noHole: // /{id} would match the end of any path
			return "", false
		}
		tries++
		if b, n, ok := match(t, name[i:]); ok {
			return name[:i] + string(b) + name[i+n:], true
		}
	}
	return "", false
}

// path is the path of a template that has one: without method, scheme and host, with
// a slash in front.
func path(template string) (string, bool) {
	t := template
	if i := strings.Index(t, "://"); i >= 0 {
		t = t[i+len("://"):]
		i = strings.IndexByte(t, '/')
		if i < 0 {
			return template, false
		}
		return t[i:], true
	}
	slash := strings.IndexByte(t, '/')
	if slash < 0 {
		return t, false
	}
	if space := strings.IndexByte(t[:slash], ' '); space >= 0 {
		t = t[space+1:]
		slash -= space + 1
	}
	if slash > 0 { // Django's have no slash in front
		t = "/" + t
	}
	return t, true
}

// pathStart is where the path of a name begins, -1 if there is none.
func pathStart(name string) int {
	at := 0
	if i := strings.Index(name, "://"); i >= 0 {
		at = i + len("://")
	}
	i := strings.IndexByte(name[at:], '/')
	if i < 0 {
		return -1
	}
	return at + i
}

// match holds the beginning of s against a template. It returns what the n bytes of s
// become that the template covers: all of a path, or whole words.
func match(t, s string) (b []byte, n int, ok bool) {
	i := 0
	for i < len(t) {
		h, what := hole(t, i)
		switch {
		case what == unreadable:
			return nil, 0, false
		case what == anySegments:
			if i+h < len(t) {
				return nil, 0, false // what comes after it cannot be told from it
			}
			end := n + part(s[n:], " ?#")
			return append(b, s[n:end]...), end, true
		case what == oneSegment:
			i += h
			if own, what := hole(s, n); what != noHole {
				b = append(b, s[n:n+own]...)
				n += own
				continue
			}
			m := inHole(t, i, s[n:])
			if m == 0 {
				return nil, 0, false
			}
			b = append(b, placeholder...)
			n += m
		case n < len(s) && s[n] == t[i]:
			b = append(b, t[i])
			i++
			n++
		case t[i:] == "/":
			i++ // a slash at the end means nothing
		default:
			return nil, 0, false
		}
	}
	if strings.HasPrefix(s[n:], "/") && part(s[n:], " ?#") == 1 {
		b = append(b, '/')
		n++
	}
	return b, n, n == len(s) || strings.IndexByte(" ?#", s[n]) >= 0
}

// inHole measures what stands in a hole that ends at t[i]: up to the text that follows it in
// the segment, else to the end of the segment. 0: nothing, or the text does not follow.
func inHole(t string, i int, s string) int {
	s = s[:part(s, "/ ?#")]
	end := i + part(t[i:], "/ ")
	next := i
	for next < end {
		if _, what := hole(t, next); what != noHole {
			break
		}
		next++
	}
	text := t[i:next]
	switch {
	case text == "":
		return len(s)
	case next == end && strings.HasSuffix(s, text):
		return len(s) - len(text)
	case next == end:
		return 0
	}
	return max(strings.Index(s, text), 0)
}

// part is how long s is before one of the characters.
func part(s, chars string) int {
	if i := strings.IndexAny(s, chars); i >= 0 {
		return i
	}
	return len(s)
}

// kind says what a hole of a template stands for.
type kind uint8

const (
	noHole kind = iota
	oneSegment
	anySegments
	unreadable // a bracket that is not closed, or several segments that are not free
)

// hole measures what begins at t[i].
func hole(t string, i int) (n int, what kind) {
	if i >= len(t) {
		return 0, noHole
	}
	begins := i == 0 || t[i-1] == '/' // a segment
	switch c := t[i]; {
	case c == '{':
		n = closed(t[i:], '{', '}')
	case c == '<':
		n = closed(t[i:], '<', '>')
	case c == '[' && begins:
		n = closed(t[i:], '[', ']')
	case c == '*' && begins:
		n = part(t[i:], "/ ")
		if n > 1 || i+n == len(t) {
			return n, anySegments
		}
		return n, oneSegment
	case c == ':' && begins:
		return named(t[i:])
	default:
		return 0, noHole
	}
	if n == 0 {
		return 0, unreadable
	}
	inside := t[i+1 : i+n-1]
	switch {
	case strings.HasPrefix(inside, "*"), strings.HasPrefix(inside, "path:"), strings.Contains(inside, "..."), manyOf(inside),
		strings.HasSuffix(inside, "+") && !strings.Contains(inside, ":"):
		return n, anySegments
	case strings.IndexByte(inside, '/') >= 0:
		return 0, unreadable
	}
	return n, oneSegment
}

// manyOf reports whether a pattern allows any text.
func manyOf(pattern string) bool {
	return strings.Contains(pattern, ".*") || strings.Contains(pattern, ".+")
}

// closed is the length of what is in a pair of brackets, both included; 0 if it has no end.
func closed(s string, left, right byte) int {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case left:
			depth++
		case right:
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// named measures :id, with the pattern or mark that may follow the name.
func named(s string) (n int, what kind) {
	n = 1 + runOf(s[1:], func(c byte) bool { return isAlnum(c) || c == '_' })
	if n == 1 || isDigit(s[1]) {
		return 0, noHole
	}
	what = oneSegment
	if n < len(s) && s[n] == '(' {
		p := closed(s[n:], '(', ')')
		if p == 0 {
			return 0, unreadable
		}
		if manyOf(s[n : n+p]) {
			what = anySegments
		}
		n += p
	}
	if n < len(s) && strings.IndexByte("?*+", s[n]) >= 0 {
		if s[n] != '?' {
			what = anySegments
		}
		n++
	}
	return n, what
}
