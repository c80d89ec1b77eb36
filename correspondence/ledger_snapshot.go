package correspondence

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"chancery/habilitation"
)

// ledgerVersion changes with the layout below; a snapshot of another version is refolded from the journal.
const ledgerVersion = 4

var errSnapshot = errors.New("not a snapshot of this version")

// Snapshot writes every headline, and the sketches of the latest; series and threads follow from them.
func (l *Ledger) Snapshot(w io.Writer) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	out := bufio.NewWriterSize(w, 1<<16)
	b := binary.AppendUvarint(binary.AppendUvarint(nil, ledgerVersion), uint64(l.count))
	for place := range l.count {
		b = l.lines[place/ledgerChunk][place%ledgerChunk].append(b)
		if _, err := out.Write(b); err != nil {
			return fmt.Errorf("write ledger snapshot: %w", err)
		}
		b = b[:0]
	}
	if _, err := out.Write(l.appendLatest(b)); err != nil {
		return fmt.Errorf("write ledger snapshot: %w", err)
	}
	return out.Flush()
}

// Restore replaces the ledger by a snapshot; after an error it is as it was.
func (l *Ledger) Restore(r io.Reader) error {
	body, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("read ledger snapshot: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fresh := NewLedger()
	c := &cursor{text: string(body)}
	if c.uvarint() != ledgerVersion {
		return fmt.Errorf("read ledger snapshot: %w", errSnapshot)
	}
	count := c.uvarint()
	if count <= uint64(len(body)) {
		fresh.byID = make(map[habilitation.ID]uint32, count)
	}
	for range count {
		h := c.headline()
		if c.broken {
			return fmt.Errorf("read ledger snapshot: %w", errSnapshot)
		}
		if err := fresh.add(h); err != nil {
			return err
		}
	}
	fresh.latest = c.latest(fresh)
	if c.broken || c.text != "" || uint64(fresh.count) != count {
		return fmt.Errorf("read ledger snapshot: %w", errSnapshot)
	}
	l.byID, l.lines, l.count, l.series, l.toward, l.cited, l.corrected, l.latest = fresh.byID, fresh.lines, fresh.count, fresh.series, fresh.toward, fresh.cited, fresh.corrected, fresh.latest
	l.gaps, l.sent = fresh.gaps, fresh.sent
	return nil
}

func (h *headline) append(b []byte) []byte {
	flags := flag(h.imported, flagImported) | flag(h.instruction, flagInstruction) | flag(h.exercise, flagExercise) | flag(h.received, flagReceived)
	b = append(b, h.id[:]...)
	b = append(b, byte(h.kind), byte(h.level), byte(h.precedence), byte(h.infoPrecedence), flags, h.attachments)
	b = binary.AppendUvarint(b, h.seq)
	b = binary.AppendVarint(b, h.at)
	for _, n := range []uint64{uint64(h.year), h.n, uint64(h.origin), uint64(h.drafter), uint64(h.signatory), uint64(len(h.number)), uint64(len(h.subject)), uint64(len(h.sender)), uint64(len(h.mail))} {
		b = binary.AppendUvarint(b, n)
	}
	b = append(append(append(b, h.number...), h.subject...), h.sender...)
	b = append(b, h.mail...)
	b = binary.AppendUvarint(b, uint64(len(h.lines)))
	for _, to := range h.lines {
		b = binary.AppendUvarint(b, uint64(to.audience))
		b = append(b, byte(to.role), byte(to.qualification), byte(to.precedence), byte(to.receipt), flag(to.night, flagNight))
		b = binary.AppendVarint(b, to.deadline)
		b = binary.AppendUvarint(b, to.n)
	}
	b = binary.AppendUvarint(b, uint64(len(h.agents)))
	for _, a := range h.agents {
		b = binary.AppendUvarint(b, uint64(a))
	}
	b = binary.AppendUvarint(b, uint64(len(h.cites)))
	for _, id := range h.cites {
		b = append(b, id[:]...)
	}
	b = append(append(append(b, h.corrects[:]...), byte(h.how)), h.answers[:]...)
	b = append(b, h.follows[:]...)
	b = binary.AppendUvarint(b, uint64(len(h.answersFor)))
	for _, a := range h.answersFor {
		b = binary.AppendUvarint(b, uint64(a))
	}
	return binary.AppendVarint(binary.AppendVarint(b, h.replyBy), h.validUntil)
}

// appendLatest writes the sketches that are still of use.
func (l *Ledger) appendLatest(b []byte) []byte {
	latest := l.latest[max(0, len(l.latest)-likenessKept):]
	b = binary.AppendUvarint(b, uint64(len(latest)))
	for i := range latest {
		b = binary.AppendUvarint(b, uint64(latest[i].place))
		for _, least := range latest[i].text {
			b = binary.BigEndian.AppendUint32(b, least)
		}
	}
	return b
}

func (c *cursor) latest(of *Ledger) []remembered {
	var all []remembered
	for range c.length() {
		one := remembered{place: uint32(c.uvarint())}
		for i := range one.text {
			if word := c.take(4); word != "" {
				one.text[i] = binary.BigEndian.Uint32([]byte(word))
			}
		}
		if one.place >= of.count {
			c.broken = true
			return nil
		}
		one.words = tellingWords(of.at(one.place).subject)
		all = append(all, one)
	}
	return all
}

// The flags of a headline, and of its lines.
const (
	flagImported    byte = 1
	flagInstruction byte = 2
	flagExercise    byte = 4
	flagReceived    byte = 8
	flagNight       byte = 1
)

func flag(set bool, bit byte) byte {
	if set {
		return bit
	}
	return 0
}

// cursor reads a snapshot; the strings of the headlines share its text. After a fault it is broken and yields zeros.
type cursor struct {
	text   string
	broken bool
}

func (c *cursor) take(n uint64) string {
	if n > uint64(len(c.text)) {
		c.broken, c.text = true, ""
		return ""
	}
	out := c.text[:n]
	c.text = c.text[n:]
	return out
}

func (c *cursor) byte() byte {
	if s := c.take(1); s != "" {
		return s[0]
	}
	return 0
}

func (c *cursor) uvarint() uint64 {
	var v uint64
	for shift := uint(0); shift < 64; shift += 7 {
		b := c.byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	c.broken = true
	return 0
}

func (c *cursor) varint() int64 {
	u := c.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// length is a count of things that take at least one byte each, so that a damaged one cannot ask for the whole memory.
func (c *cursor) length() int {
	n := c.uvarint()
	if n > uint64(len(c.text)) {
		c.broken = true
		return 0
	}
	return int(n)
}

func (c *cursor) id() (id habilitation.ID) {
	copy(id[:], c.take(uint64(len(id))))
	return id
}

func (c *cursor) headline() headline {
	h := headline{id: c.id(), kind: Kind(c.byte()), level: habilitation.Level(c.byte()), precedence: Precedence(c.byte()), infoPrecedence: Precedence(c.byte())}
	flags := c.byte()
	h.imported, h.instruction, h.exercise = flags&flagImported != 0, flags&flagInstruction != 0, flags&flagExercise != 0
	h.attachments = c.byte()
	h.seq, h.at = c.uvarint(), c.varint()
	h.year, h.n = int16(c.uvarint()), c.uvarint()
	h.origin, h.drafter, h.signatory = habilitation.AudienceID(c.uvarint()), habilitation.AgentID(c.uvarint()), habilitation.AgentID(c.uvarint())
	h.received = flags&flagReceived != 0
	number, subject, sender, mail := c.uvarint(), c.uvarint(), c.uvarint(), c.uvarint()
	h.number, h.subject, h.sender = c.take(number), c.take(subject), c.take(sender)
	h.mail = c.take(mail)
	if n := c.length(); n > 0 {
		h.lines = make([]line, n)
		for i := range h.lines {
			h.lines[i] = line{audience: habilitation.AudienceID(c.uvarint()), role: Role(c.byte()), qualification: Qualification(c.byte()),
				precedence: Precedence(c.byte()), receipt: Receipt(c.byte()), night: c.byte()&flagNight != 0, deadline: c.varint(), n: c.uvarint()}
		}
	}
	for range c.length() {
		h.agents = append(h.agents, habilitation.AgentID(c.uvarint()))
	}
	for range c.length() {
		h.cites = append(h.cites, c.id())
	}
	h.corrects, h.how, h.answers, h.follows = c.id(), How(c.byte()), c.id(), c.id()
	for range c.length() {
		h.answersFor = append(h.answersFor, habilitation.AudienceID(c.uvarint()))
	}
	h.replyBy, h.validUntil = c.varint(), c.varint()
	return h
}
