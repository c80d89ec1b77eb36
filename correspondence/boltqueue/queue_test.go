package boltqueue_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

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

// TestMailsShareAWrite has mails come one after the other, none waiting for the one before: most of them must be made durable together.
func TestMailsShareAWrite(t *testing.T) {
	const mails = 40
	path := filepath.Join(t.TempDir(), "queue.db")
	q, err := boltqueue.Open(path, postal.Bounds{})
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for n := range mails {
		time.Sleep(time.Millisecond)
		wait.Go(func() {
			if err := q.Put(context.Background(), postal.Item{Key: fmt.Sprint(n), Raw: []byte("Subject: 1\r\n\r\n")}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}

	if writes := writesOf(t, path); writes > mails/2 {
		t.Errorf("%d mails took %d writes", mails, writes)
	}
}

// writesOf counts the transactions that ever changed a file.
func writesOf(t *testing.T, path string) (writes int) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.View(func(tx *bbolt.Tx) error { writes = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return writes
}
