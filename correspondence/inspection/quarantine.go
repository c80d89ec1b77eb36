package inspection

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"chancery/correspondence"
	"chancery/habilitation"
)

// quarantine is the folder of what was sent in and has no verdict yet: a file for each, named by its identity and readable by the house alone.
type quarantine struct {
	folder string
	mu     sync.Mutex
	turns  map[habilitation.ID]*turn // of what is being received
}

// turn says who may write: the last Receive that began. One whose connection died without a word must not stand in the way of the next.
type turn struct {
	mu   sync.Mutex // held while bytes are written
	last uint64
	in   int // receivers that have not returned
}

// piece is how much is held in memory of what is received.
const piece = 64 << 10

func openQuarantine(folder string) (*quarantine, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make quarantine: %w", err)
	}
	return &quarantine{folder: folder, turns: map[habilitation.ID]*turn{}}, nil
}

func (q *quarantine) path(id habilitation.ID) string { return filepath.Join(q.folder, id.String()) }

// enter takes the next turn at an upload.
func (q *quarantine) enter(id habilitation.ID) (t *turn, number uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	t = q.turns[id]
	if t == nil {
		t = &turn{}
		q.turns[id] = t
	}
	t.in++
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last++
	return t, t.last
}

func (q *quarantine) leave(id habilitation.ID, t *turn) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if t.in--; t.in == 0 {
		delete(q.turns, id)
	}
}

// Receive implements [correspondence.Inspector].
func (q *quarantine) Receive(ctx context.Context, id habilitation.ID, offset, most int64, r io.Reader) (there int64, err error) {
	t, number := q.enter(id)
	defer q.leave(id, t)
	file, err := os.OpenFile(q.path(id), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return 0, fmt.Errorf("receive %s: %w", id, err)
	}
	there, err = q.append(ctx, file, t, number, offset, most, r)
	return there, errors.Join(err, file.Sync(), file.Close())
}

// append writes piece by piece while it is this receiver's turn.
func (q *quarantine) append(ctx context.Context, file *os.File, t *turn, number uint64, offset, most int64, r io.Reader) (there int64, err error) {
	buffer := make([]byte, piece)
	write := func(b []byte) error {
		t.mu.Lock()
		defer t.mu.Unlock()
		info, err := file.Stat()
		if err != nil {
			return err
		}
		there = info.Size()
		if t.last != number || there != offset {
			return correspondence.ErrElsewhere
		}
		n, err := file.WriteAt(b, offset)
		offset, most, there = offset+int64(n), most-int64(n), offset+int64(n)
		return err
	}
	if err := write(nil); err != nil {
		return there, fmt.Errorf("receive at %d: %w", offset, err)
	}
	for most > 0 && ctx.Err() == nil {
		n, err := r.Read(buffer[:min(int64(len(buffer)), most)])
		if n > 0 {
			if err := write(buffer[:n]); err != nil {
				return there, fmt.Errorf("receive at %d: %w", offset, err)
			}
		}
		if errors.Is(err, io.EOF) {
			return there, nil
		}
		if err != nil {
			return there, fmt.Errorf("receive at %d: %w", offset, err)
		}
	}
	return there, ctx.Err()
}

// Received implements [correspondence.Inspector].
func (q *quarantine) Received(_ context.Context, id habilitation.ID) (int64, error) {
	info, err := os.Stat(q.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look for %s: %w", id, err)
	}
	return info.Size(), nil
}

// Drop implements [correspondence.Inspector].
func (q *quarantine) Drop(_ context.Context, id habilitation.ID) error {
	if err := os.Remove(q.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("drop %s: %w", id, err)
	}
	return nil
}

// Held implements [correspondence.Inspector].
func (q *quarantine) Held(context.Context) ([]habilitation.ID, error) {
	files, err := os.ReadDir(q.folder)
	if err != nil {
		return nil, fmt.Errorf("list quarantine: %w", err)
	}
	var held []habilitation.ID
	for _, file := range files {
		if id, err := habilitation.ParseID(file.Name()); err == nil {
			held = append(held, id)
		}
	}
	return held, nil
}
