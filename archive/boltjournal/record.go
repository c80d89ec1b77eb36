package boltjournal

import (
	"encoding/binary"
	"fmt"

	"chancery/archive"
)

// A record is what the entries bucket keeps under a sequence:
//
//	version 1 | chain hash through this entry 32 | key 10 | length of the header 2 | header | sealed payload
//
// The key is the keyRef under which the payload's key is kept. The sealed payload is a nonce of 24 bytes and the
// XChaCha20-Poly1305 text.
const (
	recordVersion = 1
	recordFixed   = 1 + 32 + 10 + 2
	nonceSize     = 24
	minSealed     = nonceSize + 16 + 1 + 32
)

type record struct {
	chain  [32]byte
	key    keyRef
	header archive.Header
	sealed []byte
}

func (r record) encode() []byte {
	header := r.header.AppendBinary(make([]byte, 0, 256))
	b := make([]byte, 0, recordFixed+len(header)+len(r.sealed))
	b = append(b, recordVersion)
	b = append(b, r.chain[:]...)
	b = append(b, r.key[:]...)
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
	r.chain, r.key = [32]byte(b[1:33]), keyRef(b[33:43])
	end := recordFixed + int(binary.BigEndian.Uint16(b[43:]))
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

func encodeHead(h archive.Head) []byte { return append(seqKey(h.Seq), h.Hash[:]...) }

func decodeHead(b []byte) (archive.Head, error) {
	if len(b) != 40 {
		return archive.Head{}, fmt.Errorf("head of %d bytes: %w", len(b), archive.ErrDamaged)
	}
	return archive.Head{Seq: archive.Seq(binary.BigEndian.Uint64(b)), Hash: [32]byte(b[8:])}, nil
}
