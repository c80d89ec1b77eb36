package correspondence

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"chancery/correspondence/gate"
	"chancery/habilitation"
)

// GateRuleForm is one rule of the release gate as an administrator writes it.
type GateRuleForm struct {
	Name    string   `json:"name" validate:"max=200"`
	Words   []string `json:"words,omitempty" validate:"max=100,dive,max=200"`   // any of them stands in the message or in its files
	Tags    []string `json:"tags,omitempty" validate:"max=100,dive,max=100"`    // keys
	Domains []string `json:"domains,omitempty" validate:"max=100,dive,max=200"` // of addresses
	Kinds   []string `json:"kinds,omitempty" validate:"max=10,dive,max=20"`     // of message: telegram, note, mail
	Files   []string `json:"files,omitempty" validate:"max=100,dive,max=130"`   // types of attached file: any, picture, pdf, office, archive, text; or .docx, image/png, image/*
	Outcome string   `json:"outcome" validate:"max=20" enum:"allow,second-person,block"`
}

// FileFamilies lists the families of files that a rule of the gate may name.
func FileFamilies() []string { return gate.FileFamilies() }

// GateForm is all the rules in their order, and why they change.
type GateForm struct {
	Rules  []GateRuleForm `json:"rules" validate:"max=200,dive"`
	Reason string         `json:"reason" validate:"max=2000"`
}

// GateView is the rules in force.
type GateView struct {
	Rules   []GateRuleForm `json:"rules"`
	Default string         `json:"default" enum:"allow,second-person,block"` // where no rule matches
	May     bool           `json:"may_change"`
}

// OutgoingView is where one address outside stands.
type OutgoingView struct {
	Address string     `json:"address"`
	Step    string     `json:"step" enum:"held,refused,waiting,sent,undeliverable"`
	NoRelay bool       `json:"no_relay,omitempty"` // it waits in vain: no server is configured that takes mail to outside
	At      time.Time  `json:"at"`
	Rule    string     `json:"rule,omitempty"`   // of the gate that decided
	Found   *FoundView `json:"found,omitempty"`  // by what the rule matched
	Unread  []string   `json:"unread,omitempty"` // files whose words nobody knows, while a rule asks for words
	By      *AgentRef  `json:"by,omitempty"`     // the second person
	Why     string     `json:"why,omitempty"`
}

// FoundView is by what a rule of the gate matched a message; what it does not ask for is empty.
type FoundView struct {
	Word string  `json:"word,omitempty"`
	In   string  `json:"in,omitempty"` // name of the file that says the word; "" for the message itself
	Tag  *TagRef `json:"tag,omitempty"`
	Kind string  `json:"kind,omitempty" enum:"telegram,note,mail"`
	Type string  `json:"type,omitempty"` // of file
	File string  `json:"file,omitempty"` // name of the one that is of it
}

// HeldView is a message that waits for a second person.
type HeldView struct {
	Headline
	Outgoing []OutgoingView `json:"outgoing"`
}

// Gate is the rules of the release gate. Administrators see them.
func (d *Desk) Gate(context.Context) (GateView, error) {
	if !d.administers() {
		return GateView{}, refuse(NotMandated, "")
	}
	v := d.house.GateInForce()
	v.May = true
	return v, nil
}

// GateInForce is the rules of the release gate, for cmd: it asks for no badge.
func (c *Chancery) GateInForce() GateView {
	v := GateView{Rules: []GateRuleForm{}, Default: string(c.GateDefault)}
	for _, r := range c.Folds.Gate.Rules() {
		form := GateRuleForm{Name: r.Name, Words: r.Words, Domains: r.Domains, Kinds: r.Kinds, Files: r.Files, Outcome: string(r.Outcome)}
		for _, t := range r.Tags {
			form.Tags = append(form.Tags, c.Folds.tag(t).Key)
		}
		v.Rules = append(v.Rules, form)
	}
	return v
}

// SetGate replaces the rules of the release gate, with the reason. Administrators do. All faults are told at once.
func (d *Desk) SetGate(ctx context.Context, form GateForm) (GateView, error) {
	if !d.administers() {
		return GateView{}, refuse(NotMandated, "")
	}
	act, err := d.house.ReadGate(form)
	if err != nil {
		return GateView{}, err
	}
	err = d.enact(ctx, func(habilitation.AgentID) (habilitation.Act, error) {
		if !d.administers() {
			return nil, refuse(NotMandated, "")
		}
		return act, nil
	})
	if err != nil {
		return GateView{}, err
	}
	return d.Gate(ctx)
}

// ReadGate reads the rules as an administrator wrote them; whatever is wrong with them is one refusal.
func (c *Chancery) ReadGate(form GateForm) (gate.RulesSet, error) {
	f := &finishing{directory: directory{thesaurus: c.Folds.Thesaurus}}
	act := gate.RulesSet{Rules: []gate.Rule{}, Reason: OneLine(form.Reason)}
	f.length("reason", act.Reason, true, maxSummary)
	for i, r := range form.Rules {
		at := "rules[" + strconv.Itoa(i) + "]"
		rule := gate.Rule{Name: OneLine(r.Name), Outcome: gate.Outcome(r.Outcome)}
		f.length(at+".name", rule.Name, true, maxSubject)
		if !rule.Outcome.Valid() {
			f.noChoice(at+".outcome", r.Outcome, gate.OutcomeNames()...)
		}
		rule.Words, rule.Domains = filledLines(r.Words), filledLines(r.Domains)
		for _, word := range rule.Words {
			if !gate.IsWord(word) {
				f.fault(at+".words", "not-a-word", "value", word)
			}
		}
		for _, kind := range filledLines(r.Kinds) {
			choose(f, at+".kinds", kind, kindNames, Mail)
			rule.Kinds = append(rule.Kinds, kind)
		}
		for _, kind := range filledLines(r.Files) {
			if kind = strings.ToLower(kind); !gate.IsFileType(kind) {
				f.fault(at+".files", "not-a-file-type", "value", kind)
			}
			rule.Files = append(rule.Files, kind)
		}
		for _, key := range filledLines(r.Tags) {
			tag, ok := f.thesaurus.ByKey(key)
			if !ok {
				f.fault(at+".tags", "tag-unknown", "value", key)
				continue
			}
			rule.Tags = append(rule.Tags, tag.ID)
		}
		act.Rules = append(act.Rules, rule)
	}
	return act, faultList(f.faults).refusal()
}

// filledLines are the texts that say anything, each on one line.
func filledLines(texts []string) (out []string) {
	for _, text := range texts {
		if text = strings.TrimSpace(OneLine(text)); text != "" {
			out = append(out, text)
		}
	}
	return out
}

// HeldMail lists what waits for a second person, as far as this agent may be one: signatories of the origin but the one who signed.
func (d *Desk) HeldMail(ctx context.Context) ([]HeldView, error) {
	out := []HeldView{}
	unread, err := d.unreads(ctx)
	if err != nil {
		return nil, err
	}
	for _, leaving := range d.house.Folds.Gate.At(gate.Held) {
		row, err := d.admit(leaving.Message)
		if err != nil || d.secondPerson(leaving.Message) != nil {
			continue
		}
		if h, ok := d.headline(row, unread); ok {
			out = append(out, HeldView{Headline: h, Outgoing: d.outgoingOf(leaving.Message)})
		}
	}
	return out, nil
}

// secondPerson tells why this agent may not decide about a held message; nil when they may.
func (d *Desk) secondPerson(id habilitation.ID) error {
	leaving, known := d.house.Folds.Gate.Of(id)
	if !known {
		return errUnknown
	}
	if _, may := d.house.Folds.Register.MayAct(d.badge.Agent(), leaving.Origin, habilitation.Signatory, d.house.Clock()); !may {
		return refuse(NotMandated, "")
	}
	return d.house.Folds.Gate.SecondPerson(d.badge.Agent(), id)
}

// DecideHeld lets a held message leave, or refuses it with the reason.
func (d *Desk) DecideHeld(ctx context.Context, id habilitation.ID, verdict, reason string) error {
	if _, err := d.admit(id); err != nil {
		return err
	}
	if err := d.proved(); err != nil {
		return err
	}
	var act habilitation.Act = gate.Approved{Message: id}
	switch reason = OneLine(reason); {
	case verdict == "refused" && reason == "":
		return &Refusal{Cause: Invalid, Faults: []Fault{{Field: "reason", Key: "missing"}}}
	case verdict == "refused":
		act = gate.Refused{Message: id, Reason: cutRunes(reason, maxSummary)}
	case verdict != "approved":
		return &Refusal{Cause: Invalid, Faults: []Fault{noChoice("verdict", verdict, "approved", "refused")}}
	}
	return d.enact(ctx, func(habilitation.AgentID) (habilitation.Act, error) {
		if _, err := d.admit(id); err != nil {
			return nil, err
		}
		return act, d.secondPerson(id)
	})
}

// outgoingOf is what became of a message at each address outside: for members of the origin, and archivists.
func (d *Desk) outgoingOf(id habilitation.ID) []OutgoingView {
	leaving, _ := d.house.Folds.Gate.Of(id)
	if p := d.badge.Perimeter(); !p.HasAudience(leaving.Origin) && !p.Archivist() && leaving.Signatory != d.badge.Agent() {
		return nil
	}
	var out []OutgoingView
	for _, l := range leaving.Lines {
		v := OutgoingView{Address: l.Address, Step: string(l.Step), At: l.At, Rule: l.Rule, Found: d.foundBy(l.Found), Unread: l.Unread, Why: l.Why,
			NoRelay: l.Step == gate.Waiting && !d.house.Relayed}
		if l.By != 0 {
			ref := d.house.Folds.agent(l.By)
			v.By = &ref
		}
		out = append(out, v)
	}
	return slices.Clip(out)
}

func (d *Desk) foundBy(found *gate.Found) *FoundView {
	if found == nil {
		return nil
	}
	v := &FoundView{Word: found.Word, In: found.In, Kind: found.Kind, Type: found.Type, File: found.File}
	if found.Tag != 0 {
		ref := d.house.Folds.tag(found.Tag)
		v.Tag = &ref
	}
	return v
}
