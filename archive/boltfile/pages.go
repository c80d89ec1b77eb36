package boltfile

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// The layout of a bbolt file, version 2, in the byte order of the machine that wrote it: pages of one size, each with a header of 16 bytes
// (number 8, flags 2, count 2, overflow 4), then 16 bytes for each element. Pages 0 and 1 are meta pages; the one with the higher
// transaction counts.
const (
	headerSize  = 16
	elementSize = 16
	metaSize    = 64 // with its checksum
	metaMagic   = 0xED0CDAED
	metaVersion = 2

	flagBranch   = 0x01
	flagLeaf     = 0x02
	flagFreelist = 0x10
	flagBucket   = 0x01 // of an element of a leaf

	noFreelist = ^uint64(0)
	newest     = ^uint64(0) // in place of a transaction: the last one
)

var order = binary.NativeEndian

// meta is what a meta page says.
type meta struct {
	pageSize, root, freelist, pages, transaction uint64
}

// walk is an examination under way.
type walk struct {
	ctx  context.Context
	file io.ReaderAt
	meta
	used   []bool // by page: something refers to it
	report func(string)
}

// examine reads every page of the tree that a transaction left, and reports each that cannot be what the driver wrote. Nothing of it trusts
// what it reads, so whatever stands in the file it comes to an end. Its error says that it could not look.
func examine(ctx context.Context, file *os.File, transaction uint64, report func(string)) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	w := &walk{ctx: ctx, file: file, report: report}
	if !w.begin(transaction) {
		return nil
	}
	if need := w.pages * w.pageSize; uint64(info.Size()) < need {
		report(fmt.Sprintf("it has %d bytes of %d: it was cut short", info.Size(), need))
		return nil
	}
	w.used = make([]bool, w.pages)
	w.tree(w.root, nil, nil)
	if w.freelist != noFreelist {
		w.free()
	}
	return ctx.Err()
}

func (w *walk) found(page uint64, format string, values ...any) {
	w.report(fmt.Sprintf("page %d: ", page) + fmt.Sprintf(format, values...))
}

// begin reads the meta pages and chooses the one of the transaction.
func (w *walk) begin(transaction uint64) bool {
	chosen := false
	size := uint64(0)
	for page := range uint64(2) {
		m, ok := w.readMeta(page, max(size, uint64(os.Getpagesize())))
		if !ok {
			w.found(page, "the meta page is damaged; if it was the newer one, what was written last is lost")
			continue
		}
		size = m.pageSize
		if m.transaction == transaction || transaction == newest && (!chosen || m.transaction > w.transaction) {
			w.meta, chosen = m, true
		}
	}
	return chosen
}

func (w *walk) readMeta(page, pageSize uint64) (m meta, ok bool) {
	raw := make([]byte, metaSize)
	if _, err := w.file.ReadAt(raw, int64(page*pageSize+headerSize)); err != nil {
		return m, false
	}
	sum := fnv.New64a()
	sum.Write(raw[:metaSize-8])
	m = meta{pageSize: uint64(order.Uint32(raw[8:])), root: order.Uint64(raw[16:]), freelist: order.Uint64(raw[32:]), pages: order.Uint64(raw[40:]),
		transaction: order.Uint64(raw[48:])}
	return m, order.Uint32(raw) == metaMagic && order.Uint32(raw[4:]) == metaVersion && order.Uint64(raw[56:]) == sum.Sum64() && m.pageSize >= 512 && m.pages < 1<<40
}

// page is a page with those that it overflows into; a bucket of few keys is a page within its element.
type page struct {
	number       uint64
	flags, count uint16
	length       uint64
	start        uint64      // of the page in the file
	head         []byte      // its first bytes
	file         io.ReaderAt // for what lies behind them; nil: there is nothing
}

// bytes are n bytes of the page; nil when it has not so many.
func (p *page) bytes(at, n uint64) []byte {
	if at > p.length || n > p.length-at {
		return nil
	}
	if at+n <= uint64(len(p.head)) {
		return p.head[at : at+n]
	}
	out := make([]byte, n)
	if _, err := p.file.ReadAt(out, int64(p.start+at)); err != nil {
		return nil
	}
	return out
}

// read reads a page that something refers to, and counts the reference.
func (w *walk) read(number uint64) (*page, bool) {
	if number < 2 || number >= w.pages {
		w.found(number, "something refers to it, the file has %d pages", w.pages)
		return nil, false
	}
	p := &page{number: number, start: number * w.pageSize, head: make([]byte, w.pageSize), file: w.file}
	if _, err := w.file.ReadAt(p.head, int64(p.start)); err != nil {
		w.found(number, "cannot be read: %v", err)
		return nil, false
	}
	p.flags, p.count = order.Uint16(p.head[8:]), order.Uint16(p.head[10:])
	overflow := uint64(order.Uint32(p.head[12:]))
	if said := order.Uint64(p.head); said != number || overflow >= w.pages-number {
		w.found(number, "its header is damaged")
		return nil, false
	}
	p.length = (overflow + 1) * w.pageSize
	for i := number; i <= number+overflow; i++ {
		if w.used[i] {
			w.found(i, "more than one thing refers to it")
			return nil, false
		}
		w.used[i] = true
	}
	return p, true
}

// child is a page below a branch, with its least key.
type child struct {
	number uint64
	least  []byte
}

// tree examines a page and what is below it. Its keys lie from least on and under below, as far as these are known.
func (w *walk) tree(number uint64, least, below []byte) {
	p, ok := w.read(number)
	if !ok || w.ctx.Err() != nil {
		return
	}
	children := w.elements(p, least, below)
	for i, c := range children {
		under := below
		if i+1 < len(children) {
			under = children[i+1].least
		}
		w.tree(c.number, c.least, under)
	}
}

// elements examines what stands on a page, buckets included, and lists the pages below it.
func (w *walk) elements(p *page, least, below []byte) (children []child) {
	if p.flags != flagBranch && p.flags != flagLeaf {
		w.found(p.number, "is no page of a tree")
		return nil
	}
	if p.flags == flagBranch && p.count == 0 {
		w.found(p.number, "is a branch without children")
	}
	for i := range uint64(p.count) {
		at := headerSize + i*elementSize
		element := p.bytes(at, elementSize)
		if element == nil {
			w.found(p.number, "element %d lies outside of it", i)
			return children
		}
		key, value, ok := p.pair(at, element)
		if !ok {
			w.found(p.number, "element %d points outside of it", i)
			return children
		}
		if i > 0 && bytes.Compare(key, least) <= 0 || i == 0 && least != nil && bytes.Compare(key, least) < 0 || below != nil && bytes.Compare(key, below) >= 0 {
			w.found(p.number, "key %d is out of order", i)
		}
		least = key
		switch {
		case p.flags == flagBranch:
			children = append(children, child{order.Uint64(element[8:]), key})
		case order.Uint32(element)&flagBucket != 0:
			w.bucket(p, i, value())
		}
	}
	return children
}

// pair is an element's key, and its value in a leaf.
func (p *page) pair(at uint64, element []byte) (key []byte, value func() []byte, ok bool) {
	place, keySize, valueSize := uint64(order.Uint32(element)), uint64(order.Uint32(element[4:])), uint64(0)
	if p.flags == flagLeaf {
		place, keySize, valueSize = keySize, uint64(order.Uint32(element[8:])), uint64(order.Uint32(element[12:]))
	}
	place += at
	if place > p.length || keySize+valueSize > p.length-place {
		return nil, nil, false
	}
	key = bytes.Clone(p.bytes(place, keySize))
	return key, func() []byte { return p.bytes(place+keySize, valueSize) }, key != nil || keySize == 0
}

// bucket examines a bucket: its root page, or the page within its value.
func (w *walk) bucket(p *page, element uint64, value []byte) {
	if len(value) < 16 {
		w.found(p.number, "element %d is a bucket of %d bytes", element, len(value))
		return
	}
	if root := order.Uint64(value); root != 0 {
		w.tree(root, nil, nil)
		return
	}
	inner := value[16:]
	if len(inner) < headerSize {
		w.found(p.number, "element %d is a bucket of %d bytes", element, len(value))
		return
	}
	in := &page{number: p.number, flags: order.Uint16(inner[8:]), count: order.Uint16(inner[10:]), length: uint64(len(inner)), head: inner}
	if in.flags != flagLeaf {
		w.found(p.number, "element %d is a bucket without a leaf", element)
		return
	}
	w.elements(in, nil, nil)
}

// free examines the list of free pages: each is free once, and nothing refers to it.
func (w *walk) free() {
	p, ok := w.read(w.freelist)
	if !ok {
		return
	}
	at, count := uint64(headerSize), uint64(p.count)
	if p.count == 0xFFFF {
		if first := p.bytes(at, 8); first != nil {
			at, count = at+8, order.Uint64(first)
		}
	}
	if p.flags != flagFreelist || count > w.pages {
		w.found(p.number, "is no list of free pages")
		return
	}
	list := p.bytes(at, 8*count)
	if list == nil {
		w.found(p.number, "the list of free pages is longer than its page")
		return
	}
	for ; len(list) > 0; list = list[8:] {
		number := order.Uint64(list)
		if number < 2 || number >= w.pages || w.used[number] {
			w.found(p.number, "calls page %d free, which is none or in use", number)
			continue
		}
		w.used[number] = true
	}
	for number := uint64(2); number < w.pages; number++ {
		if !w.used[number] {
			w.found(number, "is neither in use nor free")
			return
		}
	}
}
