package opname

const (
	minValueHex    = 16 // shorter ones are commits and versions, which a fault can sit in
	minValueDigits = 7  // shorter ones are ports, codes and sizes
)

// Generated reports whether a whole attribute value was made for one request or one
// thing: a UUID, a long hex id, a long number, a token, an e-mail address, a time.
// Unlike [Fold] it leaves addresses and short numbers alone.
func Generated(v string) bool {
	if len(v) < minValueDigits || !isAlnum(v[0]) {
		return false
	}
	n := len(v)
	if hex := hexID(v); hex == n && n >= minValueHex {
		return true
	}
	return digits(v) == n || uuid(v) == n || email(v) == n || dateTime(v) == n || token(v) == n
}
