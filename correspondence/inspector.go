package correspondence

import (
	"context"
	"errors"
	"io"

	"chancery/correspondence/postal"
	"chancery/habilitation"
)

// Inspector holds what is being sent in, where nobody can have it, and looks at it when it is whole; and it reads the mails of others. Every method may be called from any goroutine.
type Inspector interface {
	// Receive appends what r gives at an offset, most bytes at the most, durably, and returns how many bytes are there then. ErrElsewhere when
	// the bytes there do not end at the offset, or when another Receive has begun since; what was taken until an error of r stays.
	Receive(ctx context.Context, id habilitation.ID, offset, most int64, r io.Reader) (there int64, err error)
	// Received is how many bytes are there; 0 for what was never begun.
	Received(ctx context.Context, id habilitation.ID) (int64, error)
	// Inspect looks at what was received. ErrNotInspected when there can be no verdict now; the caller keeps the bytes where they are and asks
	// again. The caller closes the findings before it drops the bytes.
	Inspect(ctx context.Context, id habilitation.ID, name string) (*Findings, error)
	// Drop destroys what was received; what is not there is no error.
	Drop(ctx context.Context, id habilitation.ID) error
	// ReadMail reads a mail, in a process other than this one. A mail that breaks its reader is postal.Unread, and no error; ErrNotInspected when
	// it can be read by nobody now.
	ReadMail(ctx context.Context, raw []byte) (postal.Mail, error)
	// Held lists everything that is there.
	Held(ctx context.Context) ([]habilitation.ID, error)
}

var (
	// ErrElsewhere is returned by Receive for an offset at which the bytes received do not end.
	ErrElsewhere = errors.New("the bytes received end elsewhere")
	// ErrNotInspected is returned by Inspect and ReadMail when no verdict can be had now: the scanner does not answer, its signatures are out of date, no child can be started.
	ErrNotInspected = errors.New("no verdict can be had now")
)

// Findings are what an inspection found. The pieces are read once, in any order.
type Findings struct {
	Refused  string    // why the file is not taken, as a message key: "infected", "archive-bomb"…; "" when it is taken
	Detail   string    // what the scanner calls it, or which entry of an archive it is
	Media    string    // what the file is, by its content
	Warnings []Warning // what the reader should know, and what restricted messages do not carry
	Sent     [64]byte  // SHA-512 of the bytes that were sent
	Scanner  string    // version of the scanner and of its signatures; "" when none is configured

	Content   io.Reader // what is to be kept: the bytes sent, or a picture without what its camera wrote into it
	Text      io.Reader // its words, UTF-8; nil when it has none or they cannot be read
	Picture   io.Reader // how it looks, JPEG of up to 1200 pixels a side; nil when it has no looks
	Thumbnail io.Reader // the same, up to 240 pixels

	Closer func() error // lets the pieces go; nil when there is nothing to let go
}

// Close lets the pieces go.
func (f *Findings) Close() error {
	if f.Closer == nil {
		return nil
	}
	return f.Closer()
}

// Warning is something about a file that does not hinder an unprotected message.
type Warning string

// The warnings.
const (
	WarnMacros   Warning = "macros"   // it carries programs
	WarnExternal Warning = "external" // opening it fetches something from elsewhere
	WarnEmbedded Warning = "embedded" // it carries objects of another program
	WarnStripped Warning = "stripped" // what the camera wrote into the picture is gone
	WarnPlace    Warning = "place"    // so is the place where it was taken
	WarnUnread   Warning = "unread"   // its words could not be read: search does not find it by them
	WarnCut      Warning = "cut"      // only the first of its many words were read
)

// active reports what a restricted message does not carry.
func (w Warning) active() bool { return w == WarnMacros || w == WarnExternal || w == WarnEmbedded }
