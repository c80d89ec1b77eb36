package postal

import (
	"cmp"
	"net/mail"
	"regexp"
	"slices"
	"strings"
)

// maxAddresses bounds what is kept of one header.
const maxAddresses = 1000

// addresses reads every value of an address field: as the standard has it where it follows the standard, else item by item.
func addresses(values []string) (all []Address) {
	for _, value := range values {
		if value == "" {
			continue
		}
		value = rawWords(value)
		list, err := mail.ParseAddressList(value)
		if err != nil {
			all = append(all, looseAddresses(value)...)
			continue
		}
		for _, a := range list {
			all = append(all, Address{Name: oneLine(decodeWords(a.Name)), Address: oneLine(a.Address)})
		}
	}
	return all[:min(len(all), maxAddresses)]
}

// looseAddresses cuts a value at the commas outside quotes, brackets and comments.
func looseAddresses(value string) (all []Address) {
	start, depth, quoted, escaped := 0, 0, false, false
	item := func(text string) {
		all = append(all, looseAddress(text)...)
	}
	for i := range len(value) {
		c := value[i]
		switch {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<' || c == '(':
			depth++
		case (c == '>' || c == ')') && depth > 0:
			depth--
		case (c == ',' || c == ';') && depth == 0:
			item(value[start:i])
			start = i + 1
		}
	}
	item(value[start:])
	return all
}

// cutComments takes out the remarks in parentheses (RFC 5322 §3.2.2), and returns the last that was one.
func cutComments(text string) (without, remark string) {
	var out, inside strings.Builder
	depth, quoted, escaped := 0, false, false
	for _, r := range text {
		to := &out
		if depth > 0 {
			to = &inside
		}
		switch {
		case escaped:
			escaped = false
		case r == '\\':
			escaped = true
		case r == '"' && depth == 0:
			quoted = !quoted
		case quoted:
		case r == '(':
			if depth++; depth == 1 {
				inside.Reset()
				continue
			}
		case r == ')' && depth > 0:
			if depth--; depth == 0 {
				continue
			}
		}
		to.WriteRune(r)
	}
	return out.String(), inside.String()
}

// looseAddress reads `name <address>`, `address (name)`, words with an address among them, or what is only a name.
func looseAddress(text string) []Address {
	text, remark := cutComments(text)
	if before, inside, ok := strings.Cut(text, "<"); ok {
		inside, _, _ = strings.Cut(inside, ">")
		return known(Address{Name: looseName(before), Address: oneLine(decodeWords(inside))})
	}
	var all []Address
	var name []string
	for word := range strings.FieldsSeq(oneLine(decodeWords(text))) {
		if strings.Contains(strings.Trim(word, "@"), "@") {
			all = append(all, Address{Name: looseName(strings.Join(name, " ")), Address: word})
			name = nil
			continue
		}
		name = append(name, word)
	}
	switch {
	case len(all) == 0:
		return known(Address{Name: looseName(cmp.Or(strings.Join(name, " "), remark))})
	case len(all) == 1 && all[0].Name == "":
		all[0].Name = looseName(remark)
	}
	return all
}

func known(a Address) []Address {
	if a == (Address{}) {
		return nil
	}
	return []Address{a}
}

func looseName(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.Trim(oneLine(decodeWords(text)), `" `), `\"`, `"`))
}

// bracketed is one identity of a mail (RFC 5322 §3.6.4).
var bracketed = regexp.MustCompile(`<([^<>\s]+)>`)

// maxIdentities bounds how long a thread is followed back.
const maxIdentities = 200

// identities reads the identities of mails in a field; one without brackets counts when it stands alone.
func identities(value string) (all []string) {
	for _, found := range bracketed.FindAllStringSubmatch(value, -1) {
		if !slices.Contains(all, found[1]) {
			all = append(all, oneLine(found[1]))
		}
	}
	if value = oneLine(value); len(all) == 0 && strings.Contains(value, "@") && !strings.Contains(value, " ") {
		all = []string{strings.Trim(value, "<>")}
	}
	return all[:min(len(all), maxIdentities)]
}
