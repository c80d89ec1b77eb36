package housetest

import (
	"time"

	"chancery/correspondence"
	"chancery/habilitation"
)

// Record is a valid record of another archive: a telegram from one group to another, printed on a date under a number.
func (h *House) Record(source, from, to string, level habilitation.Level, printed time.Time, number, subject string) correspondence.Imported {
	h.T.Helper()
	return correspondence.Imported{Source: source, Message: correspondence.Message{Kind: correspondence.Telegram, Origin: h.Party(from),
		Signatory:  correspondence.Person{Name: "Ferry"},
		Addressees: []correspondence.Addressee{{Party: h.Party(to), Role: correspondence.Action, Qualification: correspondence.ToRead}},
		Precedence: correspondence.Routine, InfoPrecedence: correspondence.Routine, Level: level, Language: "fr",
		Subject: subject, Text: "Texte imprimé : " + subject,
		Provenance: &correspondence.Provenance{Number: number, Date: printed, From: "Ferry", To: []string{"Barrère"},
			Pairs: [][2]string{{"volume", "Documents diplomatiques, I"}, {"document", source}}}}}
}

// Party is a group or community as a message names it.
func (h *House) Party(key string) correspondence.Party {
	h.T.Helper()
	a, known := h.Folds().Register.AudienceByKey(key)
	if !known {
		h.T.Fatalf("no group %q in the test house", key)
	}
	return correspondence.Party{Audience: a.ID, Key: a.Key, Timbre: a.Timbre, Name: a.Name.FR}
}

// Imports keeps records and expects all of them to be new.
func (h *House) Imports(records ...correspondence.Imported) {
	h.T.Helper()
	if n, err := h.Chancery.Import(h.ctx, records); err != nil || n != len(records) {
		h.T.Fatalf("import of %d records: %d kept, %v", len(records), n, err)
	}
}

// Seat gives a desk that was opened otherwise the manners of a Reader.
func (h *House) Seat(login string, desk *correspondence.Desk) *Reader {
	return &Reader{Desk: desk, h: h, login: login}
}
