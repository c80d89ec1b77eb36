// Package correspondence has one way to the bytes that is allowed and two that are not.
package correspondence

import (
	"context"

	"chancery/archive"
)

// Desk is a desk.
type Desk struct{ Journal archive.Journal }

func (d *Desk) open() (archive.Entry, error) { return d.Journal.Fetch(context.Background(), 1) }

func (d *Desk) peek() (archive.Entry, error) {
	return func() (archive.Entry, error) { return d.Journal.Fetch(context.Background(), 1) }()
}

// fetcher hides the contract behind an interface of its own.
type fetcher interface {
	Fetch(context.Context, archive.Seq) (archive.Entry, error)
}

func disguised(f fetcher) (archive.Entry, error) { return f.Fetch(context.Background(), 1) }

func gone() {}

var _, _, _ = (*Desk).open, (*Desk).peek, disguised
var _ = gone
