package boltcredentials

import (
	"context"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"chancery/archive"
	"chancery/habilitation"
)

// Examine reports every page that is damaged and every record that does not read; it is an archive.Examiner.
func (s *Store) Examine(ctx context.Context, report func(archive.Problem)) error {
	if err := s.file.Examine(ctx, report); err != nil {
		return err
	}
	found := func(bucket, key []byte, what string) {
		report(archive.Problem{Where: s.file.Name(), What: fmt.Sprintf("%s %x: %s", bucket, key, what)})
	}
	return s.file.View(func(tx *bolt.Tx) error {
		families := tx.Bucket(familiesBucket)
		return errors.Join(
			tx.Bucket(passwordsBucket).ForEach(func(agent, phc []byte) error {
				if err := habilitation.CheckHash(string(phc)); len(agent) != 4 || err != nil {
					found(passwordsBucket, agent, "is no password hash")
				}
				return nil
			}),
			families.ForEach(func(session, record []byte) error {
				if _, _, err := readFamily(session, record); err != nil {
					found(familiesBucket, session, err.Error())
				}
				return nil
			}),
			tx.Bucket(tokensBucket).ForEach(func(digest, session []byte) error {
				if families.Get(session) == nil {
					found(tokensBucket, digest, "is of no session")
				}
				return nil
			}))
	})
}
