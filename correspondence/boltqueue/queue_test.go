package boltqueue_test

import (
	"errors"
	"path/filepath"
	"testing"

	"chancery/correspondence/boltqueue"
	"chancery/correspondence/postal"
	"chancery/correspondence/queuetest"
)

func TestQueueKeepsTheContract(t *testing.T) {
	queuetest.Run(t, func(t *testing.T) queuetest.Opener {
		path := filepath.Join(t.TempDir(), "queue.db")
		return func(bounds postal.Bounds) (postal.Queue, error) { return boltqueue.Open(path, bounds) }
	})
}

func TestQueueIsHeldByOneProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queue.db")
	q, err := boltqueue.Open(path, postal.Bounds{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = q.Close() }()
	if _, err := boltqueue.Open(path, postal.Bounds{}); !errors.Is(err, postal.ErrLocked) {
		t.Errorf("opened twice: %v", err)
	}
}
