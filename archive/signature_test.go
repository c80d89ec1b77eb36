package archive_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"chancery/archive"
	"chancery/habilitation"
)

func TestSignatureVerifies(t *testing.T) {
	house := foundHouse(t)
	verdict, err := archive.VerifyDetached(signed(t, house), telegram(), house.Roots())
	if err != nil || !verdict.Valid || len(verdict.Reasons) != 0 {
		t.Fatalf("verdict %+v, %v: want valid", verdict, err)
	}
	if verdict.Signer != "Hélène Vasseur" || verdict.Level != habilitation.Restricted {
		t.Errorf("signed by %q at level %v", verdict.Signer, verdict.Level)
	}
	if !verdict.SignedAt.Equal(signingDay.Truncate(time.Second)) || !verdict.StampedAt.Equal(signingDay) {
		t.Errorf("signed at %v, stamped at %v: want %v", verdict.SignedAt, verdict.StampedAt, signingDay)
	}
}

func TestSealOfHouseVerifies(t *testing.T) {
	house := foundHouse(t)
	p7s, err := archive.SignDetached(context.Background(), nil, house.SealOfHouse(), house.Stamper(), signingDay)
	if err != nil {
		t.Fatal(err)
	}
	verdict, err := archive.VerifyDetached(p7s, nil, house.Roots())
	if err != nil || !verdict.Valid || verdict.Level != 0 || verdict.Signer != "Seal of the house" {
		t.Errorf("verdict %+v, %v: want valid, without a label", verdict, err)
	}
}

// TestSignatureBytesAreFixed pins the bytes: equal inputs give equal signatures, in this release and in every later one.
func TestSignatureBytesAreFixed(t *testing.T) {
	first, second := foundHouse(t), foundHouse(t)
	if !bytes.Equal(first.Certificates(), second.Certificates()) {
		t.Error("two houses with the same randomness and clock have different certificates")
	}
	if !bytes.Equal(signed(t, first), signed(t, second)) {
		t.Error("two houses with the same randomness and clock sign differently")
	}
	for what, pinned := range map[string]struct {
		bytes  []byte
		digest string
	}{
		"certificates": {first.Certificates(), goldenCertificates},
		"signature":    {signed(t, first), goldenSignature},
	} {
		if sum := sha256.Sum256(pinned.bytes); hex.EncodeToString(sum[:]) != pinned.digest {
			t.Errorf("%s: %d bytes with SHA-256 %x, pinned %s", what, len(pinned.bytes), sum, pinned.digest)
		}
	}
}

const (
	goldenCertificates = "ab1ad51f72998560859f1be18105b99aab072335169bb761407fdbc95badd117"
	goldenSignature    = "31f322ab416ee32b271bfb65ae0073c69f94eb53ef524532b9ca6dc69ed0ce0d"
)

func TestSigningRefuses(t *testing.T) {
	house := foundHouse(t)
	signer := consul(t, house)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := archive.SignDetached(ended, telegram(), signer, house.Stamper(), signingDay); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
	for _, at := range []time.Time{signingDay.AddDate(0, 0, -1), signingDay.AddDate(1, 0, 30)} {
		if _, err := archive.SignDetached(context.Background(), telegram(), signer, house.Stamper(), at); !errors.Is(err, archive.ErrNotValidThen) {
			t.Errorf("at %v: %v: want ErrNotValidThen", at, err)
		}
	}
	if _, err := archive.SecurityLabel([]int{2, 999}, 0); err == nil {
		t.Error("a label was written for a level that does not exist")
	}
}

// TestVerdictNamesEveryFlaw breaks one thing at a time, then several at once.
func TestVerdictNamesEveryFlaw(t *testing.T) {
	house, other := foundHouse(t), foreignHouse(t)
	good, content := signed(t, house), telegram()
	changed := bytes.Replace(content, []byte("consul"), []byte("consuI"), 1)
	signature, token := stampedBytes(t, good), tokenOf(t, good)
	foreignToken, err := other.Stamper().Stamp(signature, signingDay)
	if err != nil {
		t.Fatal(err)
	}
	strayToken, err := house.Stamper().Stamp([]byte("another signature"), signingDay)
	if err != nil {
		t.Fatal(err)
	}
	earlyToken, err := house.Stamper().Stamp(signature, signingDay.Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	roots := house.Roots()
	t.Setenv("SSL_CERT_FILE", write(t, "ca.pem", house.Certificates())) // were nil roots taken for the system's, these would be they
	for name, c := range map[string]struct {
		p7s, content []byte
		roots        *x509.CertPool
		want         []string
	}{
		"good":                  {good, content, roots, nil},
		"empty":                 {nil, content, roots, []string{archive.FlawDamaged}},
		"cut":                   {good[:len(good)-1], content, roots, []string{archive.FlawDamaged}},
		"something after it":    {append(slices.Clone(good), 0), content, roots, []string{archive.FlawDamaged}},
		"too large":             {make([]byte, 256<<10+1), content, roots, []string{archive.FlawDamaged}},
		"another version":       {swap(t, good, "\x02\x01\x01\x31", "\x02\x01\x03\x31"), content, roots, []string{archive.FlawDamaged}},
		"another token version": {swap(t, good, "\x02\x01\x03\x31", "\x02\x01\x01\x31"), content, roots, []string{archive.FlawTimestampWrong}},
		"changed content":       {good, changed, roots, []string{archive.FlawDigestDiffers}},
		"changed signature":     {flip(good, signature, 20), content, roots, []string{archive.FlawSignatureWrong, archive.FlawTimestampWrong}},
		"changed time":          {swap(t, good, "260314150926Z", "260314150925Z"), content, roots, []string{archive.FlawSignatureWrong}},
		"changed label":         {swap(t, good, "DIFFUSION RESTREINTE", "DIFFUSION RESTREINTF"), content, roots, []string{archive.FlawSignatureWrong}},
		"another house's roots": {good, content, other.Roots(), []string{archive.FlawCertificateUnknown, archive.FlawTimestampUntrusted}},
		"no roots":              {good, content, nil, []string{archive.FlawCertificateUnknown, archive.FlawTimestampUntrusted}},
		"foreign token":         {retoken(t, good, token, foreignToken), content, roots, []string{archive.FlawTimestampUntrusted}},
		"stray token":           {retoken(t, good, token, strayToken), content, roots, []string{archive.FlawTimestampWrong}},
		"early token":           {retoken(t, good, token, earlyToken), content, roots, []string{archive.FlawTimestampEarlier}},
		"no token": {swap(t, good, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0e", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x7f"), content, roots,
			[]string{archive.FlawTimestampMissing}},
		"no certificate reference": {swap(t, good, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x30"), content, roots,
			[]string{archive.FlawAttributeMissing, archive.FlawSignatureWrong}},
		"all at once": {flip(good, signature, 20), changed, other.Roots(),
			[]string{archive.FlawDigestDiffers, archive.FlawSignatureWrong, archive.FlawCertificateUnknown, archive.FlawTimestampWrong}},
	} {
		verdict, err := archive.VerifyDetached(c.p7s, c.content, c.roots)
		if !slices.Equal(verdict.Reasons, c.want) || verdict.Valid != (c.want == nil) {
			t.Errorf("%s: valid %v, reasons %v: want %v", name, verdict.Valid, verdict.Reasons, c.want)
		}
		if unreadable := slices.Equal(c.want, []string{archive.FlawDamaged}); unreadable != errors.Is(err, archive.ErrDamaged) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestStrangersSignaturesAreRefused: what openssl issue 27055 lets pass with -cades must not pass here, nor other algorithms.
func TestStrangersSignaturesAreRefused(t *testing.T) {
	needOpenSSL(t)
	house, message := foundHouse(t), write(t, "m.eml", telegram())
	for name, c := range map[string]struct {
		key, options []string
		want         string
	}{
		"without attributes":    {[]string{"ec", "-pkeyopt", "ec_paramgen_curve:P-256"}, []string{"-noattr"}, archive.FlawAttributeMissing},
		"without the reference": {[]string{"ec", "-pkeyopt", "ec_paramgen_curve:P-256"}, nil, archive.FlawAttributeMissing},
		"with SHA-512":          {[]string{"ec", "-pkeyopt", "ec_paramgen_curve:P-256"}, []string{"-cades", "-md", "sha512"}, archive.FlawAlgorithm},
		"with P-384":            {[]string{"ec", "-pkeyopt", "ec_paramgen_curve:P-384"}, []string{"-cades"}, archive.FlawSignatureWrong},
		"with RSA":              {[]string{"rsa:2048"}, []string{"-cades"}, archive.FlawAlgorithm},
	} {
		keyFile, certificateFile, out := write(t, "key.pem", nil), write(t, "cert.pem", nil), write(t, "m.p7s", nil)
		arguments := append([]string{"req", "-x509", "-nodes", "-keyout", keyFile, "-out", certificateFile, "-subj", "/CN=stranger", "-newkey"}, c.key...)
		if said, ok := openssl(arguments...); !ok {
			t.Fatal(said)
		}
		arguments = append([]string{"cms", "-sign", "-binary", "-outform", "DER", "-in", message, "-signer", certificateFile, "-inkey", keyFile, "-out", out}, c.options...)
		if said, ok := openssl(arguments...); !ok {
			t.Fatal(said)
		}
		verdict, err := archive.VerifyDetached(read(t, out), telegram(), house.Roots())
		if err != nil || !slices.Contains(verdict.Reasons, c.want) || !slices.Contains(verdict.Reasons, archive.FlawCertificateUnknown) {
			t.Errorf("%s: %v, %v: want %s", name, verdict.Reasons, err, c.want)
		}
	}
}

// TestVerifierRemembersOnlyWhatHolds: the chains it keeps do not let a foreign certificate in, nor forget when one ends.
func TestVerifierRemembersOnlyWhatHolds(t *testing.T) {
	house, other := foundHouse(t), foreignHouse(t)
	verifier := archive.NewVerifier(house.Roots())
	for range 2 {
		if verdict, _ := verifier.VerifyDetached(signed(t, house), telegram()); !verdict.Valid {
			t.Errorf("own signature: %v", verdict.Reasons)
		}
		if verdict, _ := verifier.VerifyDetached(signed(t, other), telegram()); verdict.Valid {
			t.Error("a foreign house's signature passed")
		}
	}
	late, err := house.Stamper().Stamp(stampedBytes(t, signed(t, house)), signingDay.AddDate(2, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	verdict, _ := verifier.VerifyDetached(retoken(t, signed(t, house), tokenOf(t, signed(t, house)), late), telegram())
	if want := []string{archive.FlawCertificateExpired}; !slices.Equal(verdict.Reasons, want) {
		t.Errorf("stamped after the certificate's end: %v, want %v", verdict.Reasons, want)
	}
}

func TestTokenIsMissing(t *testing.T) {
	good := signed(t, foundHouse(t))
	without := swap(t, good, "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0e", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x7f")
	if _, err := archive.Token(without); !errors.Is(err, archive.ErrUnknown) {
		t.Errorf("token of a signature without one: %v", err)
	}
	if _, err := archive.Token([]byte("0")); !errors.Is(err, archive.ErrDamaged) {
		t.Errorf("token of nonsense: %v", err)
	}
	if _, err := archive.StampedBytes(nil); !errors.Is(err, archive.ErrDamaged) || !strings.Contains(err.Error(), "ContentInfo") {
		t.Errorf("stamped bytes of nothing: %v", err)
	}
}

func BenchmarkSignDetached(b *testing.B) {
	house := foundHouse(b)
	signer, stamper, label := consul(b, house), house.Stamper(), house.Label(habilitation.Unprotected)
	content := bytes.Repeat([]byte("Le consul rend compte.\r\n"), 170) // 4 kB
	b.ReportAllocs()
	for b.Loop() {
		if _, err := archive.SignDetached(context.Background(), content, signer, stamper, signingDay, label); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyDetached(b *testing.B) {
	house := foundHouse(b)
	p7s := signed(b, house)
	verifier := archive.NewVerifier(house.Roots())
	b.ReportAllocs()
	for b.Loop() {
		if verdict, _ := verifier.VerifyDetached(p7s, telegram()); !verdict.Valid {
			b.Fatal(verdict.Reasons)
		}
	}
}

func BenchmarkVerifyDetachedFirst(b *testing.B) {
	house := foundHouse(b)
	p7s := signed(b, house)
	b.ReportAllocs()
	for b.Loop() {
		if verdict, _ := archive.VerifyDetached(p7s, telegram(), house.Roots()); !verdict.Valid {
			b.Fatal(verdict.Reasons)
		}
	}
}
