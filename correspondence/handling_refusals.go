package correspondence

import (
	"errors"
	"time"

	"chancery/correspondence/handling"
	"chancery/habilitation"
)

// handlingRefusals maps what the decisions about handling say to what a reader is told.
var handlingRefusals = []struct {
	is    error
	gives *Refusal
}{
	{handling.ErrAlreadyAddressed, refuse(Conflict, "already-addressed")},
	{handling.ErrAlreadyShared, refuse(Conflict, "already-shared")},
	{handling.ErrNotShared, refuse(Conflict, "not-shared")},
	{handling.ErrNotCommunity, invalid("community", "not-a-community")},
	{handling.ErrNotEntrusted, refuse(Conflict, "not-entrusted")},
	{handling.ErrNotMember, invalid("to", "not-a-colleague")},
	{handling.ErrSilenceOver, refuse(Conflict, "silence-over")},
	{handling.ErrSpokenAlready, refuse(Conflict, "silence-broken-already")},
	{handling.ErrExpired, refuse(Conflict, "expired")},
	{handling.ErrNotRinging, refuse(Conflict, "acknowledged-already")},
}

// refusalOfHandling puts a refusal about a message into words: who holds what somebody claims, as what it ended, and what cancelled or replaced it.
func (d *Desk) refusalOfHandling(message habilitation.ID, err error) error {
	if b, over := d.overtaking(message); over && errors.Is(err, handling.ErrOvertaken) {
		return conflictWith("overtaken-"+b.How.String(), map[string]string{"number": b.Number, "at": b.ReleasedAt.UTC().Format(time.RFC3339)})
	}
	var taken *handling.TakenError
	if errors.As(err, &taken) {
		return conflictWith("taken", map[string]string{"agent": d.house.Folds.agent(taken.By).Name, "at": taken.At.UTC().Format(time.RFC3339)})
	}
	var ended *handling.EndedError
	if errors.As(err, &ended) {
		return conflictWith("handling-"+ended.State.String(), map[string]string{"agent": d.house.Folds.agent(ended.By).Name, "at": ended.At.UTC().Format(time.RFC3339)})
	}
	for _, known := range handlingRefusals {
		if errors.Is(err, known.is) {
			return known.gives
		}
	}
	return err
}

// conflictWith is a conflict that says with whom.
func conflictWith(key string, args map[string]string) *Refusal {
	return &Refusal{Cause: Conflict, Key: key, Faults: []Fault{{Field: "handling", Key: key, Args: args}}}
}
