package archive

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"time"

	"chancery/habilitation"
)

// Signer is an agent's certificate, or the house's seal, with its private key. It never changes, so any number of goroutines may sign
// with it at once.
type Signer struct{ credential *credential }

// ErrNotValidThen is returned by SignDetached when the signer's or the time-stamp authority's certificate does not cover the time of signing.
var ErrNotValidThen = errors.New("certificate is not valid at that time")

// NewSigner prepares an ECDSA P-256 key to sign with its certificate; every signature carries that certificate and its issuer's.
func NewSigner(key crypto.Signer, certificate, issuer *x509.Certificate) (*Signer, error) {
	c, err := newCredential(key, certificate, issuer)
	if err != nil {
		return nil, err
	}
	return &Signer{credential: c}, nil
}

// Certificate is the certificate the signer signs with.
func (s *Signer) Certificate() *x509.Certificate { return s.credential.certificate }

// Name is the signer's name as the certificate gives it.
func (s *Signer) Name() string { return s.credential.certificate.Subject.CommonName }

// SignedAttribute is one more statement that a signature covers beside the content, such as SecurityLabel. The zero one states nothing.
type SignedAttribute struct{ der []byte }

// SecurityLabel is the ESSSecurityLabel of RFC 2634 §3.2, which binds the mention to the signature: the policy, the level as its number
// (1 unprotected, 2 restricted, as RFC 2634 numbers unclassified and restricted) and the mention in words. A signature bears at most one.
func SecurityLabel(policy asn1.ObjectIdentifier, level habilitation.Level) (SignedAttribute, error) {
	if !level.Valid() {
		return SignedAttribute{}, fmt.Errorf("write security label: level %d does not exist", uint8(level))
	}
	oid, err := asn1.Marshal(policy)
	if err != nil {
		return SignedAttribute{}, fmt.Errorf("write label policy %v: %w", policy, err)
	}
	mention := element(tagUTF8String, []byte("NON PROTÉGÉ"))
	if level == habilitation.Restricted {
		mention = element(tagPrintableString, []byte("DIFFUSION RESTREINTE"))
	}
	// The label is a SET: DER orders its members by their tags.
	return SignedAttribute{der: attribute(oidSecurityLabel, element(tagSet, smallInteger(byte(level)), oid, mention))}, nil
}

// SignDetached signs content as CAdES-T: a detached CMS SignedData (RFC 5652) in DER whose signed attributes are the content type, the
// digest of the content, the time of signing in whole seconds, the reference to the certificate (ETSI EN 319 122-1) and the extra ones,
// and whose one unsigned attribute is a time-stamp token over the signature value. Signature and token bear the same time. Equal inputs
// give equal bytes. The context is looked at between the two signatures.
func SignDetached(ctx context.Context, content []byte, s *Signer, stamp *Stamper, at time.Time, extra ...SignedAttribute) ([]byte, error) {
	return SignDigest(ctx, sha256.Sum256(content), s, stamp, at, extra...)
}

// SignDigest signs as SignDetached does, for whoever has the SHA-256 of the content alone.
func SignDigest(ctx context.Context, content [sha256.Size]byte, s *Signer, stamp *Stamper, at time.Time, extra ...SignedAttribute) ([]byte, error) {
	if !covers(s.Certificate(), at) || !covers(stamp.Certificate(), at) {
		return nil, fmt.Errorf("sign as %q: %w", s.Name(), ErrNotValidThen)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("sign as %q: %w", s.Name(), err)
	}
	statements := [][]byte{signingTime(at)}
	for _, attribute := range extra {
		if attribute.der != nil {
			statements = append(statements, attribute.der)
		}
	}
	attributes, signature, err := s.credential.sign(oidData, content, statements...)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("stamp the signature of %q: %w", s.Name(), err)
	}
	token, err := stamp.Stamp(signature, at)
	if err != nil {
		return nil, err
	}
	unsigned := element(tagContext1, attribute(oidSignatureTimestamp, token))
	return s.credential.signedData(oidData, nil, attributes, signature, unsigned), nil
}

// covers reports whether the certificate's validity includes the time; certificates count in whole seconds.
func covers(certificate *x509.Certificate, at time.Time) bool {
	return !at.Before(certificate.NotBefore) && !at.After(certificate.NotAfter)
}
