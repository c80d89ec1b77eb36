package archive

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// maxSignature bounds what is parsed at all, in bytes. The house's own signatures have about 2,800.
const maxSignature = 256 << 10

// maxCertificates bounds the certificates one SignedData may carry; the house writes two, and one in a token.
const maxCertificates = 8

// derReader walks DER strictly: definite minimal lengths, expected tags, nothing left over. The first surprise is kept in fault, which a
// reader shares with those it enters, and every later read is empty; so callers read straight on and ask once.
type derReader struct {
	rest  cryptobyte.String
	fault *error
}

func newReader(der []byte, fault *error) *derReader {
	return &derReader{rest: cryptobyte.String(der), fault: fault}
}

// refuse keeps the first fault and ends this reader.
func (r *derReader) refuse(what string) {
	if *r.fault == nil {
		*r.fault = fmt.Errorf("read %s: %w", what, ErrDamaged)
	}
	r.rest = nil
}

// contents is what stands inside the next element, which must have the tag.
func (r *derReader) contents(tag byte, what string) []byte {
	var inside cryptobyte.String
	if *r.fault != nil || !r.rest.ReadASN1(&inside, asn1.Tag(tag)) {
		r.refuse(what)
		return nil
	}
	return inside
}

// whole is the next element with its tag and length.
func (r *derReader) whole(tag byte, what string) []byte {
	var all cryptobyte.String
	if *r.fault != nil || !r.rest.ReadASN1Element(&all, asn1.Tag(tag)) {
		r.refuse(what)
		return nil
	}
	return all
}

// any is the next element whatever its tag.
func (r *derReader) any(what string) []byte {
	var all cryptobyte.String
	var tag asn1.Tag
	if *r.fault != nil || !r.rest.ReadAnyASN1Element(&all, &tag) {
		r.refuse(what)
		return nil
	}
	return all
}

// enter reads what is inside the next element.
func (r *derReader) enter(tag byte, what string) *derReader {
	return newReader(r.contents(tag, what), r.fault)
}

// has reports whether the next element has the tag.
func (r *derReader) has(tag byte) bool { return r.rest.PeekASN1Tag(asn1.Tag(tag)) }

// more reports whether something is left and nothing went wrong.
func (r *derReader) more() bool { return *r.fault == nil && !r.rest.Empty() }

// end refuses whatever is left over.
func (r *derReader) end(what string) {
	if !r.rest.Empty() {
		r.refuse("the end of " + what)
	}
}

// object reads an OBJECT IDENTIFIER.
func (r *derReader) object(what string) objectIdentifier {
	return objectIdentifier(r.contents(tagObject, what))
}

// integer reads the contents of a non-negative INTEGER in its shortest form.
func (r *derReader) integer(what string) []byte {
	digits := r.contents(tagInteger, what)
	if len(digits) == 0 || digits[0]&0x80 != 0 || len(digits) > 1 && digits[0] == 0 && digits[1]&0x80 == 0 {
		r.refuse(what)
		return nil
	}
	return digits
}

// algorithm reads an AlgorithmIdentifier whose parameters are absent or NULL.
func (r *derReader) algorithm(what string) objectIdentifier {
	inside := r.enter(tagSequence, what)
	oid := inside.object(what)
	if inside.more() {
		inside.contents(byte(asn1.NULL), what)
	}
	inside.end(what)
	return oid
}

// cmsAttribute is one attribute as read: its type and the elements of its value set.
type cmsAttribute struct {
	oid    objectIdentifier
	values []byte
}

// signedMessage is a SignedData with one signer, as read. Its slices share the memory of what was read.
type signedMessage struct {
	contentType        objectIdentifier
	content            []byte // nil when detached
	certificates       []*x509.Certificate
	issuer, serial     []byte           // who signed: raw Name, contents of INTEGER
	announced          objectIdentifier // the digest algorithm SignedData begins with
	digestAlgorithm    objectIdentifier
	signatureAlgorithm objectIdentifier
	signed             []cmsAttribute
	signedBytes        []byte // the SET the signature covers; nil without signed attributes
	signature          []byte
	unsigned           []cmsAttribute
}

// readSignedData reads a ContentInfo holding a SignedData. Whatever is not DER, not bounded or not of one signer is ErrDamaged.
func readSignedData(der []byte) (*signedMessage, error) {
	if len(der) > maxSignature {
		return nil, fmt.Errorf("read signature of %d bytes: %w", len(der), ErrDamaged)
	}
	var fault error
	outer := newReader(der, &fault)
	info := outer.enter(tagSequence, "ContentInfo")
	outer.end("ContentInfo")
	if info.object("content type") != oidSignedData {
		info.refuse("content type")
	}
	explicit := info.enter(tagContext0, "content")
	info.end("content")
	data := explicit.enter(tagSequence, "SignedData")
	explicit.end("SignedData")

	m := &signedMessage{}
	m.readData(data)
	if fault != nil {
		return nil, fault
	}
	return m, nil
}

// readData reads the fields of SignedData.
func (m *signedMessage) readData(data *derReader) {
	version := data.integer("version")
	digests := data.enter(tagSet, "digest algorithms")
	m.announced = digests.algorithm("digest algorithms")
	digests.end("digest algorithms")

	content := data.enter(tagSequence, "encapsulated content")
	m.contentType = content.object("content type")
	if content.more() {
		explicit := content.enter(tagContext0, "content")
		m.content = explicit.contents(tagOctetString, "content")
		explicit.end("content")
	}
	content.end("encapsulated content")
	if !bytes.Equal(version, []byte{versionFor(m.contentType)}) {
		data.refuse("version")
	}

	if data.has(tagContext0) {
		m.readCertificates(data.enter(tagContext0, "certificates"))
	}
	signers := data.enter(tagSet, "signers")
	data.end("SignedData")
	m.readSigner(signers.enter(tagSequence, "signer"))
	signers.end("signers")
}

// readCertificates parses the certificates; only X.509 certificates may stand there.
func (m *signedMessage) readCertificates(bag *derReader) {
	for bag.more() {
		certificate, err := x509.ParseCertificate(bag.whole(tagSequence, "certificate"))
		if err != nil || len(m.certificates) == maxCertificates {
			bag.refuse("certificate")
			return
		}
		m.certificates = append(m.certificates, certificate)
	}
}

// readSigner reads the one SignerInfo.
func (m *signedMessage) readSigner(signer *derReader) {
	if !bytes.Equal(signer.integer("signer version"), []byte{1}) {
		signer.refuse("signer version")
	}
	identity := signer.enter(tagSequence, "signer identity")
	m.issuer = identity.whole(tagSequence, "issuer")
	m.serial = identity.integer("serial number")
	identity.end("signer identity")
	m.digestAlgorithm = signer.algorithm("digest algorithm")
	if signer.has(tagContext0) {
		m.signedBytes = bytes.Clone(signer.whole(tagContext0, "signed attributes"))
		if len(m.signedBytes) > 0 {
			m.signedBytes[0] = tagSet
		}
		set := newReader(m.signedBytes, signer.fault)
		m.signed = set.enter(tagSet, "signed attributes").attributes("signed attributes")
	}
	m.signatureAlgorithm = signer.algorithm("signature algorithm")
	m.signature = signer.contents(tagOctetString, "signature")
	if signer.has(tagContext1) {
		m.unsigned = signer.enter(tagContext1, "unsigned attributes").attributes("unsigned attributes")
	}
	signer.end("signer")
}

// attributes reads a set of attributes, which must be in DER order and each type there once.
func (r *derReader) attributes(what string) []cmsAttribute {
	var read []cmsAttribute
	var before []byte
	for r.more() {
		whole := r.whole(tagSequence, what)
		if bytes.Compare(before, whole) >= 0 {
			r.refuse(what + " in order")
		}
		before = whole
		inside := newReader(whole, r.fault).enter(tagSequence, what)
		one := cmsAttribute{oid: inside.object(what), values: inside.contents(tagSet, what)}
		inside.end(what)
		if _, twice := find(read, one.oid); twice {
			r.refuse(what + " once each")
		}
		read = append(read, one)
	}
	return read
}

// find is the value set of the attribute of that type.
func find(attributes []cmsAttribute, oid objectIdentifier) ([]byte, bool) {
	for _, one := range attributes {
		if one.oid == oid {
			return one.values, true
		}
	}
	return nil, false
}

// signer is the certificate the SignerInfo names, or nil when the message does not carry it.
func (m *signedMessage) signer() *x509.Certificate {
	for _, certificate := range m.certificates {
		if bytes.Equal(certificate.RawIssuer, m.issuer) && bytes.Equal(positive(certificate.SerialNumber), m.serial) {
			return certificate
		}
	}
	return nil
}

// signatureHolds checks the signature over the signed attributes with the certificate's key: ECDSA P-256 and SHA-256, nothing else.
func (m *signedMessage) signatureHolds(certificate *x509.Certificate) bool {
	public, ok := certificate.PublicKey.(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() {
		return false
	}
	sum := sha256.Sum256(m.signedBytes)
	return ecdsa.VerifyASN1(public, sum[:], m.signature)
}

// readSigningTime reads the value of a signing-time attribute.
func readSigningTime(value []byte) (time.Time, error) {
	var fault error
	r := newReader(value, &fault)
	tag, layout := byte(tagUTCTime), "060102150405Z"
	if r.has(tagGeneralizedTime) {
		tag, layout = tagGeneralizedTime, "20060102150405Z"
	}
	text := string(r.contents(tag, "signing time"))
	r.end("signing time")
	if fault != nil {
		return time.Time{}, fault
	}
	at, err := time.Parse(layout, text)
	if err != nil || at.Format(layout) != text {
		return time.Time{}, fmt.Errorf("read signing time %q: %w", text, ErrDamaged)
	}
	if tag == tagUTCTime && at.Year() >= 2050 {
		at = at.AddDate(-100, 0, 0)
	}
	return at, nil
}
