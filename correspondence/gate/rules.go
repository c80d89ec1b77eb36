package gate

import (
	"fmt"
	"slices"
	"strings"

	"chancery/habilitation"
)

// Outcome is what a rule says.
type Outcome string

const (
	// Allow lets the mail leave at once.
	Allow Outcome = "allow"
	// SecondPerson holds it until another signatory of the origin lets it leave.
	SecondPerson Outcome = "second-person"
	// Block refuses the release.
	Block Outcome = "block"
)

// OutcomeNames lists them, from the most open.
func OutcomeNames() []string { return []string{string(Allow), string(SecondPerson), string(Block)} }

// Valid reports one of the three.
func (o Outcome) Valid() bool { return o == Allow || o == SecondPerson || o == Block }

// Rule matches a message and an address when every criterion that it has does; a rule without any matches all.
type Rule struct {
	Name    string               `json:"name"`
	Words   []string             `json:"words,omitempty"`   // any of them stands in the message or in its files, as Text.Says
	Tags    []habilitation.TagID `json:"tags,omitempty"`    // any of them is on the message
	Domains []string             `json:"domains,omitempty"` // the address is of any of them, or of a domain below
	Kinds   []string             `json:"kinds,omitempty"`   // the message is of any of them
	Files   []string             `json:"files,omitempty"`   // a file of any of these types goes with it, as IsFileType
	Outcome Outcome              `json:"outcome"`
}

// Asked is a message as the rules look at it.
type Asked struct {
	Words Text // everything in it that is read
	Files []File
	Tags  []habilitation.TagID
	Kind  string
}

// File is a file that goes with a message.
type File struct {
	Name   string
	Type   string // media type
	Words  Text
	Unread bool // its words, or some of them, are not known
}

// Verdict is what was decided for one address.
type Verdict struct {
	Address string   `json:"address"`
	Outcome Outcome  `json:"outcome"`
	Rule    string   `json:"rule,omitempty"`   // name of the rule that matched; "" for the default
	Found   *Found   `json:"found,omitempty"`  // by what it matched
	Unread  []string `json:"unread,omitempty"` // files whose words nobody knows, where a rule asks for words and might have matched
}

// Found is by what a rule matched a message; empty for a criterion that it does not have.
type Found struct {
	Word string             `json:"word,omitempty"`
	In   string             `json:"in,omitempty"` // name of the file in which the word stands; "" for the message itself
	Tag  habilitation.TagID `json:"tag,omitempty"`
	Kind string             `json:"kind,omitempty"`
	Type string             `json:"type,omitempty"` // of file
	File string             `json:"file,omitempty"` // name of the one that is of it
}

// Judge asks the rules for one address: the first that matches decides. A file whose words are not known might say what a rule that holds or blocks
// asks for: then nothing leaves without a second person, whatever a later rule or the default would let through.
func Judge(rules []Rule, fallback Outcome, m Asked, address string) Verdict {
	v := Verdict{Address: address, Outcome: fallback}
	for _, r := range rules {
		found, matches, perhaps := r.asks(m, address)
		if matches {
			v.Outcome, v.Rule, v.Found = r.Outcome, r.Name, found
			break
		}
		if perhaps && r.Outcome != Allow {
			v.Unread = unread(m.Files)
		}
	}
	if len(v.Unread) > 0 && v.Outcome == Allow {
		v.Outcome = SecondPerson
	}
	return v
}

// asks reports whether a rule matches, and by what; perhaps says that it would if a file whose words are not known had one of its words.
func (r Rule) asks(m Asked, address string) (_ *Found, matches, perhaps bool) {
	var found Found
	anyDomain := func(domain string) bool { return within(address, domain) }
	anyTag := func(tag habilitation.TagID) bool { found.Tag = tag; return slices.Contains(m.Tags, tag) }
	anyKind := func(kind string) bool { found.Kind = kind; return kind == m.Kind }
	anyFile := func(kind string) bool { return found.hasType(m.Files, kind) }
	if !some(r.Domains, anyDomain) || !some(r.Tags, anyTag) || !some(r.Kinds, anyKind) || !some(r.Files, anyFile) {
		return nil, false, false
	}
	if !some(r.Words, func(word string) bool { return found.says(m, word) }) {
		return nil, false, len(unread(m.Files)) > 0
	}
	if found == (Found{}) {
		return nil, true, false
	}
	return &found, true, false
}

func (f *Found) hasType(files []File, kind string) bool {
	i := slices.IndexFunc(files, func(one File) bool { return one.is(kind) })
	if i < 0 {
		return false
	}
	f.Type, f.File = kind, files[i].Name
	return true
}

func (f *Found) says(m Asked, word string) bool {
	if f.Word, f.In = word, ""; m.Words.Says(word) {
		return true
	}
	i := slices.IndexFunc(m.Files, func(one File) bool { return one.Words.Says(word) })
	if i < 0 {
		return false
	}
	f.In = m.Files[i].Name
	return true
}

// unread names the files whose words are not known.
func unread(files []File) (names []string) {
	for _, f := range files {
		if f.Unread {
			names = append(names, f.Name)
		}
	}
	return names
}

// some reports whether any value holds; a criterion without values always does.
func some[T any](values []T, holds func(T) bool) bool {
	for _, value := range values {
		if holds(value) {
			return true
		}
	}
	return len(values) == 0
}

// within reports whether an address is of a domain or of one below it.
func within(address, domain string) bool {
	at := strings.LastIndexByte(address, '@')
	of, domain := strings.ToLower(address[at+1:]), strings.ToLower(strings.Trim(domain, ". "))
	return at >= 0 && (of == domain || strings.HasSuffix(of, "."+domain))
}

// The bounds of the rules.
const (
	maxRules  = 200
	maxValues = 100
	maxWord   = 200 // bytes
)

// checkRules refuses rules that nobody could have meant.
func checkRules(rules []Rule) error {
	if len(rules) > maxRules {
		return fmt.Errorf("%d rules of at most %d: %w", len(rules), maxRules, ErrBadRule)
	}
	for i, r := range rules {
		if r.Name == "" || len(r.Name) > maxWord || !r.Outcome.Valid() || len(r.Words)+len(r.Tags)+len(r.Domains)+len(r.Kinds)+len(r.Files) > maxValues {
			return fmt.Errorf("rule %d: %w", i+1, ErrBadRule)
		}
		for _, value := range append(append([]string(nil), r.Words...), r.Domains...) {
			if strings.TrimSpace(value) == "" || len(value) > maxWord {
				return fmt.Errorf("rule %d has the criterion %q: %w", i+1, value, ErrBadRule)
			}
		}
		for _, kind := range r.Files {
			if !IsFileType(kind) {
				return fmt.Errorf("rule %d has the type of file %q: %w", i+1, kind, ErrBadRule)
			}
		}
	}
	return nil
}
