package correspondence

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"chancery/archive"
	"chancery/correspondence/circuit"
	"chancery/habilitation"
	"chancery/search"
)

// release is one message on its way into the archive.
type release struct {
	badge    habilitation.Badge // of the agent who releases; unused for an import
	draft    Draft
	imported *Message // set for an import, which the house seals and no series counts
	source   string   // of an import
	arrival  *inbound // of an import that is a mail: whom it is for is asked at head
	whose    Whose
	hold     *circuit.Hold // the word that is carried out; nil for a release at once

	// filled in while deciding
	message  *Message
	allotted Allotted
	outcome  Outcome
	dispatch *Dispatch
	entry    archive.Draft
	document search.Document // without its place
	sketch   sketch
	twin     bool  // the message is in the archive already, or in this batch
	err      error // why it was refused
}

func (r *release) id() habilitation.ID {
	if r.imported != nil {
		return r.imported.ID
	}
	return r.draft.ID
}

// Release decides one form in the name of whoever wears the badge: durable, signed and stamped when it returns. It returns no dispatch when
// the identity's message is in the archive already. A refusal is a *Refusal.
func (c *Chancery) Release(ctx context.Context, badge habilitation.Badge, id habilitation.ID, form Form) (*Dispatch, error) {
	return c.decide(ctx, &release{badge: badge, draft: Draft{ID: id, Form: form, Agent: badge.Agent(), Ceiling: badge.Level()}})
}

// decide has one release decided with whatever else waits.

func (c *Chancery) decide(ctx context.Context, r *release) (*Dispatch, error) {
	if err := c.submit(&command{ctx: ctx, releases: []*release{r}}); err != nil {
		return nil, err
	}
	if r.twin {
		return nil, nil
	}
	return r.dispatch, nil
}

// decideReleases decides every release of the commands against the state at head, in their order, and appends all that hold in one
// durable write. What cannot be signed is refused and the rest is decided again, before anything is durable.
func (c *Chancery) decideReleases(commands []*command) {
	if len(commands) == 0 {
		return
	}
	var all []*release
	for _, cmd := range commands {
		all = append(all, cmd.releases...)
	}
	for {
		ready := c.allotAll(all)
		c.signAll(ready)
		if refused := countRefused(ready); refused > 0 {
			continue
		}
		c.appendReleases(ready)
		break
	}
	for _, cmd := range commands {
		cmd.answer <- firstFault(cmd.releases)
	}
}

// firstFault is the answer to a command of one release; an import reads the fault of each.
func firstFault(releases []*release) error {
	if len(releases) != 1 || releases[0].imported != nil {
		return nil
	}
	return releases[0].err
}

func countRefused(ready []*release) (refused int) {
	for _, r := range ready {
		if r.err != nil {
			refused++
		}
	}
	return refused
}

// allotAll checks each release and gives the ones that hold their numbers, as if those before it were in the archive.
func (c *Chancery) allotAll(all []*release) []*release {
	at := c.now().Truncate(time.Second)
	next := newAllotment(c.Folds)
	seen := make(map[habilitation.ID]bool, len(all))
	corrected := map[habilitation.ID]bool{}
	ready := make([]*release, 0, len(all))
	for _, r := range all {
		if r.err != nil {
			continue
		}
		if r.twin = seen[r.id()] || c.Folds.Ledger.has(r.id()); r.twin {
			continue
		}
		if r.err = c.check(r, at); r.err != nil {
			continue
		}
		if target := r.message.Corrects; target != nil {
			if corrected[target.Message] {
				r.err = refuse(Conflict, "corrected-meanwhile")
				continue
			}
			corrected[target.Message] = true
		}
		seen[r.id()] = true
		r.allotted = next.allot(r.message, at, c.Domain)
		ready = append(ready, r)
	}
	return ready
}

// check finishes the draft against the state at head, with the rights as they are now.
func (c *Chancery) check(r *release, at time.Time) error {
	if r.imported != nil {
		r.message = r.imported
		if r.arrival != nil {
			c.address(r)
		}
		return r.fault(cmp.Or(c.takeExtracts(r), c.retain(r.message)))
	}
	badge, err := c.Authority.Renew(r.badge)
	if err != nil {
		return refuse(NotAdmitted, "")
	}
	r.draft.Ceiling = badge.Level()
	message, faults := r.draft.finish(c.directory(badge, at))
	if len(faults) > 0 {
		return &Refusal{Cause: Invalid, Faults: faults}
	}
	r.message = message
	if err := c.checkCircuit(r, at); err != nil {
		return err
	}
	message.Keeping = c.keepingOf(r, at)
	r.outcome = c.outcome(message)
	if err := c.passGate(r); err != nil {
		return err
	}
	if err := c.retainExtracts(r.outcome.Extracts); err != nil {
		return err
	}
	return c.retain(message)
}

// passGate takes what was found about the attachments, and has the release gate judge the message with it.
func (c *Chancery) passGate(r *release) (err error) {
	if r.outcome.Extracts, err = c.extracts(context.Background(), r.message); err != nil {
		return err
	}
	var faults []Fault
	if r.outcome.Gate, faults, err = c.judge(r.message, r.outcome.Extracts); err == nil && len(faults) > 0 {
		err = &Refusal{Cause: Invalid, Faults: faults}
	}
	return err
}

// takeExtracts gives a release what the inspection made from its attachments.
func (c *Chancery) takeExtracts(r *release) (err error) {
	if r.outcome.Extracts, err = c.extracts(context.Background(), r.message); err != nil {
		return err
	}
	return c.retainExtracts(r.outcome.Extracts)
}

// allotment counts on from the ledger while a batch is decided.
type allotment struct {
	folds  *Folds
	series map[seriesKey]uint64
	toward map[towardKey]uint64
}

func newAllotment(folds *Folds) *allotment {
	return &allotment{folds: folds, series: map[seriesKey]uint64{}, toward: map[towardKey]uint64{}}
}

func (a *allotment) allot(m *Message, at time.Time, domain string) Allotted {
	out := Allotted{At: at, House: domain}
	if m.Provenance != nil {
		return out
	}
	key := seriesKey{origin: m.Origin.Audience, kind: m.Kind, level: m.Level, year: int16(at.Year())}
	if _, begun := a.series[key]; !begun {
		a.series[key] = a.folds.Ledger.last(key)
	}
	a.series[key]++
	out.Number = Number{Kind: m.Kind, Timbre: m.Origin.Timbre, Level: m.Level, Year: at.Year(), N: a.series[key]}
	for _, to := range m.Addressees {
		key := towardKey{origin: m.Origin.Audience, to: to.Audience, level: m.Level, year: int16(at.Year())}
		if _, begun := a.toward[key]; !begun {
			a.toward[key] = a.folds.lastToward(key)
		}
		a.toward[key]++
		out.Addressees = append(out.Addressees, a.toward[key])
	}
	return out
}

// signAll composes, signs and stamps in parallel. A release that fails carries its refusal.
func (c *Chancery) signAll(ready []*release) {
	inParallel(len(ready), func(i int) {
		r := ready[i]
		begun := time.Now()
		err := c.sign(r)
		switch {
		case err != nil && r.imported != nil:
			r.err = r.fault(err)
		case err != nil:
			c.Log.Error("signing went wrong", "message", r.id().String(), "why", err.Error())
			r.err = refuse(Busy, "signing")
		case r.imported == nil && time.Since(begun) > c.SigningLimit:
			c.Log.Warn("signing took too long", "message", r.id().String(), "took", time.Since(begun))
			r.err = refuse(Busy, "signing")
		}
	})
}

func (c *Chancery) sign(r *release) error {
	ctx := context.Background()
	signer := c.Seals.SealOfHouse()
	if r.imported == nil {
		var err error
		if signer, err = c.Seals.SignerFor(ctx, r.message.Signatory.Agent, r.message.Signatory.Name); err != nil {
			return err
		}
	}
	original := composeOriginal(r.allotted, r.message, composeContent(r.message))
	p7s, err := archive.SignDetached(ctx, original, signer, c.Seals.Stamper(), r.allotted.At, c.Seals.Label(r.message.Level))
	if err != nil {
		return err
	}
	r.dispatch = &Dispatch{record: newRecord(r.message, r.allotted, r.outcome), ID: r.id(), Original: original, P7S: p7s}
	r.document = newDocument(0, r.dispatch, r.message.Summary, r.message.Text, r.message.Comment)
	if r.document, err = withWords(ctx, c.Vault, r.document, r.dispatch); err != nil {
		return err
	}
	r.sketch = sketchOf(r.document.Text)
	payload, err := r.dispatch.encode()
	if err != nil {
		return err
	}
	r.entry = archive.Draft{ID: r.id(), Kind: kindReleased, Version: recordVersion, Actor: r.message.Signatory.Agent, Level: r.message.Level,
		Tree: archive.TreeOf(r.message.Level), Time: r.allotted.At, Payload: payload}
	if r.imported != nil {
		r.entry.Kind = r.message.kindOfEntry()
	}
	return r.entry.Check() // what no journal takes must not reach it: its refusal would stop the house
}

// appendReleases makes the batch durable, then folds it; every answer waits for both.
func (c *Chancery) appendReleases(ready []*release) {
	if len(ready) == 0 {
		return
	}
	drafts := make([]archive.Draft, len(ready))
	for i, r := range ready {
		drafts[i] = r.entry
	}
	receipts, err := c.append(drafts)
	if err != nil {
		c.refuseAll(ready, refuse(Busy, "archive"))
		return
	}
	if err := c.foldReleases(ready, receipts); err != nil {
		c.refuseAll(ready, c.fail(err))
	}
}

// retain marks the attachments as cited before anything cites them.
func (c *Chancery) retain(m *Message) error {
	for _, a := range m.Attachments {
		if err := c.retainOne(archive.Digest{Sum: a.SHA512, Size: a.Size}); err != nil {
			return err
		}
	}
	return nil
}

func (c *Chancery) retainOne(digest archive.Digest) error {
	err := c.Vault.Retain(context.Background(), digest)
	if errors.Is(err, archive.ErrUnknown) || errors.Is(err, archive.ErrErased) {
		return refuse(Conflict, "attachment-gone")
	}
	if err != nil {
		return fmt.Errorf("retain an attachment: %w", err)
	}
	return nil
}

// retainExtracts marks what was made from the attachments as cited.
func (c *Chancery) retainExtracts(extracts []Extract) error {
	for _, e := range extracts {
		for _, made := range e.all() {
			digest, err := made.digest()
			if err != nil {
				return err
			}
			if err := c.retainOne(digest); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Chancery) refuseAll(ready []*release, err error) {
	for _, r := range ready {
		r.err = err
	}
}

func (c *Chancery) foldReleases(ready []*release, receipts []archive.Receipt) error {
	c.folding.Lock()
	defer c.folding.Unlock()
	documents := make([]search.Document, 0, len(ready))
	for i, r := range ready {
		c.Folds.foldCorrection(r.dispatch) // rights first
		if err := c.Folds.Ledger.apply(uint64(receipts[i].Seq), r.dispatch); err != nil {
			return err
		}
		c.Folds.Ledger.remember(r.id(), r.sketch)
		c.Folds.released(r.dispatch)
		c.Folds.leaves(r.dispatch)
		c.Folds.begin(r.dispatch)
		r.document.Seq = uint64(receipts[i].Seq)
		documents = append(documents, r.document)
	}
	c.Folds.Rows.Append(documents)
	c.Folds.foldedThrough(c.head.Seq)
	c.handover.put(receipts[0].Seq-1, c.head.Seq, documents)
	c.arrived.announce()
	return nil
}
