package housetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"

	"chancery/correspondence"
	"chancery/habilitation"
	"chancery/tagging"
)

// WithPeople makes a house with people in it:
//
//	group   level         members (duties)
//	mae     restricted    —
//	dam     restricted    marie (signatory, drafter, number two), karim (signatory, drafter), lea (reader, unprotected)
//	bamako  restricted    paul (signatory, drafter, number two)
//	sante   unprotected   ines (signatory, drafter, number two, unprotected)
//	sahel   community     karim (manager), ines
//
// Beside them: theo, cleared and in no group; ana, archivist, cleared. Tags: sahel (steward dam), peche (steward mae… by marie), sante (steward sante).
// The community sahel has declared the tag sahel for unprotected messages.
func WithPeople(t testing.TB) *House {
	t.Helper()
	h := New(t)
	h.people()
	h.Enact(
		tagging.TagCreated{Tag: 1, Key: "sahel", Label: habilitation.Label{FR: "Sahel", EN: "Sahel"}, Steward: 2, State: tagging.Active},
		tagging.TagCreated{Tag: 2, Key: "peche", Label: habilitation.Label{FR: "Pêche", EN: "Fisheries"}, Synonyms: []string{"halieutique"}, Steward: 2, State: tagging.Active},
		tagging.TagCreated{Tag: 3, Key: "sante", Label: habilitation.Label{FR: "Santé", EN: "Health"}, Steward: 4, State: tagging.Active},
		tagging.TagDeclared{Declaration: habilitation.ID{1}, Tag: 1, Audience: 5, Level: habilitation.Unprotected},
	)
	return h
}

func (h *House) people() {
	const np, dr = habilitation.Unprotected, habilitation.Restricted
	sign := habilitation.Drafter | habilitation.Signatory
	agent := func(id habilitation.AgentID, login, name string, level habilitation.Level, functions ...habilitation.Function) habilitation.Act {
		return habilitation.AgentAdded{Agent: id, Login: login, Name: name, Level: level, Functions: functions}
	}
	group := func(id habilitation.AudienceID, key, name, timbre, sort string, level habilitation.Level) habilitation.Act {
		return habilitation.AudienceCreated{Audience: id, Key: key, Sort: sort, Name: habilitation.Label{FR: name, EN: name}, Timbre: timbre, Level: level, Community: sort == "community"}
	}
	joined := func(a habilitation.AudienceID, agent habilitation.AgentID, duties habilitation.Duty) habilitation.Act {
		return habilitation.MemberJoined{Audience: a, Agent: agent, Duties: duties}
	}
	h.Enact(
		agent(1, "marie", "Marie Roy", dr), agent(2, "karim", "Karim Benali", dr), agent(3, "lea", "Léa Petit", np), agent(4, "paul", "Paul Noël", dr),
		agent(5, "ines", "Inès Faure", np), agent(6, "theo", "Théo Blanc", dr), agent(7, "ana", "Ana Costa", dr, habilitation.Archivist),
		group(1, "mae", "Ministère", "DIPLOMATIE", "ministry", dr), group(2, "dam", "Direction de l'Afrique", "DAM", "directorate", dr),
		group(3, "bamako", "Ambassade à Bamako", "BAMAKO", "embassy", dr), group(4, "sante", "Direction de la santé", "MINSANTE", "directorate", np),
		group(5, "sahel", "Communauté Sahel", "", "community", dr),
		joined(2, 1, sign|habilitation.NumberTwo), joined(2, 2, sign), joined(2, 3, 0), joined(3, 4, sign|habilitation.NumberTwo),
		joined(4, 5, sign|habilitation.NumberTwo), joined(5, 2, habilitation.Manager), joined(5, 5, 0),
	)
	for _, level := range habilitation.Levels {
		hash := sha256.Sum256([]byte(SecretOf(level)))
		h.Enact(habilitation.TerminalRegistered{Terminal: TerminalOf(level), Name: level.String(), Level: level, SecretHash: hash[:]})
	}
}

// TerminalOf is the registered terminal of a level.
func TerminalOf(level habilitation.Level) habilitation.ID {
	return habilitation.ID{0: 't', 15: byte(level)}
}

// SecretOf is what the terminal of a level shows when somebody signs in on it.
func SecretOf(level habilitation.Level) string { return "the secret of the terminal " + level.String() }

// SignIn gives an agent the password of everybody and a pass for it, on the terminal that shows the secret.
func (h *House) SignIn(login, secret string) correspondence.Pass {
	h.T.Helper()
	agent, ok := h.Folds().Register.AgentByLogin(login)
	if !ok {
		h.T.Fatalf("no agent %q in the test house", login)
	}
	if err := h.Authority.SetPassword(h.ctx, agent.ID, Password); err != nil {
		h.T.Fatalf("set password of %s: %v", login, err)
	}
	pass, err := h.Chancery.SignIn(h.ctx, login, Password, secret, "test")
	if err != nil {
		h.T.Fatalf("%s signs in: %v", login, err)
	}
	return pass
}

// Reader is an agent at a desk.
type Reader struct {
	*correspondence.Desk
	h     *House
	login string
}

// As seats an agent at a terminal cleared for restricted messages.
func (h *House) As(login string) *Reader {
	h.T.Helper()
	return h.At(login, TerminalOf(habilitation.Restricted))
}

// At seats an agent at a terminal; the zero identity is a terminal nobody knows.
func (h *House) At(login string, terminal habilitation.ID) *Reader {
	h.T.Helper()
	agent, ok := h.Folds().Register.AgentByLogin(login)
	if !ok {
		h.T.Fatalf("no agent %q in the test house", login)
	}
	badge, err := h.Authority.BadgeFor(agent.ID, terminal)
	if err != nil {
		h.T.Fatalf("badge of %s: %v", login, err)
	}
	return &Reader{Desk: h.Chancery.DeskOf(badge), h: h, login: login}
}

// Telegram is a valid form: a telegram to one group, for action.
func Telegram(origin, to string, level habilitation.Level, subject string) correspondence.Form {
	return correspondence.Form{Kind: "telegram", Origin: origin, Level: level.String(), Action: []correspondence.FormAddressee{{Group: to}},
		Subject: subject, Summary: "Résumé : " + subject, Text: "Texte de la dépêche.\n\n" + subject + "."}
}

// Dispatches releases a form and expects it to be released.
func (r *Reader) Dispatches(form correspondence.Form) correspondence.MessageView {
	r.h.T.Helper()
	view, err := r.Dispatch(r.h.ctx, habilitation.ID{}, form)
	if err != nil {
		r.h.T.Fatalf("%s dispatches %q: %v", r.login, form.Subject, err)
	}
	return view
}

// Reads opens a message and expects to.
func (r *Reader) Reads(id habilitation.ID) correspondence.MessageView {
	r.h.T.Helper()
	view, err := r.Message(r.h.ctx, id)
	if err != nil {
		r.h.T.Fatalf("%s reads %s: %v", r.login, id, err)
	}
	return view
}

// ReadsNothingOf expects every way to a message to answer as if it did not exist.
func (r *Reader) ReadsNothingOf(id habilitation.ID) {
	r.h.T.Helper()
	ways := map[string]func() error{
		"message":     func() error { _, err := r.Message(r.h.ctx, id); return err },
		"original":    func() error { _, err := r.Original(r.h.ctx, id); return err },
		"signature":   func() error { _, err := r.Signature(r.h.ctx, id); return err },
		"timestamp":   func() error { _, err := r.Timestamp(r.h.ctx, id); return err },
		"timestamped": func() error { _, err := r.Timestamped(r.h.ctx, id); return err },
		"proof":       func() error { _, err := r.Proof(r.h.ctx, id); return err },
		"life":        func() error { _, err := r.LifeOf(r.h.ctx, id); return err },
		"handling":    func() error { _, err := r.HandlingOf(r.h.ctx, id); return err },
		"thread":      func() error { _, err := r.Thread(r.h.ctx, id); return err },
		"attachment":  func() error { _, _, err := r.Attachment(r.h.ctx, id, 0); return err },
		"mark":        func() error { return r.MarkRead(r.h.ctx, id, true) },
		"mark all":    func() error { return r.MarkAllRead(r.h.ctx, id) },
		"feed after":  func() error { _, err := r.Teleprinter(r.h.ctx, correspondence.FeedQuery{After: id}); return err },
		"search after": func() error {
			_, err := r.Search(r.h.ctx, correspondence.SearchQuery{After: id})
			return err
		},
	}
	for way, ask := range ways {
		var refusal *correspondence.Refusal
		if err := ask(); !errors.As(err, &refusal) || refusal.Cause != correspondence.Unknown {
			r.h.T.Errorf("%s asks for %s of %s: got %v, want it unknown", r.login, way, id, err)
		}
	}
	for _, h := range r.Feed() {
		if h.ID == id {
			r.h.T.Errorf("%s finds %s on the teleprinter", r.login, id)
		}
	}
}

// Feed is everything on the reader's teleprinter.
func (r *Reader) Feed() []correspondence.Headline {
	r.h.T.Helper()
	var all []correspondence.Headline
	after := habilitation.ID{}
	for {
		page, err := r.Teleprinter(r.h.ctx, correspondence.FeedQuery{Limit: 200, After: after})
		if err != nil {
			r.h.T.Fatalf("teleprinter of %s: %v", r.login, err)
		}
		all = append(all, page.Items...)
		if page.Next == nil {
			return all
		}
		after = *page.Next
	}
}

// Finds searches and expects an answer.
func (r *Reader) Finds(text string) correspondence.SearchPage {
	r.h.T.Helper()
	r.h.Settle()
	page, err := r.Search(context.Background(), correspondence.SearchQuery{Text: text, Limit: 100})
	if err != nil {
		r.h.T.Fatalf("%s searches %q: %v", r.login, text, err)
	}
	return page
}
