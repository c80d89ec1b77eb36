package archive_test

import (
	"bytes"
	"context"
	"crypto"
	"encoding/pem"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"

	"chancery/archive"
	"chancery/habilitation"
)

// outside is one signature as files for the outside verifier.
type outside struct{ message, signature, stamped, token, authorities, root string }

func (o outside) cades(authorities string) (string, bool) {
	return openssl("cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", o.signature, "-content", o.message, "-CAfile", authorities, "-attime", signingEpoch, "-out", os.DevNull)
}

func (o outside) timestamp() (string, bool) {
	return openssl("ts", "-verify", "-token_in", "-in", o.token, "-data", o.stamped, "-CAfile", o.authorities, "-attime", signingEpoch)
}

// lay writes the files; a token that cannot be taken out is written empty, so that openssl refuses it as well.
func lay(tb testing.TB, house *archive.Sealery, p7s, content []byte) outside {
	tb.Helper()
	stamped, _ := archive.StampedBytes(p7s)
	token, _ := archive.Token(p7s)
	folder := tb.TempDir()
	put := func(name string, content []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			tb.Fatal(err)
		}
		return path
	}
	root, _ := pem.Decode(house.Certificates())
	return outside{put("m.eml", content), put("m.p7s", p7s), put("m.timestamped", stamped), put("m.tst", token),
		put("ca.pem", house.Certificates()), put("root.pem", pem.EncodeToMemory(root))}
}

// TestOpenSSLAccepts: a stranger with openssl and ca.pem verifies message, mention and time (INV-8).
func TestOpenSSLAccepts(t *testing.T) {
	needOpenSSL(t)
	house := foundHouse(t)
	for name, signer := range map[string]*archive.Signer{"agent": consul(t, house), "seal": house.SealOfHouse()} {
		for _, level := range habilitation.Levels {
			p7s, err := archive.SignDetached(context.Background(), telegram(), signer, house.Stamper(), signingDay, house.Label(level))
			if err != nil {
				t.Fatal(err)
			}
			files := lay(t, house, p7s, telegram())
			if said, ok := files.cades(files.authorities); !ok || !strings.Contains(said, "CAdES Verification successful") {
				t.Errorf("%s, %v: openssl cms: %s", name, level, said)
			}
			if said, ok := files.cades(files.root); !ok {
				t.Errorf("%s, %v: openssl cms with the root alone: %s", name, level, said)
			}
			if said, ok := files.timestamp(); !ok || !strings.Contains(said, "Verification: OK") {
				t.Errorf("%s, %v: openssl ts: %s", name, level, said)
			}
			said, ok := openssl("cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", files.signature)
			if want := map[habilitation.Level]string{habilitation.Unprotected: "NON PROT", habilitation.Restricted: "DIFFUSION RESTREINTE"}[level]; !ok || !strings.Contains(said, want) {
				t.Errorf("%s, %v: the mention cannot be read in the signature", name, level)
			}
		}
	}
}

// framing is what ours may refuse alone: the parts that no signature covers and openssl does not look at closely (version numbers, the
// name of the signature algorithm, upper and lower case in the issuer's name).
var framing = []string{archive.FlawDamaged, archive.FlawAlgorithm, archive.FlawCertificateMissing, archive.FlawTimestampWrong}

// TestOpenSSLAgreesOnMutants changes one bit anywhere and asks both verifiers: what openssl refuses is refused here, and what is refused
// here alone is framing.
func TestOpenSSLAgreesOnMutants(t *testing.T) {
	needOpenSSL(t)
	house := foundHouse(t)
	good := signed(t, house)
	mutants := 120
	if os.Getenv("CHANCERY_SOAK") != "" {
		mutants = 4_000
	}
	random := rand.New(rand.NewPCG(2026, 3))
	var stricter int
	for n := range mutants {
		p7s, content := bytes.Clone(good), telegram()
		at := random.IntN(len(p7s) + len(content))
		if at < len(p7s) {
			p7s[at] ^= 1 << random.IntN(8)
		} else {
			content[at-len(p7s)] ^= 1 << random.IntN(8)
		}
		verdict, _ := archive.VerifyDetached(p7s, content, house.Roots())
		files := lay(t, house, p7s, content)
		_, cades := files.cades(files.root)
		_, stamped := files.timestamp()
		if verdict.Valid && !(cades && stamped) {
			t.Errorf("mutant %d, byte %d: passed here, refused by openssl (cms %v, ts %v)", n, at, cades, stamped)
		}
		if !verdict.Valid && cades && stamped {
			stricter++
			if len(verdict.Reasons) != 1 || !slices.Contains(framing, verdict.Reasons[0]) {
				t.Errorf("mutant %d, byte %d: refused here for %v, passed by openssl", n, at, verdict.Reasons)
			}
		}
	}
	t.Logf("%d mutants, %d refused here alone for their framing", mutants, stricter)
}

// TestRecipeForAStranger runs the recipe of SIGNATURES.md word for word in a folder with the five files it names.
func TestRecipeForAStranger(t *testing.T) {
	needOpenSSL(t)
	page, err := os.ReadFile("SIGNATURES.md")
	if err != nil {
		t.Fatal(err)
	}
	_, recipe, found := strings.Cut(string(page), "```\n# 1.")
	recipe, _, ended := strings.Cut(recipe, "```")
	if !found || !ended {
		t.Fatal("SIGNATURES.md has no recipe")
	}
	config, now := sealeryConfig(openKeys(t)), time.Now()
	config.Clock = func() time.Time { return now } // the recipe judges by today's date
	house, err := archive.FoundSealery(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	p7s, err := archive.SignDetached(t.Context(), telegram(), consul(t, house), house.Stamper(), now, house.Label(habilitation.Restricted))
	if err != nil {
		t.Fatal(err)
	}
	shell := exec.Command("sh", "-e", "-c", "# 1."+recipe)
	shell.Dir = filepath.Dir(lay(t, house, p7s, telegram()).message)
	said, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	for _, want := range []string{"CAdES Verification successful", "Verification: OK", "Time stamp: " + now.UTC().Format("Jan _2 15:04:05"),
		"DIFFUSION RESTREINTE", "id-smime-aa-timeStampToken", "id-smime-aa-securityLabel", "CN = H"} {
		if !strings.Contains(string(said), want) {
			t.Errorf("the recipe does not show %q", want)
		}
	}
}

// TestDigitorusReads: a library of other hands parses and verifies what is written here.
func TestDigitorusReads(t *testing.T) {
	house := foundHouse(t)
	p7s := signed(t, house)
	message, err := pkcs7.Parse(p7s)
	if err != nil {
		t.Fatal(err)
	}
	message.Content = telegram()
	if err := message.VerifyWithChain(house.Roots()); err != nil {
		t.Errorf("digitorus/pkcs7: %v", err)
	}
	if len(message.Certificates) != 2 || len(message.Signers) != 1 {
		t.Errorf("digitorus/pkcs7 sees %d certificates, %d signers", len(message.Certificates), len(message.Signers))
	}
	if !bytes.Equal(message.Signers[0].EncryptedDigest, stampedBytes(t, p7s)) {
		t.Error("digitorus/pkcs7 sees another signature value")
	}
	message.Content = []byte("another")
	if err := message.Verify(); err == nil {
		t.Error("digitorus/pkcs7 verifies another content")
	}
	token, err := timestamp.Parse(tokenOf(t, p7s))
	if err != nil {
		t.Fatal(err)
	}
	digest := crypto.SHA512.New()
	digest.Write(stampedBytes(t, p7s))
	if token.HashAlgorithm != crypto.SHA512 || !bytes.Equal(token.HashedMessage, digest.Sum(nil)) || !token.Time.Equal(signingDay) {
		t.Errorf("digitorus/timestamp sees %v %x at %v", token.HashAlgorithm, token.HashedMessage, token.Time)
	}
	if len(token.Certificates) != 1 || token.SerialNumber.Sign() <= 0 || !token.Policy.Equal([]int{2, 999, 1}) {
		t.Errorf("digitorus/timestamp sees %d certificates, serial %v, policy %v", len(token.Certificates), token.SerialNumber, token.Policy)
	}
}
