// Package boltfile opens a bbolt file and uses it under guard, the same for every engine that keeps one.
//
// The driver answers a damaged page with a panic, sometimes on a goroutine of its own, a page beyond the file's end with a memory fault, and
// a file that is not there with a new one. Here a damaged file is [archive.ErrDamaged] and names the file, a missing one [archive.ErrMissing],
// and one held by another process [archive.ErrLocked].
package boltfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"chancery/archive"
)

// Options say how a file is opened.
type Options struct {
	// Make lets a file be made where there is none; otherwise that is [archive.ErrMissing].
	Make bool
	// Patience is how long to wait for a process that is about to let go of the file.
	Patience time.Duration
	// Whole has every page looked at before the driver opens the file: for files that are small, or whose list of free pages is not kept.
	Whole bool
	// NoFreelist leaves the list of free pages out of the file, which makes writing cheaper and opening dearer. It needs Whole: the driver
	// looks for the free pages on a goroutine whose panic nobody can catch.
	NoFreelist bool
	// OpenFile is os.OpenFile when nil; only tests set it.
	OpenFile func(name string, flag int, mode os.FileMode) (*os.File, error)
}

// File is an open file. Every method may be called from any goroutine.
type File struct {
	name string
	db   *bolt.DB
	file *os.File // the driver's; its closing lets go of the lock
	// stopped is the first write that went wrong: what the disk holds since is not known.
	stopped atomic.Pointer[error]
	// broken is set by a panic amid a write, after which the driver may hold its locks for good.
	broken atomic.Bool
}

// Open opens the file at path, readable by its owner alone.
func Open(path string, o Options) (*File, error) {
	f := &File{name: filepath.Base(path)}
	if err := before(path, o); err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	if err := f.open(path, o); err != nil {
		if f.file != nil {
			_ = f.letGo() // the driver has closed it, unless it panicked
		}
		return nil, err
	}
	return f, nil
}

// before asks what the driver does not: whether there is a file, and where it is to be whole, whether it is.
func before(path string, o Options) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && o.Make:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return archive.ErrMissing
	case err != nil:
		return err
	case info.Size() == 0 && !o.Make:
		return fmt.Errorf("%w: it is empty", archive.ErrDamaged)
	case info.Size() > 0 && o.Whole:
		return look(path, o.Patience)
	}
	return nil
}

func (f *File) open(path string, o Options) error {
	openFile := o.OpenFile
	if openFile == nil {
		openFile = os.OpenFile
	}
	options := &bolt.Options{Timeout: max(o.Patience, time.Millisecond), FreelistType: bolt.FreelistMapType, NoFreelistSync: o.NoFreelist, NoStatistics: true,
		OpenFile: func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
			f.file, err = openFile(name, flag, mode)
			return f.file, err
		}}
	return f.guard(func() (err error) {
		if f.db, err = bolt.Open(path, 0o600, options); err != nil {
			return f.unreadable(err)
		}
		return f.file.Chmod(0o600)
	})
}

// unreadable tells a file that is no such file from one that the system or another process withholds.
func (f *File) unreadable(err error) error {
	var path *fs.PathError
	var errno syscall.Errno
	if errors.Is(err, bolterrors.ErrTimeout) || errors.As(err, &path) || errors.As(err, &errno) {
		return err
	}
	return fmt.Errorf("%s: %w: %w", f.name, archive.ErrDamaged, err)
}

// Name is the file's name without its folder.
func (f *File) Name() string { return f.name }

// View reads in a short transaction. Slices handed to read end with it.
func (f *File) View(read func(*bolt.Tx) error) error {
	return f.guard(func() error { return f.db.View(read) })
}

// Change writes in one durable transaction. An error of change comes back as it is, and nothing stands. After a commit that went wrong every
// change is [archive.ErrStopped]: what the disk holds then is known only by opening it again.
func (f *File) Change(change func(*bolt.Tx) error) error {
	if fault := f.stopped.Load(); fault != nil {
		return *fault
	}
	writing := true
	err := f.guard(func() error {
		tx, err := f.db.Begin(true)
		if err != nil {
			writing = false
			return err
		}
		if err := change(tx); err != nil {
			if err := tx.Rollback(); err != nil {
				return f.stop(err)
			}
			writing = false
			return err
		}
		if err := tx.Commit(); err != nil {
			return f.stop(err)
		}
		writing = false
		return nil
	})
	if writing && f.stopped.Load() == nil { // it panicked
		f.broken.Store(true)
		return f.stop(err)
	}
	return err
}

// stop ends writing for good.
func (f *File) stop(cause error) error {
	err := fmt.Errorf("%s: %w: %w", f.name, archive.ErrStopped, cause)
	f.stopped.CompareAndSwap(nil, &err)
	return err
}

// Close lets the file go. One whose driver panicked amid a write stays in memory until the process ends.
func (f *File) Close() error {
	if f.broken.Load() {
		return f.letGo()
	}
	return f.guard(f.db.Close)
}

// letGo closes the file behind the driver's back. The driver's map of it would keep the lock.
func (f *File) letGo() error {
	return errors.Join(syscall.Flock(int(f.file.Fd()), syscall.LOCK_UN), f.file.Close())
}

// Examine looks at every page as the file is now, and reports what is wrong with it.
func (f *File) Examine(ctx context.Context, report func(archive.Problem)) error {
	err := f.View(func(tx *bolt.Tx) error { // whose pages are not written over meanwhile
		file, err := os.Open(f.db.Path())
		if err != nil {
			return err
		}
		defer file.Close()
		return examine(ctx, file, uint64(tx.ID()), func(what string) { report(archive.Problem{Where: f.name, What: what}) })
	})
	if errors.Is(err, archive.ErrDamaged) {
		report(archive.Problem{Where: f.name, What: err.Error()})
		return nil
	}
	return err
}

// guard runs what touches the file, and puts the driver's errors and panics into the archive's words.
func (f *File) guard(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: %w: %s", f.name, archive.ErrDamaged, cause(p))
		}
	}()
	if f.broken.Load() {
		return *f.stopped.Load()
	}
	err = do()
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("%s: %w", f.name, archive.ErrLocked)
	case errors.Is(err, bolterrors.ErrDatabaseNotOpen):
		return archive.ErrClosed
	}
	return err
}

// cause is what a panic says, in words for who looks after the file.
func cause(p any) string {
	if _, fault := p.(interface{ Addr() uintptr }); fault {
		return "it ends before one of its pages, or a page points to nowhere"
	}
	if err, ok := p.(runtime.Error); ok {
		return fmt.Sprintf("a page makes no sense (%v)", err)
	}
	return fmt.Sprint(p)
}

// look examines a file that nobody may hold meanwhile: the first thing wrong with it is the error.
func look(path string, patience time.Duration) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() // and so lets go of the lock
	for until := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(until) {
			return archive.ErrLocked
		}
	}
	first := ""
	err = examine(context.Background(), file, newest, func(what string) {
		if first == "" {
			first = what
		}
	})
	if err == nil && first != "" {
		err = fmt.Errorf("%w: %s", archive.ErrDamaged, first)
	}
	return err
}
