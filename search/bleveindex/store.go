package bleveindex

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"chancery/search"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
)

// What the index notes of itself, in the same step as the documents.
const (
	noteProgress = "progress" // 8 bytes, big-endian
	noteRevision = "revision" // 8 bytes, big-endian
)

// revision numbers the fields and the analysis together; an index of another one is rebuilt.
const revision = 1<<16 | search.Revision

// errUnusable is why a store is set aside.
var errUnusable = errors.New("the index cannot be used")

// store is one scorch index and what is remembered of its segments.
type store struct {
	engine  index.Index
	queue   *index.AnalysisQueue
	scratch *sync.Pool
	slots   slotArrays
}

// durability says when a batch is acknowledged.
type durability bool

const (
	durable durability = false // on disk
	fast    durability = true  // in memory; for an index that is thrown away if it is not finished
)

// openStore opens or creates a store. A fresh one has progress 0.
func openStore(path string, d durability) (s *store, err error) {
	defer func() {
		if cause := recover(); cause != nil { // damaged files make the engine panic
			s, err = nil, fmt.Errorf("open %s: %w: %v", path, errUnusable, cause)
		}
	}()
	queue := index.NewAnalysisQueue(runtime.GOMAXPROCS(0))
	config := map[string]any{"path": path, "unsafe_batch": bool(d), "bolt_timeout": "1s"}
	engine, err := scorch.NewScorch(scorch.Name, config, queue)
	if err == nil {
		err = engine.Open()
	}
	if err != nil {
		queue.Close()
		if strings.Contains(err.Error(), "timeout") { // the file lock of root.bolt: not damage, another process
			return nil, fmt.Errorf("open %s: in use by another process: %w", path, err)
		}
		return nil, fmt.Errorf("open %s: %w: %w", path, errUnusable, err)
	}
	s = &store{engine: engine, queue: queue, scratch: &sync.Pool{New: func() any { return new(search.Terms) }}}
	return s, nil
}

func (s *store) close() error {
	err := s.engine.Close()
	s.queue.Close()
	return err
}

// apply writes documents, progress and revision in one step.
func (s *store) apply(through uint64, documents []search.Document) error {
	batch := index.NewBatch()
	for i := range documents {
		batch.Update(newDocument(&documents[i], s.scratch))
	}
	s.note(batch, through)
	if err := s.engine.Batch(batch); err != nil {
		return fmt.Errorf("index %d documents: %w", len(documents), err)
	}
	return nil
}

func (s *store) note(batch *index.Batch, through uint64) {
	batch.SetInternal([]byte(noteProgress), binary.BigEndian.AppendUint64(nil, through))
	batch.SetInternal([]byte(noteRevision), binary.BigEndian.AppendUint64(nil, revision))
}

// finish makes everything applied so far durable in a store that was opened fast.
func (s *store) finish(through uint64) error {
	batch := index.NewBatch()
	s.note(batch, through)
	persisted := make(chan error, 1)
	batch.SetPersistedCallback(func(err error) { persisted <- err })
	if err := s.engine.Batch(batch); err != nil {
		return fmt.Errorf("finish index: %w", err)
	}
	if err := <-persisted; err != nil {
		return fmt.Errorf("finish index: %w", err)
	}
	return nil
}

// snapshot is the index at one moment; the caller closes it when it has done with every bitmap.
func (s *store) snapshot() (*scorch.IndexSnapshot, error) {
	reader, err := s.engine.Reader()
	if err != nil {
		return nil, fmt.Errorf("read index: %w", err)
	}
	return reader.(*scorch.IndexSnapshot), nil
}

// progress reads the notes: 0 for a fresh store, errUnusable for another revision.
func (s *store) progress() (uint64, error) {
	snapshot, err := s.snapshot()
	if err != nil {
		return 0, err
	}
	defer snapshot.Close()
	notes := snapshot.Internal()
	if len(notes) == 0 && len(snapshot.Segments()) == 0 {
		return 0, nil
	}
	through, known := notes[noteProgress], notes[noteRevision]
	if len(through) != 8 || len(known) != 8 || binary.BigEndian.Uint64(known) != revision {
		return 0, fmt.Errorf("read notes: %w: another revision", errUnusable)
	}
	return binary.BigEndian.Uint64(through), nil
}
