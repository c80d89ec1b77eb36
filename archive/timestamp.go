package archive

import (
	"crypto"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"
)

// Stamper is the house's time-stamp authority: it states, in a token of RFC 3161, that some bytes existed at a time. It never changes,
// so any number of goroutines may stamp with it.
type Stamper struct {
	credential *credential
	policy     []byte // OBJECT IDENTIFIER element
	accuracy   []byte
	serial     SerialSource
}

// SerialSource gives the serial number of the token over imprint (SHA-512 of the stamped bytes) at a time; it must be positive, at most
// 159 bits long and never the same for two different tokens (RFC 3161 §2.4.2).
type SerialSource func(imprint [64]byte, at time.Time) *big.Int

// DerivedSerial takes the serial from the imprint and the time: 126 bits of SHA-256. Nothing is counted, so a token says nothing of how
// many others exist, and stamping the same bytes at the same time gives the same token.
func DerivedSerial(imprint [64]byte, at time.Time) *big.Int {
	digest := sha256.New()
	digest.Write([]byte("chancery time-stamp serial\x00"))
	digest.Write(imprint[:])
	digest.Write(generalizedTime(at))
	sum := digest.Sum(nil)
	sum[0] = sum[0]&0x3f | 0x20 // positive, and always sixteen bytes long
	return new(big.Int).SetBytes(sum[:16])
}

// NewStamper prepares a time-stamp authority. The certificate must be for time-stamping only (RFC 3161 §2.3); policy names the rules the
// tokens are issued under; serial nil means DerivedSerial.
func NewStamper(key crypto.Signer, certificate *x509.Certificate, policy asn1.ObjectIdentifier, serial SerialSource) (*Stamper, error) {
	if !stampsOnly(certificate) {
		return nil, fmt.Errorf("prepare time-stamp authority %q: certificate is not critically for time-stamping alone", certificate.Subject.CommonName)
	}
	if serial == nil {
		serial = DerivedSerial
	}
	signer, err := newCredential(key, certificate)
	if err != nil {
		return nil, err
	}
	oid, err := asn1.Marshal(policy)
	if err != nil {
		return nil, fmt.Errorf("write time-stamp policy %v: %w", policy, err)
	}
	return &Stamper{
		credential: signer,
		policy:     oid,
		accuracy:   element(tagSequence, smallInteger(1)), // one second
		serial:     serial,
	}, nil
}

// stampsOnly reports whether the certificate's one extended usage is time-stamping and the extension is critical.
func stampsOnly(certificate *x509.Certificate) bool {
	usages := certificate.ExtKeyUsage
	if len(usages) != 1 || usages[0] != x509.ExtKeyUsageTimeStamping || len(certificate.UnknownExtKeyUsage) != 0 {
		return false
	}
	for _, extension := range certificate.Extensions {
		if extension.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 37}) {
			return extension.Critical
		}
	}
	return false
}

// Certificate is the authority's certificate, which every token carries.
func (s *Stamper) Certificate() *x509.Certificate { return s.credential.certificate }

// Stamp returns the DER of a token stating that value existed at the given time, which is kept to the microsecond.
func (s *Stamper) Stamp(value []byte, at time.Time) ([]byte, error) {
	info := s.info(sha512.Sum512(value), at)
	attributes, signature, err := s.credential.sign(oidTimestampInfo, sha256.Sum256(info))
	if err != nil {
		return nil, fmt.Errorf("stamp: %w", err)
	}
	content := element(tagContext0, element(tagOctetString, info))
	return s.credential.signedData(oidTimestampInfo, content, attributes, signature, nil), nil
}

// info is the TSTInfo of RFC 3161 §2.4.2.
func (s *Stamper) info(imprint [64]byte, at time.Time) []byte {
	return element(tagSequence,
		smallInteger(1),
		s.policy,
		element(tagSequence, algorithm(oidSHA512), element(tagOctetString, imprint[:])),
		element(tagInteger, positive(s.serial(imprint, at))),
		element(tagGeneralizedTime, generalizedTime(at)),
		s.accuracy)
}

// generalizedTime is the contents of a DER GeneralizedTime: UTC, microseconds without trailing zeros.
func generalizedTime(at time.Time) []byte {
	return at.UTC().Truncate(time.Microsecond).AppendFormat(nil, "20060102150405.999999Z")
}
