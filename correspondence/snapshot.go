package correspondence

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"chancery/archive"
	"chancery/search"
)

// The names of the snapshot files. Thesaurus and declarations are folded together, because they come from the same acts.
const (
	snapshotRegister  = "register"
	snapshotThesaurus = "tags"
	snapshotDossiers  = "dossiers"
	snapshotLedger    = "ledger"
	snapshotRows      = "rows"
	snapshotCircuits  = "circuits"
	snapshotGate      = "gate"
	snapshotHandling  = "handling"
	snapshotKeeping   = "keeping"
	snapshotLives     = "lives"
)

var snapshotNames = []string{snapshotRegister, snapshotThesaurus, snapshotLedger, snapshotRows, snapshotCircuits, snapshotGate, snapshotDossiers, snapshotHandling, snapshotKeeping, snapshotLives}

// snapshotMagic opens every snapshot file: a format of our own, then the sequence, then SHA-256 of the sequence and the body.
const snapshotMagic = "chancery snapshot 2\n"

// fold is what can be written down and read back.
type fold interface {
	Snapshot(io.Writer) error
	Restore(io.Reader) error
}

// rowsFold leaves the sequence to the snapshot file, which bears it for every fold alike.
type rowsFold struct{ rows *search.Rows }

func (r rowsFold) Snapshot(w io.Writer) error { return r.rows.Snapshot(w, 0) }

func (r rowsFold) Restore(from io.Reader) error {
	_, err := r.rows.Restore(from)
	return err
}

func (f *Folds) members(name string) []fold {
	switch name {
	case snapshotRegister:
		return []fold{f.Register}
	case snapshotThesaurus:
		return []fold{f.Thesaurus, f.Declarations}
	case snapshotDossiers:
		return []fold{f.Dossiers}
	case snapshotLedger:
		return []fold{f.Ledger}
	case snapshotCircuits:
		return []fold{f.Circuits}
	case snapshotGate:
		return []fold{f.Gate}
	case snapshotHandling:
		return []fold{f.Handling}
	case snapshotKeeping:
		return []fold{f.Keeping}
	case snapshotLives:
		return []fold{f.Lives}
	}
	return []fold{rowsFold{f.Rows}}
}

// LoadFolds restores the folds from the folder of snapshots. What is missing, damaged or of another version is refolded from the
// journal when the house opens: a snapshot saves time and is never truth. One that has seen more than the journal holds is
// archive.ErrSetBack: entries are lost.
func LoadFolds(folder string, head archive.Head, log *slog.Logger) (*Folds, error) {
	f := NewFolds()
	for _, name := range snapshotNames {
		seq, err := f.load(filepath.Join(folder, name), name)
		if seq > head.Seq {
			return nil, fmt.Errorf("the journal ends at entry %d, the snapshot %s has seen entry %d: %w", head.Seq, name, seq, archive.ErrSetBack)
		}
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				log.Warn("snapshot refolded", "snapshot", name, "why", err.Error())
			}
			f.reset(name)
			continue
		}
		f.through[name] = seq
	}
	return f, nil
}

// reset empties the folds of one snapshot after a failed load.
func (f *Folds) reset(name string) {
	empty := NewFolds()
	switch name {
	case snapshotRegister:
		f.Register = empty.Register
	case snapshotThesaurus:
		f.Thesaurus, f.Declarations = empty.Thesaurus, empty.Declarations
	case snapshotDossiers:
		f.Dossiers = empty.Dossiers
	case snapshotLedger:
		f.Ledger = empty.Ledger
	case snapshotRows:
		f.Rows = empty.Rows
	case snapshotCircuits:
		f.Circuits = empty.Circuits
	case snapshotGate:
		f.Gate = empty.Gate
	case snapshotHandling:
		f.Handling = empty.Handling
	case snapshotKeeping:
		f.Keeping = empty.Keeping
	case snapshotLives:
		f.Lives = empty.Lives
	}
}

// load restores the folds of one snapshot. The sequence is known of whatever has its digest, though it may not be read.
func (f *Folds) load(path, name string) (archive.Seq, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	head := len(snapshotMagic) + 8 + sha256.Size
	if len(body) < head || string(body[:len(snapshotMagic)]) != snapshotMagic {
		return 0, errSnapshot
	}
	seq := archive.Seq(binary.BigEndian.Uint64(body[len(snapshotMagic):]))
	if sum := snapshotSum(seq, body[head:]); !bytes.Equal(sum[:], body[len(snapshotMagic)+8:head]) {
		return 0, fmt.Errorf("digest differs: %w", errSnapshot)
	}
	body = body[head:]
	for _, part := range f.members(name) {
		piece, rest, ok := cutLong(body)
		if !ok {
			return seq, errSnapshot
		}
		if err := part.Restore(bytes.NewReader(piece)); err != nil {
			return seq, err
		}
		body = rest
	}
	return seq, nil
}

// Save writes every fold to the folder: temporary file, fsync, rename. The caller makes sure that nothing is folded meanwhile.
func (f *Folds) save(folder string, through archive.Seq) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make folder of snapshots: %w", err)
	}
	for _, name := range snapshotNames {
		var body bytes.Buffer
		for _, part := range f.members(name) {
			if err := writeLong(&body, part); err != nil {
				return fmt.Errorf("snapshot %s: %w", name, err)
			}
		}
		sum := snapshotSum(through, body.Bytes())
		head := binary.BigEndian.AppendUint64([]byte(snapshotMagic), uint64(through))
		if err := replaceFile(filepath.Join(folder, name), append(head, sum[:]...), body.Bytes()); err != nil {
			return fmt.Errorf("snapshot %s: %w", name, err)
		}
	}
	return nil
}

func snapshotSum(through archive.Seq, body []byte) [sha256.Size]byte {
	h := sha256.New()
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(through)))
	h.Write(body)
	return [sha256.Size]byte(h.Sum(nil))
}

// writeLong writes one fold behind its length.
func writeLong(to *bytes.Buffer, part fold) error {
	at := to.Len()
	to.Write(make([]byte, 8))
	if err := part.Snapshot(to); err != nil {
		return err
	}
	binary.BigEndian.PutUint64(to.Bytes()[at:], uint64(to.Len()-at-8))
	return nil
}

func cutLong(b []byte) (piece, rest []byte, ok bool) {
	if len(b) < 8 {
		return nil, nil, false
	}
	n := binary.BigEndian.Uint64(b)
	if n > uint64(len(b)-8) {
		return nil, nil, false
	}
	return b[8 : 8+n], b[8+n:], true
}

// replaceFile puts the pieces at path in one step.
func replaceFile(path string, pieces ...[]byte) error {
	file, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	for _, piece := range pieces {
		if _, err = file.Write(piece); err != nil {
			break
		}
	}
	if err == nil {
		err = file.Sync()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
