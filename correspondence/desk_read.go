package correspondence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"chancery/archive"
	"chancery/habilitation"
	"chancery/search"
)

// The sizes of a page of the teleprinter.
const (
	feedPage    = 50
	maxFeedPage = 200
)

// Teleprinter is a page of the home feed: the newest messages that the reader's perimeter admits.
func (d *Desk) Teleprinter(ctx context.Context, q FeedQuery) (FeedPage, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = feedPage
	}
	limit = min(limit, maxFeedPage)
	unread, err := d.unreads(ctx)
	if err != nil {
		return FeedPage{}, err
	}
	rows, next, err := d.house.Folds.Rows.Feed(d.badge.Perimeter(), q.After, limit, make([]search.Row, 0, limit))
	if err != nil {
		return FeedPage{}, refusalOf(err)
	}
	page := FeedPage{Items: make([]Headline, 0, len(rows)), Unread: d.unreadCount(unread)}
	for _, row := range rows {
		if h, ok := d.headline(row, unread); ok {
			page.Items = append(page.Items, h)
		}
	}
	if !next.IsZero() {
		page.Next = &next
	}
	return page, nil
}

// headline is an admitted row as this reader sees it.
func (d *Desk) headline(row search.Row, unread *unreads) (Headline, bool) {
	h, ok := d.house.Folds.Ledger.headline(row.ID)
	if !ok {
		return Headline{}, false
	}
	out := Headline{ID: h.id, Number: h.number, Kind: h.kind, Level: row.Marking.Level(), Qualification: ForInformation,
		Subject: h.subject, Origin: d.house.Folds.audience(h.origin), ReleasedAt: timeOf(h.at), Unread: unread.is(row), Imported: h.imported,
		Attachments: int(h.attachments), Instruction: h.instruction, Exercise: h.exercise, Banners: d.banners(row.ID), Handling: d.handlingMark(row.ID),
		ExpiredAt: h.expiredAt(d.house.Clock())}
	out.Received = h.received
	if h.sender != "" {
		out.Origin = AudienceRef{Name: habilitation.Label{FR: h.sender, EN: h.sender}}
	}
	lines, added := d.linesOf(h)
	out.Reasons = d.reasons(h, lines, added, row.Marking)
	p := d.badge.Perimeter()
	for i := range lines {
		to := &lines[i]
		if !p.HasAudience(to.audience) {
			continue
		}
		out.Precedence = max(out.Precedence, h.urgency(to))
		out.Night = out.Night || to.night
		if to.qualification > out.Qualification {
			out.Qualification = to.qualification
		}
		if due := h.due(to); due != 0 && (out.Deadline == nil || out.Deadline.Unix() > due) {
			out.Deadline = moment(momentOf(due))
		}
	}
	if out.Precedence == 0 || p.HasAudience(h.origin) { // who wrote it, and who is on no line, reads it as its origin declared it
		out.Precedence = max(out.Precedence, h.precedence)
	}
	return out, true
}

// reasons lists every ground on which the reader sees an admitted message, strongest first. None of it names what the reader is not part of.
func (d *Desk) reasons(h *headline, lines []line, added map[habilitation.AudienceID]bool, m habilitation.Marking) []Reason {
	p, me := d.badge.Perimeter(), d.badge.Agent()
	reasons := []Reason{}
	add := func(kind string, a habilitation.AudienceID) {
		ref := d.house.Folds.audience(a)
		reasons = append(reasons, Reason{Kind: kind, Audience: &ref})
	}
	named := map[habilitation.AudienceID]bool{}
	for _, role := range []Role{Action, Info} {
		for i := range lines {
			to := &lines[i]
			named[to.audience] = true
			if to.role == role && p.HasAudience(to.audience) {
				add(reasonOfLine(to, added), to.audience)
			}
		}
	}
	for _, a := range h.agents {
		if a == me {
			reasons = append(reasons, Reason{Kind: "named"})
		}
	}
	if me != 0 && (h.drafter == me || h.signatory == me) {
		reasons = append(reasons, Reason{Kind: "author"})
	}
	for a := range m.Audiences {
		if !named[a] && p.HasAudience(a) {
			add(d.house.Folds.broughtBy(h, a), a)
		}
	}
	reasons = append(reasons, d.tagReasons(m)...)
	if len(reasons) == 0 && p.Archivist() {
		reasons = append(reasons, Reason{Kind: "archivist"})
	}
	return reasons
}

func (d *Desk) tagReasons(m habilitation.Marking) (reasons []Reason) {
	p := d.badge.Perimeter()
	for t := range m.Tags {
		if !p.HasTag(t, m.Level()) {
			continue
		}
		tag := d.house.Folds.tag(t)
		for _, a := range d.house.Folds.Declarations.By(t, m.Level()) {
			if p.HasAudience(a) {
				ref := d.house.Folds.audience(a)
				reasons = append(reasons, Reason{Kind: "tag", Audience: &ref, Tag: &tag})
			}
		}
	}
	return reasons
}

// Message opens a message: the reading is recorded, then the page is made, then it counts as read.
func (d *Desk) Message(ctx context.Context, id habilitation.ID) (MessageView, error) {
	row, _, message, err := d.open(ctx, id, "page")
	if err != nil {
		return MessageView{}, err
	}
	if err := d.mark(ctx, row, true); err != nil {
		return MessageView{}, err
	}
	d.noteOpening(ctx, row)
	return d.view(ctx, row, message)
}

func (d *Desk) view(ctx context.Context, row search.Row, m *Dispatch) (MessageView, error) {
	unread, err := d.unreads(ctx)
	if err != nil {
		return MessageView{}, err
	}
	h, ok := d.headline(row, unread)
	if !ok {
		return MessageView{}, errUnknown
	}
	parts, err := parseOriginal(m.Original)
	if err != nil {
		return MessageView{}, fmt.Errorf("open message %s: %w", row.ID, err)
	}
	h.Summary = parts.Summary
	v := MessageView{Headline: h, DTG: DTG(h.ReleasedAt), Drafter: person(m.Drafter), Signatory: person(m.Signatory), ActionFirst: m.Precedence,
		InfoFirst: m.InfoPrecedence, Language: m.Language, Text: parts.Text, Comment: parts.Comment, Tags: []TagRef{}, Agents: []AgentRef{},
		Addressees: append(d.addressees(m), d.addedAddressees(row.ID)...), References: d.references(m), CitedBy: d.citedBy(row.ID, unread), Files: files(m), Dossiers: d.dossiersOf(row.ID), Signature: d.verdict(m)}
	for _, p := range m.Agents {
		v.Agents = append(v.Agents, AgentRef{Login: p.Login, Name: p.Name})
	}
	for _, t := range m.Tags {
		v.Tags = append(v.Tags, d.house.Folds.tag(t.Tag))
	}
	if p := m.Provenance; p != nil {
		v.Provenance = provenance(p)
	}
	v.Reception = receptionOf(m)
	v.Outgoing = d.outgoingOf(row.ID)
	d.particulars(&v, m)
	return v, nil
}

func person(p Person) *AgentRef {
	if p.Name == "" && p.Login == "" {
		return nil
	}
	return &AgentRef{Login: p.Login, Name: p.Name}
}

func (d *Desk) addressees(m *Dispatch) []AddresseeView {
	out := []AddresseeView{}
	for i := range m.Addressees {
		to := &m.Addressees[i]
		out = append(out, AddresseeView{AudienceRef: d.house.Folds.party(&to.Party, m.Language), Role: to.Role, Qualification: to.Qualification, Deadline: moment(to.Deadline),
			Instruction: to.Instruction, Number: to.N, Precedence: to.Precedence, Night: to.Night, NightReason: to.NightReason, Receipt: to.Receipt,
			Serve: to.Serve, Attention: to.Attention, Collective: to.Collective})
	}
	return out
}

// moment is a time that may not be set.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// references links what the reader may see; the rest is the text alone, whether it is withheld or does not exist.
func (d *Desk) references(m *Dispatch) []ReferenceView {
	out := []ReferenceView{}
	for _, r := range m.References {
		out = append(out, d.reference(r))
	}
	return out
}

func (d *Desk) reference(r Reference) ReferenceView {
	v := ReferenceView{Text: r.Text}
	if _, err := d.admit(r.Message); err == nil {
		id := r.Message
		v.ID, v.Banners = &id, d.banners(id)
	}
	return v
}

func (d *Desk) citedBy(id habilitation.ID, unread *unreads) []Headline {
	out := []Headline{}
	for _, later := range d.house.Folds.Ledger.citing(id) {
		if row, err := d.admit(later.id); err == nil {
			if h, ok := d.headline(row, unread); ok {
				out = append(out, h)
			}
		}
	}
	return out
}

func files(m *Dispatch) []AttachmentView {
	out := []AttachmentView{}
	for i, a := range m.Attachments {
		view := AttachmentView{Name: a.Name, Type: a.Type, Size: a.Size, Level: a.Level, SHA512: a.Digest, Warnings: []Warning{}}
		if e, known := m.extractOf(i); known {
			view.Warnings = append(view.Warnings, e.Warnings...)
			view.Words, view.Looks = e.Text != nil, e.Picture != nil
		}
		out = append(out, view)
	}
	return out
}

func provenance(p *Provenance) map[string]string {
	out := map[string]string{}
	for _, pair := range p.Pairs {
		out[pair[0]] = pair[1]
	}
	if p.From != "" {
		out["from"] = p.From
	}
	return out
}

// verdict checks the signature over the bytes that are shown.
func (d *Desk) verdict(m *Dispatch) SignatureView {
	verdict, err := d.house.verifier.VerifyDetached(m.P7S, m.Original)
	v := SignatureView{Valid: err == nil && verdict.Valid, Reasons: verdict.Reasons, Signer: verdict.Signer, Quality: "agent", SignedAt: verdict.SignedAt}
	if err != nil && len(v.Reasons) == 0 {
		v.Reasons = []string{archive.FlawDamaged}
	}
	if v.Reasons == nil {
		v.Reasons = []string{}
	}
	if m.Provenance != nil {
		v.Quality = "house"
	}
	if !verdict.StampedAt.IsZero() {
		stamped := verdict.StampedAt
		v.StampedAt = &stamped
	}
	return v
}

// Original is the signed bytes, message/rfc822.
func (d *Desk) Original(ctx context.Context, id habilitation.ID) ([]byte, error) {
	_, _, m, err := d.open(ctx, id, "original")
	if err != nil {
		return nil, err
	}
	return m.Original, nil
}

// Signature is the detached CAdES-T signature over the original, DER.
func (d *Desk) Signature(ctx context.Context, id habilitation.ID) ([]byte, error) {
	_, _, m, err := d.open(ctx, id, "signature")
	if err != nil {
		return nil, err
	}
	return m.P7S, nil
}

// Timestamp is the RFC 3161 token out of the signature.
func (d *Desk) Timestamp(ctx context.Context, id habilitation.ID) ([]byte, error) {
	_, _, m, err := d.open(ctx, id, "timestamp")
	if err != nil {
		return nil, err
	}
	return archive.Token(m.P7S)
}

// Timestamped is the bytes that the token covers: the signature value.
func (d *Desk) Timestamped(ctx context.Context, id habilitation.ID) ([]byte, error) {
	_, _, m, err := d.open(ctx, id, "timestamped")
	if err != nil {
		return nil, err
	}
	return archive.StampedBytes(m.P7S)
}

// Proof shows that the message stands in the tree of the level that it was released at, in text form. A message that was lowered since
// stands in a tree that not everybody who reads it is cleared for: to them there is no proof.
func (d *Desk) Proof(ctx context.Context, id habilitation.ID) ([]byte, error) {
	_, entry, _, err := d.open(ctx, id, "proof")
	if err != nil {
		return nil, err
	}
	if entry.Level > d.badge.Level() {
		return nil, errUnknown
	}
	proof, err := d.house.Trees.Prove(ctx, entry.Tree, entry.Index)
	if err != nil {
		return nil, fmt.Errorf("prove message %s: %w", id, err)
	}
	return proof.MarshalText()
}

// Checkpoint is the signed checkpoints of the trees that the desk reads, one after the other.
func (d *Desk) Checkpoint(ctx context.Context) ([]byte, error) {
	var out []byte
	for _, level := range habilitation.Levels {
		if level > d.badge.Level() {
			continue
		}
		note, err := d.house.Trees.Checkpoint(ctx, archive.TreeOf(level))
		if err != nil {
			return nil, fmt.Errorf("read checkpoint of level %s: %w", level, err)
		}
		if len(out) > 0 {
			out = append(out, '\n')
		}
		out = append(out, note...)
	}
	return out, nil
}

// Attachment opens a file of a message, counted from 0; the caller closes it.
func (d *Desk) Attachment(ctx context.Context, id habilitation.ID, n int) (AttachmentView, io.ReadCloser, error) {
	_, _, m, err := d.open(ctx, id, "attachment")
	if err != nil {
		return AttachmentView{}, nil, err
	}
	if n < 0 || n >= len(m.Attachments) {
		return AttachmentView{}, nil, errUnknown
	}
	a := m.Attachments[n]
	file, err := d.house.Vault.Open(ctx, archive.Digest{Sum: a.SHA512, Size: a.Size})
	if err != nil {
		return AttachmentView{}, nil, fmt.Errorf("open attachment %d of %s: %w", n, id, err)
	}
	return files(m)[n], file, nil
}

// Making is one of the things made from an attachment when it was inspected.
type Making string

// The makings.
const (
	MadeWords     Making = "words"     // text/plain, UTF-8
	MadePicture   Making = "picture"   // image/jpeg, up to 1200 pixels a side
	MadeThumbnail Making = "thumbnail" // image/jpeg, up to 240
)

// of is where a making lies.
func (w Making) of(e Derived) *Stored {
	return map[Making]*Stored{MadeWords: e.Text, MadePicture: e.Picture, MadeThumbnail: e.Thumbnail}[w]
}

// FileOf tells about a file of a message, counted from 0: a reading, for whoever goes on to look at it.
func (d *Desk) FileOf(ctx context.Context, id habilitation.ID, n int) (AttachmentView, error) {
	_, _, m, err := d.open(ctx, id, "attachment")
	if err != nil {
		return AttachmentView{}, err
	}
	if n < 0 || n >= len(m.Attachments) {
		return AttachmentView{}, errUnknown
	}
	return files(m)[n], nil
}

// Made opens what was made from a file of a message, counted from 0: a reading like that of the file itself. The caller closes it.
func (d *Desk) Made(ctx context.Context, id habilitation.ID, n int, what Making) (int64, io.ReadCloser, error) {
	_, _, m, err := d.open(ctx, id, "attachment")
	if err != nil {
		return 0, nil, err
	}
	e, _ := m.extractOf(n)
	made := what.of(e.Derived)
	if made == nil {
		return 0, nil, errUnknown
	}
	digest, err := made.digest()
	if err != nil {
		return 0, nil, err
	}
	file, err := d.house.Vault.Open(ctx, digest)
	if errors.Is(err, archive.ErrErased) {
		return 0, nil, errUnknown
	}
	if err != nil {
		return 0, nil, fmt.Errorf("open what was made from attachment %d of %s: %w", n, id, err)
	}
	return made.Size, file, nil
}

// MarkRead notes that the reader has read a message, or wants it unread again.
func (d *Desk) MarkRead(ctx context.Context, id habilitation.ID, read bool) error {
	row, err := d.admit(id)
	if err != nil {
		return err
	}
	return d.mark(ctx, row, read)
}

// mark writes only what changes: a printed record is always read, and so is what was there before the reader came.
func (d *Desk) mark(ctx context.Context, row search.Row, read bool) error {
	unread, err := d.unreads(ctx)
	if err != nil {
		return err
	}
	if row.Imported || unread.is(row) != read {
		return nil
	}
	return unread.set(ctx, row, read)
}

// MarkAllRead notes everything up to a message as read, or everything when none is named, as far as this desk reads: what a session does not
// show is not marked in it.
func (d *Desk) MarkAllRead(ctx context.Context, upTo habilitation.ID) error {
	to, err := d.seqUpTo(ctx, upTo)
	if err != nil {
		return err
	}
	marks, err := d.house.marks.of(ctx, d.house.Store, d.badge.Agent())
	if err != nil {
		return err
	}
	unread, err := d.unreads(ctx)
	if err != nil {
		return err
	}
	return marks.raise(ctx, d.house.Store, d.badge.Agent(), d.badge.Level(), to, func(id habilitation.ID) (uint64, habilitation.Level) {
		row, _ := d.house.Folds.Rows.Row(id)
		seq, _ := unread.arrival(row)
		return seq, row.Marking.Level()
	})
}

// seqUpTo is the sequence of the last message that is read when everything up to one is. A printed record came in later than it was
// written: the last release before it in the order of reading counts.
func (d *Desk) seqUpTo(ctx context.Context, upTo habilitation.ID) (uint64, error) {
	if upTo.IsZero() {
		head, err := d.house.Journal.Head(ctx)
		if err != nil {
			return 0, fmt.Errorf("mark all read: %w", err)
		}
		return uint64(head.Seq), nil
	}
	row, err := d.admit(upTo)
	if err != nil || !row.Imported {
		return row.Seq, err
	}
	released := func(r search.Row) bool { return !r.Imported }
	before, _, err := d.house.Folds.Rows.FeedWhere(d.badge.Perimeter(), released, upTo, 1, nil)
	if err != nil || len(before) == 0 {
		return 0, refusalOf(err)
	}
	return before[0].Seq, nil
}
