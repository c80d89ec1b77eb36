package archive_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
	"time"

	"chancery/archive"
	"chancery/habilitation"
)

func someHeader() archive.Header {
	return archive.Header{
		Seq: 258, ID: habilitation.ID{0: 0x11, 15: 0xff}, Kind: "message.released", Version: 1, Actor: 70_000,
		Level: habilitation.Restricted, Tree: archive.TreeRestricted, Time: time.Date(2026, 11, 22, 9, 30, 0, 123_456_000, time.UTC),
		Digest: archive.PayloadDigest([32]byte{1}, []byte("arrives on Thursday")), Index: 3,
		Cites: archive.Head{Seq: 77, Hash: [32]byte{0xab}},
	}
}

// The bytes of version 1 stay for ever: chains of every house commit to them. They were made by another
// program from the text of [archive.Header.AppendBinary].
const goldenHeader = "010000000000000102110000000000000000000000000000ff106d6573736167652e72656c6561736564010001117002" +
	"03000660da1f0998409a594aa5e320c27b024e28b3ac5ddc38b2c807deb43481db3c0b9441032d783300000000000000" +
	"03000000000000004dab00000000000000000000000000000000000000000000000000000000000000"

const goldenChain = "9fee4d570d4093288946327ac1deffce2cef3c4a64a205c87452ccd950919c28"

const goldenLeaf = `chancery leaf v1
240000000000000000000000zw
message.released 1
restricted restricted
2026-11-22T09:30:00.123456Z
9a594aa5e320c27b024e28b3ac5ddc38b2c807deb43481db3c0b9441032d7833
`

func TestHeaderGolden(t *testing.T) {
	h := someHeader()
	if got := hex.EncodeToString(h.AppendBinary(nil)); got != goldenHeader {
		t.Fatalf("header bytes of version 1 changed:\n%s\n%s", got, goldenHeader)
	}
	if got := fmt.Sprintf("%x", archive.EmptyHead().Follow(h).Hash); got != goldenChain {
		t.Fatalf("the chain of version 1 changed: %s", got)
	}
	if got := string(h.Leaf()); got != goldenLeaf {
		t.Fatalf("leaf of version 1 changed:\n%q", got)
	}
	if got := fmt.Sprintf("%x", archive.LeafHash(nil)); got != "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" {
		t.Fatalf("RFC 6962 leaf hash of nothing: %s", got)
	}
}

func TestHeaderDecode(t *testing.T) {
	h := someHeader()
	raw := h.AppendBinary(nil)
	back, err := archive.DecodeHeader(raw)
	if err != nil || back != h {
		t.Fatalf("decoded %+v, %v", back, err)
	}
	for i := range raw {
		if _, err := archive.DecodeHeader(raw[:i]); err == nil {
			t.Fatalf("%d bytes of %d pass for a header", i, len(raw))
		}
		changed := bytes.Clone(raw)
		changed[i] ^= 0x40
		if other, err := archive.DecodeHeader(changed); err == nil && other == h {
			t.Fatalf("byte %d means nothing", i)
		}
	}
	later := bytes.Clone(raw)
	later[0] = 2
	if _, err := archive.DecodeHeader(later); !errors.Is(err, archive.ErrVersion) {
		t.Fatalf("a later version: %v", err)
	}
	if _, err := archive.DecodeHeader(append(raw, 0)); !errors.Is(err, archive.ErrDamaged) {
		t.Fatalf("a byte too much: %v", err)
	}
}

func FuzzDecodeHeader(f *testing.F) {
	f.Add(someHeader().AppendBinary(nil))
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, err := archive.DecodeHeader(raw)
		if err != nil {
			return
		}
		if !bytes.Equal(h.AppendBinary(nil), raw) {
			t.Fatalf("%x is read and written otherwise", raw)
		}
	})
}

func TestChain(t *testing.T) {
	h := someHeader()
	first := archive.EmptyHead().Follow(h)
	if first.Seq != h.Seq || first == archive.EmptyHead() || archive.EmptyHead() == archive.AnyHead {
		t.Fatal("the chain does not begin")
	}
	changes := map[string]func(*archive.Header){
		"seq": func(h *archive.Header) { h.Seq++ }, "id": func(h *archive.Header) { h.ID[3]++ }, "kind": func(h *archive.Header) { h.Kind += "x" },
		"version": func(h *archive.Header) { h.Version++ }, "actor": func(h *archive.Header) { h.Actor++ }, "level": func(h *archive.Header) { h.Level-- },
		"tree": func(h *archive.Header) { h.Tree-- }, "time": func(h *archive.Header) { h.Time = h.Time.Add(time.Microsecond) },
		"digest": func(h *archive.Header) { h.Digest[0]++ }, "index": func(h *archive.Header) { h.Index++ },
		"cites": func(h *archive.Header) { h.Cites.Hash[0]++ },
	}
	for name, change := range changes {
		other := h
		change(&other)
		if archive.EmptyHead().Follow(other).Hash == first.Hash {
			t.Errorf("the chain does not commit to %s", name)
		}
		shown := name != "seq" && name != "actor" && name != "index" && name != "cites"
		if bytes.Equal(other.Leaf(), h.Leaf()) == shown {
			t.Errorf("leaf and %s", name)
		}
	}
}
