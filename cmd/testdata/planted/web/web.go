// Package web reaches past the desk.
package web

import (
	"context"

	"chancery/archive"
	"chancery/correspondence"
	"chancery/habilitation"
	"chancery/search"
)

func page(d *correspondence.Desk) (archive.Entry, error) {
	fetch := d.Journal.Fetch // a method value is a way like any other
	return fetch(context.Background(), 1)
}

func lookup(i search.Index) (search.Found, error) {
	return i.Find(context.Background(), &habilitation.Perimeter{}, search.Query{})
}

var taken = archive.Journal.Fetch

var _, _, _ = page, lookup, taken
