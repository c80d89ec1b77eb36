// Package filevault keeps attachments as files.
//
// Under the vault's folder:
//
//	lock                 held by the one process that has the vault open
//	incoming/            files being written; whatever is there at opening is left of a crash and is removed
//	put/                 objects that no entry of the journal cites yet
//	kept/00/ … kept/ff/  objects the journal cites
//
// An object's file is named by a keyed hash of its digest, so that whoever has the disk cannot tell whether a known document is there.
// Its content is encrypted under a key of its own, which is sealed under another kept in archive.Keys: destroying that one erases the
// object, whatever copies of the file remain.
package filevault

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"chancery/archive"
)

// Names under which the vault keeps its secrets.
const (
	namingKey    = "vault/naming"
	objectPrefix = "vault/object/"
)

// Vault is an open vault; it is an [archive.Vault]. Every method may be called from any goroutine.
type Vault struct {
	path    string
	keys    archive.Keys
	naming  []byte
	lock    *os.File
	objects [64]sync.Mutex // by the first byte of a storage name: held while an object comes, moves or goes
	stopped atomic.Bool    // set by the first sync or rename that went wrong
	closed  atomic.Bool
}

// storageName is an object's name on disk: HMAC-SHA256 of its digest and size.
type storageName [sha256.Size]byte

func (n storageName) String() string { return hex.EncodeToString(n[:]) }

// authenticated is what binds a header to its file's name.
func (n storageName) authenticated() []byte { return append([]byte(magic), n[:]...) }

// secret is the name of the object's key in Keys.
func (n storageName) secret() []byte { return []byte(objectPrefix + n.String()) }

// Open opens the vault in a folder, making it if it is not there, and removes what a crash left half written. ErrLocked when another
// process has it. The keys stay the caller's to close, after the vault.
func Open(ctx context.Context, path string, keys archive.Keys) (*Vault, error) {
	for _, folder := range []string{path, filepath.Join(path, "incoming"), filepath.Join(path, "put"), filepath.Join(path, "kept")} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, fmt.Errorf("make vault: %w", err)
		}
	}
	lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock vault: %w", err)
	}
	v := &Vault{path: path, keys: keys, lock: lock}
	if err := v.begin(ctx); err != nil {
		return nil, fmt.Errorf("open vault %s: %w", path, errors.Join(err, lock.Close()))
	}
	return v, nil
}

// begin takes the lock, sweeps and reads the naming key.
func (v *Vault) begin(ctx context.Context) error {
	if err := syscall.Flock(int(v.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return archive.ErrLocked
	}
	leftovers, err := os.ReadDir(filepath.Join(v.path, "incoming"))
	if err != nil {
		return err
	}
	for _, file := range leftovers {
		if err := os.Remove(filepath.Join(v.path, "incoming", file.Name())); err != nil {
			return err
		}
	}
	if err := errors.Join(syncFolder(v.path), syncFolder(filepath.Dir(v.path))); err != nil {
		return err
	}
	v.naming, err = v.secret(ctx, []byte(namingKey))
	return err
}

// secret reads a key of 32 bytes, drawing it if there is none yet.
func (v *Vault) secret(ctx context.Context, name []byte) ([]byte, error) {
	kept, err := v.keys.Get(ctx, name)
	if err == nil || !errors.Is(err, archive.ErrUnknown) && !errors.Is(err, archive.ErrErased) {
		return kept, err
	}
	drawn := make([]byte, 32)
	_, _ = rand.Read(drawn) // never fails: crypto/rand ends the program itself
	return drawn, v.keys.Put(ctx, []archive.Secret{{Name: name, Value: drawn}})
}

// name is where the object with that digest is kept.
func (v *Vault) name(d archive.Digest) storageName {
	mac := hmac.New(sha256.New, v.naming)
	mac.Write(d.Sum[:])
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(d.Size)))
	return storageName(mac.Sum(nil))
}

func (v *Vault) putPath(n storageName) string { return filepath.Join(v.path, "put", n.String()) }
func (v *Vault) keptPath(n storageName) string {
	return filepath.Join(v.path, "kept", n.String()[:2], n.String())
}

// hold takes the lock of one object and returns what lets it go.
func (v *Vault) hold(n storageName) func() {
	mutex := &v.objects[int(n[0])%len(v.objects)]
	mutex.Lock()
	return mutex.Unlock
}

// ready refuses work once the vault is closed, a write has gone wrong or the caller has gone.
func (v *Vault) ready(ctx context.Context) error {
	switch {
	case v.closed.Load():
		return archive.ErrClosed
	case v.stopped.Load():
		return archive.ErrStopped
	}
	return ctx.Err()
}

// durable passes an error of a sync or rename on, after which nothing more is written: what the disk holds is no longer known.
func (v *Vault) durable(err error) error {
	if err != nil {
		v.stopped.Store(true)
	}
	return err
}

// Put writes the bytes of r durably and names them; see [archive.Vault].
func (v *Vault) Put(ctx context.Context, r io.Reader) (archive.Digest, error) {
	if err := v.ready(ctx); err != nil {
		return archive.Digest{}, fmt.Errorf("put: %w", err)
	}
	file, err := os.CreateTemp(filepath.Join(v.path, "incoming"), "")
	if err != nil {
		return archive.Digest{}, fmt.Errorf("put: %w", err)
	}
	d, err := v.take(ctx, file, r)
	if err != nil {
		_ = os.Remove(file.Name()) // what stays is swept at the next opening
		_ = file.Close()
		return archive.Digest{}, fmt.Errorf("put: %w", err)
	}
	return d, nil
}

// take fills the incoming file, then gives it its key and its name.
func (v *Vault) take(ctx context.Context, file *os.File, r io.Reader) (archive.Digest, error) {
	contentKey := make([]byte, 32)
	_, _ = rand.Read(contentKey) // never fails: crypto/rand ends the program itself
	d, err := encrypt(file, r, contentKey, ctx.Err)
	if err != nil {
		return d, err
	}
	name := v.name(d)
	defer v.hold(name)()
	if can, err := v.openable(ctx, name, v.keptPath(name)); err != nil {
		return d, err
	} else if can {
		return d, errors.Join(os.Remove(file.Name()), file.Close())
	}
	if err := v.unlink(v.keptPath(name)); err != nil { // of an object removed before: its key is gone
		return d, err
	}
	objectKey, err := v.secret(ctx, name.secret())
	if err != nil {
		return d, err
	}
	if err := writeHeader(file, name, objectKey, contentKey); err != nil {
		return d, err
	}
	if err := errors.Join(file.Chmod(0o400), file.Sync(), file.Close()); err != nil {
		return d, v.durable(err)
	}
	return d, v.move(file.Name(), v.putPath(name))
}

// move renames durably.
func (v *Vault) move(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return v.durable(err)
	}
	return v.durable(errors.Join(syncFolder(filepath.Dir(to)), syncFolder(filepath.Dir(from))))
}

// openable reports whether the file is there and its key too.
func (v *Vault) openable(ctx context.Context, name storageName, path string) (bool, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	_, err := v.keys.Get(ctx, name.secret())
	if errors.Is(err, archive.ErrUnknown) || errors.Is(err, archive.ErrErased) {
		return false, nil // removed, and the power failed before the file went
	}
	return err == nil, err
}

// Open reads an object; see [archive.Vault].
func (v *Vault) Open(ctx context.Context, d archive.Digest) (io.ReadCloser, error) {
	if v.closed.Load() {
		return nil, fmt.Errorf("open %s: %w", d, archive.ErrClosed)
	}
	name := v.name(d)
	objectKey, err := v.keys.Get(ctx, name.secret())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", d, err)
	}
	file, err := v.find(name)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", d, err)
	}
	contentKey, err := readHeader(file, name, objectKey)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return newObject(file, contentKey, d)
}

// find opens the object's file wherever it is. It may be moved from put to kept in between, so put is asked first.
func (v *Vault) find(name storageName) (*os.File, error) {
	for _, path := range []string{v.putPath(name), v.keptPath(name)} {
		file, err := os.Open(path)
		if err == nil || !errors.Is(err, os.ErrNotExist) {
			return file, err
		}
	}
	return nil, archive.ErrUnknown
}

// Has tells whether the object can be opened; see [archive.Vault].
func (v *Vault) Has(ctx context.Context, d archive.Digest) (bool, error) {
	if v.closed.Load() {
		return false, fmt.Errorf("look for %s: %w", d, archive.ErrClosed)
	}
	name := v.name(d)
	for _, path := range []string{v.putPath(name), v.keptPath(name)} {
		if can, err := v.openable(ctx, name, path); can || err != nil {
			return can, err
		}
	}
	return false, nil
}

// Retain marks the object as cited by the journal: its file moves from put to kept. See [archive.Vault].
func (v *Vault) Retain(ctx context.Context, d archive.Digest) error {
	if err := v.ready(ctx); err != nil {
		return fmt.Errorf("retain %s: %w", d, err)
	}
	name := v.name(d)
	defer v.hold(name)()
	if can, err := v.openable(ctx, name, v.keptPath(name)); can || err != nil {
		return err
	}
	if can, err := v.openable(ctx, name, v.putPath(name)); err != nil {
		return err
	} else if !can {
		return fmt.Errorf("retain %s: %w", d, archive.ErrUnknown)
	}
	folder := filepath.Dir(v.keptPath(name))
	if err := os.Mkdir(folder, 0o700); err == nil {
		if err := v.durable(syncFolder(filepath.Dir(folder))); err != nil {
			return fmt.Errorf("retain %s: %w", d, err)
		}
	} else if !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("retain %s: %w", d, err)
	}
	if err := v.move(v.putPath(name), v.keptPath(name)); err != nil {
		return fmt.Errorf("retain %s: %w", d, err)
	}
	return nil
}

// Remove destroys the object's key and its bytes, retained or not; the reason stays in Keys. ErrUnknown when it never was there; a
// second removal changes nothing.
func (v *Vault) Remove(ctx context.Context, d archive.Digest, reason archive.Reason) error {
	if err := v.ready(ctx); err != nil {
		return fmt.Errorf("remove %s: %w", d, err)
	}
	if reason == "" {
		return fmt.Errorf("remove %s: %w", d, archive.ErrReasonMissing)
	}
	name := v.name(d)
	defer v.hold(name)()
	if err := v.remove(ctx, name, reason); err != nil {
		return fmt.Errorf("remove %s: %w", d, err)
	}
	return nil
}

// Discard destroys an object that no entry of the journal cites, as Remove does; one that is retained stays, and so does one that is not there.
func (v *Vault) Discard(ctx context.Context, d archive.Digest, reason archive.Reason) error {
	if err := v.ready(ctx); err != nil {
		return fmt.Errorf("discard %s: %w", d, err)
	}
	name := v.name(d)
	defer v.hold(name)()
	if can, err := v.openable(ctx, name, v.keptPath(name)); can || err != nil {
		return err
	}
	if can, err := v.openable(ctx, name, v.putPath(name)); !can || err != nil {
		return err
	}
	if err := v.remove(ctx, name, reason); err != nil {
		return fmt.Errorf("discard %s: %w", d, err)
	}
	return nil
}

// remove destroys the key first: from then on the bytes are noise, whether or not the file goes.
func (v *Vault) remove(ctx context.Context, name storageName, reason archive.Reason) error {
	if _, err := v.keys.Get(ctx, name.secret()); err == nil || errors.Is(err, archive.ErrDamaged) {
		if err := v.keys.Destroy(ctx, name.secret(), reason); err != nil {
			return err
		}
	} else if !errors.Is(err, archive.ErrErased) {
		return err
	}
	if err := v.unlink(v.putPath(name)); err != nil {
		return err
	}
	return v.unlink(v.keptPath(name))
}

// unlink removes a file durably if it is there.
func (v *Vault) unlink(path string) error {
	if err := os.Remove(path); errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return v.durable(err)
	}
	return v.durable(syncFolder(filepath.Dir(path)))
}

// Sweep removes what was put before the given time and never retained, and says how many objects went. A caller leaves enough time for
// an entry to follow its attachments: a day is plenty.
func (v *Vault) Sweep(ctx context.Context, before time.Time) (int, error) {
	files, err := os.ReadDir(filepath.Join(v.path, "put"))
	if err != nil {
		return 0, fmt.Errorf("sweep: %w", err)
	}
	var swept int
	for _, file := range files {
		gone, err := v.sweepOne(ctx, file.Name(), before)
		if err != nil {
			return swept, fmt.Errorf("sweep %s: %w", file.Name(), err)
		}
		swept += gone
	}
	return swept, nil
}

// sweepOne removes one object if it is old enough and still not retained.
func (v *Vault) sweepOne(ctx context.Context, text string, before time.Time) (int, error) {
	if err := v.ready(ctx); err != nil {
		return 0, err
	}
	var name storageName
	if n, err := hex.Decode(name[:], []byte(text)); err != nil || n != len(name) {
		return 0, nil // not ours
	}
	defer v.hold(name)()
	info, err := os.Stat(v.putPath(name))
	if errors.Is(err, os.ErrNotExist) || err == nil && !info.ModTime().Before(before) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	return 1, v.remove(ctx, name, "put and never cited")
}

// Close lets the vault go; objects being read may be read to their end.
func (v *Vault) Close() error {
	if v.closed.Swap(true) {
		return nil
	}
	return v.lock.Close()
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
