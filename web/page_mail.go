package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"chancery/correspondence"
	"chancery/habilitation"
)

// registerMailPages registers the pages about mail to outside, and the exchanges.
func (s *Server) registerMailPages() {
	s.page(fiber.MethodGet, "/gate", gatePage)
	s.page(fiber.MethodPost, "/gate", setGateOnPage)
	s.page(fiber.MethodPost, "/gate/held/{id}", decideHeldOnPage)
	s.page(fiber.MethodGet, "/exchanges", exchangesPage)
	s.page(fiber.MethodPost, "/exchanges", sayOnPage)
	s.page(fiber.MethodGet, "/exchanges/{id}", exchangePage)
	s.page(fiber.MethodPost, "/exchanges/{id}", sayOnPage)
	s.page(fiber.MethodPost, "/exchanges/{id}/file", fileExchangeOnPage)
	s.page(fiber.MethodPost, "/exchanges/{id}/drop", func(c *Call, d *correspondence.Desk) (view, error) {
		id, err := c.identity("id")
		if err != nil {
			return view{}, err
		}
		return view{to: "/exchanges?done=exchange-dropped"}, d.DropExchange(c.ctx, id)
	})
}

// blankRules is how many empty rules the form of the gate offers.
const blankRules = 2

// gateSheet is the page of mail to outside: what waits for a second person, and the rules for whoever sets them.
type gateSheet struct {
	held []correspondence.HeldView
	gate correspondence.GateView
	done string
}

// lines are the rules of the form: those in force or as they were typed, and some that are empty.
func (p gateSheet) lines(in *filling) []correspondence.GateRuleForm {
	rules := p.gate.Rules
	if in.refused() {
		rules = typedRules(in.sent)
	}
	return append(slices.Clip(rules), make([]correspondence.GateRuleForm, blankRules)...)
}

func outcomes(f *frame) (names []option) {
	for _, outcome := range []string{"second-person", "block", "allow"} {
		names = append(names, option{outcome, f.T("gate.outcome-" + outcome)})
	}
	return names
}

func gatePage(c *Call, d *correspondence.Desk) (view, error) {
	p := gateSheet{done: c.done()}
	var err error
	if p.held, err = d.HeldMail(c.ctx); err != nil {
		return view{}, err
	}
	p.gate, err = d.Gate(c.ctx)
	if cause, _ := causeOf(err); err != nil && cause != correspondence.NotMandated {
		return view{}, err
	}
	return view{title: c.words.T("menu.gate"), section: "gate", body: func(f *frame) templ.Component { return gateBody(f, p) }}, nil
}

// typedRules are the rules as they were typed; one that says nothing was left empty.
func typedRules(sent url.Values) []correspondence.GateRuleForm {
	rules := []correspondence.GateRuleForm{}
	for i, name := range sent["name"] {
		n := strconv.Itoa(i)
		rule := correspondence.GateRuleForm{Name: name, Words: listed(nth(sent["words"], i)), Tags: listed(nth(sent["tags"], i)), Domains: listed(nth(sent["domains"], i)),
			Kinds: sent["kinds-"+n], Files: append(slices.Clone(sent["files-"+n]), listed(nth(sent["types"], i))...), Outcome: nth(sent["outcome"], i)}
		if strings.TrimSpace(rule.Name) != "" || len(rule.Words)+len(rule.Tags)+len(rule.Domains)+len(rule.Kinds)+len(rule.Files) > 0 {
			rules = append(rules, rule)
		}
	}
	return rules
}

// setGateOnPage replaces the rules.
func setGateOnPage(c *Call, d *correspondence.Desk) (view, error) {
	form := correspondence.GateForm{Rules: typedRules(c.form), Reason: c.text("reason")}
	if err := checkLimits(c.s.validate, &form); err != nil {
		return view{}, err
	}
	_, err := d.SetGate(c.ctx, form)
	return view{to: "/gate?done=gate-set"}, err
}

func decideHeldOnPage(c *Call, d *correspondence.Desk) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	verdict := c.form.Get("verdict")
	return view{to: "/gate?done=held-" + verdict}, d.DecideHeld(c.ctx, id, verdict, c.text("reason"))
}

// exchangesSheet is the list of exchanges, or one of them.
type exchangesSheet struct {
	all  []correspondence.ExchangeView
	one  correspondence.ExchangeView
	to   string // whom a new one is for
	done string
}

func exchangesPage(c *Call, d *correspondence.Desk) (view, error) {
	p := exchangesSheet{done: c.done(), to: c.query("to")}
	var err error
	if p.all, err = d.Exchanges(c.ctx); err != nil {
		return view{}, err
	}
	return view{title: c.words.T("menu.exchanges"), section: "exchanges", echoes: true,
		body: func(f *frame) templ.Component { return exchangesBody(f, p) }}, nil
}

func exchangePage(c *Call, d *correspondence.Desk) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	p := exchangesSheet{done: c.done()}
	if p.one, err = d.Exchange(c.ctx, id); err != nil {
		return view{}, err
	}
	return view{title: c.words.T("exchanges.with", "Name", p.one.With.Name), section: "exchanges",
		body: func(f *frame) templ.Component { return exchangeBody(f, p) }}, nil
}

// sayOnPage begins an exchange or goes on with one; the other agent may be typed by name.
func sayOnPage(c *Call, d *correspondence.Desk) (view, error) {
	id, goesOn := habilitation.ID{}, c.parameter("id") != ""
	form := correspondence.ExchangeForm{To: strings.TrimSpace(c.form.Get("to")), Text: c.text("text")}
	if goesOn {
		var err error
		if id, err = c.identity("id"); err != nil {
			return view{}, err
		}
	} else if form.To != "" {
		find, err := finder(c, d)
		if err != nil {
			return view{}, err
		}
		form.To = find.agent(form.To)
	}
	if err := checkLimits(c.s.validate, &form); err != nil {
		return view{}, err
	}
	one, err := d.Say(c.ctx, id, form)
	return view{to: "/exchanges/" + one.ID.String()}, err
}

func fileExchangeOnPage(c *Call, d *correspondence.Desk) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	draft, err := d.FileExchange(c.ctx, id)
	return view{to: draftAddress(draft.ID)}, err
}

// ruleField names one field of one rule, as the faults do; types of file are typed beside the families.
func ruleField(i int, field string) string {
	if field == "types" {
		field = "files"
	}
	return "rules[" + strconv.Itoa(i) + "]." + field
}

// otherTypes are the types of file of a rule that have no box of their own.
func otherTypes(files []string) (others []string) {
	for _, one := range files {
		if !slices.Contains(correspondence.FileFamilies(), one) {
			others = append(others, one)
		}
	}
	return others
}

// gateReasons tells why an address stands where it stands: the rule and by what it matched, what nobody could read, and what it waits for.
func gateReasons(f *frame, o correspondence.OutgoingView) (reasons []string) {
	say := func(key string, args ...any) { reasons = append(reasons, f.T(key, args...)) }
	if o.NoRelay {
		say("gate.no-relay")
	}
	if o.Rule != "" {
		say("gate.by-rule", "Rule", o.Rule)
	}
	if found := o.Found; found != nil {
		if found.Word != "" && found.In == "" {
			say("gate.by-word", "Word", found.Word)
		}
		if found.In != "" {
			say("gate.by-word-in", "Word", found.Word, "File", found.In)
		}
		if found.Tag != nil {
			say("gate.by-tag", "Tag", f.Label(found.Tag.Label))
		}
		if found.File != "" {
			say("gate.by-file", "File", found.File)
		}
	}
	if len(o.Unread) > 0 {
		say("gate.unread", "Files", strings.Join(o.Unread, ", "))
	}
	return reasons
}

// flawText is one thing wrong with a mail, in words.
func flawText(f *frame, key string) string {
	if f.has("flaw." + key) {
		return f.T("flaw." + key)
	}
	return key
}
