package bus

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A subject holds up to three foreign words within the 4 KiB line that NATS takes.
const (
	maxToken  = 128 // bytes
	hashBytes = 16
)

// Token makes a subject token of any text. Letters, digits and other visible
// characters stay as they are; what NATS gives a meaning to (. * >), spaces,
// invisible characters, broken UTF-8, % and ~ become %XX of their bytes. The empty
// text becomes _, the text "_" becomes %5F.
//
// Different texts have different tokens up to 128 bytes; longer tokens end in ~ and
// 128 bits of the text's SHA-256.
func Token(text string) string {
	switch text {
	case "":
		return "_"
	case "_":
		return "%5F"
	}
	const head = maxToken - 1 - 2*hashBytes
	var b strings.Builder
	cut := 0 // where to cut if it grows too long: never within an escape
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		piece := text[i : i+n]
		if r == utf8.RuneError && n == 1 || !plain(r) {
			piece = escape(piece)
		}
		b.WriteString(piece)
		if b.Len() <= head {
			cut = b.Len()
		}
		if b.Len() > maxToken {
			sum := sha256.Sum256([]byte(text))
			return b.String()[:cut] + "~" + hex.EncodeToString(sum[:hashBytes])
		}
		i += n
	}
	return b.String()
}

func plain(r rune) bool {
	return !strings.ContainsRune(".*>%~", r) && !unicode.IsSpace(r) && unicode.IsPrint(r)
}

func escape(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		b.WriteByte('%')
		b.WriteByte(digits[s[i]>>4])
		b.WriteByte(digits[s[i]&15])
	}
	return b.String()
}
