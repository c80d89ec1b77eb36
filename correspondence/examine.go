package correspondence

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"chancery/archive"
	"chancery/correspondence/circuit"
	"chancery/correspondence/dossier"
	"chancery/habilitation"
)

// Cited names the objects of the vault that an entry cites.
func Cited(e archive.Entry) ([]archive.Digest, error) {
	if e.Kind == (dossier.FileAdded{}).Kind() {
		return citedByDossier(e)
	}
	if !isMessage(e.Kind) {
		return nil, nil
	}
	d, err := decodeDispatch(e)
	if err != nil {
		return nil, err
	}
	digests := make([]archive.Digest, len(d.Attachments))
	for i, a := range d.Attachments {
		digests[i] = archive.Digest{Sum: a.SHA512, Size: a.Size}
	}
	for _, e := range d.Extracts {
		for _, made := range e.all() {
			digest, err := made.digest()
			if err != nil {
				return nil, err
			}
			digests = append(digests, digest)
		}
	}
	return digests, nil
}

// citedByDossier names the file that an act puts into a dossier.
func citedByDossier(e archive.Entry) ([]archive.Digest, error) {
	act, err := dossier.Acts.Decode(e.Kind, e.Version, e.Payload)
	if err != nil {
		return nil, err
	}
	file, _ := act.(dossier.FileAdded)
	digest, err := digestFrom(file.SHA512, file.Size)
	return []archive.Digest{digest}, err
}

// Examination verifies what only correspondence can see of a journal: that every message reads, that its signature holds over its bytes,
// that its record says what was signed, that no series has a gap, and that every act folds. It implements archive.Examiner.
type Examination struct {
	Journal  archive.Journal
	Verifier *archive.Verifier
	Held     *Folds                        // what the house knows by heart, compared with what the journal says; nil: not compared
	Progress func(done, total archive.Seq) // nil: nobody is told

	whole bool // nothing was unreadable so far: only then do later acts and numbers have to follow
}

// Examine reports every problem and goes on; its error says that it could not finish.
func (x Examination) Examine(ctx context.Context, report func(archive.Problem)) error {
	head, err := x.Journal.Head(ctx)
	if err != nil || head.Seq == 0 {
		return err
	}
	again := NewFolds()
	x.whole = true
	for next := archive.Seq(1); next <= head.Seq && ctx.Err() == nil; next++ {
		last, err := x.from(ctx, next, head.Seq, again, report)
		if err != nil && !errors.Is(err, archive.ErrDamaged) {
			return fmt.Errorf("examine entry %d: %w", last+1, err)
		}
		x.whole = x.whole && err == nil
		next = last + 1 // which is damaged, as the archive's own verification says, or beyond the head
	}
	if x.Held != nil && x.whole && ctx.Err() == nil {
		x.compare(again, report)
	}
	return ctx.Err()
}

// from examines entries up to the head, or to the first that cannot be read; last is the last that could.
func (x Examination) from(ctx context.Context, next, head archive.Seq, again *Folds, report func(archive.Problem)) (last archive.Seq, err error) {
	last = next - 1
	for entry, err := range x.Journal.Tail(ctx, next) {
		if err != nil && !errors.Is(err, archive.ErrErased) {
			return last, err
		}
		last = entry.Seq
		if err == nil {
			x.one(entry, again, func(where, what string) {
				report(archive.Problem{Where: "journal, " + where, Seq: entry.Seq, What: what})
			})
		}
		if x.Progress != nil && (entry.Seq%256 == 0 || entry.Seq == head) {
			x.Progress(entry.Seq, head)
		}
		if entry.Seq == head {
			break
		}
	}
	return last, nil
}

// one examines one entry and folds it.
func (x Examination) one(e archive.Entry, again *Folds, found func(where, what string)) {
	if isMessage(e.Kind) {
		if d, err := decodeDispatch(e); err == nil {
			x.message(e, d, found)
		}
	}
	if act, err := circuit.Acts.Decode(e.Kind, e.Version, e.Payload); err == nil {
		x.visa(act, found)
	}
	if _, err := again.fold(e); err != nil && x.whole {
		found("fold", err.Error())
	}
}

func (x Examination) message(e archive.Entry, d *Dispatch, found func(where, what string)) {
	verdict, err := x.Verifier.VerifyDetached(d.P7S, d.Original)
	if err != nil || !verdict.Valid {
		found("signature", "the signature of message "+d.ID.String()+" does not hold: "+strings.Join(verdict.Reasons, ", "))
	}
	for i := range d.Visas {
		if valid, reasons := verifyVisa(x.Verifier, d.ID, &d.Visas[i]); !valid {
			found("signature", "the signature of a visa on message "+d.ID.String()+" does not hold: "+strings.Join(reasons, ", "))
		}
	}
	parts, err := parseOriginal(d.Original)
	if err != nil {
		found("signed bytes", "message "+d.ID.String()+": "+err.Error())
		return
	}
	if d.Level != e.Level || archive.TreeOf(d.Level) != e.Tree {
		found("record", fmt.Sprintf("message %s is %s, its entry %s", d.ID, d.Level, e.Level))
	}
	if number := d.number(); number.N > 0 && parts.Field("X-Chancery-Number") != number.String() {
		found("record", fmt.Sprintf("message %s is numbered %q, its signed bytes say %q", d.ID, number, parts.Field("X-Chancery-Number")))
	}
	if parts.Field("X-Chancery-Level") != d.Level.String() || parts.Field("Subject") != d.Subject {
		found("record", "message "+d.ID.String()+": level or subject is not what was signed")
	}
}

// visa verifies the signature of a visa that was given.
func (x Examination) visa(act habilitation.Act, found func(where, what string)) {
	visa, is := act.(circuit.VisaGiven)
	if !is {
		return
	}
	verdict, err := x.Verifier.VerifyDetached(visa.Signature, circuit.VisaText(visa.Draft, visa.Round, visa.Digest, visa.Verdict, visa.Comment))
	if err != nil || !verdict.Valid {
		found("signature", "the signature of a visa on draft "+visa.Draft.String()+" does not hold: "+strings.Join(verdict.Reasons, ", "))
	}
}

// compare holds what the house knows by heart against what the journal says.
func (x Examination) compare(again *Folds, report func(archive.Problem)) {
	differ := func(what string, held, journal any) {
		report(archive.Problem{Where: "snapshots", What: fmt.Sprintf("%s: the house holds %v, the journal says %v", what, held, journal)})
	}
	if a, b := x.Held.Ledger.Count(), again.Ledger.Count(); a != b {
		differ("messages", a, b)
	}
	if a, b := x.Held.Register.AgentCount(), again.Register.AgentCount(); a != b {
		differ("agents", a, b)
	}
	if a, b := x.Held.Register.NextAudience(), again.Register.NextAudience(); a != b {
		differ("groups and communities", a-1, b-1)
	}
	if a, b := x.Held.Dossiers.Count(), again.Dossiers.Count(); a != b {
		differ("dossiers", a, b)
	}
	if a, b := x.Held.Thesaurus.Next(), again.Thesaurus.Next(); a != b {
		differ("tags", a-1, b-1)
	}
	headlines, _ := again.Ledger.after(0, nil)
	for _, h := range headlines {
		row, known := x.Held.Rows.Row(h.id)
		held, ok := x.Held.Ledger.headline(h.id)
		if !ok || !known || row.Seq != h.seq || held.number != h.number || row.Marking.Level() != again.Ledger.levelNow(h) {
			differ("message "+h.id.String(), "something else", h.number)
		}
	}
}

// MessageIDs yields the identity and the place of every message of the house, for whoever compares an index with the journal.
func (f *Folds) MessageIDs(yield func(habilitation.ID, archive.Seq) bool) {
	headlines, _ := f.Ledger.after(0, nil)
	for _, h := range headlines {
		if !yield(h.id, archive.Seq(h.seq)) {
			return
		}
	}
}
