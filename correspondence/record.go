package correspondence

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"chancery/archive"
	"chancery/habilitation"
)

// The kinds of entry that carry a message. Every other kind is an act of habilitation or tagging.
const (
	kindReleased = "message.released"
	kindImported = "message.imported"
	kindReceived = "mail.received"  // came over a line, and is news
	kindOpened   = "message.opened" // in the readings journal
)

// recordVersion is the version that is written. Version 2 had nothing of the keeping, and no owner of the level; version 1 had the signatory and the resolved references inside the content, and none of
// the particulars; it is read as it was written.
const recordVersion, firstRecordVersion = 3, 1

// readingVersion is the version of the readings.
const readingVersion = 1

// errRecord is returned for a payload that is not a message.
var errRecord = errors.New("not a message's payload")

// record is what the archive keeps beside the signed bytes: the same message with the identities that the words stood for, and the
// results of the decision. Summary, text and comment stand in the signed bytes alone.
type record struct {
	Kind           Kind               `json:"kind"`
	Number         *recordedNumber    `json:"number,omitempty"`
	At             time.Time          `json:"at"` // date-time group
	Origin         Party              `json:"origin"`
	Drafter        Person             `json:"drafter"`
	Signatory      Person             `json:"signatory"`
	Addressees     []recordedLine     `json:"addressees"`
	Agents         []Person           `json:"agents,omitempty"`
	Precedence     Precedence         `json:"precedence"`
	InfoPrecedence Precedence         `json:"info_precedence"`
	Level          habilitation.Level `json:"level"`
	Tags           []TagName          `json:"tags,omitempty"`
	Language       string             `json:"language"`
	Subject        string             `json:"subject"`
	References     []Reference        `json:"references,omitempty"`
	Attachments    []Attachment       `json:"attachments,omitempty"`
	Provenance     *Provenance        `json:"provenance,omitempty"`
	Reception      *Reception         `json:"reception,omitempty"` // of a mail that came from outside
	Particulars
	Authorization
	Keeping
	Outcome
}

// recordedNumber is the number in the origin's yearly series.
type recordedNumber struct {
	Year int    `json:"year"`
	N    uint64 `json:"n"`
}

// recordedLine is an addressee with its number in the series from the origin.
type recordedLine struct {
	Addressee
	N uint64 `json:"n,omitempty"`
}

// distributed says that an audience received because of a tag that it had declared.
type distributed struct {
	Audience habilitation.AudienceID `json:"audience"`
	Tag      habilitation.TagID      `json:"tag"`
}

// Dispatch is a message as the archive holds it: its record, the signed bytes and the signature over them.
type Dispatch struct {
	record
	ID       habilitation.ID
	Original []byte // canonical .eml
	P7S      []byte // detached CAdES-T
}

func newRecord(m *Message, a Allotted, outcome Outcome) record {
	r := record{Kind: m.Kind, At: a.At, Origin: m.Origin, Drafter: m.Drafter, Signatory: m.Signatory, Agents: m.Agents,
		Precedence: m.Precedence, InfoPrecedence: m.InfoPrecedence, Level: m.Level, Tags: m.Tags, Language: m.Language, Subject: m.Subject,
		References: m.References, Attachments: m.Attachments, Provenance: m.Provenance, Reception: m.Reception, Particulars: m.Particulars, Authorization: m.Authorization, Keeping: m.Keeping,
		Outcome: outcome}
	if a.Number.N > 0 {
		r.Number = &recordedNumber{Year: a.Number.Year, N: a.Number.N}
	}
	for i, to := range m.Addressees {
		line := recordedLine{Addressee: to}
		if i < len(a.Addressees) {
			line.N = a.Addressees[i]
		}
		r.Addressees = append(r.Addressees, line)
	}
	return r
}

// printedNumber is the number as readers know it; "" when it has none.
func (r *record) printedNumber() string {
	if r.Number != nil {
		return r.number().String()
	}
	if r.Provenance != nil {
		return r.Provenance.Number
	}
	return ""
}

func (r *record) number() Number {
	if r.Number == nil {
		return Number{}
	}
	return Number{Kind: r.Kind, Timbre: r.Origin.Timbre, Level: r.Level, Year: r.Number.Year, N: r.Number.N}
}

// marking is what the signed message demands before any later act.
func (r *record) marking() habilitation.Marking {
	audiences := slices.Clone(r.CarriedAudiences)
	for _, to := range r.Addressees {
		audiences = append(audiences, to.Audience)
	}
	audiences = append(audiences, r.secondReaders()...)
	if r.OperatorDesk != 0 {
		audiences = append(audiences, r.OperatorDesk)
	}
	tags := slices.Clone(r.CarriedTags)
	for _, t := range r.Tags {
		tags = append(tags, t.Tag)
	}
	agents := slices.Clone(r.CarriedAgents)
	for _, p := range r.hands() {
		if p.Agent != 0 {
			agents = append(agents, p.Agent)
		}
	}
	return habilitation.NewMarking(r.Level, audiences, tags, agents)
}

// hands are the people of the signed headers: who wrote, signed or gave a visa on the message, and whom it names.
func (r *record) hands() []Person {
	hands := append([]Person{r.Drafter, r.Signatory}, r.Agents...)
	if r.OnBehalf != nil {
		hands = append(hands, *r.OnBehalf)
	}
	for _, v := range r.Visas {
		hands = append(hands, v.Person)
	}
	return hands
}

// encode lays out a payload: length and record, length and original, signature.
func (d *Dispatch) encode() ([]byte, error) {
	head, err := json.Marshal(&d.record)
	if err != nil {
		return nil, fmt.Errorf("%w: encode record of message %s: %w", archive.ErrBadDraft, d.ID, err)
	}
	out := make([]byte, 0, 8+len(head)+len(d.Original)+len(d.P7S))
	out = append(binary.BigEndian.AppendUint32(out, uint32(len(head))), head...)
	out = append(binary.BigEndian.AppendUint32(out, uint32(len(d.Original))), d.Original...)
	return append(out, d.P7S...), nil
}

// decodeDispatch reads what encode wrote; unknown fields are refused, so that an older program never reads half of a newer record.
func decodeDispatch(e archive.Entry) (*Dispatch, error) {
	if e.Version < firstRecordVersion || e.Version > recordVersion {
		return nil, fmt.Errorf("read %s version %d: %w", e.Kind, e.Version, errRecord)
	}
	head, rest, ok := cutPiece(e.Payload)
	if !ok {
		return nil, fmt.Errorf("read record: %w", errRecord)
	}
	d := &Dispatch{ID: e.ID}
	if d.Original, d.P7S, ok = cutPiece(rest); !ok {
		return nil, fmt.Errorf("read original: %w", errRecord)
	}
	decoder := json.NewDecoder(bytes.NewReader(head))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d.record); err != nil {
		return nil, fmt.Errorf("read record of message %s: %w", e.ID, err)
	}
	for i := range d.Attachments {
		sum, err := hex.DecodeString(d.Attachments[i].Digest)
		if err != nil || copy(d.Attachments[i].SHA512[:], sum) != len(sum) {
			return nil, fmt.Errorf("read attachment %d of message %s: %w", i+1, e.ID, errRecord)
		}
	}
	if !d.Level.Valid() {
		return nil, fmt.Errorf("read record of message %s: no level: %w", e.ID, errRecord)
	}
	return d, nil
}

// cutPiece splits off one part that its length precedes.
func cutPiece(b []byte) (part, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, nil, false
	}
	return b[4 : 4+n], b[4+n:], true
}
