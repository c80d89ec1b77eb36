package archive

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"fmt"
	"slices"
	"sync"
	"time"

	"chancery/habilitation"
)

// What may be wrong with a signature. The words are stable: they are shown to readers through a translation and stand in reports.
const (
	// FlawDamaged: the bytes are not a bounded DER SignedData of one signer, or a part of it cannot be read.
	FlawDamaged = "damaged"
	// FlawAlgorithm: signed with other algorithms than ECDSA P-256 and SHA-256.
	FlawAlgorithm = "algorithm-refused"
	// FlawAttributeMissing: the content type, digest, signing time or certificate reference is not among the signed attributes, or there
	// are none at all, which some verifiers let pass (openssl issue 27055).
	FlawAttributeMissing = "attribute-missing"
	// FlawDigestDiffers: the content is not the one that was signed.
	FlawDigestDiffers = "digest-differs"
	// FlawSignatureWrong: the signature value does not fit the signed attributes and the certificate.
	FlawSignatureWrong = "signature-wrong"
	// FlawCertificateMissing: the signer's certificate is not in the signature.
	FlawCertificateMissing = "certificate-missing"
	// FlawCertificateSubstituted: the certificate is not the one the signed reference names.
	FlawCertificateSubstituted = "certificate-substituted"
	// FlawCertificateUnknown: the certificate does not come from the given roots, or not for signing.
	FlawCertificateUnknown = "certificate-unknown"
	// FlawCertificateExpired: a certificate of the signer's chain was not valid when it signed.
	FlawCertificateExpired = "certificate-expired-at-signing"
	// FlawTimestampMissing: there is no time-stamp token.
	FlawTimestampMissing = "timestamp-missing"
	// FlawTimestampWrong: the token cannot be read, is not over this signature value, or its own signature does not hold.
	FlawTimestampWrong = "timestamp-wrong"
	// FlawTimestampUntrusted: the token's authority does not come from the given roots, or not for time-stamping, or not at that time.
	FlawTimestampUntrusted = "timestamp-untrusted"
	// FlawTimestampEarlier: the token is older than the claimed time of signing.
	FlawTimestampEarlier = "timestamp-before-signing"
)

// Verdict is what was found about one detached signature. Fields that could not be established are zero.
type Verdict struct {
	Valid       bool               // no reason stands against it
	Reasons     []string           // every flaw found, as the Flaw constants, in their order
	Signer      string             // the name in the signer's certificate
	SignedAt    time.Time          // the time the signer claims, whole seconds UTC
	StampedAt   time.Time          // the time the token proves; zero unless the token is over this signature
	Level       habilitation.Level // of the security label; zero without one
	Certificate *x509.Certificate  // the signer's
}

// Verifier checks detached signatures against the same roots and remembers the chains it has found, which is most of the cost. Any
// number of goroutines may use it.
type Verifier struct {
	roots  *x509.CertPool
	chains sync.Map // chainKey → []*x509.Certificate; only what leads to a root is kept
}

// chainKey is one certificate (SHA-256) put to one use.
type chainKey struct {
	certificate [32]byte
	usage       x509.ExtKeyUsage
}

// NewVerifier trusts the given roots and nothing else; nil trusts nobody.
func NewVerifier(roots *x509.CertPool) *Verifier {
	if roots == nil {
		roots = x509.NewCertPool() // a nil pool would mean the roots of the operating system
	}
	return &Verifier{roots: roots}
}

// VerifyDetached checks one signature; see Verifier.VerifyDetached. Whoever checks many keeps a Verifier.
func VerifyDetached(p7s, content []byte, roots *x509.CertPool) (Verdict, error) {
	return NewVerifier(roots).VerifyDetached(p7s, content)
}

// VerifyDetached checks a detached CAdES-T signature of the house's profile over content, and reports every flaw it can see at once. It
// needs nothing but the bytes and the roots. Certificates are judged at the time the token proves, or at the claimed time when there is
// no good token. The error, ErrDamaged with the place, is not nil only when the signature cannot be read; the verdict then says so too.
func (v *Verifier) VerifyDetached(p7s, content []byte) (Verdict, error) {
	m, err := readSignedData(p7s)
	if err != nil {
		return Verdict{Reasons: []string{FlawDamaged}}, err
	}
	verdict := Verdict{Certificate: m.signer()}
	flaws := m.flaws(oidData, sha256.Sum256(content))
	flaws = append(flaws, verdict.readStatements(m)...)
	flaws = append(flaws, v.checkToken(&verdict, m)...)
	if verdict.Certificate != nil {
		verdict.Signer = verdict.Certificate.Subject.CommonName
		at := verdict.SignedAt
		if !verdict.StampedAt.IsZero() {
			at = verdict.StampedAt
		}
		flaws = append(flaws, v.checkChain(verdict.Certificate, m.certificates, x509.ExtKeyUsageEmailProtection, at)...)
	}
	verdict.Reasons = inOrder(flaws)
	verdict.Valid = len(flaws) == 0
	return verdict, nil
}

// flawOrder is the order reasons are reported in: what makes the others meaningless comes first.
var flawOrder = [...]string{
	FlawDamaged, FlawAlgorithm, FlawAttributeMissing, FlawDigestDiffers, FlawSignatureWrong, FlawCertificateMissing, FlawCertificateSubstituted,
	FlawCertificateUnknown, FlawCertificateExpired, FlawTimestampMissing, FlawTimestampWrong, FlawTimestampUntrusted, FlawTimestampEarlier,
}

// inOrder is the flaws, each once, in the order of flawOrder.
func inOrder(flaws []string) []string {
	var ordered []string
	for _, flaw := range flawOrder {
		if slices.Contains(flaws, flaw) {
			ordered = append(ordered, flaw)
		}
	}
	return ordered
}

// flaws checks what messages and tokens have in common: algorithms, required attributes, digest, signature, certificate reference.
func (m *signedMessage) flaws(contentType objectIdentifier, digest [32]byte) []string {
	var flaws []string
	if m.announced != oidSHA256 || m.digestAlgorithm != oidSHA256 || m.signatureAlgorithm != oidECDSAWithSHA256 {
		flaws = append(flaws, FlawAlgorithm)
	}
	if m.contentType != contentType || (m.content == nil) != (contentType == oidData) {
		flaws = append(flaws, FlawDamaged)
	}
	flaws = append(flaws, m.attributeFlaw(oidContentType, object(contentType), FlawDamaged)...)
	flaws = append(flaws, m.attributeFlaw(oidMessageDigest, element(tagOctetString, digest[:]), FlawDigestDiffers)...)
	certificate := m.signer()
	if certificate == nil {
		return append(flaws, FlawCertificateMissing)
	}
	if m.signedBytes != nil && !m.signatureHolds(certificate) {
		flaws = append(flaws, FlawSignatureWrong)
	}
	return append(flaws, m.referenceFlaw(certificate)...)
}

// attributeFlaw requires the signed attribute to have exactly the value.
func (m *signedMessage) attributeFlaw(oid objectIdentifier, value []byte, otherwise string) []string {
	found, ok := find(m.signed, oid)
	switch {
	case !ok:
		return []string{FlawAttributeMissing}
	case !bytes.Equal(found, value):
		return []string{otherwise}
	}
	return nil
}

// referenceFlaw requires signing-certificate-v2 to name the certificate first, by SHA-256 and, where it says them, issuer and serial.
func (m *signedMessage) referenceFlaw(certificate *x509.Certificate) []string {
	value, ok := find(m.signed, oidSigningCertificate)
	if !ok {
		return []string{FlawAttributeMissing}
	}
	var fault error
	outer := newReader(value, &fault)
	first := outer.enter(tagSequence, "certificate reference").enter(tagSequence, "certificate references").enter(tagSequence, "certificate reference")
	outer.end("certificate reference")
	algorithm := oidSHA256
	if first.has(tagSequence) {
		algorithm = first.algorithm("reference algorithm")
	}
	digest := first.contents(tagOctetString, "certificate digest")
	var named []byte
	if first.more() {
		named = first.whole(tagSequence, "issuer and serial")
	}
	first.end("certificate reference")
	sum := sha256.Sum256(certificate.Raw)
	serial := element(tagInteger, positive(certificate.SerialNumber))
	expected := element(tagSequence, element(tagSequence, element(tagContext4, certificate.RawIssuer)), serial)
	switch {
	case fault != nil:
		return []string{FlawDamaged}
	case algorithm != oidSHA256:
		return []string{FlawAlgorithm}
	case !bytes.Equal(digest, sum[:]), named != nil && !bytes.Equal(named, expected):
		return []string{FlawCertificateSubstituted}
	}
	return nil
}

// readStatements takes the time and the label from the signed attributes into the verdict.
func (v *Verdict) readStatements(m *signedMessage) []string {
	value, ok := find(m.signed, oidSigningTime)
	if !ok {
		return []string{FlawAttributeMissing}
	}
	at, err := readSigningTime(value)
	if err != nil {
		return []string{FlawDamaged}
	}
	v.SignedAt = at
	label, ok := find(m.signed, oidSecurityLabel)
	if !ok {
		return nil
	}
	v.Level, err = readSecurityLabel(label)
	if err != nil {
		return []string{FlawDamaged}
	}
	return nil
}

// readSecurityLabel reads the level of an ESSSecurityLabel.
func readSecurityLabel(value []byte) (habilitation.Level, error) {
	var fault error
	outer := newReader(value, &fault)
	label := outer.enter(tagSet, "security label")
	outer.end("security label")
	number := label.integer("classification")
	label.object("label policy")
	for label.more() {
		label.any("privacy mark")
	}
	if fault != nil {
		return 0, fault
	}
	level := habilitation.Level(number[0])
	if len(number) != 1 || !level.Valid() {
		return 0, fmt.Errorf("read classification %x: %w", number, ErrDamaged)
	}
	return level, nil
}

// checkToken checks the time-stamp over the signature value and takes its time into the verdict.
func (v *Verifier) checkToken(verdict *Verdict, m *signedMessage) []string {
	der, ok := find(m.unsigned, oidSignatureTimestamp)
	if !ok {
		return []string{FlawTimestampMissing}
	}
	token, err := readSignedData(der)
	if err != nil || len(token.flaws(oidTimestampInfo, sha256.Sum256(token.content))) > 0 {
		return []string{FlawTimestampWrong}
	}
	info, err := readTimestampInfo(token.content)
	imprint := sha512.Sum512(m.signature)
	if err != nil || !bytes.Equal(info.imprint, imprint[:]) {
		return []string{FlawTimestampWrong}
	}
	authority := token.signer()
	companions := slices.Concat(token.certificates, m.certificates)
	if !stampsOnly(authority) || len(v.checkChain(authority, companions, x509.ExtKeyUsageTimeStamping, info.at)) > 0 {
		return []string{FlawTimestampUntrusted}
	}
	verdict.StampedAt = info.at
	if verdict.SignedAt.After(info.at) {
		return []string{FlawTimestampEarlier}
	}
	return nil
}

// checkChain requires a chain from the certificate to a root, for the usage, every link of it valid at the time.
func (v *Verifier) checkChain(certificate *x509.Certificate, companions []*x509.Certificate, usage x509.ExtKeyUsage, at time.Time) []string {
	chain := v.chain(certificate, companions, usage)
	if chain == nil {
		return []string{FlawCertificateUnknown}
	}
	for _, link := range chain {
		if !covers(link, at) {
			return []string{FlawCertificateExpired}
		}
	}
	return nil
}

// chain finds a chain to a root as it stood when the certificate was issued, or nil. It does not depend on the companions' honesty: a
// chain once found holds for that certificate whatever comes with it next time.
func (v *Verifier) chain(certificate *x509.Certificate, companions []*x509.Certificate, usage x509.ExtKeyUsage) []*x509.Certificate {
	key := chainKey{certificate: sha256.Sum256(certificate.Raw), usage: usage}
	if known, ok := v.chains.Load(key); ok {
		return known.([]*x509.Certificate)
	}
	intermediates := x509.NewCertPool()
	for _, companion := range companions {
		intermediates.AddCert(companion)
	}
	if usage == x509.ExtKeyUsageEmailProtection && certificate.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0 {
		return nil
	}
	chains, err := certificate.Verify(x509.VerifyOptions{
		Roots: v.roots, Intermediates: intermediates, CurrentTime: certificate.NotBefore, KeyUsages: []x509.ExtKeyUsage{usage},
	})
	if err != nil {
		return nil
	}
	v.chains.Store(key, chains[0])
	return chains[0]
}

// StampedBytes is what the time-stamp token of a signature covers: the signature value, as `openssl ts -verify -data` wants it.
func StampedBytes(p7s []byte) ([]byte, error) {
	m, err := readSignedData(p7s)
	if err != nil {
		return nil, err
	}
	return bytes.Clone(m.signature), nil
}

// Token is the time-stamp token of a signature in DER, as `openssl ts -verify -token_in` wants it; ErrUnknown when there is none.
func Token(p7s []byte) ([]byte, error) {
	m, err := readSignedData(p7s)
	if err != nil {
		return nil, err
	}
	token, ok := find(m.unsigned, oidSignatureTimestamp)
	if !ok {
		return nil, fmt.Errorf("take time-stamp token: %w", ErrUnknown)
	}
	return bytes.Clone(token), nil
}
