package search

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"chancery/habilitation"
)

// ErrSnapshot is returned for a snapshot of rows that is damaged or of another version. Rows are rebuilt from the journal then.
var ErrSnapshot = errors.New("the snapshot of rows cannot be used")

// A snapshot is, in little endian: the magic, then counts, the markings' words, the rows in their order of arrival, and the CRC-32C of all that precedes.
const (
	snapshotMagic   = "CHANCERY ROWS 1\n"
	snapshotHeader  = len(snapshotMagic) + 8 + 4 + 4
	snapshotRow     = 16 + 8 + 8 + 4 + 4 + 4 + 1 + 1
	snapshotTrailer = 4
)

// Snapshot writes the rows as they are, and the journal sequence that they were folded up to. The writer that appends and marks calls it.
func (r *Rows) Snapshot(w io.Writer, through uint64) error {
	image := r.image(through)
	if _, err := w.Write(image); err != nil {
		return fmt.Errorf("write snapshot of rows: %w", err)
	}
	return nil
}

// image copies the rows while no one changes them, each marking once.
func (r *Rows) image(through uint64) []byte {
	r.writing.Lock()
	defer r.writing.Unlock()
	c := r.contents.Load()
	t := c.table.Load()
	places := map[markingRef]uint32{} // a marking's place among the words written
	var words []uint32
	rows := make([]byte, 0, int(t.count)*snapshotRow)
	for s := Slot(0); s < Slot(t.count); s++ {
		e := t.at(s)
		ref := markingRef(e.marking.Load())
		place, written := places[ref]
		if !written {
			place = uint32(len(words))
			places[ref] = place
			words = append(words, c.markings.flat(ref)...)
		}
		rows = e.appendTo(rows, place)
	}
	image := make([]byte, 0, snapshotHeader+4*len(words)+len(rows)+snapshotTrailer)
	image = append(image, snapshotMagic...)
	image = binary.LittleEndian.AppendUint64(image, through)
	image = binary.LittleEndian.AppendUint32(image, uint32(len(words)))
	image = binary.LittleEndian.AppendUint32(image, t.count)
	for _, w := range words {
		image = binary.LittleEndian.AppendUint32(image, w)
	}
	image = append(image, rows...)
	return binary.LittleEndian.AppendUint32(image, checksum(image))
}

func checksum(image []byte) uint32 {
	return crc32.Checksum(image, crc32.MakeTable(crc32.Castagnoli))
}

func (e *entry) appendTo(b []byte, marking uint32) []byte {
	b = append(b, e.id[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(e.micros))
	b = binary.LittleEndian.AppendUint64(b, e.seq)
	b = binary.LittleEndian.AppendUint32(b, e.length)
	b = binary.LittleEndian.AppendUint32(b, uint32(e.origin))
	b = binary.LittleEndian.AppendUint32(b, marking)
	return append(b, byte(e.kind), byte(e.flags))
}

// Restore replaces the rows by those of a snapshot and returns the journal sequence to go on from. On an error nothing is changed.
// Nobody may be reading through a View meanwhile whose answer is to be given.
func (r *Rows) Restore(from io.Reader) (through uint64, err error) {
	image, err := io.ReadAll(from)
	if err != nil {
		return 0, fmt.Errorf("read snapshot of rows: %w", err)
	}
	body := len(image) - snapshotTrailer
	if body < snapshotHeader || !bytes.HasPrefix(image, []byte(snapshotMagic)) || checksum(image[:body]) != binary.LittleEndian.Uint32(image[body:]) {
		return 0, fmt.Errorf("read snapshot of rows: %w", ErrSnapshot)
	}
	header := image[len(snapshotMagic):]
	through = binary.LittleEndian.Uint64(header)
	words, count := binary.LittleEndian.Uint32(header[8:]), binary.LittleEndian.Uint32(header[12:])
	if uint64(body) != uint64(snapshotHeader)+4*uint64(words)+uint64(count)*uint64(snapshotRow) {
		return 0, fmt.Errorf("read snapshot of rows: %w", ErrSnapshot)
	}
	c := newContents(int(count))
	if err := c.load(image[snapshotHeader:body], int(words), count); err != nil {
		return 0, fmt.Errorf("read snapshot of rows: %w", err)
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	c.era = r.contents.Load().era + 1
	r.contents.Store(c)
	return through, nil
}

// load fills fresh contents from the words and rows of a snapshot.
func (c *contents) load(body []byte, wordCount int, count uint32) error {
	words := make([]uint32, wordCount)
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(body[4*i:])
	}
	body = body[4*wordCount:]
	next := &table{}
	refs := make([]markingRef, wordCount) // what each place among the words became, plus 1
	for ; count > 0; count-- {
		if next.count%chunkRows == 0 {
			next.chunks = append(next.chunks, new(chunk))
		}
		slot := Slot(next.count)
		next.count++
		e := next.at(slot)
		place := e.read(body)
		body = body[snapshotRow:]
		if uint64(place) >= uint64(len(words)) || uint64(place)+1+uint64(words[place]) > uint64(len(words)) {
			return ErrSnapshot
		}
		if refs[place] == 0 { // each marking stands once, so it is not looked for
			refs[place] = c.markings.add(words[place:place+1+words[place]]) + 1
		}
		e.marking.Store(uint32(refs[place] - 1))
		c.enter(next, slot)
	}
	next.placeFrom(0)
	c.table.Store(next)
	return nil
}

func (e *entry) read(b []byte) (marking uint32) {
	copy(e.id[:], b)
	e.micros = int64(binary.LittleEndian.Uint64(b[16:]))
	e.seq = binary.LittleEndian.Uint64(b[24:])
	e.length = binary.LittleEndian.Uint32(b[32:])
	e.origin = habilitation.AudienceID(binary.LittleEndian.Uint32(b[36:]))
	e.kind, e.flags = Kind(b[44]), entryFlags(b[45])
	e.month = monthOfMicros(e.micros)
	return binary.LittleEndian.Uint32(b[40:])
}
