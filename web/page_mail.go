package web

import (
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
	s.page(fiber.MethodGet, "/gate", func(c *Call, d *correspondence.Desk) (view, error) {
		return showGate(c, d, gateSheet{done: c.done()}, 0)
	})
	s.page(fiber.MethodPost, "/gate", setGateOnPage)
	s.page(fiber.MethodPost, "/gate/held/{id}", decideHeldOnPage)
	s.page(fiber.MethodGet, "/exchanges", func(c *Call, d *correspondence.Desk) (view, error) {
		return showExchanges(c, d, exchangesSheet{done: c.done(), typed: correspondence.ExchangeForm{To: c.query("to")}}, 0)
	})
	s.page(fiber.MethodPost, "/exchanges", sayOnPage)
	s.page(fiber.MethodGet, "/exchanges/{id}", func(c *Call, d *correspondence.Desk) (view, error) {
		return showExchange(c, d, exchangesSheet{done: c.done()}, 0)
	})
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
	held   []correspondence.HeldView
	gate   correspondence.GateView
	rules  []correspondence.GateRuleForm // of the form: those in force or as they were typed, and some that are empty
	reason string
	faults []correspondence.Fault
	done   string
}

func showGate(c *Call, d *correspondence.Desk, p gateSheet, status int) (view, error) {
	var err error
	if p.held, err = d.HeldMail(c.ctx); err != nil {
		return view{}, err
	}
	p.gate, err = d.Gate(c.ctx)
	if cause, _ := causeOf(err); err != nil && cause != correspondence.NotMandated {
		return view{}, err
	}
	if p.rules == nil {
		p.rules = p.gate.Rules
	}
	p.rules = append(p.rules, make([]correspondence.GateRuleForm, blankRules)...)
	return view{title: c.words.T("menu.gate"), section: "gate", status: status, echoes: true,
		body: func(f *frame) templ.Component { return gateBody(f, p) }}, nil
}

// setGateOnPage replaces the rules; a rule without a name and without an outcome was left empty.
func setGateOnPage(c *Call, d *correspondence.Desk) (view, error) {
	form := correspondence.GateForm{Rules: []correspondence.GateRuleForm{}, Reason: c.text("reason")}
	at := func(field string, i int) string {
		if values := c.form[field]; i < len(values) {
			return values[i]
		}
		return ""
	}
	for i := range c.form["name"] {
		n := strconv.Itoa(i)
		rule := correspondence.GateRuleForm{Name: at("name", i), Words: listed(at("words", i)), Tags: listed(at("tags", i)), Domains: listed(at("domains", i)),
			Kinds: c.form["kinds-"+n], Files: append(slices.Clone(c.form["files-"+n]), listed(at("types", i))...), Outcome: at("outcome", i)}
		if strings.TrimSpace(rule.Name) != "" || len(rule.Words)+len(rule.Tags)+len(rule.Domains)+len(rule.Kinds)+len(rule.Files) > 0 {
			form.Rules = append(form.Rules, rule)
		}
	}
	err := checkLimits(c.s.validate, &form)
	if err == nil {
		_, err = d.SetGate(c.ctx, form)
	}
	if cause, refusal := causeOf(err); cause == correspondence.Invalid {
		return showGate(c, d, gateSheet{rules: form.Rules, reason: form.Reason, faults: refusal.Faults}, fiber.StatusUnprocessableEntity)
	}
	return view{to: "/gate?done=gate-set"}, err
}

func decideHeldOnPage(c *Call, d *correspondence.Desk) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	verdict := c.form.Get("verdict")
	err = d.DecideHeld(c.ctx, id, verdict, c.text("reason"))
	if cause, refusal := causeOf(err); cause == correspondence.Invalid {
		return showGate(c, d, gateSheet{faults: refusal.Faults}, fiber.StatusUnprocessableEntity)
	}
	return view{to: "/gate?done=held-" + verdict}, err
}

// exchangesSheet is the list of exchanges, or one of them, with what was typed.
type exchangesSheet struct {
	all    []correspondence.ExchangeView
	one    correspondence.ExchangeView
	typed  correspondence.ExchangeForm
	faults []correspondence.Fault
	done   string
}

func showExchanges(c *Call, d *correspondence.Desk, p exchangesSheet, status int) (view, error) {
	var err error
	if p.all, err = d.Exchanges(c.ctx); err != nil {
		return view{}, err
	}
	return view{title: c.words.T("menu.exchanges"), section: "exchanges", status: status, echoes: true,
		body: func(f *frame) templ.Component { return exchangesBody(f, p) }}, nil
}

func showExchange(c *Call, d *correspondence.Desk, p exchangesSheet, status int) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	if p.one, err = d.Exchange(c.ctx, id); err != nil {
		return view{}, err
	}
	return view{title: c.words.T("exchanges.with", "Name", p.one.With.Name), section: "exchanges", status: status, echoes: true,
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
	one, err := correspondence.ExchangeView{}, checkLimits(c.s.validate, &form)
	if err == nil {
		one, err = d.Say(c.ctx, id, form)
	}
	if cause, refusal := causeOf(err); cause == correspondence.Invalid {
		p := exchangesSheet{typed: form, faults: refusal.Faults}
		if goesOn {
			return showExchange(c, d, p, fiber.StatusUnprocessableEntity)
		}
		return showExchanges(c, d, p, fiber.StatusUnprocessableEntity)
	}
	return view{to: "/exchanges/" + one.ID.String()}, err
}

func fileExchangeOnPage(c *Call, d *correspondence.Desk) (view, error) {
	id, err := c.identity("id")
	if err != nil {
		return view{}, err
	}
	draft, err := d.FileExchange(c.ctx, id)
	return view{to: "/drafts/" + draft.ID.String()}, err
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
