package gate

import (
	"fmt"
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

// Outcomes lists them, from the most open.
func Outcomes() []Outcome { return []Outcome{Allow, SecondPerson, Block} }

// Valid reports one of the three.
func (o Outcome) Valid() bool { return o == Allow || o == SecondPerson || o == Block }

// Rule matches a message and an address when every criterion that it has does; a rule without any matches all.
type Rule struct {
	Name    string               `json:"name"`
	Words   []string             `json:"words,omitempty"`   // any of them stands in the message, whatever its case and accents
	Tags    []habilitation.TagID `json:"tags,omitempty"`    // any of them is on the message
	Domains []string             `json:"domains,omitempty"` // the address is of any of them, or of a domain below
	Kinds   []string             `json:"kinds,omitempty"`   // the message is of any of them
	Outcome Outcome              `json:"outcome"`
}

// Asked is a message as the rules look at it.
type Asked struct {
	Words string // everything in it that is read, folded as Fold does
	Tags  []habilitation.TagID
	Kind  string
	Fold  func(string) string // gives words the form in which they are compared
}

// Verdict is what was decided for one address.
type Verdict struct {
	Address string  `json:"address"`
	Outcome Outcome `json:"outcome"`
	Rule    string  `json:"rule,omitempty"` // name of the rule that matched; "" for the default
}

// Judge asks the rules for one address.
func Judge(rules []Rule, fallback Outcome, m Asked, address string) Verdict {
	for _, r := range rules {
		if r.matches(m, address) {
			return Verdict{Address: address, Outcome: r.Outcome, Rule: r.Name}
		}
	}
	return Verdict{Address: address, Outcome: fallback}
}

func (r Rule) matches(m Asked, address string) bool {
	anyWord := func(word string) bool { return strings.Contains(m.Words, m.Fold(word)) }
	anyTag := func(tag habilitation.TagID) bool { return contains(m.Tags, tag) }
	anyKind := func(kind string) bool { return kind == m.Kind }
	anyDomain := func(domain string) bool { return within(address, domain) }
	return some(r.Words, anyWord) && some(r.Tags, anyTag) && some(r.Kinds, anyKind) && some(r.Domains, anyDomain)
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

func contains[T comparable](list []T, one T) bool {
	for _, other := range list {
		if other == one {
			return true
		}
	}
	return false
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
		if r.Name == "" || len(r.Name) > maxWord || !r.Outcome.Valid() || len(r.Words)+len(r.Tags)+len(r.Domains)+len(r.Kinds) > maxValues {
			return fmt.Errorf("rule %d: %w", i+1, ErrBadRule)
		}
		for _, value := range append(append([]string(nil), r.Words...), r.Domains...) {
			if strings.TrimSpace(value) == "" || len(value) > maxWord {
				return fmt.Errorf("rule %d has the criterion %q: %w", i+1, value, ErrBadRule)
			}
		}
	}
	return nil
}
