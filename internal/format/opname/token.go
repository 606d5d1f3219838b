package opname

// token matches base64, base62 and base32 ids: long, with digits, and without the
// runs of letters that words have.
func token(s string) int {
	n := runOf(s, isAlnum)
	if !isRandom(s[:n], minToken) {
		// base64url and nano ids have dashes and underscores, and both cases.
		n = runOf(near(s), func(c byte) bool { return isAlnum(c) || c == '-' || c == '_' })
		if n == maxSpan {
			return 0
		}
		for n > 0 && !isAlnum(s[n-1]) {
			n--
		}
		if v := view(s[:n]); v.lower == 0 || v.upper == 0 || !isRandom(s[:n], minToken+4) {
			return 0
		}
	}
	for pad := 0; pad < 2 && n < len(s) && s[n] == '='; pad++ {
		n++
	}
	return n
}

// isRandom reports whether w reads like a random string. Random base62 changes
// between upper case, lower case and digits at every second character and hardly
// ever has five small letters in a row; random base32 and base36 change between
// letters and digits at least four times in 16 and hardly ever have eight letters
// in a row. CamelCase does neither.
func isRandom(w string, least int) bool {
	if len(w) < least {
		return false
	}
	v := view(w)
	if v.digits == 0 {
		return false
	}
	if v.lower > 0 && v.upper > 0 {
		return 5*v.words >= 2*len(w) && v.lowerRun <= 4
	}
	return v.numbers >= 4 && v.letterRun <= 7
}

// shape is what a token looks like.
type shape struct {
	digits, lower, upper int
	numbers              int // runs of digits
	words                int // runs of one class; a capital before small letters is theirs
	lowerRun, letterRun  int // the longest
}

func view(w string) shape {
	var v shape
	lowers, letters := 0, 0
	var prev byte
	for i := 0; i < len(w); i++ {
		class := classOf(w[i])
		switch class {
		case 'd':
			v.digits++
			if prev != 'd' {
				v.numbers++
			}
		case 'l':
			v.lower++
		case 'u':
			v.upper++
		}
		capital := class == 'l' && prev == 'u'
		if class != prev && class != 0 && !capital {
			v.words++
		}
		lowers, letters = lowers+1, letters+1
		if class != 'l' {
			lowers = 0
		}
		if class != 'l' && class != 'u' {
			letters = 0
		}
		v.lowerRun = max(v.lowerRun, lowers)
		v.letterRun = max(v.letterRun, letters)
		prev = class
	}
	return v
}

func classOf(c byte) byte {
	switch {
	case isDigit(c):
		return 'd'
	case 'a' <= c && c <= 'z', c >= 0x80:
		return 'l'
	case 'A' <= c && c <= 'Z':
		return 'u'
	}
	return 0
}

// runOf counts the leading bytes of s that are ok.
func runOf(s string, ok func(byte) bool) int {
	n := 0
	for n < len(s) && ok(s[n]) {
		n++
	}
	return n
}

// digits counts the leading decimal digits.
func digits(s string) int { return runOf(s, isDigit) }

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c >= 0x80 }
func isAlnum(c byte) bool  { return isDigit(c) || isLetter(c) }
func isHex(c byte) bool    { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// isGlue reports characters that hold the parts of one name together.
func isGlue(c byte) bool { return c == '-' || c == '_' || c == '.' }

// isEdge reports characters at which a word ends.
func isEdge(c byte) bool { return !isAlnum(c) && !isGlue(c) && c != '{' && c != '}' }
