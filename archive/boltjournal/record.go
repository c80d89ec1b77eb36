package boltjournal

import (
	"encoding/binary"
	"fmt"

	"chancery/archive"
)

// A record is what the entries bucket keeps under a sequence:
//
//	version 1 | chain hash through this entry 32 | length of the header 2 | header | sealed payload
//
// The sealed payload is a nonce of 24 bytes and the XChaCha20-Poly1305 text. Eight bytes of the nonce are also part of
// the name under which the payload's key is kept, so no two attempts at the same sequence ever share a key name.
const (
	recordVersion = 1
	recordFixed   = 1 + 32 + 2
	nonceSize     = 24
	minSealed     = nonceSize + 16 + 1 + 32
)

type record struct {
	chain  [32]byte
	header archive.Header
	sealed []byte
}

func (r record) encode() []byte {
	header := r.header.AppendBinary(make([]byte, 0, 256))
	b := make([]byte, 0, recordFixed+len(header)+len(r.sealed))
	b = append(b, recordVersion)
	b = append(b, r.chain[:]...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(header)))
	b = append(b, header...)
	return append(b, r.sealed...)
}

// decodeRecord reads a record; what it returns points into b.
func decodeRecord(b []byte) (record, error) {
	var r record
	if len(b) < recordFixed {
		return r, fmt.Errorf("record of %d bytes: %w", len(b), archive.ErrDamaged)
	}
	if b[0] != recordVersion {
		return r, fmt.Errorf("record of version %d: %w", b[0], archive.ErrDamaged)
	}
	r.chain = [32]byte(b[1:33])
	end := recordFixed + int(binary.BigEndian.Uint16(b[33:]))
	if end > len(b) {
		return r, fmt.Errorf("record of %d bytes: %w", len(b), archive.ErrDamaged)
	}
	var err error
	if r.header, err = archive.DecodeHeader(b[recordFixed:end]); err != nil {
		return r, err
	}
	r.sealed = b[end:]
	return r, nil
}

// seqKey is a sequence as a bucket's key: 8 bytes, big-endian, so that order in the file is order in the journal.
func seqKey(seq archive.Seq) []byte { return binary.BigEndian.AppendUint64(nil, uint64(seq)) }

// keyName is the name under which an entry's key is kept. Names follow the sequence, so the key store grows at its end.
func keyName(journal string, seq archive.Seq, sealed []byte) []byte {
	b := keyPrefix(journal)
	b = binary.BigEndian.AppendUint64(b, uint64(seq))
	return append(b, sealed[:8]...)
}

func keyPrefix(journal string) []byte { return append([]byte("entry/"+journal), '/') }

func encodeHead(h archive.Head) []byte { return append(seqKey(h.Seq), h.Hash[:]...) }

func decodeHead(b []byte) (archive.Head, error) {
	if len(b) != 40 {
		return archive.Head{}, fmt.Errorf("head of %d bytes: %w", len(b), archive.ErrDamaged)
	}
	return archive.Head{Seq: archive.Seq(binary.BigEndian.Uint64(b)), Hash: [32]byte(b[8:])}, nil
}
