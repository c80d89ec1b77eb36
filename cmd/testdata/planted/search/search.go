// Package search names a driver, which only an engine may.
package search

import (
	"context"

	_ "go.etcd.io/bbolt"

	"chancery/habilitation"
)

// Query is a query.
type Query struct{}

// Found is an answer.
type Found struct{}

// Index is the contract.
type Index interface {
	Find(context.Context, *habilitation.Perimeter, Query) (Found, error)
}
