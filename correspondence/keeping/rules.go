package keeping

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Final is what becomes of a message when its time is over.
type Final string

// The final dispositions. What is to be destroyed still waits for the archivists' visa.
const (
	Keep    Final = "keep"
	Destroy Final = "destroy"
)

// Rule says how long messages are kept, what becomes of them then, and from when anybody may read them. A condition that is empty holds.
type Rule struct {
	Name             string
	Years            int // that the house needs it (DUA)
	Final            Final
	Access           string // name of the rule of communicability
	CommunicableFrom int    // years after release
	Kind, Group, Tag string // conditions: a kind, the key of the origin, the key of a tag
}

// Rules are tried in their order: the first that fits is applied.
type Rules []Rule

// DefaultRules is the one rule of a house that settles none: everything is kept, and anybody may read it after 25 years (ACC-00003, external
// relations; Code du patrimoine L213-2).
const DefaultRules = "APP-TD 25 keep ACC-00003 25"

// ErrRules is returned for a text that is no list of rules.
var ErrRules = errors.New("no retention rules")

// maxYears bounds how far ahead a rule reckons.
const maxYears = 200

// ParseRules reads rules parted by semicolons: "NAME YEARS keep|destroy ACCESS YEARS [kind=…] [group=…] [tag=…]". The last has no condition, so
// that one always fits.
func ParseRules(text string) (Rules, error) {
	var rules Rules
	for part := range strings.SplitSeq(text, ";") {
		rule, err := parseRule(strings.Fields(part))
		if err != nil {
			return nil, fmt.Errorf("%w: %q: %w", ErrRules, strings.TrimSpace(part), err)
		}
		rules = append(rules, rule)
	}
	if last := rules[len(rules)-1]; last.Kind+last.Group+last.Tag != "" {
		return nil, fmt.Errorf("%w: the last has a condition", ErrRules)
	}
	return rules, nil
}

func parseRule(words []string) (Rule, error) {
	if len(words) < 5 {
		return Rule{}, errors.New("five words are needed")
	}
	r := Rule{Name: words[0], Final: Final(words[2]), Access: words[3]}
	if r.Final != Keep && r.Final != Destroy {
		return r, fmt.Errorf("%q is neither keep nor destroy", words[2])
	}
	for i, years := range map[int]*int{1: &r.Years, 4: &r.CommunicableFrom} {
		n, err := strconv.Atoi(words[i])
		if err != nil || n < 0 || n > maxYears {
			return r, fmt.Errorf("%q is no number of years", words[i])
		}
		*years = n
	}
	for _, condition := range words[5:] {
		name, value, _ := strings.Cut(condition, "=")
		to, known := map[string]*string{"kind": &r.Kind, "group": &r.Group, "tag": &r.Tag}[name]
		if !known || value == "" {
			return r, fmt.Errorf("%q is no condition", condition)
		}
		*to = value
	}
	return r, nil
}

// For is the rule for a message: the first whose conditions hold.
func (r Rules) For(kind, group string, tags []string) Rule {
	for _, rule := range r {
		if (rule.Kind == "" || rule.Kind == kind) && (rule.Group == "" || rule.Group == group) && (rule.Tag == "" || slices.Contains(tags, rule.Tag)) {
			return rule
		}
	}
	return Rule{}
}
