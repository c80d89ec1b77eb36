package boltcredentials

import (
	"bytes"
	"context"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"chancery/habilitation"
)

// StartFamily opens a session and clears away some that started before the time until.
func (s *Store) StartFamily(ctx context.Context, f habilitation.Family, first [32]byte, until time.Time) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	forgotten := s.startedBefore(until)
	err := s.write(ctx, func(tx *bolt.Tx) error {
		for _, session := range forgotten {
			if err := deleteFamily(tx, session); err != nil {
				return err
			}
		}
		if tx.Bucket(familiesBucket).Get(f.Session[:]) != nil {
			return habilitation.ErrContradiction
		}
		return putFamily(tx, f, first)
	})
	if err != nil {
		return fmt.Errorf("start session: %w", err)
	}
	s.forget(forgotten...)
	s.remember(f)
	return nil
}

// Rotate exchanges one refresh token for the next.
func (s *Store) Rotate(ctx context.Context, used, next [32]byte, at time.Time) (habilitation.Family, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	var before habilitation.Family
	reused := false
	err := s.write(ctx, func(tx *bolt.Tx) error {
		session := tx.Bucket(tokensBucket).Get(used[:])
		if session == nil {
			return habilitation.ErrUnknown
		}
		f, current, err := readFamily(session, tx.Bucket(familiesBucket).Get(session))
		if err != nil {
			return err
		}
		before = f
		if reused = current != used; reused {
			return deleteFamily(tx, f.Session)
		}
		f.Used = at
		return putFamily(tx, f, next)
	})
	if err != nil {
		return habilitation.Family{}, fmt.Errorf("rotate refresh token: %w", err)
	}
	if reused {
		s.forget(before.Session)
		return habilitation.Family{}, fmt.Errorf("rotate refresh token: %w", habilitation.ErrReused)
	}
	after := before
	after.Used = at
	s.remember(after)
	return before, nil
}

// Prove notes when the password was last shown in a living session.
func (s *Store) Prove(ctx context.Context, session habilitation.ID, at time.Time) (habilitation.Family, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	var proved habilitation.Family
	err := s.write(ctx, func(tx *bolt.Tx) error {
		record := tx.Bucket(familiesBucket).Get(session[:])
		if record == nil {
			return habilitation.ErrUnknown
		}
		f, current, err := readFamily(session[:], record)
		if err != nil {
			return err
		}
		f.Proved, proved = at, f
		proved.Proved = at
		return tx.Bucket(familiesBucket).Put(session[:], appendFamily(nil, f, current))
	})
	if err != nil {
		return habilitation.Family{}, fmt.Errorf("note proof: %w", err)
	}
	return s.remember(proved), nil
}

// EndFamily ends one session of the agent, or all when the session is zero.
func (s *Store) EndFamily(ctx context.Context, agent habilitation.AgentID, session habilitation.ID) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	ended := s.sessionsOf(agent, session)
	if len(ended) == 0 {
		return ctx.Err()
	}
	err := s.write(ctx, func(tx *bolt.Tx) error {
		for _, session := range ended {
			if err := deleteFamily(tx, session); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	s.forget(ended...)
	return nil
}

// Family is the living session, or habilitation.ErrUnknown.
func (s *Store) Family(_ context.Context, session habilitation.ID) (habilitation.Family, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	f, ok := s.living[session]
	if !ok {
		return habilitation.Family{}, habilitation.ErrUnknown
	}
	return f, nil
}

// putFamily writes a session with its current token.
func putFamily(tx *bolt.Tx, f habilitation.Family, current [32]byte) error {
	if err := tx.Bucket(familiesBucket).Put(f.Session[:], appendFamily(nil, f, current)); err != nil {
		return err
	}
	if err := tx.Bucket(tokensBucket).Put(current[:], f.Session[:]); err != nil {
		return err
	}
	return tx.Bucket(issuedBucket).Put(append(f.Session[:], current[:]...), nil)
}

// deleteFamily takes a session and every token of it out of the file.
func deleteFamily(tx *bolt.Tx, session habilitation.ID) error {
	issued := tx.Bucket(issuedBucket)
	var keys [][]byte
	cursor := issued.Cursor()
	for key, _ := cursor.Seek(session[:]); bytes.HasPrefix(key, session[:]); key, _ = cursor.Next() {
		keys = append(keys, bytes.Clone(key))
	}
	for _, key := range keys {
		if err := tx.Bucket(tokensBucket).Delete(key[len(session):]); err != nil {
			return err
		}
		if err := issued.Delete(key); err != nil {
			return err
		}
	}
	return tx.Bucket(familiesBucket).Delete(session[:])
}

// remember holds the session in memory as the file has it.
func (s *Store) remember(f habilitation.Family) habilitation.Family {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, moment := range []*time.Time{&f.Started, &f.Used, &f.Proved} {
		*moment = time.UnixMicro(moment.UnixMicro()).UTC()
	}
	s.living[f.Session] = f
	return f
}

func (s *Store) forget(sessions ...habilitation.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, session := range sessions {
		delete(s.living, session)
	}
}

func (s *Store) startedBefore(until time.Time) []habilitation.ID {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var old []habilitation.ID
	for session, f := range s.living {
		if f.Started.Before(until) && len(old) < forgottenAtOnce {
			old = append(old, session)
		}
	}
	return old
}

func (s *Store) sessionsOf(agent habilitation.AgentID, session habilitation.ID) []habilitation.ID {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var of []habilitation.ID
	for id, f := range s.living {
		if f.Agent == agent && (session.IsZero() || id == session) {
			of = append(of, id)
		}
	}
	return of
}
