package archive

import (
	"context"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"io"
	"slices"
	"testing"
	"time"
)

// dishonestHouse makes what the sealery never would: signers under the right root that break one rule each.
type dishonestHouse struct {
	root, issuing, agent, other, stamp, seal certified
	roots                                    *x509.CertPool
	at                                       time.Time
}

func newDishonestHouse(t *testing.T) dishonestHouse {
	t.Helper()
	h := dishonestHouse{at: time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC), roots: x509.NewCertPool()}
	certify := func(p profile, curve elliptic.Curve, issuer certified) certified {
		return h.certify(t, p, curve, issuer)
	}
	h.root = certify(rootAuthority("Valmont"), elliptic.P384(), certified{})
	h.issuing = certify(issuingAuthority("Valmont"), elliptic.P256(), h.root)
	h.agent = certify(agentCertificate("Valmont", "Hélène", 1), elliptic.P256(), h.issuing)
	h.other = certify(agentCertificate("Valmont", "Bruno", 2), elliptic.P256(), h.issuing)
	h.stamp = certify(timestampAuthority("Valmont"), elliptic.P256(), h.issuing)
	h.seal = certify(sealOfHouse("Valmont"), elliptic.P256(), h.issuing)
	h.roots.AddCert(h.root.certificate)
	return h
}

// certify issues any certificate.
func (h dishonestHouse) certify(t *testing.T, p profile, curve elliptic.Curve, issuer certified) certified {
	t.Helper()
	config := SealeryConfig{Clock: func() time.Time { return h.at }, Random: func(string) io.Reader { return rand.Reader }}
	made, err := config.certify(p, "test", curve, issuer)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// credential prepares one of the house's keys.
func (h dishonestHouse) credential(t *testing.T, of certified) *credential {
	t.Helper()
	c, err := newCredential(of.key, of.certificate, h.issuing.certificate)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// verdict signs with one key, stamps with another and checks the result.
func (h dishonestHouse) verdict(t *testing.T, signer, stamper *credential) []string {
	t.Helper()
	policy := element(tagObject, []byte{0x88, 0x37, 1})
	stamp := &Stamper{credential: stamper, policy: policy, accuracy: element(tagSequence, smallInteger(1)), serial: DerivedSerial}
	p7s, err := SignDetached(context.Background(), []byte("content"), &Signer{signer}, stamp, h.at)
	if err != nil {
		t.Fatal(err)
	}
	verdict, err := VerifyDetached(p7s, []byte("content"), h.roots)
	if err != nil || verdict.Valid != (len(verdict.Reasons) == 0) {
		t.Fatalf("verdict %+v, %v", verdict, err)
	}
	return verdict.Reasons
}

// TestRulesOfTheProfile: a chain to the root is not enough, each key must keep to its own use.
func TestRulesOfTheProfile(t *testing.T) {
	h := newDishonestHouse(t)
	honest, stamp := h.credential(t, h.agent), h.credential(t, h.stamp)
	substituted, unaccompanied, other := h.credential(t, h.agent), h.credential(t, h.agent), h.credential(t, h.other)
	substituted.reference = other.reference
	serial := element(tagInteger, positive(h.agent.certificate.SerialNumber))
	renumbered := h.credential(t, h.agent)
	renumbered.reference = signingCertificate(h.other.certificate, serial)
	unaccompanied.certificates = other.certificates
	for what, c := range map[string]struct {
		signer, stamper *credential
		want            []string
	}{
		"honest":                                  {honest, stamp, nil},
		"another certificate in the reference":    {substituted, stamp, []string{FlawCertificateSubstituted}},
		"another under the same number":           {renumbered, stamp, []string{FlawCertificateSubstituted}},
		"the signer's certificate left out":       {unaccompanied, stamp, []string{FlawCertificateMissing}},
		"a time-stamp authority that signs":       {stamp, stamp, []string{FlawCertificateUnknown}},
		"an agent who stamps":                     {honest, other, []string{FlawTimestampUntrusted}},
		"an authority that signs":                 {h.credential(t, h.issuing), stamp, []string{FlawCertificateUnknown}},
		"a stamp that names another certificate":  {honest, &credential{stamp.key, stamp.certificate, stamp.identity, stamp.certificates, honest.reference}, []string{FlawTimestampWrong}},
		"a stamp without its certificate":         {honest, &credential{stamp.key, stamp.certificate, stamp.identity, honest.certificates, stamp.reference}, []string{FlawTimestampWrong}},
		"another agent's key under this identity": {&credential{other.key, honest.certificate, honest.identity, honest.certificates, honest.reference}, stamp, []string{FlawSignatureWrong}},
	} {
		if got := h.verdict(t, c.signer, c.stamper); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", what, got, c.want)
		}
	}
	for _, usages := range [][]x509.ExtKeyUsage{{x509.ExtKeyUsageTimeStamping}, {x509.ExtKeyUsageTimeStamping, x509.ExtKeyUsageEmailProtection}} {
		p := timestampAuthority("Valmont")
		p.template.ExtraExtensions, p.template.ExtKeyUsage = nil, usages // not critical, as the library writes it
		lax := h.certify(t, p, elliptic.P256(), h.issuing)
		if got := h.verdict(t, honest, h.credential(t, lax)); !slices.Equal(got, []string{FlawTimestampUntrusted}) {
			t.Errorf("stamped with usages %v, not critically: %v", usages, got)
		}
		if _, err := NewStamper(lax.key, lax.certificate, []int{2, 999, 1}, DerivedSerial); err == nil {
			t.Errorf("a certificate with usages %v, not critically, was taken for a time-stamp authority", usages)
		}
	}
	if _, err := NewStamper(h.seal.key, h.seal.certificate, []int{2, 999, 1}, DerivedSerial); err == nil {
		t.Error("a certificate for mail was taken for a time-stamp authority")
	}
	if _, err := NewSigner(h.other.key, h.agent.certificate, h.issuing.certificate); err == nil {
		t.Error("a key was taken with another's certificate")
	}
}

// TestTypeOfContentIsSigned: a token is not a signature of a message, and the signed content type must be the one outside.
func TestTypeOfContentIsSigned(t *testing.T) {
	h := newDishonestHouse(t)
	signer := h.credential(t, h.agent)
	attributes, signature, err := signer.sign(oidTimestampInfo, sha256.Sum256([]byte("content")), signingTime(h.at))
	if err != nil {
		t.Fatal(err)
	}
	p7s := signer.signedData(oidData, nil, attributes, signature, nil)
	verdict, err := VerifyDetached(p7s, []byte("content"), h.roots)
	if want := []string{FlawDamaged, FlawTimestampMissing}; err != nil || !slices.Equal(verdict.Reasons, want) {
		t.Errorf("another type signed than outside: %v, %v: want %v", verdict.Reasons, err, want)
	}
	attributes, signature, err = signer.sign(oidData, sha256.Sum256([]byte("content")), signingTime(h.at), signingTime(h.at.Add(time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyDetached(signer.signedData(oidData, nil, attributes, signature, nil), []byte("content"), h.roots); err == nil {
		t.Error("two signing times were read")
	}
}

// TestSizeIsBounded: a signature that is right in everything but its size is not read.
func TestSizeIsBounded(t *testing.T) {
	h := newDishonestHouse(t)
	signer := h.credential(t, h.agent)
	attributes, signature, err := signer.sign(oidData, sha256.Sum256(nil), signingTime(h.at))
	if err != nil {
		t.Fatal(err)
	}
	for size, want := range map[int]string{maxSignature / 2: FlawTimestampMissing, maxSignature: FlawDamaged} {
		ballast := element(tagContext1, attribute(oidSecurityLabel, element(tagOctetString, make([]byte, size))))
		verdict, _ := VerifyDetached(signer.signedData(oidData, nil, attributes, signature, ballast), nil, h.roots)
		if !slices.Equal(verdict.Reasons, []string{want}) {
			t.Errorf("with %d bytes of ballast: %v, want %s", size, verdict.Reasons, want)
		}
	}
}
