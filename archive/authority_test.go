package archive_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"chancery/archive"
	"chancery/archive/boltkeys"
)

// chainOf parses the public chain: root, issuing, time-stamp authority.
func chainOf(tb testing.TB, sealery *archive.Sealery) []*x509.Certificate {
	tb.Helper()
	var chain []*x509.Certificate
	for rest := sealery.Certificates(); ; {
		block, after := pem.Decode(rest)
		if block == nil {
			return chain
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			tb.Fatal(err)
		}
		chain, rest = append(chain, certificate), after
	}
}

func TestCertificateProfiles(t *testing.T) {
	house := foundHouse(t)
	chain := chainOf(t, house)
	if len(chain) != 3 {
		t.Fatalf("%d certificates in the chain, want 3", len(chain))
	}
	root, issuing, stamp := chain[0], chain[1], chain[2]
	agent := consul(t, house).Certificate()
	if root.SignatureAlgorithm != x509.ECDSAWithSHA384 || !root.IsCA || root.MaxPathLen != 1 {
		t.Errorf("root: %v, authority %v, path %d", root.SignatureAlgorithm, root.IsCA, root.MaxPathLen)
	}
	if !issuing.IsCA || issuing.MaxPathLen != 0 || !issuing.MaxPathLenZero || issuing.CheckSignatureFrom(root) != nil {
		t.Errorf("issuing: authority %v, path %d", issuing.IsCA, issuing.MaxPathLen)
	}
	if len(stamp.ExtKeyUsage) != 1 || stamp.ExtKeyUsage[0] != x509.ExtKeyUsageTimeStamping || stamp.IsCA {
		t.Errorf("time-stamp authority: usages %v", stamp.ExtKeyUsage)
	}
	if agent.KeyUsage != x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment || !slices.Equal(agent.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}) {
		t.Errorf("agent: usage %b, %v", agent.KeyUsage, agent.ExtKeyUsage)
	}
	if agent.Subject.CommonName != "Hélène Vasseur" || agent.Subject.Organization[0] != "Ministère de Valmont" || agent.Subject.SerialNumber != "7" {
		t.Errorf("agent is named %v", agent.Subject)
	}
	for _, certificate := range []*x509.Certificate{root, issuing, stamp, agent, house.SealOfHouse().Certificate()} {
		if bits := certificate.SerialNumber.BitLen(); bits < 64 || bits > 127 {
			t.Errorf("%s: serial of %d bits", certificate.Subject.CommonName, bits)
		}
		if certificate.NotAfter.After(root.NotAfter) || !certificate.NotBefore.Equal(signingDay.Truncate(24*time.Hour)) {
			t.Errorf("%s: valid from %v to %v", certificate.Subject.CommonName, certificate.NotBefore, certificate.NotAfter)
		}
	}
}

// TestOpenSSLAcceptsChain holds the chain to the strictest reading openssl knows.
func TestOpenSSLAcceptsChain(t *testing.T) {
	needOpenSSL(t)
	house := foundHouse(t)
	authorities := write(t, "ca.pem", house.Certificates())
	for purpose, certificate := range map[string]*x509.Certificate{
		"smimesign": consul(t, house).Certificate(), "timestampsign": house.Stamper().Certificate(),
	} {
		file := write(t, "one.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}))
		if said, ok := openssl("verify", "-x509_strict", "-purpose", purpose, "-attime", signingEpoch, "-CAfile", authorities, file); !ok {
			t.Errorf("%s: %s", purpose, said)
		}
	}
}

func TestSealeryIsFoundedOnceAndOpensAgain(t *testing.T) {
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "keys.db")
	open := func() archive.SealeryConfig {
		keys, err := boltkeys.Create(path, archive.MasterKey{1}, boltkeys.Options{})
		if err != nil {
			t.Fatal(err)
		}
		config := sealeryConfig(keys)
		config.Random = nil // what is read back must be what was drawn, not what is drawn again
		return config
	}
	config := open()
	if _, err := archive.OpenSealery(ctx, config); !errors.Is(err, archive.ErrUnknown) {
		t.Errorf("opened before it was founded: %v", err)
	}
	first, err := archive.FoundSealery(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := archive.FoundSealery(ctx, config); !errors.Is(err, archive.ErrExists) {
		t.Errorf("founded twice: %v", err)
	}
	before := signed(t, first)
	if err := config.Keys.Close(); err != nil {
		t.Fatal(err)
	}
	config = open()
	defer config.Keys.Close()
	second, err := archive.OpenSealery(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, signed(t, second)) || !bytes.Equal(first.Certificates(), second.Certificates()) {
		t.Error("after reopening the house signs otherwise")
	}
	if !second.PassKey().Equal(first.PassKey()) || second.CheckpointVerifier() != first.CheckpointVerifier() {
		t.Error("after reopening the house has other keys for passes or checkpoints")
	}
}

func TestCheckpointAndPassKeys(t *testing.T) {
	house := foundHouse(t)
	signed, err := note.Sign(&note.Note{Text: "valmont.example/house\n0\n"}, house.CheckpointSigner())
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(house.CheckpointVerifier())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := note.Open(signed, note.VerifierList(verifier)); err != nil {
		t.Errorf("checkpoint note: %v", err)
	}
	public := house.PassKey().Public().(ed25519.PublicKey)
	if !ed25519.Verify(public, []byte("pass"), ed25519.Sign(house.PassKey(), []byte("pass"))) {
		t.Error("pass key does not sign")
	}
}

// TestAgentsCertificateIsRenewed: a new name or the last month issues another certificate, and the former key is destroyed.
func TestAgentsCertificateIsRenewed(t *testing.T) {
	ctx, keys, now := context.Background(), openKeys(t), signingDay
	config := sealeryConfig(keys)
	config.Clock = func() time.Time { return now }
	house, err := archive.FoundSealery(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		when string
		at   time.Time
		name string
		new  bool
	}{
		{"at first", signingDay, "Hélène Vasseur", true},
		{"again", signingDay, "Hélène Vasseur", false},
		{"with eleven months gone", signingDay.AddDate(0, 11, -5), "Hélène Vasseur", false},
		{"on the last day of the authority's year", signingDay.AddDate(1, 0, -1), "Hélène Vasseur", false},
		{"on the first of its next", signingDay.AddDate(1, 0, 0), "Hélène Vasseur", true},
		{"married", signingDay.AddDate(1, 0, 5), "Hélène Morel", true},
		{"years later", signingDay.AddDate(11, 10, 0), "Hélène Morel", true},
		{"as long as the authority", signingDay.AddDate(11, 11, 20), "Hélène Morel", false},
	}
	var last *x509.Certificate
	for _, s := range steps {
		now = s.at
		signer, err := house.SignerFor(ctx, 7, s.name)
		if err != nil {
			t.Fatalf("%s: %v", s.when, err)
		}
		if renewed := last == nil || !signer.Certificate().Equal(last); renewed != s.new {
			t.Errorf("%s: new certificate %v, want %v", s.when, renewed, s.new)
		}
		last = signer.Certificate()
		var kept int
		for _, err := range keys.Names(ctx, []byte("sealery/agent/00000007/")) {
			if err != nil {
				t.Fatal(err)
			}
			kept++
		}
		if end := chainOf(t, house)[1].NotAfter; last.NotAfter.After(end) {
			t.Errorf("%s: valid until %v, the authority only until %v", s.when, last.NotAfter, end)
		}
		if kept != 1 || signer.Name() != s.name {
			t.Errorf("%s: %d keys kept, signing as %q", s.when, kept, signer.Name())
		}
	}
}

// TestCertificateTellsNothingOfEarlierSignatures: two houses, in one of which the agent signed before, perhaps what its reader may not see.
func TestCertificateTellsNothingOfEarlierSignatures(t *testing.T) {
	var told []string
	for _, signs := range [][]int{{500}, {366, 500}, {20, 430, 500}} {
		now := signingDay
		config := sealeryConfig(openKeys(t))
		config.Clock = func() time.Time { return now }
		house, err := archive.FoundSealery(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		var last *x509.Certificate
		for _, day := range signs {
			now = signingDay.AddDate(0, 0, day)
			signer, err := house.SignerFor(t.Context(), 7, "Hélène Vasseur")
			if err != nil {
				t.Fatal(err)
			}
			last = signer.Certificate()
		}
		told = append(told, last.NotBefore.String()+" to "+last.NotAfter.String())
		if left := last.NotAfter.Sub(now); left < 30*24*time.Hour {
			t.Errorf("%v left", left)
		}
	}
	if told[1] != told[0] || told[2] != told[0] {
		t.Errorf("validity differs with what was signed before: %q", told)
	}
}

func TestNamesThatNoCertificateBears(t *testing.T) {
	house := foundHouse(t)
	for _, name := range []string{"", strings.Repeat("é", 65), "\xff"} {
		if _, err := house.SignerFor(context.Background(), 9, name); !errors.Is(err, archive.ErrBadName) {
			t.Errorf("agent named %q: %v", name, err)
		}
	}
	if _, err := house.SignerFor(context.Background(), 9, strings.Repeat("é", 64)); err != nil {
		t.Errorf("agent with 64 characters: %v", err)
	}
	for _, change := range []func(*archive.SealeryConfig){
		func(c *archive.SealeryConfig) { c.House = "" },
		func(c *archive.SealeryConfig) { c.Origin = "with space" },
		func(c *archive.SealeryConfig) { c.Origin = "with+plus" },
		func(c *archive.SealeryConfig) { c.Origin = "" },
	} {
		config := sealeryConfig(openKeys(t))
		change(&config)
		if _, err := archive.FoundSealery(context.Background(), config); !errors.Is(err, archive.ErrBadName) {
			t.Errorf("house %q, origin %q: %v", config.House, config.Origin, err)
		}
		if _, err := config.Keys.Get(context.Background(), []byte("sealery/root")); !errors.Is(err, archive.ErrUnknown) {
			t.Errorf("house %q, origin %q: keys were kept all the same", config.House, config.Origin)
		}
	}
}

// TestManySignAtOnce: one certificate per agent however many ask at the same time.
func TestManySignAtOnce(t *testing.T) {
	house := foreignHouse(t) // draws other randomness each time
	var wait sync.WaitGroup
	signers, errs := make([]*archive.Signer, 16), make([]error, 16)
	for n := range signers {
		wait.Go(func() { signers[n], errs[n] = house.SignerFor(context.Background(), 7, "Hélène Vasseur") })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for n := range signers {
		if !signers[n].Certificate().Equal(signers[0].Certificate()) {
			t.Errorf("caller %d was given another certificate than the first", n)
		}
	}
}
