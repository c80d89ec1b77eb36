package correspondence

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"chancery/archive"
	"chancery/correspondence/circuit"
	"chancery/correspondence/dossier"
	"chancery/correspondence/handling"
	"chancery/habilitation"
)

// LifeEntry is one thing that happened to a message.
type LifeEntry struct {
	At       time.Time    `json:"at"`
	What     string       `json:"what"` // submitted, visa-approved, visa-remarks, returned, edited, withdrawn, held, unheld, released, undelivered, read, taken, answered…
	By       *AgentRef    `json:"by,omitempty"`
	For      *AgentRef    `json:"for,omitempty"` // in whose place
	Audience *AudienceRef `json:"audience,omitempty"`
	Dossier  *DossierRef  `json:"dossier,omitempty"`
	Number   string       `json:"number,omitempty"` // of the message that did it
	Round    int          `json:"round,omitempty"`  // of visas
	Digest   string       `json:"digest,omitempty"` // of the content that it was about, SHA-256 in lower-case hexadecimal
	Words    string       `json:"words,omitempty"`
}

// LifeView is what happened to a message, oldest first.
type LifeView struct {
	Items []LifeEntry `json:"items"`
}

// mayFollow reports whether the reader is told what happened to a message: members of its origin and archivists.
func (d *Desk) mayFollow(message habilitation.ID) bool {
	h, known := d.house.Folds.Ledger.headline(message)
	p := d.badge.Perimeter()
	return known && (p.Archivist() || p.HasAudience(h.origin))
}

// LifeOf is what happened to a message, for members of its origin and archivists: what the journal holds of it. Who read it is told only where reading
// was asked to be acknowledged, by what messages it was corrected only to whoever may read them, and of dossiers those that the reader opens.
func (d *Desk) LifeOf(ctx context.Context, message habilitation.ID) (LifeView, error) {
	row, err := d.admit(message)
	if err != nil {
		return LifeView{}, err
	}
	h, known := d.house.Folds.Ledger.headline(message)
	if !known || !d.mayFollow(message) {
		return LifeView{}, refuse(NotMandated, "")
	}
	before, since, err := d.toldOf(ctx, h)
	if err != nil {
		return LifeView{}, err
	}
	items := append(before, LifeEntry{At: timeOf(h.at), What: "released", By: d.agentRef(h.signatory), Number: h.number})
	for _, b := range d.banners(message) {
		items = append(items, LifeEntry{At: b.ReleasedAt, What: b.How.String(), Number: b.Number})
	}
	items = slices.Concat(items, d.lifeOfHandling(row.ID), since, d.lifeOfKeeping(message))
	for _, o := range d.outgoingOf(message) {
		items = append(items, LifeEntry{At: o.At, What: "mail-" + o.Step, By: o.By, Words: o.Address})
	}
	slices.SortStableFunc(items, func(a, b LifeEntry) int { return cmp.Compare(a.At.UnixMicro(), b.At.UnixMicro()) })
	return LifeView{Items: items}, nil
}

func (d *Desk) lifeOfHandling(message habilitation.ID) (out []LifeEntry) {
	one, begun := d.house.Folds.Handling.Of(message)
	if !begun {
		return nil
	}
	for _, l := range one.Lines {
		out = append(out, d.lifeOfLine(l, one.At)...)
	}
	if s := one.Silence; s != nil {
		for _, b := range s.Broken {
			out = append(out, d.happened("silence-broken", b.Audience, b.Word))
		}
		if !s.Ended.IsZero() {
			out = append(out, LifeEntry{At: s.Ended, What: map[bool]string{true: "silence-adopted", false: "silence-ended"}[s.Adopted]})
		}
	}
	return out
}

func (d *Desk) lifeOfKeeping(message habilitation.ID) (out []LifeEntry) {
	kept := d.house.Folds.Keeping.Of(message)
	for _, m := range kept.Moves {
		out = append(out, LifeEntry{At: m.At, What: "refiled", By: d.agentRef(m.By), Words: m.Position + " – " + m.Reason})
	}
	for _, f := range kept.Freezes {
		out = append(out, LifeEntry{At: f.At, What: "frozen", By: d.agentRef(f.By), Words: f.Reason})
		if f.Lifted != nil {
			out = append(out, LifeEntry{At: f.Lifted.At, What: "thawed", By: d.agentRef(f.Lifted.By), Words: f.Lifted.Reason})
		}
	}
	return out
}

// toldOf is what the journal says of a message, before its release and since.
func (d *Desk) toldOf(ctx context.Context, h *headline) (before, since []LifeEntry, err error) {
	way := way{origin: h.origin}
	for _, seq := range d.house.Folds.Lives.Of(h.id) {
		header, act, err := d.actAt(ctx, seq)
		if errors.Is(err, archive.ErrErased) {
			way.level = habilitation.Restricted // which level it told is gone
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("life of message %s: %w", h.id, err)
		}
		one, told := d.lifeOfAct(&way, act)
		if !told {
			continue
		}
		one.At, one.By = header.Time, d.agentRef(header.Actor)
		if uint64(seq) < h.seq {
			before = append(before, one)
		} else {
			since = append(since, one)
		}
	}
	return before, since, nil
}

// actAt reads one act of a life. It holds nothing of a message's text; what it says beside is told by lifeOfAct alone, reader by reader.
func (d *Desk) actAt(ctx context.Context, seq archive.Seq) (archive.Header, habilitation.Act, error) {
	entry, err := d.house.Journal.Fetch(ctx, seq)
	if err != nil {
		return archive.Header{}, nil, err
	}
	for _, acts := range []habilitation.Codec{circuit.Acts, handling.Acts, dossier.Acts} {
		if act, err := acts.Decode(entry.Kind, entry.Version, entry.Payload); !errors.Is(err, habilitation.ErrUnknownKind) {
			return entry.Header, act, err
		}
	}
	return archive.Header{}, nil, fmt.Errorf("read %s version %d: %w", entry.Kind, entry.Version, habilitation.ErrUnknownKind)
}

// way is how far the way of a draft has been told.
type way struct {
	origin habilitation.AudienceID
	level  habilitation.Level // of its text at that point
}

// lifeOfAct is an act as the reader is told it; false when they are not. What was said on the way of a draft is for whoever writes for the
// origin, as the draft was; archivists are told what was done, by whom and on which text.
func (d *Desk) lifeOfAct(w *way, act habilitation.Act) (LifeEntry, bool) {
	switch act := act.(type) {
	case handling.Shared:
		return d.happened("shared", act.Audience, handling.Word{For: act.For, Reason: act.Reason}), true
	case handling.ShareRevoked:
		return d.happened("share-revoked", act.Audience, handling.Word{Reason: act.Reason}), true
	case dossier.MessageAdded:
		return d.inDossier("dossier-added", act.Dossier, "")
	case dossier.MessageRemoved:
		return d.inDossier("dossier-removed", act.Dossier, act.Reason)
	}
	one, stead := w.step(act)
	one.For = d.agentRef(stead)
	writes := d.mayWrite(w.origin)
	if !writes {
		one.Words = ""
	}
	return one, w.level <= d.badge.Level() && (writes || d.badge.Perimeter().Archivist())
}

// step tells one act of the way of a draft, and in whose place it was done.
func (w *way) step(act habilitation.Act) (LifeEntry, habilitation.AgentID) {
	switch act := act.(type) {
	case circuit.DraftSubmitted:
		w.level = act.Level
		return LifeEntry{What: "submitted", Round: act.Round, Digest: act.Digest.String(), Words: act.Comment}, 0
	case circuit.VisaGiven:
		return LifeEntry{What: "visa-" + string(act.Verdict), Round: act.Round, Digest: act.Digest.String(), Words: act.Comment}, act.For
	case circuit.DraftReturned:
		return LifeEntry{What: "returned", Round: act.Round, Digest: act.Digest.String(), Words: act.Reason}, 0
	case circuit.DraftReopened:
		return LifeEntry{What: map[circuit.Why]string{circuit.Edited: "edited", circuit.Withdrawn: "withdrawn"}[act.Why], Round: act.Round}, 0
	case circuit.DraftHeld:
		w.level = act.Level
		return LifeEntry{What: "held", Digest: act.Digest.String()}, act.For
	case circuit.DraftUnheld:
		return LifeEntry{What: "unheld", Words: act.Reason}, 0
	}
	return LifeEntry{}, 0
}

func (d *Desk) inDossier(what string, id habilitation.ID, reason string) (LifeEntry, bool) {
	one, err := d.dossier(id)
	if err != nil {
		return LifeEntry{}, false
	}
	ref := dossierRef(&one)
	return LifeEntry{What: what, Dossier: &ref, Words: reason}, true
}

func (d *Desk) happened(what string, audience habilitation.AudienceID, w handling.Word) LifeEntry {
	ref := d.house.Folds.audience(audience)
	return LifeEntry{At: w.At, What: what, By: d.agentRef(w.By), For: d.agentRef(w.For), Audience: &ref, Words: w.Reason}
}

// lifeOfLine is what happened at one addressee, without what its originator did not ask to be told.
func (d *Desk) lifeOfLine(l handling.Line, released time.Time) (out []LifeEntry) {
	more := l.Details()
	if a := more.Addition; a != nil {
		out = append(out, d.happened("added", l.Audience, a.Word))
	}
	if more.Missed {
		out = append(out, d.happened("undelivered", l.Audience, handling.Word{Stamp: handling.Stamp{At: released}}))
	}
	if more.Reader.By != 0 && l.Receipt >= handling.OfReading {
		out = append(out, d.happened("read", l.Audience, handling.Word{Stamp: more.Reader}))
	}
	if l.Holder != 0 && l.Receipt >= handling.OfCharge {
		out = append(out, d.happened("taken", l.Audience, handling.Word{Stamp: handling.Stamp{By: l.Holder, At: more.HeldSince}}))
	}
	if answer, ok := l.Answered(d.badge.Level()); ok {
		entry := d.happened("answered", l.Audience, handling.Word{Stamp: handling.Stamp{At: answer.At}})
		if row, err := d.admit(answer.Message); err == nil {
			if h, known := d.house.Folds.Ledger.headline(row.ID); known {
				entry.Number = h.number
			}
		}
		out = append(out, entry)
	}
	if more.End.By != 0 {
		out = append(out, d.happened(l.State.String(), l.Audience, more.End))
	}
	if more.Settled != nil {
		out = append(out, d.happened("settled", l.Audience, *more.Settled))
	}
	return out
}
