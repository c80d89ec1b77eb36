package filevault

import (
	"bufio"
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"golang.org/x/crypto/chacha20poly1305"

	"chancery/archive"
)

// An object on disk:
//
//	16 bytes   magic, with the format version
//	24 bytes   random nonce
//	48 bytes   the content key, sealed under the object's key in Keys; magic and storage name are authenticated with it
//	chunks     64 KiB of content each, the last one shorter or empty, each sealed under the content key
//
// A chunk's nonce is its number and whether it is the last, so chunks can be neither swapped, repeated nor cut off (the STREAM
// construction of Hoang, Reyhanitabar, Rogaway and Vizár). The content key is drawn for each file and never used for another.
const (
	magic      = "chancery vault 1"
	chunkSize  = 64 << 10
	sealedSize = chunkSize + chacha20poly1305.Overhead
	headerSize = len(magic) + chacha20poly1305.NonceSizeX + chacha20poly1305.KeySize + chacha20poly1305.Overhead
)

// chunkNonce is the nonce of one chunk.
func chunkNonce(number uint64, last bool) []byte {
	nonce := make([]byte, chacha20poly1305.NonceSizeX)
	binary.BigEndian.PutUint64(nonce[15:], number)
	if last {
		nonce[23] = 1
	}
	return nonce
}

// encrypt writes everything r gives as chunks after the room left for the header, and names it. The stop function is asked before each
// chunk.
func encrypt(file *os.File, r io.Reader, contentKey []byte, stop func() error) (archive.Digest, error) {
	aead, err := chacha20poly1305.NewX(contentKey)
	if err != nil {
		return archive.Digest{}, fmt.Errorf("prepare content key: %w", err)
	}
	if _, err := file.Seek(int64(headerSize), io.SeekStart); err != nil {
		return archive.Digest{}, err
	}
	source, sum := bufio.NewReaderSize(r, chunkSize), sha512.New()
	plain, sealed := make([]byte, chunkSize), make([]byte, 0, sealedSize)
	var size int64
	for number := uint64(0); ; number++ {
		if err := stop(); err != nil {
			return archive.Digest{}, err
		}
		n, last, err := fill(source, plain)
		if err != nil {
			return archive.Digest{}, fmt.Errorf("read what is put: %w", err)
		}
		sum.Write(plain[:n])
		size += int64(n)
		sealed = aead.Seal(sealed[:0], chunkNonce(number, last), plain[:n], nil)
		if _, err := file.Write(sealed); err != nil {
			return archive.Digest{}, err
		}
		if last {
			d := archive.Digest{Size: size}
			sum.Sum(d.Sum[:0])
			return d, nil
		}
	}
}

// fill reads a whole chunk or what is left, and looks whether anything follows.
func fill(source *bufio.Reader, chunk []byte) (n int, last bool, err error) {
	n, err = io.ReadFull(source, chunk)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return n, true, nil
	}
	if err != nil {
		return n, false, err
	}
	_, err = source.Peek(1)
	if errors.Is(err, io.EOF) {
		return n, true, nil
	}
	return n, false, err
}

// writeHeader seals the content key under the object's key at the beginning of the file.
func writeHeader(file *os.File, name storageName, objectKey, contentKey []byte) error {
	aead, err := chacha20poly1305.NewX(objectKey)
	if err != nil {
		return fmt.Errorf("prepare object key: %w", err)
	}
	header := append(make([]byte, 0, headerSize), magic...)
	header = header[:len(magic)+chacha20poly1305.NonceSizeX]
	_, _ = rand.Read(header[len(magic):]) // never fails: crypto/rand ends the program itself
	header = aead.Seal(header, header[len(magic):], contentKey, name.authenticated())
	_, err = file.WriteAt(header, 0)
	return err
}

// readHeader opens the content key; a file that was not written under that name and key is ErrDamaged.
func readHeader(file io.Reader, name storageName, objectKey []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(objectKey)
	if err != nil {
		return nil, fmt.Errorf("prepare object key: %w", archive.ErrDamaged)
	}
	header := make([]byte, headerSize)
	if _, err := io.ReadFull(file, header); err != nil {
		return nil, fmt.Errorf("read header of %s: %w", name, archive.ErrDamaged)
	}
	nonce, sealed := header[len(magic):][:chacha20poly1305.NonceSizeX], header[len(magic)+chacha20poly1305.NonceSizeX:]
	contentKey, err := aead.Open(nil, nonce, sealed, name.authenticated())
	if err != nil || !bytes.HasPrefix(header, []byte(magic)) {
		return nil, fmt.Errorf("open header of %s: %w", name, archive.ErrDamaged)
	}
	return contentKey, nil
}

// object reads one object's content back, hashing it again. It is not for several goroutines at once.
type object struct {
	file   *os.File
	source *bufio.Reader
	aead   cipher.AEAD
	want   archive.Digest
	sum    hash.Hash
	size   int64
	number uint64
	sealed []byte
	plain  []byte // what is decrypted and not yet read
	ended  error  // io.EOF or ErrDamaged once the last chunk is decrypted
}

// newObject reads the chunks that follow the header.
func newObject(file *os.File, contentKey []byte, want archive.Digest) (*object, error) {
	aead, err := chacha20poly1305.NewX(contentKey)
	if err != nil {
		return nil, fmt.Errorf("prepare content key: %w", archive.ErrDamaged)
	}
	return &object{
		file: file, source: bufio.NewReaderSize(file, sealedSize), aead: aead,
		want: want, sum: sha512.New(), sealed: make([]byte, sealedSize),
	}, nil
}

// Read gives the content; nothing that does not open under its key is given, and the end is io.EOF only if the whole is what was put.
func (o *object) Read(p []byte) (int, error) {
	for len(o.plain) == 0 {
		if o.ended != nil {
			return 0, o.ended
		}
		if err := o.next(); err != nil {
			o.ended = err
		}
	}
	n := copy(p, o.plain)
	o.plain = o.plain[n:]
	return n, nil
}

// next decrypts one chunk.
func (o *object) next() error {
	n, last, err := fill(o.source, o.sealed)
	if err != nil {
		return fmt.Errorf("read %s: %w", o.want, err)
	}
	plain, err := o.aead.Open(o.sealed[:0], chunkNonce(o.number, last), o.sealed[:n], nil)
	if err != nil {
		return fmt.Errorf("open chunk %d of %s: %w", o.number, o.want, archive.ErrDamaged)
	}
	o.number++
	o.plain = plain
	o.sum.Write(plain)
	o.size += int64(len(plain))
	if !last {
		return nil
	}
	if o.size != o.want.Size || !bytes.Equal(o.sum.Sum(nil), o.want.Sum[:]) {
		return fmt.Errorf("hash %s again: %w", o.want, archive.ErrDamaged)
	}
	return io.EOF
}

// Close lets the file go.
func (o *object) Close() error { return o.file.Close() }
