package intake

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"chancery/correspondence/postal"
)

// Mails are kept whole, as they stand in their files: a mail a file, or many in an mbox. Each becomes an imported record under the seal of
// the house with its text and files beside, for the groups and agents of the house that it names and for the group that the import names.

// Mails is how an import takes files of mail.
type Mails struct {
	Group string // key of a group that they are for, beside those that they name; "" for none
	Every bool   // every file is a mail, readable or not; else only what begins like one
}

// mailBatch is how many mails share one durable write, and mailBytes how many bytes of them make a batch full before that.
const (
	mailBatch = 64
	mailBytes = 32 << 20
	mailLimit = 256 << 20 // of one mail
)

// folder imports every mail of a folder, in the order of the names. What holds none is named: nothing stays outside in silence.
func (r *run) folder(ctx context.Context, path string) error {
	// With the separator behind it, a link to a folder is that folder.
	return filepath.WalkDir(path+string(filepath.Separator), func(at string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		what, err := r.contentOf(at, entry.Type())
		switch {
		case err != nil:
			return err
		case what == mail:
			return r.mails(ctx, at)
		case what == records:
			err = errRecordsInFolder
		default:
			err = cmp.Or(irregular(entry.Type()), errNoMail)
		}
		r.report.Skipped = append(r.report.Skipped, Skipped{File: at, Reason: err.Error()})
		return nil
	})
}

// mails imports the mails of one file.
func (r *run) mails(ctx context.Context, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	defer func() { _ = file.Close() }()
	start := make([]byte, 512)
	n, err := io.ReadFull(file, start)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read %s: %w", path, err)
	}
	b := &mailBatcher{run: r, path: path}
	all := io.MultiReader(bytes.NewReader(start[:n]), file)
	if postal.IsMbox(start[:n]) {
		err = postal.ReadMbox(all, mailLimit, func(e postal.Entry) error { return b.add(ctx, e.Raw) })
	} else {
		var raw []byte
		if raw, err = io.ReadAll(io.LimitReader(all, mailLimit+1)); err == nil && len(raw) > mailLimit {
			err = postal.ErrTooLong
		}
		if err == nil {
			err = b.add(ctx, raw)
		}
	}
	if errors.Is(err, postal.ErrTooLong) {
		r.report.Refused = append(r.report.Refused, Refused{File: path, Line: b.count + 1, Reason: err.Error()})
		err = nil
	}
	return errors.Join(err, b.flush(ctx))
}

// mailBatcher gathers the mails of one file.
type mailBatcher struct {
	run   *run
	path  string
	count int // mails so far
	size  int
	items []postal.Item
}

func (b *mailBatcher) add(ctx context.Context, raw []byte) error {
	b.count++
	b.items = append(b.items, postal.Item{Key: postal.KeyOf(raw, []string{b.run.mail.Group}), Raw: raw,
		Envelope: postal.Envelope{Peer: filepath.Base(b.path) + " " + strconv.Itoa(b.count)}})
	if b.size += len(raw); len(b.items) < mailBatch && b.size < mailBytes {
		return nil
	}
	return b.flush(ctx)
}

// flush has the house keep what was gathered; what it refuses is listed by its place in the file.
func (b *mailBatcher) flush(ctx context.Context) error {
	r, items := b.run, b.items
	if len(items) == 0 {
		return ctx.Err()
	}
	b.items, b.size = nil, 0
	var fresh []postal.Item
	seen := map[string]bool{}
	for _, item := range items {
		if seen[item.Key] || r.house.Archived(item.Key) {
			r.report.Present++
			continue
		}
		seen[item.Key] = true
		fresh = append(fresh, item)
	}
	var groups []string
	if r.mail.Group != "" {
		groups = []string{r.mail.Group}
	}
	for i, err := range r.house.ImportMail(ctx, fresh, groups...) {
		if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			_, place, _ := strings.Cut(fresh[i].Envelope.Peer, filepath.Base(b.path)+" ")
			line, _ := strconv.Atoi(place)
			r.report.Refused = append(r.report.Refused, Refused{File: b.path, Line: line, Reason: err.Error()})
			continue
		}
		r.report.Imported++
	}
	r.done += len(items)
	r.progress(r.done)
	return nil
}
