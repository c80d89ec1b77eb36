package correspondence_test

import (
	"context"

	"chancery/archive"
	"chancery/correspondence"
	"chancery/habilitation"
)

// slowSeals say when they are asked to sign, and wait to be let go.
type slowSeals struct {
	correspondence.Seals
	signing, go_ chan struct{}
}

func (s *slowSeals) SignerFor(ctx context.Context, agent habilitation.AgentID, name string) (*archive.Signer, error) {
	s.signing <- struct{}{}
	<-s.go_
	return s.Seals.SignerFor(ctx, agent, name)
}
