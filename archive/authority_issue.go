package archive

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"chancery/habilitation"
)

// profile is one kind of certificate: what it may do and how many years it lasts.
type profile struct {
	template x509.Certificate
	years    int
	ofIssuer bool // the years are counted from the issuer's beginning, with renewBefore more to go over into the next
}

// validity is from when until when a certificate issued now holds. Counted from the issuer's beginning it is the same whenever in the year it is
// issued; else it begins with the day.
func (p profile) validity(now time.Time, issuer *x509.Certificate) (from, until time.Time) {
	if !p.ofIssuer || issuer == nil {
		from = now.UTC().Truncate(24 * time.Hour)
		return from, from.AddDate(p.years, 0, 0).Add(-time.Second)
	}
	for gone := 0; ; gone += p.years {
		from, until = issuer.NotBefore.AddDate(gone, 0, 0), issuer.NotBefore.AddDate(gone+p.years, 0, 0)
		if now.Before(until) {
			return from, until.Add(renewBefore - time.Second)
		}
	}
}

// certificateAuthority is the profile of a certificate authority.
func certificateAuthority(name pkix.Name, years int, pathLength int) profile {
	return profile{years: years, template: x509.Certificate{
		Subject:               name,
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLen:            pathLength,
		MaxPathLenZero:        pathLength == 0,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}}
}

func rootAuthority(house string) profile {
	return certificateAuthority(subject(house, "Root authority"), 25, 1)
}
func issuingAuthority(house string) profile {
	return certificateAuthority(subject(house, "Issuing authority"), 12, 0)
}

// timestampAuthority is for time-stamping alone, critically so (RFC 3161 §2.3).
func timestampAuthority(house string) profile {
	return profile{years: 12, template: x509.Certificate{
		Subject:               subject(house, "Time-stamp authority"),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtraExtensions: []pkix.Extension{{
			Id:       asn1.ObjectIdentifier{2, 5, 29, 37},
			Critical: true,
			Value:    element(tagSequence, object("\x2b\x06\x01\x05\x05\x07\x03\x08")), // 1.3.6.1.5.5.7.3.8
		}},
	}}
}

// sealOfHouse signs what the house itself states.
func sealOfHouse(house string) profile {
	p := signatory(subject(house, "Seal of the house"))
	p.years = 12
	return p
}

// agentCertificate is one year of an agent's signature. The number tells two agents of one name apart. The year is the issuer's: counted from
// a first signature it would tell the reader of one message when the agent signed another.
func agentCertificate(house, name string, agent uint32) profile {
	s := subject(house, name)
	s.SerialNumber = fmt.Sprint(agent)
	p := signatory(s)
	p.ofIssuer = true
	return p
}

// signatory is a certificate that signs mail and commits to what it signs; Debian's openssl asks for emailProtection.
func signatory(name pkix.Name) profile {
	return profile{years: 1, template: x509.Certificate{
		Subject:               name,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
	}}
}

func subject(house, name string) pkix.Name {
	return pkix.Name{Organization: []string{house}, CommonName: name}
}

// certify draws a key and a serial for the purpose and has the issuer sign the certificate; without an issuer it signs itself. It never
// outlasts the issuer's.
func (c SealeryConfig) certify(p profile, purpose string, curve elliptic.Curve, issuer certified) (certified, error) {
	random := c.Random(purpose)
	key, err := drawKey(random, curve)
	if err != nil {
		return certified{}, fmt.Errorf("draw %s key: %w", purpose, err)
	}
	template := p.template
	if template.SerialNumber, err = drawSerial(random); err != nil {
		return certified{}, fmt.Errorf("draw %s serial: %w", purpose, err)
	}
	template.NotBefore, template.NotAfter = p.validity(c.Clock(), issuer.certificate)
	if template.SubjectKeyId, err = keyIdentifier(&key.PublicKey); err != nil {
		return certified{}, err
	}
	if issuer.certificate == nil {
		issuer = certified{key: key, certificate: &template}
	} else if template.NotAfter.After(issuer.certificate.NotAfter) {
		template.NotAfter = issuer.certificate.NotAfter
	}
	der, err := x509.CreateCertificate(nil, &template, issuer.certificate, &key.PublicKey, issuer.key) // nil: RFC 6979
	if err != nil {
		return certified{}, fmt.Errorf("certify %s: %w", purpose, err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return certified{}, fmt.Errorf("certify %s: %w", purpose, err)
	}
	return certified{key: key, certificate: certificate}, nil
}

// drawKey takes scalars from random until one is a private key of the curve. The standard library's generator no longer heeds a given
// source, and test houses need equal keys.
func drawKey(random io.Reader, curve elliptic.Curve) (*ecdsa.PrivateKey, error) {
	scalar := make([]byte, curve.Params().BitSize/8)
	for {
		if _, err := io.ReadFull(random, scalar); err != nil {
			return nil, err
		}
		number := new(big.Int).SetBytes(scalar)
		if number.Sign() > 0 && number.Cmp(curve.Params().N) < 0 {
			return ecdsa.ParseRawPrivateKey(curve, scalar)
		}
	}
}

// drawSerial takes 127 bits from random: a positive INTEGER of at most sixteen bytes.
func drawSerial(random io.Reader) (*big.Int, error) {
	var digits [16]byte
	if _, err := io.ReadFull(random, digits[:]); err != nil {
		return nil, err
	}
	digits[0] &= 0x7f
	digits[15] |= 1 // never zero
	return new(big.Int).SetBytes(digits[:]), nil
}

// keyIdentifier is RFC 7093 §2 method 1: the first 160 bits of SHA-256 over the public key.
func keyIdentifier(key *ecdsa.PublicKey) ([]byte, error) {
	point, err := key.Bytes()
	if err != nil {
		return nil, fmt.Errorf("write public key: %w", err)
	}
	sum := sha256.Sum256(point)
	return sum[:20], nil
}

// marshal is the key in PKCS #8 followed by its certificate, both DER.
func (c certified) marshal() ([]byte, error) {
	key, err := x509.MarshalPKCS8PrivateKey(c.key)
	if err != nil {
		return nil, fmt.Errorf("write key of %q: %w", c.certificate.Subject.CommonName, err)
	}
	return append(key, c.certificate.Raw...), nil
}

// unmarshal reads what marshal wrote; anything else is ErrDamaged.
func (c *certified) unmarshal(value []byte) error {
	var fault error
	r := newReader(value, &fault)
	keyDER := r.whole(tagSequence, "private key")
	certificateDER := r.whole(tagSequence, "certificate")
	r.end("certificate")
	if fault != nil {
		return fault
	}
	key, err := x509.ParsePKCS8PrivateKey(keyDER)
	if err != nil {
		return fmt.Errorf("read private key: %w", ErrDamaged)
	}
	certificate, err := x509.ParseCertificate(certificateDER)
	if err != nil {
		return fmt.Errorf("read certificate: %w", ErrDamaged)
	}
	private, ok := key.(*ecdsa.PrivateKey)
	if !ok || !private.PublicKey.Equal(certificate.PublicKey) {
		return fmt.Errorf("read key of %q: it belongs to another certificate: %w", certificate.Subject.CommonName, ErrDamaged)
	}
	*c = certified{key: private, certificate: certificate}
	return nil
}

// load reads one key and certificate.
func (s *Sealery) load(ctx context.Context, name string) (certified, error) {
	value, err := s.config.Keys.Get(ctx, []byte(name))
	if err != nil {
		return certified{}, fmt.Errorf("read %s: %w", name, err)
	}
	var c certified
	if err := c.unmarshal(value); err != nil {
		return certified{}, fmt.Errorf("read %s: %w", name, err)
	}
	return c, nil
}

// noteKeys makes a checkpoint signer and its verifier key from a seed, by way of the text forms golang.org/x/mod/sumdb/note defines.
func noteKeys(origin string, seed []byte) (note.Signer, string, error) {
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	verifier, err := note.NewEd25519VerifierKey(origin, public)
	if err != nil {
		return nil, "", fmt.Errorf("write checkpoint key: %w", err)
	}
	const algorithmEd25519 = 1
	private := base64.StdEncoding.EncodeToString(append([]byte{algorithmEd25519}, seed...))
	named := verifier[:len(origin)+len("+01234567")] // origin+hash; base64 behind it may hold a plus sign too
	signer, err := note.NewSigner("PRIVATE+KEY+" + named + "+" + private)
	if err != nil {
		return nil, "", fmt.Errorf("read checkpoint key %q: %w", origin, err)
	}
	return signer, verifier, nil
}

// verifierLines writes a line for the house's origin and one for the tree of each level.
func verifierLines(origin string, key ed25519.PublicKey) (string, error) {
	names := []string{origin}
	for _, level := range habilitation.Levels {
		names = append(names, TreeOrigin(origin, TreeOf(level)))
	}
	var lines strings.Builder
	for _, name := range names {
		line, err := VerifierKey(name, key)
		if err != nil {
			return "", err
		}
		lines.WriteString(line + "\n")
	}
	return lines.String(), nil
}
