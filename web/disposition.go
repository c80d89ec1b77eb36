package web

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// disposition is the Content-Disposition for a file of this name: a plain ASCII name for every client, and the whole name after
// RFC 8187 for those that read it. Nothing of the name can end the header or leave the folder it is saved to.
func disposition(name string) string {
	var plain, whole strings.Builder
	for _, r := range norm.NFC.String(name) {
		if unicode.IsControl(r) || strings.ContainsRune(`/\`, r) || unicode.Is(unicode.Bidi_Control, r) || r == unicode.ReplacementChar {
			r = '_'
		}
		switch {
		case r >= 0x80 || r == '"' || r == '%':
			plain.WriteByte('_')
		default:
			plain.WriteRune(r)
		}
		for _, b := range []byte(string(r)) {
			if isAttributeByte(b) {
				whole.WriteByte(b)
			} else {
				fmt.Fprintf(&whole, "%%%02X", b)
			}
		}
	}
	return fmt.Sprintf(`attachment; filename="%s"; filename*=UTF-8''%s`, plain.String(), whole.String())
}

// isAttributeByte is attr-char of RFC 8187 §3.2.1.
func isAttributeByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte("!#$&+-.^_`|~", b) >= 0
}
