package correspondence

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// lineLength is where a header line is folded when it can be (RFC 5322 §2.1.1).
const lineLength = 78

// encodedLength is the longest a line may be that holds an encoded word (RFC 2047 §2).
const encodedLength = 76

// longestPlainWord is the longest word written without encoding: with the longest field name it still fits a line.
const longestPlainWord = 48

// longestLocalPart and longestToken keep whatever cannot be folded well below the 998 bytes of a line.
const longestLocalPart, longestToken = 200, 128

// headerWriter writes header fields, folded at blanks. Nothing that it is given can end a field, start one, or alter another: what is
// not plain ASCII is encoded after every control character has been taken out.
type headerWriter struct {
	out    []byte
	column int
	opened bool // no word of the field is written yet
}

func (w *headerWriter) begin(name string) {
	w.out = append(append(w.out, name...), ':')
	w.column, w.opened = len(name)+1, true
}

func (w *headerWriter) end() { w.out = append(w.out, '\r', '\n') }

// gap puts a blank, or a fold when the next size bytes would pass the limit; the first word stays with the name.
func (w *headerWriter) gap(size, limit int) {
	if !w.opened && w.column+1+size > limit {
		w.out = append(w.out, '\r', '\n')
		w.column = 0
	}
	w.out = append(w.out, ' ')
	w.column, w.opened = w.column+1, false
}

// word writes one word that is known to be plain.
func (w *headerWriter) word(word string) {
	w.gap(len(word), lineLength)
	w.out = append(w.out, word...)
	w.column += len(word)
}

// words writes plain words parted by single blanks.
func (w *headerWriter) words(text string) {
	for word := range strings.SplitSeq(text, " ") {
		w.word(word)
	}
}

// plain writes a field whose value the house itself made.
func (w *headerWriter) plain(name, value string) {
	w.begin(name)
	w.words(value)
	w.end()
}

// text writes an unstructured field (RFC 5322 §3.6.5), in encoded words where it must; an empty one is left out.
func (w *headerWriter) text(name, value string) {
	if !isHeaderPlain(value) {
		value = OneLine(value)
	}
	if value == "" {
		return
	}
	w.begin(name)
	w.words2047(value)
	w.end()
}

func (w *headerWriter) words2047(value string) {
	if isHeaderPlain(value) {
		w.words(value)
		return
	}
	w.encoded(value)
}

// isHeaderPlain reports whether a value may stand as it is: printable ASCII in words of moderate length, single blanks between, nothing
// that looks like an encoded word.
func isHeaderPlain(value string) bool {
	if value == "" || strings.Contains(value, "=?") {
		return false
	}
	length := 0
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == ' ':
			if length == 0 {
				return false
			}
			length = 0
		case c < '!' || c > '~':
			return false
		default:
			if length++; length > longestPlainWord {
				return false
			}
		}
	}
	return length > 0
}

// encoded writes RFC 2047 encoded words in the Q encoding with the narrow alphabet that is good everywhere (§5 rule 3); no character is
// cut in two.
func (w *headerWriter) encoded(value string) {
	const start, end = "=?utf-8?q?", "?="
	for value != "" {
		w.gap(len(start)+len(end)+12, encodedLength) // room for at least one character of four bytes
		w.out = append(w.out, start...)
		room := encodedLength - w.column - len(start) - len(end)
		used := 0
		for value != "" {
			_, size := utf8.DecodeRuneInString(value)
			length := encodedSize(value[:size])
			if used+length > room {
				break
			}
			w.out = appendEncoded(w.out, value[:size])
			value, used = value[size:], used+length
		}
		w.out = append(w.out, end...)
		w.column += len(start) + used + len(end)
	}
}

func encodedSize(char string) int {
	if len(char) == 1 && (isAlphanumeric(char[0]) || char[0] == ' ') {
		return 1
	}
	return 3 * len(char)
}

func appendEncoded(out []byte, char string) []byte {
	for i := 0; i < len(char); i++ {
		switch c := char[i]; {
		case c == ' ':
			out = append(out, '_')
		case isAlphanumeric(c):
			out = append(out, c)
		default:
			out = appendHex(append(out, '='), c)
		}
	}
	return out
}

func appendHex(out []byte, c byte) []byte {
	const digits = "0123456789ABCDEF"
	return append(out, digits[c>>4], digits[c&15])
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// mailbox writes a name and an address in a field of addresses; after is what follows it, a comma or nothing.
func (w *headerWriter) mailbox(name, local, domain, after string) {
	w.mailboxAt(name, localPart(local)+"@"+domain, after)
}

// mailboxAt writes a name and an address that may stand as it is.
func (w *headerWriter) mailboxAt(name, address, after string) {
	if name = OneLine(name); name != "" {
		if isHeaderPlain(name) && !strings.ContainsAny(name, `"\`) {
			w.words(`"` + name + `"`)
		} else {
			w.encoded(name)
		}
	}
	w.word("<" + address + ">" + after)
}

// The longest address that mail is sent to, and its longest left side (RFC 5321 §4.5.3.1).
const longestAddress, longestMailbox = 254, 64

// isMailAddress reports whether a text is an address that every mail program takes as it is: a dot-atom (RFC 5322 §3.2.3) at a domain of
// letters, digits and hyphens.
func isMailAddress(text string) bool {
	local, domain, ok := strings.Cut(text, "@")
	if !ok || len(text) > longestAddress || len(local) > longestMailbox || domain == "" || domainOf(domain) != domain {
		return false
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" || strings.TrimFunc(atom, isAtomRune) != "" {
			return false
		}
	}
	return true
}

func isAtomRune(r rune) bool {
	return r < utf8.RuneSelf && (isAlphanumeric(byte(r)) || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r))
}

// localPart makes a key fit for the left side of an address (RFC 5322 dot-atom); the key itself stands in a header of ours.
func localPart(key string) string {
	local := strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (isAlphanumeric(byte(r)) || r == '.' || r == '-' || r == '_') {
			return r
		}
		return '_'
	}, key)
	if len(local) > longestLocalPart {
		local = local[:longestLocalPart]
	}
	if local == "" || strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return "_" + strings.ReplaceAll(local, ".", "_")
	}
	return local
}

// terms opens a field of ours: a word, then parameters in the syntax of MIME (RFC 2045 §5.1, RFC 2231).
func (w *headerWriter) terms(name, word string) {
	w.begin(name)
	w.word(word)
}

// param writes one parameter; one without a value is left out.
func (w *headerWriter) param(name, value string) {
	switch {
	case value == "":
	case isToken(value):
		w.parameter(name, "=", value, "")
	case isHeaderPlain(value) && len(value) <= longestPlainWord && !strings.ContainsAny(value, `"\`):
		w.parameter(name, `="`, value, `"`)
	default:
		w.extended(name, CleanText(value))
	}
}

// parameter writes a parameter as one word that is never folded within.
func (w *headerWriter) parameter(name, before, value, after string) {
	size := len(name) + len(before) + len(value) + len(after)
	w.out = append(w.out, ';')
	w.column++
	w.gap(size, lineLength)
	w.out = append(append(append(append(w.out, name...), before...), value...), after...)
	w.column += size
}

// extended writes a parameter in UTF-8 by RFC 2231, in numbered pieces when it is long.
func (w *headerWriter) extended(name, value string) {
	const charset = "utf-8''"
	if size := len(name) + len("*=") + len(charset) + percentSize(value); size < lineLength-1 {
		w.piece(size, name, "*="+charset, value)
		return
	}
	for number := 0; value != ""; number++ {
		mark := "*" + strconv.Itoa(number) + "*="
		if number == 0 {
			mark += charset
		}
		size, end := len(name)+len(mark), 0
		for end < len(value) {
			_, char := utf8.DecodeRuneInString(value[end:])
			length := percentSize(value[end : end+char])
			if size+length > lineLength-2 {
				break
			}
			size, end = size+length, end+char
		}
		w.piece(size, name, mark, value[:end])
		value = value[end:]
	}
}

// piece writes a parameter of a known size, percent-encoded.
func (w *headerWriter) piece(size int, name, mark, value string) {
	w.out = append(w.out, ';')
	w.column++
	w.gap(size, lineLength)
	w.out = appendPercent(append(append(w.out, name...), mark...), value)
	w.column += size
}

func percentSize(text string) int {
	size := 0
	for i := 0; i < len(text); i++ {
		if size++; !isTokenByte(text[i]) {
			size += 2
		}
	}
	return size
}

func appendPercent(out []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		if c := text[i]; isTokenByte(c) {
			out = append(out, c)
		} else {
			out = appendHex(append(out, '%'), c)
		}
	}
	return out
}

func isToken(value string) bool {
	for i := 0; i < len(value); i++ {
		if !isTokenByte(value[i]) {
			return false
		}
	}
	return len(value) <= longestToken
}

func isTokenByte(c byte) bool { return isAlphanumeric(c) || c == '-' || c == '.' || c == '_' }
