package archive

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"
)

// This file writes Cryptographic Message Syntax (RFC 5652) in DER, and only the one profile the house uses: version 1 or 3 SignedData
// with one SignerInfo, ECDSA P-256 with SHA-256, signed attributes always present. cms_read.go is its counterpart.

// objectIdentifier is the contents of a DER OBJECT IDENTIFIER; the dotted form stands beside each constant and a test compares them.
type objectIdentifier string

const (
	oidData               objectIdentifier = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"         // 1.2.840.113549.1.7.1
	oidSignedData         objectIdentifier = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"         // 1.2.840.113549.1.7.2
	oidContentType        objectIdentifier = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03"         // 1.2.840.113549.1.9.3
	oidMessageDigest      objectIdentifier = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04"         // 1.2.840.113549.1.9.4
	oidSigningTime        objectIdentifier = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05"         // 1.2.840.113549.1.9.5
	oidTimestampInfo      objectIdentifier = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04" // 1.2.840.113549.1.9.16.1.4
	oidSecurityLabel      objectIdentifier = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x02" // 1.2.840.113549.1.9.16.2.2
	oidSignatureTimestamp objectIdentifier = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0e" // 1.2.840.113549.1.9.16.2.14
	oidSigningCertificate objectIdentifier = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f" // 1.2.840.113549.1.9.16.2.47
	oidSHA256             objectIdentifier = "\x60\x86\x48\x01\x65\x03\x04\x02\x01"         // 2.16.840.1.101.3.4.2.1
	oidSHA512             objectIdentifier = "\x60\x86\x48\x01\x65\x03\x04\x02\x03"         // 2.16.840.1.101.3.4.2.3
	oidECDSAWithSHA256    objectIdentifier = "\x2a\x86\x48\xce\x3d\x04\x03\x02"             // 1.2.840.10045.4.3.2
)

// Tags of DER elements (X.690), class and form included.
const (
	tagInteger         = 0x02
	tagOctetString     = 0x04
	tagObject          = 0x06
	tagUTF8String      = 0x0c
	tagPrintableString = 0x13
	tagUTCTime         = 0x17
	tagGeneralizedTime = 0x18
	tagSequence        = 0x30
	tagSet             = 0x31
	tagContext0        = 0xa0
	tagContext1        = 0xa1
	tagContext4        = 0xa4
)

// element is the DER element with the given tag whose contents are the parts, one after the other.
func element(tag byte, parts ...[]byte) []byte {
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	der := append(make([]byte, 0, size+6), tag)
	der = appendLength(der, size)
	for _, part := range parts {
		der = append(der, part...)
	}
	return der
}

// appendLength writes a definite length in the fewest bytes; nothing here reaches 2³² bytes.
func appendLength(der []byte, size int) []byte {
	switch {
	case size < 1<<7:
		return append(der, byte(size))
	case size < 1<<8:
		return append(der, 0x81, byte(size))
	case size < 1<<16:
		return append(der, 0x82, byte(size>>8), byte(size))
	case size < 1<<24:
		return append(der, 0x83, byte(size>>16), byte(size>>8), byte(size))
	}
	return append(der, 0x84, byte(size>>24), byte(size>>16), byte(size>>8), byte(size))
}

// setOf is a DER SET OF: its elements in ascending order of their bytes (X.690 §11.6).
func setOf(tag byte, elements ...[]byte) []byte {
	slices.SortFunc(elements, bytes.Compare)
	return element(tag, elements...)
}

// object is an OBJECT IDENTIFIER element.
func object(oid objectIdentifier) []byte { return element(tagObject, []byte(oid)) }

// algorithm is an AlgorithmIdentifier without parameters, as RFC 5754 asks for SHA-2 and RFC 5758 for ECDSA.
func algorithm(oid objectIdentifier) []byte { return element(tagSequence, object(oid)) }

// attribute is an Attribute with a single value.
func attribute(oid objectIdentifier, value []byte) []byte {
	return element(tagSequence, object(oid), element(tagSet, value))
}

// smallInteger is an INTEGER between 0 and 127.
func smallInteger(n byte) []byte { return []byte{tagInteger, 1, n} }

// signingTime is the attribute of RFC 5652 §11.3: UTCTime until 2049, GeneralizedTime from 2050, whole seconds.
func signingTime(at time.Time) []byte {
	at = at.UTC()
	if year := at.Year(); year >= 1950 && year < 2050 {
		return attribute(oidSigningTime, element(tagUTCTime, at.AppendFormat(nil, "060102150405Z")))
	}
	return attribute(oidSigningTime, element(tagGeneralizedTime, at.AppendFormat(nil, "20060102150405Z")))
}

// credential is a certified P-256 key with all that its SignerInfos repeat already written. It never changes, so any number of
// goroutines may sign with it.
type credential struct {
	key          crypto.Signer
	certificate  *x509.Certificate
	identity     []byte // IssuerAndSerialNumber
	certificates []byte // [0] CertificateSet
	reference    []byte // signing-certificate-v2, RFC 5035
}

// errUnsuitable is returned for a key or certificate that cannot sign in the house's profile.
var errUnsuitable = errors.New("not an ECDSA P-256 key with its own certificate")

// newCredential prepares a key to sign; beside its own certificate every SignedData carries the companions.
func newCredential(key crypto.Signer, certificate *x509.Certificate, companions ...*x509.Certificate) (*credential, error) {
	public, ok := key.Public().(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() || !public.Equal(certificate.PublicKey) {
		return nil, fmt.Errorf("prepare signer %q: %w", certificate.Subject.CommonName, errUnsuitable)
	}
	bag := [][]byte{certificate.Raw}
	for _, companion := range companions {
		bag = append(bag, companion.Raw)
	}
	serial := element(tagInteger, positive(certificate.SerialNumber))
	return &credential{
		key:          key,
		certificate:  certificate,
		identity:     element(tagSequence, certificate.RawIssuer, serial),
		certificates: setOf(tagContext0, bag...),
		reference:    signingCertificate(certificate, serial),
	}, nil
}

// positive is the contents of an INTEGER that is not negative.
func positive(number *big.Int) []byte {
	digits := number.Bytes()
	if len(digits) == 0 || digits[0]&0x80 != 0 {
		digits = append([]byte{0}, digits...)
	}
	return digits
}

// signingCertificate is the attribute that ties a signature to one certificate: SHA-256 (the default, hence left out) of the whole
// certificate, and its issuer and serial number.
func signingCertificate(certificate *x509.Certificate, serial []byte) []byte {
	digest := sha256.Sum256(certificate.Raw)
	names := element(tagSequence, element(tagContext4, certificate.RawIssuer))
	reference := element(tagSequence, element(tagOctetString, digest[:]), element(tagSequence, names, serial))
	return attribute(oidSigningCertificate, element(tagSequence, element(tagSequence, reference)))
}

// sign returns the signed attributes as they stand in a SignerInfo, and the signature over them. The content type, the digest of the
// content and the reference to the certificate are always among them. The nonce follows RFC 6979, so equal inputs give equal bytes.
func (c *credential) sign(contentType objectIdentifier, digest [32]byte, extra ...[]byte) (attributes, signature []byte, err error) {
	required := [][]byte{
		attribute(oidContentType, object(contentType)),
		attribute(oidMessageDigest, element(tagOctetString, digest[:])),
		c.reference,
	}
	attributes = setOf(tagSet, append(required, extra...)...)
	sum := sha256.Sum256(attributes)
	signature, err = c.key.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		return nil, nil, fmt.Errorf("sign as %q: %w", c.certificate.Subject.CommonName, err)
	}
	attributes[0] = tagContext0 // signed as a SET, carried as [0] IMPLICIT (RFC 5652 §5.4)
	return attributes, signature, nil
}

// versionFor is the version of a SignedData over that type of content (RFC 5652 §5.1).
func versionFor(contentType objectIdentifier) byte {
	if contentType == oidData {
		return 1
	}
	return 3
}

// signedData is the ContentInfo around one SignerInfo. The content is nil when detached; unsigned is nil or [1] unsignedAttrs.
func (c *credential) signedData(contentType objectIdentifier, content, attributes, signature, unsigned []byte) []byte {
	signer := element(tagSequence,
		smallInteger(1), c.identity, algorithm(oidSHA256), attributes,
		algorithm(oidECDSAWithSHA256), element(tagOctetString, signature), unsigned)
	data := element(tagSequence,
		smallInteger(versionFor(contentType)), element(tagSet, algorithm(oidSHA256)), element(tagSequence, object(contentType), content), c.certificates, element(tagSet, signer))
	return element(tagSequence, object(oidSignedData), element(tagContext0, data))
}
