package bleveindex

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"chancery/search"
)

// What one question may have read for its phrases: about a second of work for the texts, as long for their length.
const (
	DefaultPhraseTexts  = 10_000
	DefaultPhraseLength = 64 << 20 // bytes
)

// Options of an index.
type Options struct {
	// How many texts are read for the phrases of one question, and how many bytes of words, once to read them and once for each phrase, before
	// the question is refused with search.ErrTooWide; 0 is the default.
	PhraseTexts  int
	PhraseLength uint64
}

// Index is a search.Index kept in a folder. It is safe for concurrent use.
type Index struct {
	folder string
	rows   *search.Rows
	texts  search.Texts
	most   Options // texts read for phrases

	applying sync.Mutex    // held by Apply and by the swap of Rebuild
	progress atomic.Uint64 // of what is durable
	setAside error         // why the index that was found was not used; written once, by Open

	mu     sync.RWMutex // held for reading by whoever uses the store, for writing to replace or close it
	store  *store
	closed bool
}

var _ search.Index = (*Index)(nil)

// Open opens the index in a folder, which it makes if there is none. An index that cannot be used is set aside and an empty one opened, whose progress is 0:
// the caller applies everything again, or calls Rebuild, which is faster.
func Open(folder string, rows *search.Rows, texts search.Texts, options Options) (*Index, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	x := &Index{folder: folder, rows: rows, texts: texts, most: options}
	if x.most.PhraseTexts == 0 {
		x.most.PhraseTexts = DefaultPhraseTexts
	}
	if x.most.PhraseLength == 0 {
		x.most.PhraseLength = DefaultPhraseLength
	}
	if err := x.settle(); err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	if err := x.openOrSetAside(); err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	return x, nil
}

func (x *Index) words() string    { return filepath.Join(x.folder, "words") }
func (x *Index) building() string { return filepath.Join(x.folder, "words.new") }
func (x *Index) aside() string    { return filepath.Join(x.folder, "words.aside") }

// settle ends a swap that a crash interrupted, and drops a building that was never finished.
func (x *Index) settle() error {
	if _, err := os.Stat(x.words()); errors.Is(err, os.ErrNotExist) {
		if _, err := os.Stat(x.building()); err == nil && finished(x.building()) {
			return os.Rename(x.building(), x.words())
		}
	}
	return os.RemoveAll(x.building())
}

// finished reports whether a building was completed: Rebuild leaves this mark when everything is on disk.
func finished(path string) bool {
	_, err := os.Stat(filepath.Join(path, finishedMark))
	return err == nil
}

const finishedMark = "finished"

// openOrSetAside opens the words, or new ones in their stead.
func (x *Index) openOrSetAside() error {
	before, err := filepath.Glob(filepath.Join(x.words(), "*.zap"))
	if err != nil {
		return err
	}
	err = x.open()
	if err == nil && x.progress.Load() == 0 && len(before) > 0 {
		x.setAside = fmt.Errorf("%w: the engine read none of its %d segments", errUnusable, len(before))
	}
	if !errors.Is(err, errUnusable) {
		return err
	}
	if err := os.RemoveAll(x.aside()); err != nil {
		return err
	}
	if err := os.Rename(x.words(), x.aside()); err != nil {
		return err
	}
	x.setAside = err
	return x.open()
}

// SetAside is why the index that was found could not be used and this one began empty; nil when it was used.
func (x *Index) SetAside() error { return x.setAside }

func (x *Index) open() error {
	s, err := openStore(x.words(), durable)
	if err != nil {
		return err
	}
	through, err := s.sound(x.rows)
	if err != nil {
		return errors.Join(err, s.close())
	}
	x.store = s
	x.progress.Store(through)
	return nil
}

// sound checks the files, and reads the notes and every document's identity, which the first question would need anyway.
func (s *store) sound(rows *search.Rows) (through uint64, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%w: %v", errUnusable, cause)
		}
	}()
	through, err = s.progress()
	if err != nil {
		return 0, err
	}
	snapshot, err := s.snapshot()
	if err != nil {
		return 0, err
	}
	defer snapshot.Close()
	if err := intact(snapshot); err != nil {
		return 0, err
	}
	if _, err := s.slots.of(snapshot, rows.View(nil)); err != nil {
		return 0, fmt.Errorf("%w: %w", errUnusable, err)
	}
	return through, nil
}

// Apply implements search.Index.
func (x *Index) Apply(ctx context.Context, through uint64, documents []search.Document) error {
	x.applying.Lock()
	defer x.applying.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if through <= x.progress.Load() {
		return nil
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.closed {
		return search.ErrClosed
	}
	if err := x.store.apply(through, documents); err != nil {
		return err
	}
	x.progress.Store(through)
	return nil
}

// Progress implements search.Index.
func (x *Index) Progress(context.Context) (uint64, error) { return x.progress.Load(), nil }

// Close implements search.Index. It waits for questions that are being answered.
func (x *Index) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil
	}
	x.closed = true
	if err := x.store.close(); err != nil {
		return fmt.Errorf("close index: %w", err)
	}
	return nil
}
