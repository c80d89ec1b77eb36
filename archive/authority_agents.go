package archive

import (
	"context"
	"crypto/elliptic"
	"fmt"
	"strconv"
	"time"

	"chancery/habilitation"
)

// renewBefore is how long before its end an agent's certificate is replaced: at the end of the year that it is issued for.
const renewBefore = 30 * 24 * time.Hour

// agentSeal is an agent's signer as the sealery remembers it.
type agentSeal struct {
	name       string
	signer     *Signer
	generation int
}

// SignerFor is the agent's signer under the name the register gives, never one a request gave. The first use issues a certificate of one
// year and keeps it; later ones find it again, after a restart too. A changed name, or less than thirty days left, issues the next one and
// destroys the key before it: a signing key needs no archive, every signature carries its certificate.
func (s *Sealery) SignerFor(ctx context.Context, agent habilitation.AgentID, name string) (*Signer, error) {
	if known, ok := s.signers.Load(agent); ok && s.serves(known.(*agentSeal), name) {
		return known.(*agentSeal).signer, nil
	}
	if err := checkName(name); err != nil {
		return nil, fmt.Errorf("issue certificate of agent %d: %w", agent, err)
	}
	s.issue.Lock()
	defer s.issue.Unlock()
	seal, err := s.latest(ctx, agent)
	if err != nil {
		return nil, fmt.Errorf("read certificate of agent %d: %w", agent, err)
	}
	if !s.serves(seal, name) {
		if seal, err = s.renew(ctx, agent, name, seal); err != nil {
			return nil, fmt.Errorf("issue certificate of agent %d: %w", agent, err)
		}
	}
	s.signers.Store(agent, seal)
	return seal.signer, nil
}

// serves reports whether the signer bears the name and has long enough to live: thirty days, or as long as the issuing authority itself.
func (s *Sealery) serves(seal *agentSeal, name string) bool {
	if seal.signer == nil || seal.name != name {
		return false
	}
	now := s.config.Clock()
	needed := now.Add(renewBefore)
	if end := s.issuing.certificate.NotAfter; end.Before(needed) {
		needed = end
	}
	return covers(seal.signer.Certificate(), now) && covers(seal.signer.Certificate(), needed)
}

// latest is the agent's newest certificate, or one without a signer when there is none. Older ones that a crash left are destroyed.
func (s *Sealery) latest(ctx context.Context, agent habilitation.AgentID) (*agentSeal, error) {
	prefix := fmt.Sprintf("%s%08x/", agentPrefix, uint32(agent))
	var names []string
	for name, err := range s.config.Keys.Names(ctx, []byte(prefix)) {
		if err != nil {
			return nil, err
		}
		names = append(names, string(name))
	}
	if len(names) == 0 {
		return &agentSeal{}, nil
	}
	for _, old := range names[:len(names)-1] {
		if err := s.config.Keys.Destroy(ctx, []byte(old), "replaced by a newer certificate"); err != nil {
			return nil, err
		}
	}
	newest := names[len(names)-1]
	generation, err := strconv.Atoi(newest[len(prefix):])
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", newest, ErrDamaged)
	}
	kept, err := s.load(ctx, newest)
	if err != nil {
		return nil, err
	}
	return s.sealFor(kept, generation)
}

// renew issues the agent's next certificate, keeps it, and then destroys the key of the one before.
func (s *Sealery) renew(ctx context.Context, agent habilitation.AgentID, name string, before *agentSeal) (*agentSeal, error) {
	generation := before.generation + 1
	purpose := fmt.Sprintf("agent/%d/%d", agent, generation)
	made, err := s.config.certify(agentCertificate(s.config.House, name, uint32(agent)), purpose, elliptic.P256(), s.issuing)
	if err != nil {
		return nil, err
	}
	value, err := made.marshal()
	if err != nil {
		return nil, err
	}
	if err := s.config.Keys.Put(ctx, []Secret{{Name: agentKeyName(agent, generation), Value: value}}); err != nil {
		return nil, err
	}
	if before.signer != nil {
		if err := s.config.Keys.Destroy(ctx, agentKeyName(agent, before.generation), "replaced by a newer certificate"); err != nil {
			return nil, err
		}
	}
	return s.sealFor(made, generation)
}

// agentKeyName is where one generation of an agent's key is kept; names sort by generation.
func agentKeyName(agent habilitation.AgentID, generation int) []byte {
	return fmt.Appendf(nil, "%s%08x/%06d", agentPrefix, uint32(agent), generation)
}

// sealFor prepares a kept key to sign.
func (s *Sealery) sealFor(kept certified, generation int) (*agentSeal, error) {
	signer, err := NewSigner(kept.key, kept.certificate, s.issuing.certificate)
	if err != nil {
		return nil, err
	}
	return &agentSeal{name: signer.Name(), signer: signer, generation: generation}, nil
}
